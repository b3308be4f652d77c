/* Pads to at least a size. Axes that are large enough stay. An odd rest goes behind. */
#include "transforms/box.h"

struct spatial_pad {
    struct mm_ints spatial_size;
    const char *method;
    struct mm_strings mode;
    double value;
};
#define P struct spatial_pad

static const struct mm_param params[] = {MM_INTS(P, spatial_size, .required = true, .min = -1, .max = 1 << 16,
                                                 .count_min = 1, .count_max = 3, .unit = "voxel",
                                                 .help = "size to reach; -1 or 0 keeps the axis"),
                                         MM_CHOICE(P, method, .choices = "symmetric end", .def_text = "symmetric",
                                                   .help = "pad on both sides or behind only"),
                                         MM_BOX_FILL_PARAMS(P), MM_PARAM_LAZY, MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *image;
    int size[3];
    if (MM_TRY(s, mm_field_volume(field, &image, err)) ||
        MM_TRY(s, mm_spatial_sizes(&p->spatial_size, "spatial_size", image, size, err)))
        return s;
    struct mm_box box = mm_box_enlarged(image, size, strcmp(p->method, "end") == 0);
    struct mm_box_fill fill = mm_box_fill_of(&p->mode, key, p->value);
    return mm_box_apply(step, sample, field, &box, &fill, err);
}

const struct mm_transform mm_transform_spatial_pad = {
    .name = "SpatialPad",
    .summary = "pad to at least a size",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_SPATIAL | MM_INVERTIBLE | MM_TAKES_PACKED | MM_VIEWS,
    .each = each,
    .invert = mm_box_invert,
    .example =
        "{\"name\": \"SpatialPadd\", \"args\": {\"keys\": [\"image\", \"label\"], \"spatial_size\": [20, 20, 20]}}",
};
