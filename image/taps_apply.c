/* The separable pass. For each output plane: input rows are converted to float and mixed across z, each once;
 * those rows are mixed across y; the result is interpolated along x. The first two run along contiguous rows and
 * vectorise. */
#include "image/taps.h"

#include "base/vectors.h"

struct pass {
    const struct mm_volume *from;
    struct mm_volume *to;
    const struct mm_taps *taps;
    int c, z;         /* output plane in work */
    float **planes;   /* ring of input planes as float, input z in slot z % width */
    int *plane_z;     /* which input plane a slot holds, -1 none */
    float *mixed;     /* rows mixed across z, size[1] of them */
    int *mixed_z;     /* output plane each was mixed for */
    float *row, *out; /* mixed across y; result before conversion */
    bool direct;      /* input is float with contiguous rows: used as it is */
};

static bool make_buffers(struct pass *p, struct mm_arena *scratch)
{
    size_t width = (size_t)p->from->size[0], rows = (size_t)p->from->size[1], slots = (size_t)p->taps[2].width;
    p->direct = p->from->type == MM_F32 && p->from->stride[0] == 1;
    p->planes = mm_arena_array(scratch, float *, slots);
    p->plane_z = mm_arena_array(scratch, int, slots);
    p->mixed = mm_arena_array(scratch, float, rows *width);
    p->mixed_z = mm_arena_array(scratch, int, rows);
    p->row = mm_arena_array(scratch, float, width);
    p->out = mm_arena_array(scratch, float, (size_t)p->to->size[0]);
    if (!p->planes || !p->plane_z || !p->mixed || !p->mixed_z || !p->row || !p->out)
        return false;
    for (size_t i = 0; i < slots; i++) {
        p->planes[i] = p->direct ? NULL : mm_arena_array(scratch, float, rows *width);
        if (!p->direct && !p->planes[i])
            return false;
    }
    return true;
}

/* At the start of a channel. */
static void forget_planes(struct pass *p)
{
    for (int i = 0; i < p->taps[2].width; i++)
        p->plane_z[i] = -1;
    for (int i = 0; i < p->from->size[1]; i++)
        p->mixed_z[i] = -1;
}

/* Row y of input plane z as float. */
static const float *input_row(struct pass *p, int z, int y)
{
    const struct mm_volume *from = p->from;
    if (p->direct)
        return mm_volume_row(from, p->c, z, y);
    size_t slot = (size_t)(z % p->taps[2].width), width = (size_t)from->size[0];
    if (p->plane_z[slot] != z) {
        for (int r = 0; r < from->size[1]; r++)
            mm_convert(p->planes[slot] + (size_t)r * width, MM_F32, mm_volume_row(from, p->c, z, r), from->type,
                       width, from->stride[0]);
        p->plane_z[slot] = z;
    }
    return p->planes[slot] + (size_t)y * width;
}

/* out += row * weight, or out = row * weight for the first. */
MM_VECTORS static void mix_row(float *restrict out, const float *restrict row, float weight, size_t n, bool first)
{
    if (first) {
        for (size_t i = 0; i < n; i++)
            out[i] = row[i] * weight;
    } else {
        for (size_t i = 0; i < n; i++)
            out[i] += row[i] * weight;
    }
}

/* The usual case, two rows in one go. */
MM_VECTORS static void mix_two_rows(float *restrict out, const float *restrict a, const float *restrict b, float wa,
                                    float wb, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = a[i] * wa + b[i] * wb;
}

/* Input row y mixed across the z taps of the plane in work. */
static const float *mixed_row(struct pass *p, int y)
{
    const struct mm_taps *t = &p->taps[2];
    const int *index = t->index + (size_t)(p->z * t->width);
    const float *weight = t->weight + (size_t)(p->z * t->width);
    size_t width = (size_t)p->from->size[0];
    float *out = p->mixed + (size_t)y * width;
    if (weight[0] == 1)
        return input_row(p, index[0], y);
    if (p->mixed_z[y] == p->z)
        return out;
    p->mixed_z[y] = p->z;
    if (t->width == 2) {
        mix_two_rows(out, input_row(p, index[0], y), input_row(p, index[1], y), weight[0], weight[1], width);
        return out;
    }
    for (int k = 0; k < t->width; k++)
        mix_row(out, input_row(p, index[k], y), weight[k], width, k == 0);
    return out;
}

/* Those rows mixed across the y taps of output row y. */
static const float *plane_row(struct pass *p, int y)
{
    const struct mm_taps *t = &p->taps[1];
    const int *index = t->index + (size_t)y * (size_t)t->width;
    const float *weight = t->weight + (size_t)y * (size_t)t->width;
    size_t width = (size_t)p->from->size[0];
    if (weight[0] == 1)
        return mixed_row(p, index[0]);
    if (t->width == 2) {
        mix_two_rows(p->row, mixed_row(p, index[0]), mixed_row(p, index[1]), weight[0], weight[1], width);
        return p->row;
    }
    for (int k = 0; k < t->width; k++)
        mix_row(p->row, mixed_row(p, index[k]), weight[k], width, k == 0);
    return p->row;
}

/* A float row interpolated along x. */
static void along_x(const struct mm_taps *t, const float *restrict row, float *restrict out)
{
    const int *restrict index = t->index;
    const float *restrict weight = t->weight;
    if (t->width == 2) {
        for (int x = t->begin; x < t->end; x++)
            out[x] = row[index[2 * x]] * weight[2 * x] + row[index[2 * x + 1]] * weight[2 * x + 1];
        return;
    }
    for (int x = t->begin; x < t->end; x++) {
        float sum = 0;
        for (int k = x * t->width; k < (x + 1) * t->width; k++)
            sum += row[index[k]] * weight[k];
        out[x] = sum;
    }
}

static void make_plane(struct pass *p)
{
    const struct mm_taps *y_taps = &p->taps[1];
    enum mm_type type = p->to->type;
    for (int y = y_taps->begin; y < y_taps->end; y++) {
        void *target = mm_volume_row(p->to, p->c, p->z, y);
        float *out = type == MM_F32 ? target : p->out;
        along_x(&p->taps[0], plane_row(p, y), out);
        if (type != MM_F32)
            mm_convert(target, type, out, MM_F32, (size_t)p->to->size[0], 1);
    }
}

/* Is every output written? */
static bool covers(const struct mm_taps taps[3])
{
    for (int a = 0; a < 3; a++)
        if (taps[a].begin > 0 || taps[a].end < taps[a].outputs)
            return false;
    return true;
}

struct mm_volume *mm_taps_apply(struct mm_arena *arena, const struct mm_volume *from, const struct mm_taps taps[3],
                                enum mm_type type)
{
    const int size[3] = {taps[0].outputs, taps[1].outputs, taps[2].outputs};
    struct mm_arena scratch;
    struct mm_volume *to = covers(taps) ? mm_volume_make_raw(arena, type, from->rank, from->channels, size)
                                        : mm_volume_make(arena, type, from->rank, from->channels, size);
    if (!to)
        return NULL;
    memcpy(to->affine, from->affine, sizeof to->affine);
    mm_arena_init(&scratch, arena->budget);
    struct pass pass = {.from = from, .to = to, .taps = taps};
    if (!make_buffers(&pass, &scratch))
        to = NULL;
    for (pass.c = 0; to && pass.c < from->channels; pass.c++) {
        forget_planes(&pass);
        for (pass.z = taps[2].begin; pass.z < taps[2].end; pass.z++)
            make_plane(&pass);
    }
    mm_arena_done(&scratch);
    return to;
}
