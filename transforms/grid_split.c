/* Cuts the image into the boxes of a grid (MONAI GridSplit), one after the other along the last axis first. */
#include "transforms/box.h"

struct grid_split {
    struct mm_ints grid, size;
};
#define P struct grid_split

static const struct mm_param params[] = {
    MM_INTS(P, grid, .def_text = "[2, 2]", .min = 1, .max = 256, .count_min = 2, .count_max = 3,
            .help = "boxes along each axis, x first"),
    MM_INTS(P, size, .min = 1, .max = 1 << 20, .count_max = 3, .unit = "voxel",
            .help = "of a box: one, or one an axis; size of the image / grid when left out; larger ones overlap"),
    MM_PARAMS_END};

static size_t outputs(const void *self)
{
    const P *p = self;
    size_t boxes = 1;
    for (size_t i = 0; i < p->grid.count; i++)
        boxes *= (size_t)p->grid.items[i];
    return boxes;
}

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    (void)arena;
    size_t boxes = outputs(self);
    if (boxes > 1 << 16)
        return mm_fail(err, MM_ERR_CONFIG, "grid: %zu boxes, at most %d are allowed", boxes, 1 << 16);
    return MM_OK;
}

static enum mm_status find_box(const P *p, const struct mm_volume *image, size_t number, struct mm_box *box,
                               struct mm_error *err)
{
    enum mm_status s;
    int size[3] = {0};
    if (p->grid.count != (size_t)image->rank)
        return mm_fail(err, MM_ERR_CONFIG, "grid has %zu numbers, the image has %d axes", p->grid.count, image->rank);
    if (p->size.count && MM_TRY(s, mm_spatial_ints(&p->size, "size", image->rank, 1, size, err)))
        return s;
    *box = (struct mm_box){.size = {1, 1, 1}};
    for (int a = image->rank - 1; a >= 0; a--) {
        int boxes = (int)p->grid.items[a], place = (int)(number % (size_t)boxes);
        number /= (size_t)boxes;
        box->size[a] = p->size.count ? size[a] : image->size[a] / boxes;
        if (box->size[a] < 1 || box->size[a] > image->size[a])
            return mm_fail(err, MM_ERR_DATA, "axis %d: %d boxes of %d voxels, the image has %d", a, boxes,
                           box->size[a], image->size[a]);
        box->start[a] = boxes > 1 ? (image->size[a] - box->size[a]) / (boxes - 1) * place : 0;
    }
    return MM_OK;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *image;
    struct mm_box box;
    size_t number = context ? context->output % outputs(p) : 0;
    if (MM_TRY(s, mm_field_volume(field, &image, err)) || MM_TRY(s, find_box(p, image, number, &box, err)))
        return s;
    return mm_box_apply(step, sample, field, &box, NULL, err);
}

const struct mm_transform mm_transform_grid_split = {
    .name = "GridSplit",
    .summary = "cut the image into the boxes of a grid",
    .notes = "Each box is a sample of its own. MONAI splits 2D images only, and takes a size for each key too.",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_SPATIAL | MM_MANY | MM_INVERTIBLE | MM_TAKES_PACKED,
    .check = check,
    .outputs = outputs,
    .each = each,
    .invert = mm_box_invert,
    .example = "{\"name\": \"GridSplitd\", \"args\": {\"keys\": [\"image\", \"label\"], \"grid\": [2, 2, 1]}}",
};
