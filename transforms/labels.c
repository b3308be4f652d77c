/* Labels: argmax, one-hot, threshold, masks and values. Semantics of MONAI 1.3, monai/transforms/post/array.py. */
#include "transforms/labels.h"

#include <math.h>

/* Greatest value and its channel for a chunk of voxels. The channel is kept as float (exact up to 2^24) and the two selections
 * are loops of their own: so the compiler vectorises both. */
static void argmax_chunk(const struct mm_volume *v, size_t from, size_t n, float *best, float *index)
{
    memcpy(best, mm_voxels_floats(v, 0) + from, n * sizeof *best);
    memset(index, 0, n * sizeof *index);
    for (int c = 1; c < v->channels; c++) {
        const float *x = mm_voxels_floats(v, c) + from;
        float channel = (float)c;
        for (size_t i = 0; i < n; i++) {
            float at = index[i];
            index[i] = x[i] > best[i] ? channel : at;
        }
        for (size_t i = 0; i < n; i++) {
            float top = best[i];
            best[i] = x[i] > top ? x[i] : top;
        }
    }
}

enum mm_status mm_labels_argmax(struct mm_sample *sample, const struct mm_volume *v, const struct mm_volume **out,
                                struct mm_error *err)
{
    enum mm_status s;
    struct mm_volume *result;
    enum mm_type type = v->channels > 256 ? MM_I32 : MM_U8;
    if (MM_TRY(s, mm_voxels_make(sample, v, type, 1, &result, err)))
        return s;
    if (v->type != MM_F32 && !(v = mm_volume_convert(sample->arena, v, MM_F32)))
        return mm_fail_memory(err, "an image as float32");
    float best[MM_VOXELS_CHUNK], index[MM_VOXELS_CHUNK];
    char *to = result->data;
    size_t voxels = mm_volume_voxels(v), bytes = mm_type_bytes(type);
    for (size_t from = 0; from < voxels; from += MM_VOXELS_CHUNK) {
        size_t n = voxels - from < MM_VOXELS_CHUNK ? voxels - from : MM_VOXELS_CHUNK;
        argmax_chunk(v, from, n, best, index);
        mm_convert(to + from * bytes, type, index, MM_F32, n, 1);
    }
    *out = result;
    return MM_OK;
}

/* A one of the channel of its value for each voxel of a chunk; the first value without a channel is returned. */
static bool mark_chunk(const double *x, size_t n, size_t from, size_t voxels, int classes, uint8_t *to, double *bad)
{
    for (size_t i = 0; i < n; i++) {
        double value = trunc(x[i]);
        if (!(value >= 0 && value < classes)) {
            *bad = x[i];
            return false;
        }
        to[(size_t)value * voxels + from + i] = 1;
    }
    return true;
}

enum mm_status mm_labels_one_hot(struct mm_sample *sample, const struct mm_volume *v, int classes,
                                 const struct mm_volume **out, struct mm_error *err)
{
    enum mm_status s;
    struct mm_volume *result;
    if (v->channels != 1)
        return mm_fail(err, MM_ERR_DATA, "the one-hot form is made of one channel, there are %d (argmax first?)",
                       v->channels);
    if (MM_TRY(s, mm_voxels_make(sample, v, MM_U8, classes, &result, err)))
        return s;
    double x[MM_VOXELS_CHUNK], bad;
    size_t voxels = mm_volume_voxels(v);
    for (size_t from = 0, n; from < voxels; from += n) {
        n = mm_voxels_get(v, 0, from, x);
        if (!mark_chunk(x, n, from, voxels, classes, result->data, &bad))
            return mm_fail(err, MM_ERR_DATA, "label value %g is not one of %d classes (0 to %d)", bad, classes,
                           classes - 1);
    }
    *out = result;
    return MM_OK;
}

enum mm_status mm_labels_threshold(struct mm_sample *sample, const struct mm_volume *v, double threshold,
                                   const struct mm_volume **out, struct mm_error *err)
{
    enum mm_status s;
    struct mm_volume *result;
    if (MM_TRY(s, mm_voxels_make(sample, v, MM_U8, v->channels, &result, err)))
        return s;
    double x[MM_VOXELS_CHUNK];
    /* Compared as float32 where the voxels are: 0.3f counts as reaching 0.3. */
    double limit = v->type == MM_F32 ? (double)(float)threshold : threshold;
    for (int c = 0; c < v->channels; c++) {
        uint8_t *to = (uint8_t *)result->data + (size_t)c * result->stride[3];
        for (size_t from = 0, n; (n = mm_voxels_get(v, c, from, x)); from += n)
            for (size_t i = 0; i < n; i++)
                to[from + i] = x[i] >= limit;
    }
    *out = result;
    return MM_OK;
}

bool mm_labels_contain(const struct mm_ints *labels, double value)
{
    for (size_t i = 0; i < labels->count; i++)
        if ((double)labels->items[i] == value)
            return true;
    return false;
}

/* Labels come in runs: the answer for the last value is kept. */
void mm_labels_mask(const struct mm_volume *v, int c, const struct mm_ints *labels, uint8_t *mask)
{
    double x[MM_VOXELS_CHUNK], last = 0;
    bool inside = mm_labels_contain(labels, last);
    for (size_t from = 0, n; (n = mm_voxels_get(v, c, from, x)); from += n)
        for (size_t i = 0; i < n; i++) {
            if (x[i] != last) {
                last = x[i];
                inside = mm_labels_contain(labels, last);
            }
            mask[from + i] = inside;
        }
}

void mm_labels_above(const struct mm_volume *v, int c, double threshold, uint8_t *mask)
{
    double x[MM_VOXELS_CHUNK];
    for (size_t from = 0, n; (n = mm_voxels_get(v, c, from, x)); from += n)
        for (size_t i = 0; i < n; i++)
            mask[from + i] = x[i] > threshold;
}

/* Ascending, without repeats. */
struct value_set {
    int64_t *items;
    size_t count;
};

static enum mm_status insert(struct value_set *set, double value, struct mm_error *err)
{
    if (trunc(value) != value || fabs(value) > INT32_MAX)
        return mm_fail(err, MM_ERR_DATA, "%g is no label value: whole numbers are needed", value);
    int64_t label = (int64_t)value;
    size_t at = 0;
    for (size_t end = set->count; at < end;) {
        size_t middle = (at + end) / 2;
        if (set->items[middle] < label)
            at = middle + 1;
        else
            end = middle;
    }
    if (at < set->count && set->items[at] == label)
        return MM_OK;
    if (set->count == MM_LABELS_MAX)
        return mm_fail(err, MM_ERR_DATA, "more than %d different values: this is no label", MM_LABELS_MAX);
    memmove(set->items + at + 1, set->items + at, (set->count - at) * sizeof *set->items);
    set->items[at] = label;
    set->count++;
    return MM_OK;
}

enum mm_status mm_labels_values(struct mm_arena *arena, const struct mm_volume *v, int c, struct mm_ints *out,
                                struct mm_error *err)
{
    struct value_set set = {mm_arena_array(arena, int64_t, MM_LABELS_MAX), 0};
    if (!set.items)
        return mm_fail_memory(err, "the values of a label");
    enum mm_status s;
    double x[MM_VOXELS_CHUNK], last = 0;
    for (size_t from = 0, n; (n = mm_voxels_get(v, c, from, x)); from += n)
        for (size_t i = 0; i < n; i++) {
            if (x[i] == last)
                continue;
            last = x[i];
            if (last != 0 && MM_TRY(s, insert(&set, last, err)))
                return s;
        }
    *out = (struct mm_ints){set.count, set.items};
    return MM_OK;
}

/* Channels but 0 that have a voxel above 0. */
static enum mm_status channels_used(struct mm_arena *arena, const struct mm_volume *v, struct mm_ints *out,
                                    struct mm_error *err)
{
    int64_t *items = mm_arena_array(arena, int64_t, (size_t)v->channels);
    if (!items)
        return mm_fail_memory(err, "the channels of a label");
    double x[MM_VOXELS_CHUNK];
    size_t count = 0;
    for (int c = 1; c < v->channels; c++) {
        bool used = false;
        for (size_t from = 0, n; !used && (n = mm_voxels_get(v, c, from, x)); from += n)
            for (size_t i = 0; i < n; i++)
                used |= x[i] > 0;
        if (used)
            items[count++] = c;
    }
    *out = (struct mm_ints){count, items};
    return MM_OK;
}

enum mm_status mm_labels_applied(struct mm_arena *arena, const struct mm_volume *v, const struct mm_ints *given,
                                 bool onehot, struct mm_ints *out, struct mm_error *err)
{
    if (!onehot && v->channels != 1)
        return mm_fail(err, MM_ERR_DATA, "a label that is not one-hot has one channel, there are %d", v->channels);
    if (given->count == 0)
        return onehot ? channels_used(arena, v, out, err) : mm_labels_values(arena, v, 0, out, err);
    for (size_t i = 0; onehot && i < given->count; i++)
        if (given->items[i] < 0 || given->items[i] >= v->channels)
            return mm_fail(err, MM_ERR_DATA, "label %lld: the one-hot form has channels 0 to %d",
                           (long long)given->items[i], v->channels - 1);
    *out = *given;
    return MM_OK;
}
