/* The box about a mask as a field of numbers (MONAI Label BoundingBox). */
#include "transforms/foreground.h"
#include "transforms/transform.h"

struct bounding_box {
    const char *bbox;
};
#define P struct bounding_box

static const struct mm_param params[] = {
    MM_STRING(P, bbox, .def_text = "bbox", .help = "field that gets the first voxel and the one behind the last"),
    MM_IGNORED("result", .help = "the box is a field of the sample"), MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *mask;
    struct mm_foreground bounds;
    struct mm_field *to;
    double *numbers = mm_arena_array(sample->arena, double, 6);
    if (!numbers)
        return mm_fail_memory(err, "a box");
    if (MM_TRY(s, mm_field_volume(field, &mask, err)) ||
        MM_TRY(s, mm_foreground_find(mask, &(struct mm_ints){0}, &bounds, err)) ||
        MM_TRY(s, mm_sample_add(sample, p->bbox, MM_FIELD_NUMBER, &to, err)))
        return s;
    for (int a = 0; a < mask->rank; a++) {
        numbers[a] = bounds.low[a];
        numbers[mask->rank + a] = bounds.high[a] + 1;
    }
    to->numbers = numbers;
    to->count = 2 * (size_t)mask->rank;
    return MM_OK;
}

const struct mm_transform mm_transform_bounding_box = {
    .name = "BoundingBox",
    .summary = "find the box about a mask",
    .params = params,
    .params_size = sizeof(P),
    .each = each,
    .example = "{\"name\": \"BoundingBoxd\", \"args\": {\"keys\": \"label\", \"result\": \"result\", \"bbox\": "
               "\"bbox\"}}",
};
