/* Crops about random voxels of the foreground or the background of a label. */
#include "transforms/pos_neg.h"

struct rand_crop_by_pos_neg_label {
    const char *label_key, *image_key;
    struct mm_ints spatial_size;
    double pos, neg, image_threshold;
    int64_t num_samples;
    bool allow_smaller;
};
#define P struct rand_crop_by_pos_neg_label

static const struct mm_param params[] = {
    MM_STRING(P, label_key, .required = true, .help = "field whose voxels other than 0 are the foreground"),
    MM_INTS(P, spatial_size, .required = true, .min = -1, .max = 1 << 16, .count_min = 1, .count_max = 3,
            .unit = "voxel", .help = "size of a crop; -1 or 0 keeps the axis"),
    MM_DOUBLE(P, pos, .def = 1, .max = 1e9, .help = "share of crops about the foreground"),
    MM_DOUBLE(P, neg, .def = 1, .max = 1e9, .help = "share of crops about the background"),
    MM_INT(P, num_samples, .def = 1, .min = 1, .max = 1 << 16, .help = "crops of one image"),
    MM_STRING(P, image_key, .help = "only where this field is above image_threshold is background"),
    MM_DOUBLE(P, image_threshold, .unit = "intensity", .help = "see image_key"),
    MM_BOOL(P, allow_smaller, .help = "axes shorter than the crop stay whole instead of being an error"),
    MM_IGNORED("fg_indices_key", .help = "the foreground is listed when a sample is cached"),
    MM_IGNORED("bg_indices_key", .help = "the background needs no list"),
    MM_IGNORED("meta_keys", .help = "what MONAI keeps beside the image"),
    MM_IGNORED("meta_key_postfix", .help = "what MONAI keeps beside the image"),
    MM_PARAM_LAZY,
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
    return (size_t)p->num_samples;
}

static enum mm_status apply(const struct mm_step *step, struct mm_sample *sample, const struct mm_context *context,
                            struct mm_error *err)
{
    const P *p = step->self;
    const struct mm_pos_neg how = {.label_field = p->label_key,
                                   .image_field = p->image_key,
                                   .threshold = p->image_threshold,
                                   .size = &p->spatial_size,
                                   .pos = p->pos,
                                   .neg = p->neg,
                                   .allow_smaller = p->allow_smaller,
                                   .fields = step->common.keys,
                                   .allow_missing_fields = step->common.allow_missing_keys};
    return mm_pos_neg_crop(step, sample, &how, context, err);
}

static enum mm_status prepare(const struct mm_step *step, struct mm_sample *sample, struct mm_error *err)
{
    const P *p = step->self;
    return mm_pos_neg_prepare(sample, p->label_key, err);
}

const struct mm_transform mm_transform_rand_crop_by_pos_neg_label = {
    .name = "RandCropByPosNegLabel",
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
    .example = "{\"name\": \"RandCropByPosNegLabeld\", \"args\": {\"keys\": [\"image\", \"label\"], \"label_key\": "
               "\"label\", "
               "\"spatial_size\": [8, 8, 8], \"pos\": 1, \"neg\": 1, \"num_samples\": 4}}",
};
