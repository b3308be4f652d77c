/* Closes the holes that one label encloses (MONAI FillHoles). */
#include "transforms/labels.h"
#include "transforms/objects.h"
#include "transforms/transform.h"

struct fill_holes {
    struct mm_ints applied_labels;
    int64_t connectivity;
};
#define P struct fill_holes

static const struct mm_param params[] = {
    MM_INTS(P, applied_labels, .min = 0, .max = INT32_MAX, .help = "labels to work on; none: all but 0"),
    MM_INT(P, connectivity, .def = 0, .min = 0, .max = 3,
           .help = "how the background hangs together: 1 faces, 2 and edges, 3 and corners; 0: all"),
    MM_PARAMS_END};

/* Sets channel c to `value` where the mask is set. */
static void paint(struct mm_volume *v, int c, const uint8_t *mask, double value)
{
    double x[MM_VOXELS_CHUNK];
    for (size_t from = 0, n; (n = mm_voxels_get(v, c, from, x)); from += n) {
        for (size_t i = 0; i < n; i++)
            x[i] = mask[from + i] ? value : x[i];
        mm_voxels_put(v, c, from, n, x);
    }
}

/* A label of one channel: what it encloses gets its value, other labels in there too. */
static enum mm_status fill_label(const P *p, struct mm_volume *v, int64_t label, bool onehot, uint8_t *mask,
                                 struct mm_error *err)
{
    const struct mm_ints one = {1, &label};
    static const int64_t zero = 0;
    const struct mm_ints none = {1, &zero};
    int connectivity, channel = onehot ? (int)label : 0;
    enum mm_status s;
    mm_labels_mask(v, channel, onehot ? &none : &one, mask);
    size_t n = mm_volume_voxels(v);
    for (size_t i = 0; onehot && i < n; i++)
        mask[i] = !mask[i];
    if (MM_TRY(s, mm_objects_connectivity(p->connectivity, v->rank, &connectivity, err)) ||
        MM_TRY(s, mm_objects_fill(mask, v->size, v->rank, connectivity, err)))
        return s;
    paint(v, channel, mask, onehot ? 1 : (double)label);
    return MM_OK;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    struct mm_arena scratch;
    mm_arena_init(&scratch, NULL);
    struct mm_volume *v;
    struct mm_ints labels;
    enum mm_status s;
    if (MM_TRY(s, mm_voxels_write(sample, field, &v, err)) ||
        MM_TRY(s, mm_labels_applied(&scratch, v, &p->applied_labels, v->channels > 1, &labels, err)))
        goto done;
    uint8_t *mask = mm_arena_array(&scratch, uint8_t, mm_volume_voxels(v));
    if (!mask)
        s = mm_fail_memory(err, "a mask");
    for (size_t i = 0; i < labels.count && s == MM_OK; i++)
        if (labels.items[i] != 0)
            s = fill_label(p, v, labels.items[i], v->channels > 1, mask, err);
done:
    mm_arena_done(&scratch);
    return s;
}

const struct mm_transform mm_transform_fill_holes = {
    .name = "FillHoles",
    .summary = "close the holes in labels",
    .notes = "a hole is what one label keeps from reaching the border of the image",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_IN_PLACE | MM_LABELS,
    .each = each,
    .example = "{\"name\": \"FillHolesd\", \"args\": {\"keys\": \"label\"}}",
};
