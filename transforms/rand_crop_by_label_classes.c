/* Crops about random voxels of the classes of a label (MONAI RandCropByLabelClasses). */
#include "transforms/box.h"
#include "transforms/label_classes.h"

struct rand_crop_by_label_classes {
    const char *label_key, *image_key;
    struct mm_ints spatial_size;
    struct mm_doubles ratios;
    double image_threshold;
    int64_t num_classes, num_samples;
    bool allow_smaller;
};
#define P struct rand_crop_by_label_classes

static const struct mm_param params[] = {
    MM_STRING(P, label_key, .required = true, .help = "field with the classes: values, or channels"),
    MM_INTS(P, spatial_size, .required = true, .min = -1, .max = 1 << 16, .count_min = 1, .count_max = 3,
            .unit = "voxel", .help = "size of a crop; -1 or 0 keeps the axis"),
    MM_DOUBLES(P, ratios, .max = 1e9, .count_max = MM_LABEL_CLASSES_MAX,
               .help = "share of the crops for each class; all the same when left out"),
    MM_INT(P, num_classes, .min = 0, .max = MM_LABEL_CLASSES_MAX,
           .help = "values 0 to this less one; needed when the label has one channel"),
    MM_INT(P, num_samples, .def = 1, .min = 1, .max = 1 << 16, .help = "crops of one image"),
    MM_STRING(P, image_key, .help = "only where this field is above image_threshold do voxels count"),
    MM_DOUBLE(P, image_threshold, .unit = "intensity", .help = "see image_key"),
    MM_BOOL(P, allow_smaller, .help = "axes shorter than the crop stay whole instead of being an error"),
    MM_IGNORED("indices_key", .help = "the classes are listed when a sample is cached"),
    MM_IGNORED("max_samples_per_class", .help = "all voxels of a class are drawn from"),
    MM_IGNORED("warn", .help = "classes without voxels are left out of the draw"),
    MM_IGNORED("meta_keys", .help = "what MONAI keeps beside the image"),
    MM_IGNORED("meta_key_postfix", .help = "what MONAI keeps beside the image"),
    MM_PARAM_LAZY,
    MM_PARAMS_END};

static size_t outputs(const void *self)
{
    const P *p = self;
    return (size_t)p->num_samples;
}

static struct mm_label_classes classes_of(const P *p)
{
    return (struct mm_label_classes){.label_field = p->label_key,
                                     .image_field = p->image_key,
                                     .threshold = p->image_threshold,
                                     .count = p->num_classes};
}

static enum mm_status find_box(const struct mm_step *step, struct mm_sample *sample, const struct mm_volume *label,
                               const struct mm_context *context, struct mm_box *box, struct mm_error *err)
{
    const P *p = step->self;
    const struct mm_label_classes classes = classes_of(p);
    enum mm_status s;
    struct mm_random random;
    int size[3], voxel[3];
    mm_step_random(step, context, &random);
    if (MM_TRY(s, mm_spatial_sizes(&p->spatial_size, "spatial_size", label, size, err)) ||
        (!p->allow_smaller && MM_TRY(s, mm_box_fits(label, size, err))) ||
        MM_TRY(s, mm_label_classes_draw(sample, &classes, &p->ratios, &random, voxel, err)))
        return s;
    *box = mm_box_inside(label, voxel, size);
    return MM_OK;
}

static enum mm_status apply(const struct mm_step *step, struct mm_sample *sample, const struct mm_context *context,
                            struct mm_error *err)
{
    const P *p = step->self;
    enum mm_status s;
    struct mm_field *field;
    struct mm_box box;
    if (MM_TRY(s, mm_sample_volume(sample, p->label_key, &field, err)))
        return s;
    const struct mm_field label = *field; /* as it was, while the fields are cropped */
    if (find_box(step, sample, label.volume, context, &box, err))
        return mm_fail_in(err, "%s (%s)", label.name, label.source ? label.source : "made here");
    for (size_t i = 0; i < step->common.keys.count; i++) {
        const char *name = step->common.keys.items[i];
        if (step->common.allow_missing_keys && !mm_sample_find(sample, name))
            continue;
        if (MM_TRY(s, mm_sample_volume(sample, name, &field, err)) ||
            MM_TRY(s, mm_field_same_grid(field, &label, err)))
            return s;
        if (mm_box_apply(step, sample, field, &box, NULL, err))
            return mm_fail_in(err, "%s", name);
    }
    return MM_OK;
}

static enum mm_status prepare(const struct mm_step *step, struct mm_sample *sample, struct mm_error *err)
{
    const struct mm_label_classes classes = classes_of(step->self);
    return mm_label_classes_prepare(sample, &classes, err);
}

const struct mm_transform mm_transform_rand_crop_by_label_classes = {
    .name = "RandCropByLabelClasses",
    .summary = "crops about random voxels of the classes of a label",
    .notes = "Classes without voxels are left out of the draw. The voxel becomes the crop's middle, moved so that "
             "the crop lies inside "
             "the image.",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM | MM_SPATIAL | MM_MANY | MM_INVERTIBLE | MM_TAKES_PACKED | MM_VIEWS,
    .outputs = outputs,
    .apply = apply,
    .prepare = prepare,
    .invert = mm_box_invert,
    .example = "{\"name\": \"RandCropByLabelClassesd\", \"args\": {\"keys\": [\"image\", \"label\"], \"label_key\": "
               "\"label\", \"spatial_size\": [8, 8, 8], \"num_classes\": 2, \"ratios\": [1, 2], \"num_samples\": 4}}",
};
