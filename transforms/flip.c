/* Reverses the image along some of its axes. */
#include "transforms/turn.h"

struct flip {
    struct mm_ints spatial_axis;
};
#define P struct flip

static const struct mm_param params[] = {
    MM_INTS(P, spatial_axis, .min = -3, .max = 2, .count_max = 3,
            .help = "axes to reverse, 0 = x; negative ones count from the last; all when left out"),
    MM_PARAM_LAZY, MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *image;
    unsigned axes;
    if (MM_TRY(s, mm_field_volume(field, &image, err)) ||
        MM_TRY(s, mm_spatial_axes(&p->spatial_axis, image->rank, &axes, err)))
        return s;
    struct mm_turn turn = mm_turn_flip(axes);
    return mm_turn_apply(step, sample, field, &turn, err);
}

const struct mm_transform mm_transform_flip = {
    .name = "Flip",
    .summary = "reverse axes of the image",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_SPATIAL | MM_INVERTIBLE | MM_VIEWS | MM_RESCALES,
    .each = each,
    .invert = mm_turn_invert,
    .example = "{\"name\": \"Flipd\", \"args\": {\"keys\": [\"image\", \"label\"], \"spatial_axis\": 0}}",
};
