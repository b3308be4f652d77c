/* Another element type for each key (MONAI CastToType). */
#include "transforms/cast.h"
#include "transforms/transform.h"

struct cast_to_type {
    struct mm_strings dtype;
};
#define P struct cast_to_type

static const struct mm_param params[] = {MM_STRINGS(P, dtype, .def_text = "[\"float32\"]", .count_min = 1,
                                                    .choices = MM_CAST_TYPES,
                                                    .help = "element type; one for all keys or one a key"),
                                         MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)context;
    const P *p = step->self;
    return mm_cast_field(sample, field, mm_string_of_key(&p->dtype, key), err);
}

const struct mm_transform mm_transform_cast_to_type = {
    .name = "CastToType",
    .summary = "convert the voxels to another type",
    .notes = "float to integer cuts off fractions and saturates; fields that are no image stay as they are",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_VOXELWISE | MM_LABELS,
    .each = each,
    .example = "{\"name\": \"CastToTyped\", \"args\": {\"keys\": [\"image\", \"label\"], "
               "\"dtype\": [\"float32\", \"uint8\"]}}",
};
