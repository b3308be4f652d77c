/* Element types by the names that numpy and torch use. */
#ifndef MM_TRANSFORMS_CAST_H
#define MM_TRANSFORMS_CAST_H

#include "transforms/voxels.h"

/* The names there are, for a table of parameters. */
#define MM_CAST_TYPES                                                                                                \
    "bool uint8 int8 uint16 int16 short uint32 int32 int uint64 int64 long float32 float float64 double"

/* Converts the field's volume; other kinds of field (class numbers, text) stay as they are. From float to integer fractions
 * are cut off, as numpy does; what does not fit saturates. "bool" is uint8: 1 for what is not 0. */
enum mm_status mm_cast_field(struct mm_sample *sample, struct mm_field *field, const char *type,
                             struct mm_error *err);

#endif
