/* Clara v3: each axis is reversed or not, independently, with even odds. Draws: one an axis. */
#include "transforms/turn.h"

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key;
    enum mm_status s;
    struct mm_volume *image;
    if (MM_TRY(s, mm_field_volume(field, &image, err)))
        return s;
    struct mm_random random;
    mm_step_random(step, context, &random);
    unsigned axes = 0;
    for (int a = 0; a < image->rank; a++)
        axes |= (unsigned)mm_step_happens(&random, 0.5) << a;
    struct mm_turn turn = mm_turn_flip(axes);
    return mm_turn_apply(step, sample, field, &turn, err);
}

const struct mm_transform mm_transform_random_spatial_flip = {
    .name = "RandomSpatialFlip",
    .summary = "reverse each axis with even odds",
    .flags = MM_RANDOM | MM_SPATIAL | MM_INVERTIBLE | MM_VIEWS | MM_RESCALES,
    .each = each,
    .invert = mm_turn_invert,
    .example = "{\"name\": \"RandomSpatialFlip\", \"args\": {\"fields\": [\"image\", \"label\"]}}",
};
