/* What to take instead of transforms of MONAI that there are not: those that run Python, and those that only other transforms build on. */
#ifndef MM_TRANSFORMS_INSTEAD_H
#define MM_TRANSFORMS_INSTEAD_H

#include "base/json.h"

/* ": SpatialCrop and CenterSpatialCrop are there" for a component of that name and those arguments; "" when nothing is known. The buffer
 * must hold 256 bytes; returns it. */
const char *mm_transform_instead(const char *name, const cJSON *args, char *buffer, size_t size);

#endif
