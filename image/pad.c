/* Cropping and padding to a box, with the rules of numpy.pad for what lies outside the image. */
#include "image/affine.h"
#include "image/gather.h"

/* Remainder that is never negative. */
static int64_t modulo(int64_t a, int64_t n)
{
    int64_t r = a % n;
    return r < 0 ? r + n : r;
}

/* The voxel of a line of n that stands at position i, which may lie outside. */
static int source_of(int64_t i, int64_t n, enum mm_pad_mode mode)
{
    int64_t period, at;
    if (i >= 0 && i < n)
        return (int)i;
    switch (mode) {
    case MM_PAD_EDGE:
        return (int)(i < 0 ? 0 : n - 1);
    case MM_PAD_REFLECT: /* 2 1 | 0 1 2 3 | 2 1 */
        if (n == 1)
            return 0;
        period = 2 * (n - 1);
        at = modulo(i, period);
        return (int)(at < n ? at : period - at);
    case MM_PAD_SYMMETRIC: /* 1 0 | 0 1 2 3 | 3 2 */
        period = 2 * n;
        at = modulo(i, period);
        return (int)(at < n ? at : period - 1 - at);
    case MM_PAD_WRAP:
        return (int)modulo(i, n);
    default:
        return MM_GATHER_OUTSIDE;
    }
}

/* Gathers the box from `from`, indices in scratch. */
static struct mm_volume *gather_box(struct mm_arena *arena, const struct mm_volume *from, const struct mm_box *box,
                                    enum mm_pad_mode mode, double fill)
{
    struct mm_arena scratch;
    struct mm_volume *to = NULL;
    int *index[3];
    mm_arena_init(&scratch, arena->budget);
    for (int a = 0; a < 3; a++) {
        index[a] = box->size[a] > 0 ? mm_arena_array(&scratch, int, (size_t)box->size[a]) : NULL;
        if (!index[a])
            goto done;
        for (int i = 0; i < box->size[a]; i++)
            index[a][i] = source_of((int64_t)box->start[a] + i, from->size[a], mode);
    }
    to = mm_volume_gather(arena, from, box->size, index, fill);
    if (to) {
        const double corner[3] = {box->start[0], box->start[1], box->start[2]};
        mm_affine_shift(to->affine, corner);
    }
done:
    mm_arena_done(&scratch);
    return to;
}

struct mm_volume *mm_volume_crop(struct mm_arena *arena, const struct mm_volume *from, const struct mm_box *box,
                                 double fill)
{
    return gather_box(arena, from, box, MM_PAD_CONSTANT, fill);
}

/* A line of voxels along one axis of a volume: at (c, p[2], p[1], p[0]) with p[axis] running. */
struct line {
    struct mm_volume *volume;
    int c, axis, p[3];
};

static double line_get(struct line *line, int i)
{
    line->p[line->axis] = i;
    return mm_volume_get(line->volume, line->c, line->p[2], line->p[1], line->p[0]);
}

static void line_fill(struct line *line, int start, int end, double value)
{
    for (int i = start; i < end; i++) {
        line->p[line->axis] = i;
        mm_volume_set(line->volume, line->c, line->p[2], line->p[1], line->p[0], value);
    }
}

/* Writes the statistic of the voxels in [start, end) to the others of the line. */
static void pad_line(struct line *line, int start, int end, enum mm_pad_mode mode)
{
    double least = line_get(line, start), most = least, sum = 0;
    for (int i = start; i < end; i++) {
        double value = line_get(line, i);
        least = value < least ? value : least;
        most = value > most ? value : most;
        sum += value;
    }
    double value = mode == MM_PAD_MINIMUM ? least : mode == MM_PAD_MAXIMUM ? most : sum / (end - start);
    line_fill(line, 0, start, value);
    line_fill(line, end, line->volume->size[line->axis], value);
}

/* One axis at a time, x first, each seeing what the earlier ones wrote: numpy's order for axes (x, y, z). `start`
 * and `end`: the part of the volume that came from the image. */
static void pad_statistic(struct mm_volume *v, const int start[3], const int end[3], enum mm_pad_mode mode)
{
    int from[3], to[3];
    memcpy(from, start, sizeof from);
    memcpy(to, end, sizeof to);
    for (int axis = 0; axis < v->rank; axis++) {
        int u = axis == 0 ? 1 : 0, w = axis == 2 ? 1 : 2;
        struct line line = {.volume = v, .axis = axis};
        for (line.c = 0; line.c < v->channels; line.c++) {
            for (int j = from[w]; j < to[w]; j++) {
                for (int i = from[u]; i < to[u]; i++) {
                    line.p[u] = i;
                    line.p[w] = j;
                    pad_line(&line, start[axis], end[axis], mode);
                }
            }
        }
        from[axis] = 0;
        to[axis] = v->size[axis];
    }
}

struct mm_volume *mm_volume_pad(struct mm_arena *arena, const struct mm_volume *from, const struct mm_box *box,
                                enum mm_pad_mode mode, double fill)
{
    struct mm_volume *to = gather_box(arena, from, box, mode, fill);
    if (!to || (mode != MM_PAD_MINIMUM && mode != MM_PAD_MAXIMUM && mode != MM_PAD_MEAN))
        return to;
    int start[3], end[3];
    for (int a = 0; a < 3; a++) {
        int64_t last = (int64_t)from->size[a] - box->start[a];
        start[a] = box->start[a] < 0 ? -box->start[a] : 0;
        end[a] = last < box->size[a] ? (int)last : box->size[a];
        if (start[a] >= end[a])
            return to; /* nothing of the image is inside: all fill */
    }
    pad_statistic(to, start, end, mode);
    return to;
}
