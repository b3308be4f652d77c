/* Filters with a square or cubic kernel by name: the core of ImageFilter and its random form, after MONAI's. */
#ifndef MM_TRANSFORMS_KERNEL_FILTER_H
#define MM_TRANSFORMS_KERNEL_FILTER_H

#include "transforms/smooth.h"
#include "transforms/transform.h"

struct mm_kernel_filter {
    const char *kernel;
    int64_t kernel_size;
    struct mm_doubles sigma;
    double truncated;
    const char *approx;
};

/* P has a member `filter` of the above. */
#define MM_KERNEL_FILTER_PARAMS(P)                                                                                   \
    {.name = "kernel",                                                                                               \
     .type = MM_PARAM_CHOICE,                                                                                        \
     .offset = offsetof(P, filter.kernel),                                                                           \
     .required = true,                                                                                               \
     .choices = "mean laplace elliptical sharpen median gauss",                                                      \
     .help = "what to filter with"},                                                                                 \
        {.name = "kernel_size",                                                                                      \
         .type = MM_PARAM_INT,                                                                                       \
         .offset = offsetof(P, filter.kernel_size),                                                                  \
         .min = 0,                                                                                                   \
         .max = 63,                                                                                                  \
         .unit = "voxel",                                                                                            \
         .help = "length of its edges, odd; gauss needs none"},                                                      \
        {.name = "sigma",                                                                                            \
         .type = MM_PARAM_DOUBLES,                                                                                   \
         .offset = offsetof(P, filter.sigma),                                                                        \
         .min = 0,                                                                                                   \
         .max = MM_SMOOTH_SIGMA_MAX,                                                                                 \
         .count_max = 3,                                                                                             \
         .unit = "voxel",                                                                                            \
         .help = "of gauss: standard deviation, one for all axes or one an axis"},                                   \
        {.name = "truncated",                                                                                        \
         .type = MM_PARAM_DOUBLE,                                                                                    \
         .offset = offsetof(P, filter.truncated),                                                                    \
         .def = 4,                                                                                                   \
         .min = 0,                                                                                                   \
         .max = 100,                                                                                                 \
         .help = "of gauss: how many sigma it reaches"},                                                             \
    {                                                                                                                \
        .name = "approx", .type = MM_PARAM_CHOICE, .offset = offsetof(P, filter.approx),                             \
        .choices = MM_SMOOTH_APPROX, .def_text = "erf", .help = "of gauss: form of the discrete kernel"              \
    }

#define MM_KERNEL_FILTER_NOTES                                                                                       \
    "Kernels are not normalised: mean sums (n^d ones), laplace is n^d - 1 in the middle of -1, elliptical a ball "   \
    "of ones, sharpen the "                                                                                          \
    "ball's size in the middle of -1. Outside the image are zeros; median repeats its border. For sobel and "        \
    "savitzky_golay: "                                                                                               \
    "SobelGradients, SavitzkyGolaySmooth."

/* That the kernel has what it needs. */
enum mm_status mm_kernel_filter_check(const struct mm_kernel_filter *filter, struct mm_error *err);
/* Filters the field's image, which becomes float32. */
enum mm_status mm_kernel_filter_apply(const struct mm_kernel_filter *filter, struct mm_sample *sample,
                                      struct mm_field *field, struct mm_error *err);

#endif
