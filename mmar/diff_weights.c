/* Weights against weights, tensor by tensor. */
#include <math.h>

#include "mmar/command.h"
#include "mmar/diff.h"
#include "trainer/safetensors.h"

static int by_name(const void *a, const void *b)
{
    const struct mm_st_tensor *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

struct side {
    size_t count;
    const struct mm_st_tensor **tensors; /* by name */
};

static enum mm_status open_side(struct mm_arena *arena, const char *path, struct side *side, struct mm_error *err)
{
    enum mm_status s;
    struct mm_safetensors *file;
    *side = (struct side){.count = 0};
    if (!path)
        return MM_OK;
    if (MM_TRY(s, mm_safetensors_read(arena, path, &file, err)))
        return s;
    side->tensors = mm_arena_array(arena, const struct mm_st_tensor *, file->count + 1);
    if (!side->tensors)
        return mm_fail_memory(err, "the weights");
    side->count = file->count;
    for (size_t i = 0; i < file->count; i++)
        side->tensors[i] = &file->tensors[i];
    qsort(side->tensors, side->count, sizeof *side->tensors, by_name);
    return MM_OK;
}

/* "F32[3,3,8]" */
static cJSON *shape_json(struct mm_arena *arena, const struct mm_st_tensor *t)
{
    struct mm_text text;
    mm_text_init(&text, 512);
    mm_text_format(&text, "%s[", t->dtype);
    for (int i = 0; i < t->rank; i++)
        mm_text_format(&text, i ? ",%lld" : "%lld", (long long)t->dim[i]);
    mm_text_add(&text, "]");
    cJSON *json = mm_json_text(arena, text.bytes);
    mm_text_done(&text);
    return json;
}

static bool same_shape(const struct mm_st_tensor *a, const struct mm_st_tensor *b)
{
    bool same = a->rank == b->rank && !strcmp(a->dtype, b->dtype);
    for (int i = 0; same && i < a->rank; i++)
        same = a->dim[i] == b->dim[i];
    return same;
}

/* |b - a| and |a|; false where the values are no numbers that can be read, or memory is out. */
static bool norms(const struct mm_st_tensor *a, const struct mm_st_tensor *b, double *change, double *before)
{
    struct mm_arena arena; /* large, and of no use afterwards */
    size_t count = 1;
    for (int i = 0; i < a->rank; i++)
        count *= (size_t)a->dim[i]; /* the reader has checked it against the bytes */
    mm_arena_init(&arena, NULL);
    float *x = mm_arena_array(&arena, float, count), *y = mm_arena_array(&arena, float, count);
    bool good = x && y && mm_safetensors_floats(a, x, count, NULL) == MM_OK &&
                mm_safetensors_floats(b, y, count, NULL) == MM_OK;
    *change = *before = 0;
    for (size_t i = 0; good && i < count; i++) {
        double difference = (double)y[i] - (double)x[i];
        *change += difference * difference;
        *before += (double)x[i] * (double)x[i];
    }
    *change = sqrt(*change);
    *before = sqrt(*before);
    mm_arena_done(&arena);
    return good;
}

static void add(struct mm_arena *arena, cJSON *out, const char *change, const struct mm_st_tensor *a,
                const struct mm_st_tensor *b)
{
    double norm, before;
    cJSON *row = mm_json_append(out, mm_json_object(arena));
    mm_json_add(arena, row, "name", mm_json_text(arena, (a ? a : b)->name));
    mm_json_add(arena, row, "change", mm_json_text(arena, change));
    if (a)
        mm_json_add(arena, row, "a", shape_json(arena, a));
    if (b)
        mm_json_add(arena, row, "b", shape_json(arena, b));
    if (!a || !b || !same_shape(a, b) || !norms(a, b, &norm, &before))
        return;
    mm_json_add(arena, row, "norm", mm_json_number(arena, norm));
    mm_json_add(arena, row, "relative", before > 0 ? mm_json_number(arena, norm / before) : mm_json_null(arena));
}

static uint64_t bytes_of(const struct side *side)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < side->count; i++)
        bytes += side->tensors[i]->bytes;
    return bytes;
}

enum mm_status mm_diff_weights(struct mm_arena *arena, const char *a, const char *b,
                               struct mm_archive_progress *progress, cJSON **out, struct mm_error *err)
{
    enum mm_status s;
    struct side x, y;
    *out = mm_json_array(arena);
    if (MM_TRY(s, open_side(arena, a, &x, err)) || MM_TRY(s, open_side(arena, b, &y, err)))
        return s;
    mm_archive_stage(progress, "comparing", bytes_of(&x) + bytes_of(&y));
    for (size_t i = 0, n = 0; i < x.count || n < y.count;) {
        const struct mm_st_tensor *p = i < x.count ? x.tensors[i] : NULL, *q = n < y.count ? y.tensors[n] : NULL;
        int order = !p ? 1 : !q ? -1 : strcmp(p->name, q->name);
        if (order < 0)
            add(arena, *out, "removed", p, NULL);
        else if (order > 0)
            add(arena, *out, "added", NULL, q);
        else if (!same_shape(p, q))
            add(arena, *out, "reshaped", p, q);
        else if (p->bytes && memcmp(p->data, q->data, p->bytes) != 0)
            add(arena, *out, "changed", p, q);
        mm_archive_tell(progress, (order <= 0 ? p->bytes : 0) + (order >= 0 ? q->bytes : 0));
        if (mm_interrupted())
            return mm_fail(err, MM_INTERRUPTED, "interrupted");
        i += order <= 0;
        n += order >= 0;
    }
    return *out ? MM_OK : mm_fail_memory(err, "the comparison");
}
