/* Shared by the .c files of base/params.h only. */
#ifndef MM_BASE_PARAMS_INTERNAL_H
#define MM_BASE_PARAMS_INTERNAL_H

#include "base/params.h"

struct mm_param_reader {
    struct mm_arena *arena;
    struct mm_problems *problems;
    bool out_of_memory; /* reported as a problem too */
};

/* Checks `node` and writes it into the field of `object`. False when a problem was reported. */
bool mm_param_read(struct mm_param_reader *reader, const struct mm_param *param, void *object, const cJSON *node);
/* A number node when the text is a number from its first byte to its last, spaces around it aside; a string node
 * otherwise. NULL when memory is out. */
cJSON *mm_param_node(struct mm_arena *arena, const char *text, size_t length);
/* The pieces between commas, made into nodes by `make`. NULL when memory is out. */
cJSON *mm_param_split(struct mm_arena *arena, const char *text,
                      cJSON *(*make)(struct mm_arena *arena, const char *text, size_t length));

static inline void *mm_param_field(const struct mm_param *param, const void *object)
{
    return (char *)object + param->offset;
}

/* An entry without a field: known, read by nobody. */
static inline bool mm_param_has_field(const struct mm_param *param)
{
    return param->offset != SIZE_MAX;
}

/* What min and max of the table mean: both 0 = no bound, max not above min = no upper bound. */
static inline bool mm_param_has_min(const struct mm_param *param)
{
    return param->min != 0 || param->max != 0 || param->exclusive_min;
}

static inline bool mm_param_has_max(const struct mm_param *param)
{
    return param->max > param->min;
}

#endif
