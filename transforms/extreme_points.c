/* The extreme points of a mask as a field of points (MONAI Label ExtremePoints; Clara v3 FetchExtremePoints). */
#include "transforms/foreground.h"
#include "transforms/transform.h"

struct extreme_points {
    const char *points;
};
#define P struct extreme_points

static const struct mm_param params[] = {
    MM_STRING(P, points, .def_text = "points", .help = "field that gets them, in voxels"),
    MM_IGNORED("result", .help = "the points are a field of the sample"),
    MM_IGNORED("image_field", .help = "the points are in voxels of the mask"), MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *mask;
    struct mm_field *to;
    double(*points)[3] = mm_arena_alloc(sample->arena, MM_FOREGROUND_POINTS * sizeof *points);
    if (!points)
        return mm_fail_memory(err, "points");
    if (MM_TRY(s, mm_field_volume(field, &mask, err)) ||
        MM_TRY(s, mm_foreground_points(mask, NULL, 0, points, err)) ||
        MM_TRY(s, mm_sample_add(sample, p->points, MM_FIELD_POINTS, &to, err)))
        return s;
    to->numbers = points[0];
    to->count = 2 * (size_t)mask->rank;
    return MM_OK;
}

const struct mm_transform mm_transform_extreme_points = {
    .name = "ExtremePoints",
    .summary = "find the extreme points of a mask",
    .notes = "x least, x greatest, y least, y greatest, z least, z greatest; of equals the first.",
    .params = params,
    .params_size = sizeof(P),
    .each = each,
    .example = "{\"name\": \"ExtremePointsd\", \"args\": {\"keys\": \"label\", \"result\": \"result\", \"points\": "
               "\"points\"}}",
};
