/* The greatest value of a label as a class (MONAI SetLabelClass, of NuClick). */
#include <math.h>

#include "transforms/transform.h"
#include "transforms/voxels.h"

struct set_label_class {
    int64_t offset;
};
#define P struct set_label_class

static const struct mm_param params[] = {
    MM_INT(P, offset, .def = -1, .min = -65536, .max = 65536, .help = "added to the value"), MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    const struct mm_volume *label;
    struct mm_field *to;
    if (MM_TRY(s, mm_voxels_read(sample, field, &label, err)))
        return s;
    double x[MM_VOXELS_CHUNK], most = -HUGE_VAL, *number = mm_arena_array(sample->arena, double, 1);
    if (!number)
        return mm_fail_memory(err, "a class");
    for (int c = 0; c < label->channels; c++)
        for (size_t at = 0, n; (n = mm_voxels_get(label, c, at, x)); at += n)
            for (size_t i = 0; i < n; i++)
                most = x[i] > most ? x[i] : most;
    *number = trunc(most) + (double)p->offset;
    if (!(*number >= 0))
        return mm_fail(err, MM_ERR_DATA, "the greatest value is %g: with offset %d it is no class", most,
                       (int)p->offset);
    if (MM_TRY(s, mm_sample_add(sample, field->name, MM_FIELD_CLASS, &to, err)))
        return s;
    to->numbers = number;
    to->count = 1;
    return MM_OK;
}

const struct mm_transform mm_transform_set_label_class = {
    .name = "SetLabelClass",
    .summary = "make a class of the greatest value of a label",
    .params = params,
    .params_size = sizeof(P),
    .each = each,
    .example = "{\"name\": \"SetLabelClassd\", \"args\": {\"keys\": \"label\", \"offset\": 0}}",
};
