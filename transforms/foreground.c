/* Bounds and extreme points of the foreground. Source of the points: MONAI 1.3 get_extreme_points. */
#include "transforms/foreground.h"

#include <math.h>

#include "transforms/marks.h"

/* Is a voxel of row (c, z, y) above 0? */
static bool row_has_any(const struct mm_volume *v, int c, int z, int y)
{
    int n = v->size[0];
    return mm_marks_first(mm_volume_row(v, c, z, y), v->type, 0, n, v->stride[0]) < n;
}

static bool plane_has_any(const struct mm_volume *v, int c, int z)
{
    for (int y = 0; y < v->size[1]; y++)
        if (row_has_any(v, c, z, y))
            return true;
    return false;
}

/* The rows y of the planes within the bounds. */
static bool rows_have_any(const struct mm_foreground *b, const struct mm_volume *v, int c, int y)
{
    for (int z = b->low[2]; z <= b->high[2]; z++)
        if (row_has_any(v, c, z, y))
            return true;
    return false;
}

/* Widens the bounds by a channel. From the outside in: what lies within the bounds is not looked at. */
static void take_channel(struct mm_foreground *b, const struct mm_volume *v, int c)
{
    const int *n = v->size;
    for (int z = 0; z < b->low[2]; z++)
        if (plane_has_any(v, c, z))
            b->low[2] = z;
    for (int z = n[2] - 1; z > b->high[2]; z--)
        if (plane_has_any(v, c, z))
            b->high[2] = z;
    for (int y = 0; y < b->low[1]; y++)
        if (rows_have_any(b, v, c, y))
            b->low[1] = y;
    for (int y = n[1] - 1; y > b->high[1]; y--)
        if (rows_have_any(b, v, c, y))
            b->high[1] = y;
    for (int z = b->low[2]; z <= b->high[2]; z++)
        for (int y = b->low[1]; y <= b->high[1]; y++) {
            const void *row = mm_volume_row(v, c, z, y);
            int first = mm_marks_first(row, v->type, 0, b->low[0], v->stride[0]);
            int last = mm_marks_last(row, v->type, b->high[0] + 1, n[0], v->stride[0]);
            b->low[0] = first < b->low[0] ? first : b->low[0];
            b->high[0] = last > b->high[0] ? last : b->high[0];
        }
}

enum mm_status mm_foreground_find(const struct mm_volume *v, const struct mm_ints *channels,
                                  struct mm_foreground *out, struct mm_error *err)
{
    *out = (struct mm_foreground){{v->size[0], v->size[1], v->size[2]}, {-1, -1, -1}};
    size_t count = channels->count ? channels->count : (size_t)v->channels;
    for (size_t i = 0; i < count; i++) {
        int64_t c = channels->count ? channels->items[i] : (int64_t)i;
        if (c >= v->channels)
            return mm_fail(err, MM_ERR_DATA, "channel_indices: channel %lld of %d", (long long)c, v->channels);
        take_channel(out, v, (int)c);
    }
    if (out->high[0] < 0)
        return mm_fail(err, MM_ERR_DATA, "there is no foreground: no voxel is above 0");
    return MM_OK;
}

struct mm_box mm_foreground_box(const struct mm_foreground *foreground, const struct mm_volume *v,
                                const int margin[3], bool clip)
{
    struct mm_box box;
    for (int a = 0; a < 3; a++) {
        int start = foreground->low[a] - margin[a], end = foreground->high[a] + margin[a] + 1;
        box.start[a] = clip && start < 0 ? 0 : start;
        box.size[a] = (clip && end > v->size[a] ? v->size[a] : end) - box.start[a];
    }
    return box;
}

/* Finds foreground voxel number `wanted` of the slice `at` across the axis; returns how many there are up to it. */
static size_t walk_slice(const struct mm_volume *v, int axis, int at, size_t wanted, double point[3])
{
    int low[3] = {0}, high[3] = {v->size[0] - 1, v->size[1] - 1, v->size[2] - 1};
    size_t seen = 0;
    low[axis] = high[axis] = at;
    for (int z = low[2]; z <= high[2]; z++)
        for (int y = low[1]; y <= high[1]; y++)
            for (int x = low[0]; x <= high[0]; x++) {
                if (!(mm_volume_get(v, 0, z, y, x) > 0))
                    continue;
                point[0] = x;
                point[1] = y;
                point[2] = z;
                if (seen++ == wanted)
                    return seen;
            }
    return seen;
}

static void move_point(const struct mm_volume *v, struct mm_random *random, double pert, double point[3])
{
    for (int a = 0; a < v->rank; a++)
        point[a] = fmin(floor(point[a] + 2 * pert * mm_random_double(random)), v->size[a] - 1);
}

enum mm_status mm_foreground_points(const struct mm_volume *v, struct mm_random *random, double pert,
                                    double points[MM_FOREGROUND_POINTS][3], struct mm_error *err)
{
    static const int64_t first = 0;
    enum mm_status s;
    struct mm_foreground bounds;
    if (MM_TRY(s, mm_foreground_find(v, &(struct mm_ints){1, &first}, &bounds, err)))
        return s;
    for (int i = 0; i < 2 * v->rank; i++) {
        int axis = i / 2, at = i % 2 ? bounds.high[axis] : bounds.low[axis];
        size_t wanted = 0;
        if (random) {
            size_t equals = walk_slice(v, axis, at, SIZE_MAX, points[i]);
            wanted = mm_random_below(random, equals < UINT32_MAX ? (uint32_t)equals : UINT32_MAX);
        }
        walk_slice(v, axis, at, wanted, points[i]);
        if (random && pert > 0)
            move_point(v, random, pert, points[i]);
    }
    return MM_OK;
}
