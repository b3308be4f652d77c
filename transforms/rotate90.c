/* Turns the image by quarters in the plane of two axes, from the first towards the second (torch.rot90). */
#include "transforms/turn.h"

struct rotate90 {
    int64_t k;
    struct mm_ints spatial_axes;
};
#define P struct rotate90

static const struct mm_param params[] = {
    MM_INT(P, k, .def = 1, .min = -1000, .max = 1000, .unit = "quarter turns", .help = "how far to turn"),
    MM_INTS(P, spatial_axes, .def_text = "[0, 1]", .min = -3, .max = 2, .count_min = 2, .count_max = 2,
            .help = "axes of the plane, 0 = x"),
    MM_PARAM_LAZY, MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *image;
    int axes[2];
    if (MM_TRY(s, mm_field_volume(field, &image, err)) ||
        MM_TRY(s, mm_turn_axes(&p->spatial_axes, image->rank, axes, err)))
        return s;
    struct mm_turn turn = mm_turn_rot90(p->k, axes);
    return mm_turn_apply(step, sample, field, &turn, err);
}

const struct mm_transform mm_transform_rotate90 = {
    .name = "Rotate90",
    .summary = "turn the image by quarters in a plane",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_SPATIAL | MM_INVERTIBLE | MM_VIEWS | MM_RESCALES,
    .each = each,
    .invert = mm_turn_invert,
    .example =
        "{\"name\": \"Rotate90d\", \"args\": {\"keys\": [\"image\", \"label\"], \"k\": 1, \"spatial_axes\": [0, 1]}}",
};
