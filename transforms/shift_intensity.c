/* x + offset (MONAI ShiftIntensity). */
#include "transforms/intensity.h"
#include "transforms/transform.h"

struct shift_intensity {
    double offset;
};
#define P struct shift_intensity

static const struct mm_param params[] = {
    MM_DOUBLE(P, offset, .required = true, .unit = "intensity", .help = "added to every voxel"),
    MM_IGNORED("safe", .help = "results are float32, which does not overflow here"),
    MM_IGNORED("factor_key", .help = "statistics of IntensityStats are not kept"),
    MM_IGNORED("meta_keys", .help = "see factor_key"),
    MM_IGNORED("meta_key_postfix", .help = "see factor_key"),
    MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    return mm_voxels_rescale(sample, field, 1, p->offset, err);
}

const struct mm_transform mm_transform_shift_intensity = {
    .name = "ShiftIntensity",
    .summary = "add an offset to every intensity",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_VOXELWISE | MM_IN_PLACE | MM_VIEWS | MM_RESCALES,
    .each = each,
    .example = "{\"name\": \"ShiftIntensityd\", \"args\": {\"keys\": \"image\", \"offset\": -3.25}}",
};
