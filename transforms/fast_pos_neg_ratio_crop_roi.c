/* Clara v3: crops of an image and its label about random voxels of the foreground or the background. */
#include "transforms/pos_neg.h"

struct fast_pos_neg_ratio_crop_roi {
    struct mm_ints size;
    const char *image_field, *label_field;
    double pos, neg;
    bool deform, rotation, scale;
    int64_t batch_size;
};
#define P struct fast_pos_neg_ratio_crop_roi

static const struct mm_param params[] = {
    MM_INTS(P, size, .required = true, .min = -1, .max = 1 << 16, .count_min = 1, .count_max = 3, .unit = "voxel",
            .help = "size of a crop; -1 or 0 keeps the axis"),
    MM_STRING(P, image_field, .def_text = "image", .help = "image to crop"),
    MM_STRING(P, label_field, .def_text = "label", .help = "label to crop; voxels other than 0 are the foreground"),
    MM_DOUBLE(P, pos, .def = 1, .max = 1e9, .help = "share of crops about the foreground"),
    MM_DOUBLE(P, neg, .def = 1, .max = 1e9, .help = "share of crops about the background"),
    MM_BOOL(P, deform, .help = "must be false"),
    MM_BOOL(P, rotation, .help = "must be false"),
    MM_BOOL(P, scale, .help = "must be false"),
    MM_INT(P, batch_size, .def = 1, .min = 1, .max = 1 << 16, .help = "crops of one image"),
    MM_IGNORED("rotation_degree", .help = "rotation is not supported"),
    MM_IGNORED("scale_factor", .help = "scale is not supported"),
    MM_IGNORED("fast_crop", .help = "crops are always cut without a copy of the image"),
    MM_PARAMS_END};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    (void)arena;
    const P *p = self;
    if (p->deform || p->rotation || p->scale)
        return mm_fail(err, MM_ERR_CONFIG, "%s: true is not supported, use a transform of its own behind the crop",
                       p->deform     ? "deform"
                       : p->rotation ? "rotation"
                                     : "scale");
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
                                   .fields = {1, &p->image_field},
                                   .crops_label = true};
    return mm_pos_neg_crop(step, sample, &how, context, err);
}

static enum mm_status prepare(const struct mm_step *step, struct mm_sample *sample, struct mm_error *err)
{
    const P *p = step->self;
    return mm_pos_neg_prepare(sample, p->label_field, err);
}

const struct mm_transform mm_transform_fast_pos_neg_ratio_crop_roi = {
    .name = "FastPosNegRatioCropROI",
    .summary = "crops about random voxels of the foreground or the background",
    .notes = MM_POS_NEG_NOTES,
    .params = params,
    .params_size = sizeof(P),
    .fields = MM_FIELDS_OWN,
    .flags = MM_RANDOM | MM_SPATIAL | MM_MANY | MM_INVERTIBLE | MM_TAKES_PACKED | MM_VIEWS,
    .check = check,
    .outputs = outputs,
    .apply = apply,
    .prepare = prepare,
    .invert = mm_box_invert,
    .example =
        "{\"name\": \"FastPosNegRatioCropROI\", \"args\": {\"image_field\": \"image\", \"label_field\": \"label\", "
        "\"size\": [8, 8, 8], \"pos\": 1, \"neg\": 1}}",
};
