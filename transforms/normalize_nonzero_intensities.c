/* (x - mean) / std of the voxels that are not 0, each channel by itself (Clara v3 NormalizeNonzeroIntensities). */
#include "transforms/intensity.h"
#include "transforms/transform.h"

static const struct mm_param params[] = {MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)step, (void)key, (void)context;
    enum mm_status s;
    struct mm_volume *v;
    if (MM_TRY(s, mm_voxels_write_float(sample, field, &v, err)))
        return s;
    struct mm_voxels_parts parts = mm_voxels_split(v, true);
    for (size_t i = 0; i < parts.count; i++)
        mm_intensity_normalize(parts.data + i * parts.length, parts.length, MM_INTENSITY_NONE, MM_INTENSITY_NONE,
                               true);
    return MM_OK;
}

const struct mm_transform mm_transform_normalize_nonzero_intensities = {
    .name = "NormalizeNonzeroIntensities",
    .summary = "normalize the voxels that are not 0, in Clara v3's words",
    .notes = "NormalizeIntensity with nonzero and channel_wise true",
    .params = params,
    .flags = MM_IN_PLACE,
    .each = each,
    .example = "{\"name\": \"NormalizeNonzeroIntensities\", \"args\": {\"fields\": \"image\"}}",
};
