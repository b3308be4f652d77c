/* Clara v3: batch_size crops of one image about random voxels of the foreground or the background. */
#include "transforms/pos_neg.h"

struct fast_crop_by_pos_neg_ratio {
    struct mm_ints size;
    const char *label_field;
    double pos, neg;
    int64_t batch_size, batches_to_gen_at_once;
};
#define P struct fast_crop_by_pos_neg_ratio

static const struct mm_param params[] = {
    MM_INTS(P, size, .required = true, .min = -1, .max = 1 << 16, .count_min = 1, .count_max = 3, .unit = "voxel",
            .help = "size of a crop; -1 or 0 keeps the axis"),
    MM_STRING(P, label_field, .required = true,
              .help = "field whose voxels other than 0 are the foreground; cropped with the others"),
    MM_DOUBLE(P, pos, .def = 1, .max = 1e9, .help = "share of crops about the foreground"),
    MM_DOUBLE(P, neg, .def = 1, .max = 1e9, .help = "share of crops about the background"),
    MM_INT(P, batch_size, .def = 1, .min = 1, .max = 1 << 16, .help = "crops of one image"),
    MM_INT(P, batches_to_gen_at_once, .def = 1, .min = 1, .max = 1 << 20, .no_effect = true,
           .help = "crops drawn ahead: changes neither a crop nor their number"),
    MM_PARAMS_END};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    (void)arena;
    const P *p = self;
    return mm_pos_neg_check(p->pos, p->neg, err);
}

static size_t outputs(const void *self)
{
    const P *p = self;
    return (size_t)p->batch_size;
}

static enum mm_status apply(const struct mm_step *step, struct mm_sample *sample, const struct mm_context *context,
                            struct mm_error *err)
{
    const P *p = step->self;
    const struct mm_pos_neg how = {.label_field = p->label_field,
                                   .size = &p->size,
                                   .pos = p->pos,
                                   .neg = p->neg,
                                   .fields = step->common.keys,
                                   .crops_label = true,
                                   .allow_missing_fields = step->common.allow_missing_keys};
    return mm_pos_neg_crop(step, sample, &how, context, err);
}

static enum mm_status prepare(const struct mm_step *step, struct mm_sample *sample, struct mm_error *err)
{
    const P *p = step->self;
    return mm_pos_neg_prepare(sample, p->label_field, err);
}

const struct mm_transform mm_transform_fast_crop_by_pos_neg_ratio = {
    .name = "FastCropByPosNegRatio",
    .aliases = "CropByPosNegRatio CropByPosNegRatioLabelOnly",
    .summary = "crops about random voxels of the foreground or the background",
    .notes = MM_POS_NEG_NOTES,
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM | MM_SPATIAL | MM_MANY | MM_INVERTIBLE | MM_TAKES_PACKED | MM_VIEWS,
    .check = check,
    .outputs = outputs,
    .apply = apply,
    .prepare = prepare,
    .invert = mm_box_invert,
    .example = "{\"name\": \"FastCropByPosNegRatio\", \"args\": {\"fields\": \"image\", \"label_field\": \"label\", "
               "\"size\": "
               "[8, 8, 8], \"pos\": 1, \"neg\": 1, \"batch_size\": 3}}",
};
