/* What is known of a sample's images before they are loaded, on their way through the cached steps. For bound.c only. */
#ifndef MM_CACHE_BOUND_FIELDS_H
#define MM_CACHE_BOUND_FIELDS_H

#include "transforms/transform.h"

struct mm_bound_field {
    char name[128];
    int rank;
    double size[3], spacing[3];
    double channels, width; /* width: bytes of a voxel of a channel */
};
struct mm_bound_fields {
    size_t count;
    struct mm_bound_field items[MM_SAMPLE_FIELDS_MAX];
};

struct mm_bound_field *mm_bound_find(struct mm_bound_fields *fields, const char *name);
/* The step's parameter of that name and type; NULL: it has none. */
const void *mm_bound_param(const struct mm_step *step, const char *name, enum mm_param_type type);
/* Channels that a step adds, and images that it makes beside those there are. */
void mm_bound_channels(struct mm_bound_fields *fields, const struct mm_step *step);

#endif
