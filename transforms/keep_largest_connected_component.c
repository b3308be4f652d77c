/* Removes all but the largest connected objects (MONAI KeepLargestConnectedComponent). */
#include "transforms/labels.h"
#include "transforms/objects.h"
#include "transforms/per_key.h"
#include "transforms/transform.h"

struct keep_largest {
    struct mm_ints applied_labels;
    const cJSON *is_onehot; /* true, false, or null: one-hot when there is more than one channel */
    bool independent;
    int64_t connectivity, num_components;
};
#define P struct keep_largest

static const struct mm_param params[] = {
    MM_INTS(P, applied_labels, .min = 0, .max = INT32_MAX, .help = "labels to work on; none: all but 0"),
    MM_JSON(P, is_onehot, .help = "true or false; none: true for more than one channel"),
    MM_BOOL(P, independent, .def = 1, .help = "each label by itself; false: all of them as one object"),
    MM_INT(P, connectivity, .def = 0, .min = 0, .max = 3, .help = "1 faces, 2 and edges, 3 and corners; 0: all"),
    MM_INT(P, num_components, .def = 1, .min = 1, .max = INT32_MAX, .help = "how many objects stay"),
    MM_PARAMS_END};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    (void)arena;
    const P *p = self;
    if (p->is_onehot && !cJSON_IsBool(p->is_onehot))
        return mm_fail(err, MM_ERR_CONFIG, "is_onehot: expected true, false or null, got %s",
                       mm_json_kind(p->is_onehot));
    return MM_OK;
}

/* What a run works with. */
struct work {
    const P *p;
    struct mm_volume *v;
    struct mm_ints labels;
    int connectivity;
    bool onehot;
    uint8_t *mask, *kept; /* of one channel each */
};

/* Sets to 0 what is in mask and not in the largest objects of it: kept = largest or not mask. */
static enum mm_status reduce(const struct work *w, struct mm_error *err)
{
    size_t n = mm_volume_voxels(w->v);
    memcpy(w->kept, w->mask, n);
    enum mm_status s = mm_objects_keep_largest(w->kept, w->v->size, w->connectivity, w->p->num_components, err);
    for (size_t i = 0; i < n; i++)
        w->kept[i] |= !w->mask[i];
    return s;
}

static enum mm_status each_label(const struct work *w, struct mm_error *err)
{
    enum mm_status s;
    for (size_t i = 0; i < w->labels.count; i++) {
        const struct mm_ints one = {1, &w->labels.items[i]};
        int channel = w->onehot ? (int)one.items[0] : 0;
        if (w->onehot)
            mm_labels_above(w->v, channel, 0, w->mask);
        else
            mm_labels_mask(w->v, 0, &one, w->mask);
        if (MM_TRY(s, reduce(w, err)))
            return s;
        mm_voxels_keep(w->v, channel, w->kept);
    }
    return MM_OK;
}

static enum mm_status all_labels(const struct work *w, struct mm_error *err)
{
    static const int64_t set = 1;
    const struct mm_ints one = {1, &set};
    size_t n = mm_volume_voxels(w->v);
    enum mm_status s;
    if (!w->onehot)
        mm_labels_mask(w->v, 0, &w->labels, w->mask);
    for (size_t i = 0; w->onehot && i < w->labels.count; i++) {
        mm_labels_mask(w->v, (int)w->labels.items[i], &one, w->kept);
        for (size_t j = 0; j < n; j++)
            w->mask[j] |= w->kept[j];
    }
    if (MM_TRY(s, reduce(w, err)))
        return s;
    for (size_t i = 0; w->onehot && i < w->labels.count; i++)
        mm_voxels_keep(w->v, (int)w->labels.items[i], w->kept);
    if (!w->onehot)
        mm_voxels_keep(w->v, 0, w->kept);
    return MM_OK;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    struct work w = {.p = step->self};
    struct mm_arena scratch;
    mm_arena_init(&scratch, NULL);
    enum mm_status s;
    if (MM_TRY(s, mm_voxels_write(sample, field, &w.v, err)) ||
        MM_TRY(s, mm_objects_connectivity(w.p->connectivity, w.v->rank, &w.connectivity, err)))
        goto done;
    w.onehot = w.p->is_onehot ? cJSON_IsTrue(w.p->is_onehot) : w.v->channels > 1;
    if (MM_TRY(s, mm_labels_applied(&scratch, w.v, &w.p->applied_labels, w.onehot, &w.labels, err)))
        goto done;
    w.mask = mm_arena_array(&scratch, uint8_t, mm_volume_voxels(w.v));
    w.kept = mm_arena_array(&scratch, uint8_t, mm_volume_voxels(w.v));
    if (!w.mask || !w.kept)
        s = mm_fail_memory(err, "a mask");
    else
        s = w.p->independent ? each_label(&w, err) : all_labels(&w, err);
done:
    mm_arena_done(&scratch);
    return s;
}

const struct mm_transform mm_transform_keep_largest_connected_component = {
    .name = "KeepLargestConnectedComponent",
    .aliases = "LargestCC",
    .summary = "remove all but the largest connected objects",
    .notes = "of objects of the same size the one last in MONAI's voxel order stays",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_IN_PLACE | MM_LABELS,
    .check = check,
    .each = each,
    .example = "{\"name\": \"KeepLargestConnectedComponentd\", \"args\": {\"keys\": \"label\", "
               "\"applied_labels\": [1]}}",
};
