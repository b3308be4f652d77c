/* Exchanges the axes of images (MONAI Transpose, numpy.transpose). The indices count the channels as axis 0. */
#include "transforms/turn.h"

struct transpose {
    struct mm_ints indices;
};
#define P struct transpose

static const struct mm_param params[] = {
    MM_INTS(P, indices, .required = true, .min = 0, .max = 3, .count_min = 3, .count_max = 4,
            .help =
                "axis of the image that each axis of the result is; the first is 0, the channels, then 1 = x ..."),
    MM_PARAMS_END};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    (void)arena;
    const P *p = self;
    unsigned seen = 0;
    for (size_t i = 0; i < p->indices.count; i++)
        seen |= 1u << p->indices.items[i];
    if (seen != (1u << p->indices.count) - 1)
        return mm_fail(err, MM_ERR_CONFIG,
                       "indices must name each axis once: 0, 1, 2 in any order for 2D, 0 to 3 for 3D");
    if (p->indices.items[0] != 0)
        return mm_fail(err, MM_ERR_CONFIG,
                       "indices begin with %d, but images have their channels first wherever they are: 0 must come "
                       "first, and a Transpose that only moves the channels there can be left out",
                       (int)p->indices.items[0]);
    return MM_OK;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *image;
    if (MM_TRY(s, mm_field_volume(field, &image, err)))
        return s;
    if ((int)p->indices.count != image->rank + 1)
        return mm_fail(err, MM_ERR_CONFIG, "indices has %zu numbers, the image has %d axes with its channels",
                       p->indices.count, image->rank + 1);
    struct mm_turn turn = {{0, 1, 2}, 0};
    for (int a = 0; a < image->rank; a++)
        turn.permutation[a] = (int)p->indices.items[a + 1] - 1;
    return mm_turn_apply(step, sample, field, &turn, err);
}

const struct mm_transform mm_transform_transpose = {
    .name = "Transpose",
    .summary = "exchange the axes of the image",
    .notes = "The affine follows and the step is undone by Invert; MONAI's leaves the affine and cannot be undone.",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_SPATIAL | MM_INVERTIBLE,
    .check = check,
    .each = each,
    .invert = mm_turn_invert,
    .example = "{\"name\": \"Transposed\", \"args\": {\"keys\": [\"image\", \"label\"], \"indices\": [0, 2, 1, 3]}}",
};
