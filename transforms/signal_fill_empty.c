/* Numbers in place of those that are none (MONAI SignalFillEmpty, which is torch.nan_to_num): NaN becomes `replacement`, an infinity the
 * greatest or least float. */
#include <float.h>
#include <math.h>

#include "transforms/intensity.h"
#include "transforms/transform.h"

struct signal_fill_empty {
    double replacement;
};
#define P struct signal_fill_empty

static const struct mm_param params[] = {
    MM_DOUBLE(P, replacement, .def = 0, .unit = "intensity", .help = "value in place of NaN"), MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *v;
    if (MM_TRY(s, mm_voxels_write_float(sample, field, &v, err)))
        return s;
    struct mm_voxels_parts all = mm_voxels_split(v, false);
    for (size_t i = 0; i < all.length; i++)
        if (!isfinite(all.data[i]))
            all.data[i] = isnan(all.data[i]) ? (float)p->replacement : all.data[i] > 0 ? FLT_MAX : -FLT_MAX;
    return MM_OK;
}

const struct mm_transform mm_transform_signal_fill_empty = {
    .name = "SignalFillEmpty",
    .summary = "a number in place of NaN",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_VOXELWISE | MM_IN_PLACE | MM_VIEWS,
    .each = each,
    .example = "{\"name\": \"SignalFillEmptyd\", \"args\": {\"keys\": \"image\", \"replacement\": 0}}",
};
