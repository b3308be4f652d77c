/* Bounds and extreme points of the foreground. Source of the points: MONAI 1.3 get_extreme_points. */
#include "transforms/foreground.h"

#include <math.h>

/* Takes row (c, z, y) into the bounds: its first and last voxel above 0. */
static void take_row(struct mm_foreground *b, const struct mm_volume *v, int c, int z, int y, float *row)
{
    mm_convert(row, MM_F32, mm_volume_row(v, c, z, y), v->type, (size_t)v->size[0], v->stride[0]);
    int first = 0, last = v->size[0] - 1;
    while (first <= last && !(row[first] > 0))
        first++;
    if (first > last)
        return;
    while (!(row[last] > 0))
        last--;
    const int at[3] = {first, y, z}, to[3] = {last, y, z};
    for (int a = 0; a < 3; a++) {
        b->low[a] = at[a] < b->low[a] ? at[a] : b->low[a];
        b->high[a] = to[a] > b->high[a] ? to[a] : b->high[a];
    }
}

enum mm_status mm_foreground_find(struct mm_arena *arena, const struct mm_volume *v, const struct mm_ints *channels,
                                  struct mm_foreground *out, struct mm_error *err)
{
    *out = (struct mm_foreground){{v->size[0], v->size[1], v->size[2]}, {-1, -1, -1}};
    float *row = mm_arena_array(arena, float, (size_t)v->size[0]);
    if (!row)
        return mm_fail_memory(err, "a row of voxels");
    size_t count = channels->count ? channels->count : (size_t)v->channels;
    for (size_t i = 0; i < count; i++) {
        int64_t c = channels->count ? channels->items[i] : (int64_t)i;
        if (c >= v->channels)
            return mm_fail(err, MM_ERR_DATA, "channel_indices: channel %lld of %d", (long long)c, v->channels);
        for (int z = 0; z < v->size[2]; z++)
            for (int y = 0; y < v->size[1]; y++)
                take_row(out, v, (int)c, z, y, row);
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

enum mm_status mm_foreground_points(struct mm_arena *arena, const struct mm_volume *v, struct mm_random *random,
                                    double pert, double points[MM_FOREGROUND_POINTS][3], struct mm_error *err)
{
    static const int64_t first = 0;
    enum mm_status s;
    struct mm_foreground bounds;
    if (MM_TRY(s, mm_foreground_find(arena, v, &(struct mm_ints){1, &first}, &bounds, err)))
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
