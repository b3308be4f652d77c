/* Maps the range between two percentiles onto [b_min, b_max] (MONAI ScaleIntensityRangePercentiles). */
#include "transforms/intensity.h"
#include "transforms/transform.h"

struct scale_intensity_range_percentiles {
    double lower, upper, b_min, b_max;
    bool clip, relative, channel_wise;
};
#define P struct scale_intensity_range_percentiles

static const struct mm_param params[] = {
    MM_DOUBLE(P, lower, .required = true, .min = 0, .max = 100, .unit = "percent",
              .help = "percentile mapped to b_min"),
    MM_DOUBLE(P, upper, .required = true, .min = 0, .max = 100, .unit = "percent",
              .help = "percentile mapped to b_max"),
    MM_DOUBLE(P, b_min, .def = MM_INTENSITY_NONE, .unit = "intensity",
              .help = "result for lower; none: 0, and no clipping below"),
    MM_DOUBLE(P, b_max, .def = MM_INTENSITY_NONE, .unit = "intensity",
              .help = "result for upper; none: 1, and no clipping above"),
    MM_BOOL(P, clip, .help = "clamp the result to those of b_min and b_max that are given"),
    MM_BOOL(P, relative, .help = "map to the same percentiles of [b_min, b_max] instead"),
    MM_BOOL(P, channel_wise, .help = "each channel by itself"),
    MM_IGNORED("dtype", .help = "results are float32"),
    MM_PARAMS_END};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    (void)arena;
    const P *p = self;
    if (p->relative && (isnan(p->b_min) || isnan(p->b_max)))
        return mm_fail(err, MM_ERR_CONFIG, "relative needs b_min and b_max");
    return MM_OK;
}

static enum mm_status map_part(const P *p, float *x, size_t n, struct mm_error *err)
{
    struct mm_intensity_range range = {.b_min = p->b_min, .b_max = p->b_max, .clip = p->clip};
    enum mm_status s;
    if (MM_TRY(s, mm_intensity_percentile(x, n, p->lower, &range.a_min, err)) ||
        MM_TRY(s, mm_intensity_percentile(x, n, p->upper, &range.a_max, err)))
        return s;
    if (p->relative) {
        range.b_min = p->b_min + (p->b_max - p->b_min) * p->lower / 100;
        range.b_max = p->b_min + (p->b_max - p->b_min) * p->upper / 100;
    }
    mm_intensity_map(x, n, &range);
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
    for (size_t i = 0; i < parts.count && s == MM_OK; i++)
        s = map_part(p, parts.data + i * parts.length, parts.length, err);
    return s;
}

const struct mm_transform mm_transform_scale_intensity_range_percentiles = {
    .name = "ScaleIntensityRangePercentiles",
    .summary = "map the range between two percentiles onto another",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_IN_PLACE | MM_VIEWS,
    .check = check,
    .each = each,
    .example = "{\"name\": \"ScaleIntensityRangePercentilesd\", \"args\": {\"keys\": \"image\", \"lower\": 1, "
               "\"upper\": 99, "
               "\"b_min\": 0, \"b_max\": 1, \"clip\": true}}",
};
