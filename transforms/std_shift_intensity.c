/* x + factor * std(x) (MONAI StdShiftIntensity). */
#include "transforms/intensity.h"
#include "transforms/transform.h"

struct std_shift_intensity {
    double factor;
    bool nonzero, channel_wise;
};
#define P struct std_shift_intensity

static const struct mm_param params[] = {MM_DOUBLE(P, factor, .required = true, .help = "standard deviations to add"),
                                         MM_BOOL(P, nonzero, .help = "only voxels that are not 0 count and change"),
                                         MM_BOOL(P, channel_wise, .help = "each channel by itself"),
                                         MM_IGNORED("dtype", .help = "results are float32"), MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *v;
    if (MM_TRY(s, mm_voxels_write_float(sample, field, &v, err)))
        return s;
    mm_intensity_std_shift(v, p->factor, p->nonzero, p->channel_wise);
    return MM_OK;
}

const struct mm_transform mm_transform_std_shift_intensity = {
    .name = "StdShiftIntensity",
    .summary = "add a multiple of the standard deviation",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_IN_PLACE,
    .each = each,
    .example = "{\"name\": \"StdShiftIntensityd\", \"args\": {\"keys\": \"image\", \"factor\": 0.5}}",
};
