/* Maps [a_min, a_max] linearly onto [b_min, b_max] (MONAI and Clara v3 ScaleIntensityRange). */
#include "transforms/intensity.h"
#include "transforms/transform.h"

struct scale_intensity_range {
    double a_min, a_max, a_offset, b_min, b_max;
    bool clip;
};
#define P struct scale_intensity_range

static const struct mm_param params[] = {
    MM_DOUBLE(P, a_min, .required = true, .unit = "intensity", .help = "input value mapped to b_min"),
    MM_DOUBLE(P, a_max, .def = MM_INTENSITY_NONE, .unit = "intensity", .help = "input value mapped to b_max"),
    MM_DOUBLE(P, a_offset, .def = MM_INTENSITY_NONE, .unit = "intensity",
              .help = "instead of a_max: a_min + a_offset"),
    MM_DOUBLE(P, b_min, .def = MM_INTENSITY_NONE, .unit = "intensity",
              .help = "result for a_min; none: 0, and no clipping below"),
    MM_DOUBLE(P, b_max, .def = MM_INTENSITY_NONE, .unit = "intensity",
              .help = "result for a_max; none: 1, and no clipping above"),
    MM_BOOL(P, clip, .help = "clamp the result to those of b_min and b_max that are given"),
    MM_IGNORED("dtype", .help = "results are float32"),
    MM_PARAMS_END};

static double a_max_of(const P *p)
{
    return isnan(p->a_max) ? p->a_min + p->a_offset : p->a_max;
}

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    (void)arena;
    const P *p = self;
    if (isnan(p->a_max) == isnan(p->a_offset))
        return mm_fail(err, MM_ERR_CONFIG, "give one of a_max and a_offset");
    if (p->a_min == a_max_of(p))
        return mm_fail(err, MM_ERR_CONFIG, "a_min and a_max are both %g: the input range is empty", p->a_min);
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
    struct mm_voxels_parts all = mm_voxels_split(v, false);
    struct mm_intensity_range range = {p->a_min, a_max_of(p), p->b_min, p->b_max, p->clip};
    mm_intensity_map(all.data, all.length, &range);
    return MM_OK;
}

const struct mm_transform mm_transform_scale_intensity_range = {
    .name = "ScaleIntensityRange",
    .summary = "map an intensity range linearly onto another",
    .notes =
        "a_offset is Clara v3's other way to give a_max; b_min and b_max left out: (x - a_min) / (a_max - a_min)",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_VOXELWISE | MM_IN_PLACE | MM_VIEWS,
    .check = check,
    .each = each,
    .example = "{\"name\": \"ScaleIntensityRanged\", \"args\": {\"keys\": \"image\", \"a_min\": -57, \"a_max\": 164, "
               "\"b_min\": 0, \"b_max\": 1, "
               "\"clip\": true}}",
};
