/* Pads a border: one width for all sides, one an axis, or two an axis (before and behind). */
#include "transforms/box.h"

struct border_pad {
    struct mm_ints spatial_border;
    struct mm_strings mode;
    double value;
};
#define P struct border_pad

static const struct mm_param params[] = {MM_INTS(P, spatial_border, .required = true, .min = 0, .max = 1 << 16,
                                                 .count_min = 1, .count_max = 6, .unit = "voxel", .help = "widths"),
                                         MM_BOX_FILL_PARAMS(P), MM_PARAM_LAZY, MM_PARAMS_END};

static enum mm_status find_box(const P *p, const struct mm_volume *image, struct mm_box *box, struct mm_error *err)
{
    const struct mm_ints *border = &p->spatial_border;
    size_t rank = (size_t)image->rank;
    if (border->count != 1 && border->count != rank && border->count != 2 * rank)
        return mm_fail(err, MM_ERR_CONFIG, "spatial_border has %zu values: give 1, %zu or %zu", border->count, rank,
                       2 * rank);
    for (size_t a = 0; a < 3; a++) {
        int64_t before = 0, behind = 0;
        if (a < rank) {
            size_t at = border->count == 1 ? 0 : border->count == rank ? a : 2 * a;
            before = border->items[at];
            behind = border->items[border->count == 2 * rank ? at + 1 : at];
        }
        box->start[a] = (int)-before;
        box->size[a] = image->size[a] + (int)(before + behind);
    }
    return MM_OK;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *image;
    struct mm_box box;
    if (MM_TRY(s, mm_field_volume(field, &image, err)) || MM_TRY(s, find_box(p, image, &box, err)))
        return s;
    struct mm_box_fill fill = mm_box_fill_of(&p->mode, key, p->value);
    return mm_box_apply(step, sample, field, &box, &fill, err);
}

const struct mm_transform mm_transform_border_pad = {
    .name = "BorderPad",
    .summary = "pad a border",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_SPATIAL | MM_INVERTIBLE | MM_TAKES_PACKED | MM_VIEWS,
    .each = each,
    .invert = mm_box_invert,
    .example = "{\"name\": \"BorderPadd\", \"args\": {\"keys\": [\"image\", \"label\"], \"spatial_border\": 2}}",
};
