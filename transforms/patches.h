/* Patches on a grid: the core of GridPatch and RandGridPatch. */
#ifndef MM_TRANSFORMS_PATCHES_H
#define MM_TRANSFORMS_PATCHES_H

#include "transforms/box.h"

struct mm_patches {
    struct mm_ints patch_size;
    struct mm_doubles overlap;
    int64_t num_patches;
    const char *sort_fn, *pad_mode;
    double threshold, value;
};
/* Rows of the table of a struct with a member `patches` of that type; `sorts` are the choices of sort_fn. */
#define MM_PATCHES_PARAMS(P, sorts)                                                                                  \
    {.name = "patch_size",                                                                                           \
     .type = MM_PARAM_INTS,                                                                                          \
     .offset = offsetof(P, patches.patch_size),                                                                      \
     .required = true,                                                                                               \
     .min = 1,                                                                                                       \
     .max = 1 << 16,                                                                                                 \
     .count_min = 1,                                                                                                 \
     .count_max = 3,                                                                                                 \
     .unit = "voxel",                                                                                                \
     .help = "one for all axes, or one each"},                                                                       \
        {.name = "num_patches",                                                                                      \
         .type = MM_PARAM_INT,                                                                                       \
         .offset = offsetof(P, patches.num_patches),                                                                 \
         .required = true,                                                                                           \
         .min = 1,                                                                                                   \
         .max = 1 << 16,                                                                                             \
         .help = "patches of one image: the first ones; where there are fewer, patches of `value` follow"},          \
        {.name = "overlap",                                                                                          \
         .type = MM_PARAM_DOUBLES,                                                                                   \
         .offset = offsetof(P, patches.overlap),                                                                     \
         .def_text = "0",                                                                                            \
         .min = 0,                                                                                                   \
         .max = 0.999,                                                                                               \
         .count_min = 1,                                                                                             \
         .count_max = 3,                                                                                             \
         .help = "share of a patch that the next one has too"},                                                      \
        {.name = "sort_fn",                                                                                          \
         .type = MM_PARAM_CHOICE,                                                                                    \
         .offset = offsetof(P, patches.sort_fn),                                                                     \
         .choices = sorts,                                                                                           \
         .help = "order by the sum of the intensities: min first or max first; row by row when left out"},           \
        {.name = "threshold",                                                                                        \
         .type = MM_PARAM_DOUBLE,                                                                                    \
         .offset = offsetof(P, patches.threshold),                                                                   \
         .def = (double)NAN,                                                                                         \
         .unit = "intensity",                                                                                        \
         .help = "only patches whose sum of intensities is less"},                                                   \
        {.name = "pad_mode",                                                                                         \
         .type = MM_PARAM_CHOICE,                                                                                    \
         .offset = offsetof(P, patches.pad_mode),                                                                    \
         .choices = MM_BOX_MODES,                                                                                    \
         .help = "patches may reach beyond the end and are padded so; none do when left out"},                       \
    {                                                                                                                \
        .name = "value", .aliases = "constant_values", .type = MM_PARAM_DOUBLE,                                      \
        .offset = offsetof(P, patches.value), .help = "of constant padding and of patches that are lacking"          \
    }

/* Gives the listed fields the patch of that number. The first field decides which patches there are. `random`: for the order "random". */
enum mm_status mm_patches_apply(const struct mm_step *step, struct mm_sample *sample, const struct mm_patches *how,
                                const int offset[3], size_t number, struct mm_random *random, struct mm_error *err);

#endif
