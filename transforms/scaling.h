/* Images made larger or smaller by factors: the core of Zoom, its random forms and ScaleByFactor, after MONAI's. */
#ifndef MM_TRANSFORMS_SCALING_H
#define MM_TRANSFORMS_SCALING_H

#include "image/resample.h"
#include "transforms/box.h"

#define MM_SCALING_MODES      "nearest nearest-exact linear bilinear bicubic trilinear area"
#define MM_SCALING_ALL_MODES  MM_SCALING_MODES " 0 1 3" /* MONAI's other words for nearest-exact, linear and bicubic */
#define MM_SCALING_FACTOR_MAX 1000

struct mm_scaling {
    double factor[3];
    enum mm_resize mode;
    bool align_corners;
    bool keep_size; /* cut out the middle of what became larger, pad what became smaller */
    struct mm_box_fill fill;
};

/* torch.nn.functional.interpolate's, by name. */
enum mm_resize mm_scaling_mode(const char *name);
/* An axis of n voxels gets floor(n * factor); the affine keeps the field of view. */
enum mm_status mm_scaling_apply(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field,
                                const struct mm_scaling *how, struct mm_error *err);
enum mm_status mm_scaling_invert(const struct mm_applied *applied, struct mm_arena *arena, const struct mm_volume *in,
                                 bool nearest, struct mm_volume **out, struct mm_error *err);

/* What Zoom and RandZoom of MONAI take. */
#define MM_SCALING_PARAMS(P)                                                                                         \
    MM_STRINGS(P, mode, .choices = MM_SCALING_ALL_MODES, .def_text = "\"area\"", .count_min = 1,                     \
               .help = "interpolation: one, or one a key"),                                                          \
        MM_STRINGS(P, padding_mode, .choices = MM_BOX_MODES, .def_text = "\"edge\"", .count_min = 1,                 \
                   .help = "values of padded voxels: one, or one a key"),                                            \
        MM_DOUBLE(P, constant_values, .aliases = "value",                                                            \
                  .help = "value of padded voxels of padding_mode constant"),                                        \
        MM_JSON(P, align_corners, .help = "match the middles of the outer voxels: true or false, or one a key"),     \
        MM_BOOL(P, keep_size, .def = 1, .help = "crop or pad to the size of the image")

#endif
