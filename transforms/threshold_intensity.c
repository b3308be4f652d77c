/* Keeps intensities on one side of a threshold (MONAI ThresholdIntensity). */
#include "transforms/intensity.h"
#include "transforms/transform.h"

struct threshold_intensity {
    double threshold, cval;
    bool above;
};
#define P struct threshold_intensity

static const struct mm_param params[] = {
    MM_DOUBLE(P, threshold, .required = true, .unit = "intensity", .help = "a voxel equal to it is replaced"),
    MM_BOOL(P, above, .def = 1, .help = "keep what is above; false: what is below"),
    MM_DOUBLE(P, cval, .def = 0, .unit = "intensity", .help = "value of the others"), MM_PARAMS_END};

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
    float threshold = (float)p->threshold, other = (float)p->cval;
    for (size_t i = 0; i < all.length; i++) {
        bool kept = p->above ? all.data[i] > threshold : all.data[i] < threshold;
        all.data[i] = kept ? all.data[i] : other;
    }
    return MM_OK;
}

const struct mm_transform mm_transform_threshold_intensity = {
    .name = "ThresholdIntensity",
    .summary = "replace the intensities on one side of a threshold",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_VOXELWISE | MM_IN_PLACE | MM_VIEWS,
    .each = each,
    .example = "{\"name\": \"ThresholdIntensityd\", \"args\": {\"keys\": \"image\", \"threshold\": 30, \"cval\": 0}}",
};
