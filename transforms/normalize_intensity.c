/* (x - mean) / std (MONAI NormalizeIntensity): population statistics, a std of 0 divides by 1. */
#include "transforms/intensity.h"
#include "transforms/transform.h"

struct normalize_intensity {
    struct mm_doubles subtrahend, divisor;
    bool nonzero, channel_wise;
};
#define P struct normalize_intensity

static const struct mm_param params[] = {
    MM_DOUBLES(P, subtrahend, .unit = "intensity",
               .help = "subtracted, one number or one a channel; none: the mean of the voxels"),
    MM_DOUBLES(P, divisor, .unit = "intensity",
               .help = "divided by, one number or one a channel; none: their standard deviation"),
    MM_BOOL(P, nonzero, .help = "only voxels that are not 0 count and change"),
    MM_BOOL(P, channel_wise, .help = "each channel by itself"),
    MM_IGNORED("dtype", .help = "results are float32"),
    MM_PARAMS_END};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    (void)arena;
    const P *p = self;
    if (!p->channel_wise && (p->subtrahend.count > 1 || p->divisor.count > 1))
        return mm_fail(err, MM_ERR_CONFIG, "a subtrahend or divisor for each channel needs channel_wise: true");
    return MM_OK;
}

/* The number for channel c, NaN when there is none. */
static enum mm_status value_of(const struct mm_doubles *list, const char *name, const struct mm_volume *v, size_t c,
                               double *out, struct mm_error *err)
{
    if (list->count > 1 && list->count != (size_t)v->channels)
        return mm_fail(err, MM_ERR_DATA, "%s has %zu values, the image %d channels", name, list->count, v->channels);
    *out = list->count == 0 ? MM_INTENSITY_NONE : list->items[list->count == 1 ? 0 : c];
    return MM_OK;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *v;
    double mean = MM_INTENSITY_NONE, std = MM_INTENSITY_NONE;
    if (MM_TRY(s, mm_voxels_write_float(sample, field, &v, err)))
        return s;
    struct mm_voxels_parts parts = mm_voxels_split(v, p->channel_wise);
    for (size_t i = 0; i < parts.count; i++) {
        if (MM_TRY(s, value_of(&p->subtrahend, "subtrahend", v, i, &mean, err)) ||
            MM_TRY(s, value_of(&p->divisor, "divisor", v, i, &std, err)))
            return s;
        mm_intensity_normalize(parts.data + i * parts.length, parts.length, mean, std, p->nonzero);
    }
    return MM_OK;
}

const struct mm_transform mm_transform_normalize_intensity = {
    .name = "NormalizeIntensity",
    .summary = "subtract the mean and divide by the standard deviation",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_IN_PLACE | MM_VIEWS,
    .check = check,
    .each = each,
    .example = "{\"name\": \"NormalizeIntensityd\", \"args\": {\"keys\": \"image\", \"nonzero\": true, "
               "\"channel_wise\": true}}",
};
