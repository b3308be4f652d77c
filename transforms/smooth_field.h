/* Smooth random fields: a coarse grid of random values, resized to the image and stretched to the range of the coarse one (MONAI SmoothField).
 * The core of RandSmoothFieldAdjustContrast, RandSmoothFieldAdjustIntensity and RandSmoothDeform. */
#ifndef MM_TRANSFORMS_SMOOTH_FIELD_H
#define MM_TRANSFORMS_SMOOTH_FIELD_H

#include "transforms/intensity.h"
#include "transforms/scaling.h"
#include "transforms/transform.h"

struct mm_smooth_field {
    double prob;
    struct mm_ints spatial_size, rand_size;
    int64_t pad;
    struct mm_strings mode;
    bool align_corners;
};
/* Rows of the table of a struct with a member `field` of that type; mode_name is "mode" or "field_mode". */
#define MM_SMOOTH_FIELD_PARAMS(P, mode_name)                                                                         \
    {.name = "rand_size",                                                                                            \
     .type = MM_PARAM_INTS,                                                                                          \
     .offset = offsetof(P, field.rand_size),                                                                         \
     .required = true,                                                                                               \
     .min = 1,                                                                                                       \
     .max = 1024,                                                                                                    \
     .count_min = 1,                                                                                                 \
     .count_max = 3,                                                                                                 \
     .help = "random values along each axis: the fewer, the smoother"},                                              \
        {.name = "spatial_size",                                                                                     \
         .type = MM_PARAM_INTS,                                                                                      \
         .offset = offsetof(P, field.spatial_size),                                                                  \
         .min = 1,                                                                                                   \
         .max = 1 << 16,                                                                                             \
         .count_max = 3,                                                                                             \
         .unit = "voxel",                                                                                            \
         .help = "of the images; may be left out here"},                                                             \
        {.name = "pad",                                                                                              \
         .type = MM_PARAM_INT,                                                                                       \
         .offset = offsetof(P, field.pad),                                                                           \
         .max = 1024,                                                                                                \
         .help = "values around the random ones that change nothing, so that the rim of the image stays"},           \
        {.name = mode_name,                                                                                          \
         .type = MM_PARAM_STRINGS,                                                                                   \
         .offset = offsetof(P, field.mode),                                                                          \
         .choices = MM_SCALING_MODES,                                                                                \
         .def_text = "\"area\"",                                                                                     \
         .count_min = 1,                                                                                             \
         .help = "interpolation of the field: one, or one a key"},                                                   \
        {.name = "align_corners",                                                                                    \
         .type = MM_PARAM_BOOL,                                                                                      \
         .offset = offsetof(P, field.align_corners),                                                                 \
         .help = "put the outermost random values on the middles of the outermost voxels"},                          \
        {.name = "prob",                                                                                             \
         .type = MM_PARAM_DOUBLE,                                                                                    \
         .offset = offsetof(P, field.prob),                                                                          \
         .def = 0.1,                                                                                                 \
         .max = 1,                                                                                                   \
         .help = "probability of doing it"},                                                                         \
        MM_IGNORED("device", .help = "transforms run on the CPU")

/* Values that are drawn evenly from [low, high), and of the padding. */
struct mm_smooth_range {
    double low, high, rim;
};
/* A range from one or two numbers: v means from `least` to v. Error: it is empty. */
enum mm_status mm_smooth_range_read(const struct mm_doubles *list, const char *name, double least, double rim,
                                    struct mm_smooth_range *out, struct mm_error *err);

/* A float32 volume of the size of the image with that many channels. Draws: the values of the coarse grid, x fastest, then y, z, channel. */
enum mm_status mm_smooth_field_make(struct mm_arena *arena, const struct mm_smooth_field *how,
                                    const struct mm_volume *image, int channels, const struct mm_smooth_range *range,
                                    size_t key, struct mm_random *random, struct mm_volume **out,
                                    struct mm_error *err);

/* The whole of a step that multiplies intensities by a field or takes them to its power: draws whether it happens, makes the field and calls
 * `work` for each channel of the field's float32 image. */
typedef void mm_smooth_work(float *x, const float *field, size_t n, float low, float high);
enum mm_status mm_smooth_field_adjust(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field,
                                      size_t key, const struct mm_context *context, const struct mm_smooth_field *how,
                                      const struct mm_smooth_range *range, mm_smooth_work *work,
                                      struct mm_error *err);

#endif
