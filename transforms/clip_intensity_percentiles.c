/* Clamps intensities to percentiles of the image, hard or softly (MONAI ClipIntensityPercentiles). */
#include "transforms/intensity.h"
#include "transforms/transform.h"

struct clip_intensity_percentiles {
    double lower, upper, sharpness_factor;
    bool channel_wise;
};
#define P struct clip_intensity_percentiles

static const struct mm_param params[] = {
    MM_DOUBLE(P, lower, .def = MM_INTENSITY_NONE, .max = 100, .unit = "%", .help = "percentile of the least value"),
    MM_DOUBLE(P, upper, .def = MM_INTENSITY_NONE, .max = 100, .unit = "%",
              .help = "percentile of the greatest value"),
    MM_DOUBLE(P, sharpness_factor, .def = MM_INTENSITY_NONE, .exclusive_min = true, .max = 1e9,
              .help = "softly, the more sharply the greater; hard when left out"),
    MM_BOOL(P, channel_wise, .help = "take the percentiles of each channel by itself"),
    MM_IGNORED("return_clipping_values", .help = "what MONAI keeps beside the image"),
    MM_IGNORED("dtype", .help = "results are float32"),
    MM_PARAMS_END};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    (void)arena;
    const P *p = self;
    if (isnan(p->lower) && isnan(p->upper))
        return mm_fail(err, MM_ERR_CONFIG, "neither lower nor upper is given: there is nothing to clip");
    if (p->upper < p->lower)
        return mm_fail(err, MM_ERR_CONFIG, "upper, %g, is below lower, %g", p->upper, p->lower);
    return MM_OK;
}

/* ln(1 + e^x) */
static double softplus(double x)
{
    return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

/* x + (softplus(-s (x - low)) - softplus(s (x - high))) / s (MONAI soft_clip). */
static double clip_softly(double x, double s, double low, double high)
{
    double below = isnan(low) ? 0 : softplus(-s * (x - low)), above = isnan(high) ? 0 : softplus(s * (x - high));
    return x + (below - above) / s;
}

static enum mm_status clip(const P *p, float *x, size_t n, struct mm_error *err)
{
    enum mm_status s;
    double low = p->lower, high = p->upper;
    if ((!isnan(low) && MM_TRY(s, mm_intensity_percentile(x, n, p->lower, &low, err))) ||
        (!isnan(high) && MM_TRY(s, mm_intensity_percentile(x, n, p->upper, &high, err))))
        return s;
    for (size_t i = 0; i < n; i++)
        if (!isnan(p->sharpness_factor))
            x[i] = (float)clip_softly(x[i], p->sharpness_factor, low, high);
        else
            x[i] = x[i] < low ? (float)low : x[i] > high ? (float)high : x[i];
    return MM_OK;
}

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
        if (MM_TRY(s, clip(p, parts.data + i * parts.length, parts.length, err)))
            return s;
    return MM_OK;
}

const struct mm_transform mm_transform_clip_intensity_percentiles = {
    .name = "ClipIntensityPercentiles",
    .summary = "clamp intensities to percentiles of the image",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_IN_PLACE,
    .check = check,
    .each = each,
    .example =
        "{\"name\": \"ClipIntensityPercentilesd\", \"args\": {\"keys\": \"image\", \"lower\": 1, \"upper\": 99}}",
};
