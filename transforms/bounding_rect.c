/* The box about what is above 0 in each channel, as a field of numbers (MONAI BoundingRect). */
#include "transforms/foreground.h"
#include "transforms/transform.h"

struct bounding_rect {
    const char *bbox_key_postfix;
};
#define P struct bounding_rect

static const struct mm_param params[] = {
    MM_STRING(P, bbox_key_postfix, .def_text = "bbox", .help = "the boxes of KEY are field KEY_postfix"),
    MM_IGNORED("select_fn", .help = "the foreground is what is above 0"), MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *v;
    struct mm_field *to;
    if (MM_TRY(s, mm_field_volume(field, &v, err)))
        return s;
    const char *name = mm_arena_format(sample->arena, "%s_%s", field->name, p->bbox_key_postfix);
    size_t count = 2 * (size_t)v->rank * (size_t)v->channels;
    double *numbers = mm_arena_array(sample->arena, double, count), *at = numbers;
    if (!name || !numbers)
        return mm_fail_memory(err, "boxes");
    for (int64_t c = 0; c < v->channels; c++) {
        struct mm_foreground bounds;
        bool empty = mm_foreground_find(v, &(struct mm_ints){1, &c}, &bounds, NULL) != MM_OK;
        for (int a = 0; a < v->rank; a++) {
            *at++ = empty ? 0 : bounds.low[a];
            *at++ = empty ? 0 : bounds.high[a] + 1;
        }
    }
    if (MM_TRY(s, mm_sample_add(sample, name, MM_FIELD_NUMBER, &to, err)))
        return s;
    to->numbers = numbers;
    to->count = count;
    return MM_OK;
}

const struct mm_transform mm_transform_bounding_rect = {
    .name = "BoundingRect",
    .summary = "find the box about the foreground of each channel",
    .notes = "For each channel and each axis the first voxel and the one behind the last; zeros for a channel "
             "without foreground.",
    .params = params,
    .params_size = sizeof(P),
    .each = each,
    .example = "{\"name\": \"BoundingRectd\", \"args\": {\"keys\": \"label\"}}",
};
