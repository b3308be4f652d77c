/* Cuts out a fixed box: by centre and size (start = max(centre - size/2, 0)), or by start and end. The end is cut off at the
 * image's. Axes without a value stay whole. */
#include "transforms/box.h"

struct spatial_crop {
    struct mm_ints roi_center, roi_size, roi_start, roi_end;
};
#define P struct spatial_crop

static const struct mm_param params[] = {
    MM_INTS(P, roi_center, .min = -(1 << 20), .max = 1 << 20, .count_max = 3, .unit = "voxel",
            .help = "middle of the box"),
    MM_INTS(P, roi_size, .min = 0, .max = 1 << 20, .count_max = 3, .unit = "voxel", .help = "size of the box"),
    MM_INTS(P, roi_start, .min = -(1 << 20), .max = 1 << 20, .count_max = 3, .unit = "voxel", .help = "first voxel"),
    MM_INTS(P, roi_end, .min = -(1 << 20), .max = 1 << 20, .count_max = 3, .unit = "voxel",
            .help = "voxel behind the last"),
    MM_PARAM_LAZY,
    MM_PARAMS_END};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    (void)arena;
    const P *p = self;
    bool centred = p->roi_center.count && p->roi_size.count;
    if (!centred && !(p->roi_start.count && p->roi_end.count))
        return mm_fail(err, MM_ERR_CONFIG, "give roi_center and roi_size, or roi_start and roi_end");
    size_t first = centred ? p->roi_center.count : p->roi_start.count;
    size_t second = centred ? p->roi_size.count : p->roi_end.count;
    if (first != second)
        return mm_fail(err, MM_ERR_CONFIG, "%s and %s differ in length (%zu and %zu)",
                       centred ? "roi_center" : "roi_start", centred ? "roi_size" : "roi_end", first, second);
    return MM_OK;
}

/* Start and end along one axis, still unlimited by the image. */
static void extent(const P *p, size_t axis, int64_t *start, int64_t *end)
{
    if (p->roi_center.count && p->roi_size.count) {
        int64_t size = p->roi_size.items[axis];
        *start = p->roi_center.items[axis] - size / 2;
        *start = *start > 0 ? *start : 0;
        *end = *start + size;
        return;
    }
    *start = p->roi_start.items[axis] > 0 ? p->roi_start.items[axis] : 0;
    *end = p->roi_end.items[axis];
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
    size_t count = p->roi_center.count && p->roi_size.count ? p->roi_center.count : p->roi_start.count;
    struct mm_box box;
    for (int a = 0; a < 3; a++) {
        int64_t start = 0, end = image->size[a];
        if (a < image->rank && (size_t)a < count)
            extent(p, (size_t)a, &start, &end);
        end = end < image->size[a] ? end : image->size[a];
        box.start[a] = (int)start;
        box.size[a] = (int)(end - start);
    }
    return mm_box_apply(step, sample, field, &box, NULL, err);
}

const struct mm_transform mm_transform_spatial_crop = {
    .name = "SpatialCrop",
    .summary = "cut out a fixed box",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_SPATIAL | MM_INVERTIBLE | MM_TAKES_PACKED | MM_VIEWS,
    .check = check,
    .each = each,
    .invert = mm_box_invert,
    .example = "{\"name\": \"SpatialCropd\", \"args\": {\"keys\": \"image\", \"roi_start\": [1, 2, 0], \"roi_end\": "
               "[9, 9, 9]}}",
};
