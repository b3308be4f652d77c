/* Argmax, one-hot form, threshold and rounding, in that order, chosen for each key (MONAI AsDiscrete). */
#include <math.h>

#include "transforms/labels.h"
#include "transforms/per_key.h"
#include "transforms/transform.h"

/* What one key asks for. */
struct wanted {
    bool argmax, rounding;
    int classes;      /* 0: no one-hot form */
    double threshold; /* NaN: none          */
};

struct as_discrete {
    const cJSON *argmax, *to_onehot, *n_classes, *threshold, *threshold_values, *logit_thresh, *rounding;
    struct wanted wanted[MM_PER_KEY_MAX]; /* by key; the last given serves all further keys */
    size_t count;
};
#define P struct as_discrete

static const struct mm_param params[] = {
    MM_JSON(P, argmax, .help = "true: the index of the greatest channel; one value or one a key"),
    MM_JSON(P, to_onehot, .help = "number of classes of the one-hot form; one value or one a key"),
    MM_JSON(P, threshold, .help = "1 where the voxel is at least this, else 0; one value or one a key"),
    MM_JSON(P, rounding, .help = "\"torchrounding\": round half to even; one value or one a key"),
    MM_JSON(P, n_classes, .aliases = "num_classes", .help = "older MONAI: the classes of to_onehot: true"),
    MM_JSON(P, threshold_values, .help = "older MONAI: true compares with logit_thresh"),
    MM_JSON(P, logit_thresh, .help = "older MONAI: threshold of threshold_values: true, 0.5 when left out"),
    MM_IGNORED("dim", .help = "the channels"),
    MM_IGNORED("keepdim", .help = "the channel axis always stays"),
    MM_IGNORED("dtype", .help = "classes and masks are uint8"),
    MM_PARAMS_END};

/* The arguments as lists of numbers (transforms/per_key.h). */
struct lists {
    struct mm_doubles argmax, to_onehot, n_classes, threshold, threshold_values, logit_thresh, rounding;
};

static enum mm_status read_lists(struct mm_arena *arena, const P *p, struct lists *l, struct mm_error *err)
{
    const struct {
        const cJSON *node;
        const char *name;
        unsigned allowed;
        const char *word;
        struct mm_doubles *out;
    } all[] = {
        {p->argmax, "argmax", MM_PER_KEY_BOOL, NULL, &l->argmax},
        {p->to_onehot, "to_onehot", MM_PER_KEY_BOOL | MM_PER_KEY_INT, NULL, &l->to_onehot},
        {p->n_classes, "n_classes", MM_PER_KEY_INT, NULL, &l->n_classes},
        {p->threshold, "threshold", MM_PER_KEY_NUMBER, NULL, &l->threshold},
        {p->threshold_values, "threshold_values", MM_PER_KEY_BOOL, NULL, &l->threshold_values},
        {p->logit_thresh, "logit_thresh", MM_PER_KEY_NUMBER, NULL, &l->logit_thresh},
        {p->rounding, "rounding", 0, "torchrounding", &l->rounding},
    };
    enum mm_status s;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (MM_TRY(s, mm_per_key_read(arena, all[i].node, all[i].name, all[i].allowed, all[i].word, all[i].out, err)))
            return s;
    return MM_OK;
}

static enum mm_status classes_of(const struct lists *l, size_t key, int *out, struct mm_error *err)
{
    double classes = mm_per_key(&l->to_onehot, key);
    if (isinf(classes)) {
        classes = mm_per_key(&l->n_classes, key);
        if (isnan(classes))
            return mm_fail(err, MM_ERR_CONFIG, "to_onehot: true needs n_classes (or give the number as to_onehot)");
    }
    if (!isnan(classes) && !(classes >= 1 && classes <= MM_LABELS_MAX))
        return mm_fail(err, MM_ERR_CONFIG, "to_onehot: %g classes, 1 to %d are allowed", classes, MM_LABELS_MAX);
    *out = isnan(classes) ? 0 : (int)classes;
    return MM_OK;
}

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    P *p = self;
    struct lists l;
    enum mm_status s;
    if (MM_TRY(s, read_lists(arena, p, &l, err)))
        return s;
    const size_t counts[] = {1,
                             l.argmax.count,
                             l.to_onehot.count,
                             l.n_classes.count,
                             l.threshold.count,
                             l.threshold_values.count,
                             l.logit_thresh.count,
                             l.rounding.count};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        p->count = counts[i] > p->count ? counts[i] : p->count;
    for (size_t key = 0; key < p->count; key++) {
        struct wanted *w = &p->wanted[key];
        double logit = mm_per_key(&l.logit_thresh, key);
        *w = (struct wanted){.argmax = mm_per_key_on(&l.argmax, key),
                             .rounding = mm_per_key_on(&l.rounding, key),
                             .threshold = mm_per_key(&l.threshold, key)};
        if (mm_per_key_on(&l.threshold_values, key) && isnan(w->threshold))
            w->threshold = isnan(logit) ? 0.5 : logit;
        if (MM_TRY(s, classes_of(&l, key, &w->classes, err)))
            return s;
    }
    return MM_OK;
}

static enum mm_status round_floats(struct mm_sample *sample, const struct mm_volume *v, const struct mm_volume **out,
                                   struct mm_error *err)
{
    if (mm_type_is_integer(v->type))
        return MM_OK;
    struct mm_volume *rounded = mm_volume_convert(sample->arena, v, MM_F32);
    if (!rounded)
        return mm_fail_memory(err, "a rounded image");
    struct mm_voxels_parts all = mm_voxels_split(rounded, false);
    for (size_t i = 0; i < all.length; i++)
        all.data[i] = rintf(all.data[i]);
    *out = rounded;
    return MM_OK;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)context;
    const P *p = step->self;
    const struct wanted *w = &p->wanted[key < p->count ? key : p->count - 1];
    enum mm_status s;
    const struct mm_volume *v, *before;
    if (MM_TRY(s, mm_voxels_read(sample, field, &v, err)))
        return s;
    before = v;
    if ((w->argmax && MM_TRY(s, mm_labels_argmax(sample, v, &v, err))) ||
        (w->classes && MM_TRY(s, mm_labels_one_hot(sample, v, w->classes, &v, err))) ||
        (!isnan(w->threshold) && MM_TRY(s, mm_labels_threshold(sample, v, w->threshold, &v, err))) ||
        (w->rounding && MM_TRY(s, round_floats(sample, v, &v, err))))
        return s;
    if (v != before)
        mm_field_put(sample, field, (struct mm_volume *)v);
    return MM_OK;
}

const struct mm_transform mm_transform_as_discrete = {
    .name = "AsDiscrete",
    .summary = "turn scores into classes, masks or one-hot form",
    .notes = "argmax: ties go to the first channel; threshold: >=. Older MONAI's to_onehot: true with n_classes and "
             "threshold_values: true with logit_thresh keep their meaning",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_VOXELWISE | MM_LABELS,
    .check = check,
    .each = each,
    .example =
        "{\"name\": \"AsDiscreted\", \"args\": {\"keys\": [\"image\", \"label\"], \"threshold\": [0.5, null]}}",
};
