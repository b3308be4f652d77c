/* x * (1 + factor) about the mean (MONAI ScaleIntensityFixedMean). */
#include "transforms/intensity.h"
#include "transforms/transform.h"

struct scale_intensity_fixed_mean {
    double factor;
    bool preserve_range, fixed_mean, channel_wise;
};
#define P struct scale_intensity_fixed_mean

static const struct mm_param params[] = {
    MM_DOUBLE(P, factor, .help = "deviations from the mean are multiplied by 1 plus this"),
    MM_BOOL(P, preserve_range, .help = "clamp the result to the range that the image had"),
    MM_BOOL(P, fixed_mean, .def = 1, .help = "about the mean; otherwise about 0"),
    MM_BOOL(P, channel_wise, .help = "take mean and range of each channel by itself"),
    MM_IGNORED("dtype", .help = "results are float32"),
    MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *v;
    if (MM_TRY(s, mm_voxels_write_float(sample, field, &v, err)))
        return s;
    struct mm_voxels_parts parts = mm_voxels_split(v, p->channel_wise);
    for (size_t i = 0; i < parts.count; i++)
        mm_intensity_stretch(parts.data + i * parts.length, parts.length, p->factor, p->fixed_mean,
                             p->preserve_range);
    return MM_OK;
}

const struct mm_transform mm_transform_scale_intensity_fixed_mean = {
    .name = "ScaleIntensityFixedMean",
    .summary = "multiply deviations from the mean by 1 plus a factor",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_IN_PLACE,
    .each = each,
    .example = "{\"name\": \"ScaleIntensityFixedMeand\", \"args\": {\"keys\": \"image\", \"factor\": 0.3}}",
};
