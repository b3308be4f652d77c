/* Clara v3: the extreme points of a label as a field of points. */
#include "transforms/foreground.h"
#include "transforms/transform.h"

struct fetch_extreme_points {
    const char *label_field, *points;
};
#define P struct fetch_extreme_points

static const struct mm_param params[] = {
    MM_STRING(P, label_field, .required = true, .help = "mask: what is above 0"),
    MM_STRING(P, points, .def_text = "points", .help = "field that gets them, in voxels"),
    MM_IGNORED("image_field", .help = "the points are in voxels of the label"), MM_PARAMS_END};

static enum mm_status apply(const struct mm_step *step, struct mm_sample *sample, const struct mm_context *context,
                            struct mm_error *err)
{
    (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_field *label, *to;
    double(*points)[3] = mm_arena_alloc(sample->arena, MM_FOREGROUND_POINTS * sizeof *points);
    if (!points)
        return mm_fail_memory(err, "points");
    if (MM_TRY(s, mm_sample_volume(sample, p->label_field, &label, err)))
        return s;
    if (mm_foreground_points(label->volume, NULL, 0, points, err))
        return mm_fail_in(err, "%s", p->label_field);
    size_t count = 2 * (size_t)label->volume->rank;
    if (MM_TRY(s, mm_sample_add(sample, p->points, MM_FIELD_POINTS, &to, err)))
        return s;
    to->numbers = points[0];
    to->count = count;
    return MM_OK;
}

const struct mm_transform mm_transform_fetch_extreme_points = {
    .name = "FetchExtremePoints",
    .summary = "find the extreme points of a label",
    .notes = "Clara v3. x least, x greatest, y least, y greatest, z least, z greatest; of equals the first.",
    .params = params,
    .params_size = sizeof(P),
    .fields = MM_FIELDS_OWN,
    .apply = apply,
    .example =
        "{\"name\": \"FetchExtremePoints\", \"args\": {\"image_field\": \"image\", \"label_field\": \"label\", "
        "\"points\": \"points\"}}",
};
