/* Maps the range of the image onto [minv, maxv], or x * (1 + factor) (MONAI ScaleIntensity). */
#include "transforms/intensity.h"
#include "transforms/transform.h"

struct scale_intensity {
    double minv, maxv, factor;
    bool channel_wise;
};
#define P struct scale_intensity

static const struct mm_param params[] = {
    MM_DOUBLE(P, minv, .def = MM_INTENSITY_NONE, .unit = "intensity",
              .help = "least value of the result; 0 unless factor is given"),
    MM_DOUBLE(P, maxv, .def = MM_INTENSITY_NONE, .unit = "intensity",
              .help = "greatest value of the result; 1 unless factor is given"),
    MM_DOUBLE(P, factor, .def = MM_INTENSITY_NONE, .help = "without minv and maxv: x * (1 + factor)"),
    MM_BOOL(P, channel_wise, .help = "take the range of each channel by itself"),
    MM_IGNORED("dtype", .help = "results are float32"),
    MM_PARAMS_END};

/* A constant image becomes x * minv, as in MONAI. */
static void rescale(const P *p, float *x, size_t n)
{
    if (isnan(p->minv) && isnan(p->maxv) && !isnan(p->factor)) {
        mm_intensity_scale(x, n, 1 + p->factor, 0);
        return;
    }
    struct mm_intensity_range range = {.b_min = isnan(p->minv) ? 0 : p->minv, .b_max = isnan(p->maxv) ? 1 : p->maxv};
    float low, high;
    mm_intensity_bounds(x, n, &low, &high);
    range.a_min = low;
    range.a_max = high;
    if (low == high)
        mm_intensity_scale(x, n, range.b_min, 0);
    else
        mm_intensity_map(x, n, &range);
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
        rescale(p, parts.data + i * parts.length, parts.length);
    return MM_OK;
}

const struct mm_transform mm_transform_scale_intensity = {
    .name = "ScaleIntensity",
    .summary = "map the range that the image has onto another, or multiply by 1 plus a factor",
    .notes = "factor given without minv and maxv is the factor form; MONAI wants explicit nulls for that and "
             "otherwise ignores factor",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_IN_PLACE | MM_VIEWS,
    .each = each,
    .example = "{\"name\": \"ScaleIntensityd\", \"args\": {\"keys\": \"image\", \"minv\": -1, \"maxv\": 1}}",
};
