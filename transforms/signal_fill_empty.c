/* Numbers in the place of what is none (MONAI SignalFillEmpty, torch.nan_to_num). */
#include <float.h>
#include <math.h>

#include "transforms/transform.h"
#include "transforms/voxels.h"

struct signal_fill_empty {
    double replacement;
};
#define P struct signal_fill_empty

static const struct mm_param params[] = {MM_DOUBLE(P, replacement, .help = "value in the place of NaN"),
                                         MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *v;
    if (MM_TRY(s, mm_field_volume(field, &v, err)) || mm_type_is_integer(v->type))
        return s;
    if (MM_TRY(s, mm_voxels_write_float(sample, field, &v, err)))
        return s;
    float *x = v->data;
    size_t count = mm_volume_voxels(v) * (size_t)v->channels;
    for (size_t i = 0; i < count; i++) {
        if (isnan(x[i]))
            x[i] = (float)p->replacement;
        else if (isinf(x[i]))
            x[i] = x[i] > 0 ? FLT_MAX : -FLT_MAX;
    }
    return MM_OK;
}

const struct mm_transform mm_transform_signal_fill_empty = {
    .name = "SignalFillEmpty",
    .summary = "put a number in the place of NaN",
    .notes = "Infinite values become the greatest and the least number of float32.",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_VOXELWISE | MM_IN_PLACE,
    .each = each,
    .example = "{\"name\": \"SignalFillEmptyd\", \"args\": {\"keys\": \"image\", \"replacement\": 0}}",
};
