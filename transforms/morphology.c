/* Erosion and dilation. A box is a line along each axis, one after the other: a voxel of a line is set when the window about it has a
 * set voxel, which a running count tells in one addition and one subtraction. Erosion dilates what is not set. */
#include "transforms/morphology.h"

#include "transforms/labels.h"

#define P struct mm_morphology
const struct mm_param mm_morphology_params[] = {
    MM_INTS(P, filter_size, .def_text = "3", .min = 1, .max = 255, .count_min = 1, .count_max = 3, .unit = "voxel",
            .help = "edges of the box, odd: one for all axes, or one each"),
    MM_INTS(P, applied_labels, .min = 0, .max = INT32_MAX,
            .help = "labels to work on; channels when there are several; none: all but 0"),
    MM_PARAMS_END};
#undef P

enum mm_status mm_morphology_check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    (void)arena;
    const struct mm_morphology *how = self;
    for (size_t i = 0; i < how->filter_size.count; i++)
        if (how->filter_size.items[i] % 2 == 0)
            return mm_fail(err, MM_ERR_CONFIG, "filter_size is %lld: it must be odd, so that the box has a middle",
                           (long long)how->filter_size.items[i]);
    return MM_OK;
}

/* One line of n voxels, `step` apart: sets what has a voxel equal to `wanted` within `half` to `wanted`. */
static void grow_line(uint8_t *line, size_t step, int n, int half, uint8_t wanted, uint8_t *copy)
{
    int inside = 0;
    for (int i = 0; i < n; i++)
        copy[i] = line[(size_t)i * step] == wanted;
    for (int i = 0; i < half && i < n; i++)
        inside += copy[i];
    for (int i = 0; i < n; i++) {
        inside += i + half < n ? copy[i + half] : 0;
        if (inside)
            line[(size_t)i * step] = wanted;
        inside -= i - half >= 0 ? copy[i - half] : 0;
    }
}

/* Grows the voxels of value `wanted` (0: erosion) by the box. */
static void grow(uint8_t *mask, const int size[3], const int filter[3], uint8_t wanted, uint8_t *copy)
{
    const size_t step[3] = {1, (size_t)size[0], (size_t)size[0] * (size_t)size[1]};
    for (int a = 0; a < 3; a++) {
        int b = (a + 1) % 3, c = (a + 2) % 3;
        for (int j = 0; j < size[c] && filter[a] > 1; j++)
            for (int i = 0; i < size[b]; i++)
                grow_line(mask + (size_t)i * step[b] + (size_t)j * step[c], step[a], size[a], filter[a] / 2, wanted,
                          copy);
    }
}

/* The label's new mask into channel c: lost voxels become 0, won ones were 0. */
static void put_mask(struct mm_volume *v, int c, const uint8_t *before, const uint8_t *after, double label)
{
    double x[MM_VOXELS_CHUNK];
    for (size_t from = 0, n; (n = mm_voxels_get(v, c, from, x)); from += n) {
        for (size_t i = 0; i < n; i++) {
            bool was = before[from + i], is = after[from + i];
            x[i] = was && !is ? 0 : !was && is && x[i] == 0 ? label : x[i];
        }
        mm_voxels_put(v, c, from, n, x);
    }
}

/* The mask of a label value, or of what is not 0 in a channel. */
static void get_mask(const struct mm_volume *v, int64_t label, uint8_t *mask)
{
    static const int64_t zero = 0;
    bool is_channel = v->channels > 1;
    const struct mm_ints one = {1, is_channel ? &zero : &label};
    mm_labels_mask(v, is_channel ? (int)label : 0, &one, mask);
    size_t n = mm_volume_voxels(v);
    for (size_t i = 0; is_channel && i < n; i++)
        mask[i] = !mask[i];
}

/* What a dilation adds beyond the border an erosion after it must see: masks then have a margin. */
struct work {
    uint8_t *before, *after, *wide, *line; /* wide: with margin; after: without */
    int filter[3], margin[3], size[3];     /* size: of wide */
};

static enum mm_status work_make(struct mm_arena *scratch, const struct mm_morphology *how, const struct mm_volume *v,
                                bool has_margin, struct work *work, struct mm_error *err)
{
    enum mm_status s;
    size_t voxels = mm_volume_voxels(v), wide = 1;
    int longest = 1;
    if (MM_TRY(s, mm_spatial_ints(&how->filter_size, "filter_size", v->rank, 1, work->filter, err)))
        return s;
    for (int a = 0; a < 3; a++) {
        work->margin[a] = has_margin ? work->filter[a] / 2 : 0;
        work->size[a] = v->size[a] + 2 * work->margin[a];
        longest = work->size[a] > longest ? work->size[a] : longest;
        wide *= (size_t)work->size[a];
    }
    work->before = mm_arena_array(scratch, uint8_t, voxels);
    work->after = mm_arena_array(scratch, uint8_t, voxels);
    work->wide = mm_arena_array(scratch, uint8_t, wide);
    work->line = mm_arena_array(scratch, uint8_t, (size_t)longest);
    return work->before && work->after && work->wide && work->line ? MM_OK : mm_fail_memory(err, "masks");
}

/* The row (y, z) of an image of that size, in the wide mask. */
static uint8_t *wide_row(const struct work *work, int y, int z)
{
    size_t row = (size_t)(z + work->margin[2]) * (size_t)work->size[1] + (size_t)(y + work->margin[1]);
    return work->wide + row * (size_t)work->size[0] + work->margin[0];
}

/* before -> after */
static void grow_label(const struct work *work, const int size[3], const enum mm_morphology_step *steps, size_t count)
{
    size_t n = (size_t)size[0];
    memset(work->wide, 0, (size_t)work->size[0] * (size_t)work->size[1] * (size_t)work->size[2]);
    for (int row = 0; row < size[1] * size[2]; row++)
        memcpy(wide_row(work, row % size[1], row / size[1]), work->before + (size_t)row * n, n);
    for (size_t k = 0; k < count; k++)
        grow(work->wide, work->size, work->filter, steps[k] == MM_DILATE, work->line);
    for (int row = 0; row < size[1] * size[2]; row++)
        memcpy(work->after + (size_t)row * n, wide_row(work, row % size[1], row / size[1]), n);
}

static enum mm_status run(struct mm_arena *scratch, const struct mm_morphology *how, struct mm_volume *v,
                          const enum mm_morphology_step *steps, size_t count, struct mm_error *err)
{
    enum mm_status s;
    struct work work;
    struct mm_ints labels;
    if (MM_TRY(s, work_make(scratch, how, v, count > 1 && steps[0] == MM_DILATE, &work, err)) ||
        MM_TRY(s, mm_labels_applied(scratch, v, &how->applied_labels, v->channels > 1, &labels, err)))
        return s;
    for (size_t i = 0; i < labels.count; i++) {
        int64_t label = labels.items[i];
        bool is_channel = v->channels > 1;
        if (label == 0 && !is_channel)
            continue;
        get_mask(v, label, work.before);
        grow_label(&work, v->size, steps, count);
        put_mask(v, is_channel ? (int)label : 0, work.before, work.after, is_channel ? 1 : (double)label);
    }
    return MM_OK;
}

enum mm_status mm_morphology_run(const struct mm_morphology *how, struct mm_sample *sample, struct mm_field *field,
                                 const enum mm_morphology_step *steps, size_t count, struct mm_error *err)
{
    enum mm_status s;
    struct mm_volume *v;
    struct mm_arena scratch;
    mm_arena_init(&scratch, NULL);
    s = mm_voxels_write(sample, field, &v, err);
    if (!s)
        s = run(&scratch, how, v, steps, count, err);
    mm_arena_done(&scratch);
    return s;
}
