/* Images are ready for the network as they are; only `dtype` does something (MONAI ToTensor, EnsureType, ToNumpy). */
#include "transforms/cast.h"
#include "transforms/transform.h"

struct to_tensor {
    const char *dtype;
};
#define P struct to_tensor

static const struct mm_param params[] = {
    MM_CHOICE(P, dtype, .choices = MM_CAST_TYPES, .help = "element type; none: as it is"),
    MM_IGNORED("data_type", .help = "of EnsureType: there is one kind of image here"),
    MM_IGNORED("device", .help = "images go to the device with their batch"),
    MM_IGNORED("wrap_sequence", .help = "fields are no sequences"),
    MM_IGNORED("track_meta", .help = "always tracked"),
    MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    return p->dtype ? mm_cast_field(sample, field, p->dtype, err) : MM_OK;
}

const struct mm_transform mm_transform_to_tensor = {
    .name = "ToTensor",
    .aliases = "EnsureType ToNumpy",
    .summary = "nothing, unless an element type is asked for",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_VOXELWISE | MM_IN_PLACE | MM_LABELS,
    .each = each,
    .example = "{\"name\": \"ToTensord\", \"args\": {\"keys\": [\"image\", \"label\"]}}",
};
