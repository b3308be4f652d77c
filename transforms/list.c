/* The registry: every transform of list.h. */
#include "transforms/list.h"

#include "transforms/transform.h"

#define DECLARE(name) extern const struct mm_transform mm_transform_##name;
MM_TRANSFORMS(DECLARE)

#define ENTRY(name) &mm_transform_##name,
const struct mm_transform *const mm_transforms[] = {MM_TRANSFORMS(ENTRY) NULL};
