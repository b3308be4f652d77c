/* Distance transforms; see distance.h. */
#include "trainer/metrics/distance.h"

#include <math.h>
#include <stdlib.h>

/* Room for one line of the lower envelope. */
struct envelope {
    double *value;  /* the line before the pass                   */
    double *border; /* from where on parabola k is the lowest one */
    int *place;     /* where parabola k has its foot              */
};

/* out[i] = min over j of value[j] + (step * (i - j))^2, for a line of n voxels `stride` apart. */
static void transform_line(double *line, size_t stride, int n, double step, const struct envelope *e)
{
    double square = step * step;
    int count = 0;
    for (int i = 0; i < n; i++)
        e->value[i] = line[(size_t)i * stride];
    for (int i = 0; i < n; i++) {
        if (isinf(e->value[i]))
            continue;
        double from = -INFINITY;
        while (count > 0) {
            int j = e->place[count - 1];
            from = ((e->value[i] - e->value[j]) / square + (double)i * i - (double)j * j) / (2.0 * (i - j));
            if (from > e->border[count - 1])
                break;
            count--;
            from = -INFINITY;
        }
        e->place[count] = i;
        e->border[count++] = from;
    }
    for (int i = 0, k = 0; i < n && count > 0; i++) {
        while (k + 1 < count && e->border[k + 1] < i)
            k++;
        double d = i - e->place[k];
        line[(size_t)i * stride] = square * d * d + e->value[e->place[k]];
    }
}

enum mm_status mm_distance_euclidean(struct mm_arena *arena, const uint8_t *seeds, const int size[3],
                                     const double spacing[3], double *out, struct mm_error *err)
{
    size_t stride[3] = {1, (size_t)size[0], (size_t)size[0] * (size_t)size[1]}, total = stride[2] * (size_t)size[2];
    int longest = size[0] > size[1] ? size[0] : size[1];
    longest = longest > size[2] ? longest : size[2];
    struct envelope e = {mm_arena_array(arena, double, (size_t)longest),
                         mm_arena_array(arena, double, (size_t)longest), mm_arena_array(arena, int, (size_t)longest)};
    if (!e.value || !e.border || !e.place)
        return mm_fail_memory(err, "a distance transform");
    for (size_t i = 0; i < total; i++)
        out[i] = seeds[i] ? 0.0 : INFINITY;
    for (int axis = 0; axis < 3; axis++)
        for (size_t i = 0; i < total; i++)
            if (i / stride[axis] % (size_t)size[axis] == 0)
                transform_line(out + i, stride[axis], size[axis], spacing[axis], &e);
    return MM_OK;
}

/* Reaches the neighbours of `at` that have no distance yet; returns the new end of the queue. */
static size_t reach(size_t at, const int size[3], bool corners, double *out, size_t *queue, size_t end)
{
    size_t plane = (size_t)size[0] * (size_t)size[1];
    int x = (int)(at % (size_t)size[0]), y = (int)(at / (size_t)size[0] % (size_t)size[1]), z = (int)(at / plane);
    for (int k = 0; k < 27; k++) {
        int dx = k % 3 - 1, dy = k / 3 % 3 - 1, dz = k / 9 - 1;
        if (!corners && abs(dx) + abs(dy) + abs(dz) != 1)
            continue;
        int nx = x + dx, ny = y + dy, nz = z + dz;
        if (nx < 0 || ny < 0 || nz < 0 || nx >= size[0] || ny >= size[1] || nz >= size[2])
            continue;
        size_t next = (size_t)nz * plane + (size_t)ny * (size_t)size[0] + (size_t)nx;
        if (isinf(out[next])) {
            out[next] = out[at] + 1.0;
            queue[end++] = next;
        }
    }
    return end;
}

enum mm_status mm_distance_steps(struct mm_arena *arena, const uint8_t *seeds, const int size[3], bool corners,
                                 double *out, struct mm_error *err)
{
    size_t total = (size_t)size[0] * (size_t)size[1] * (size_t)size[2], end = 0;
    size_t *queue = mm_arena_array(arena, size_t, total);
    if (!queue)
        return mm_fail_memory(err, "a distance transform");
    for (size_t i = 0; i < total; i++) {
        out[i] = seeds[i] ? 0.0 : INFINITY;
        if (seeds[i])
            queue[end++] = i;
    }
    for (size_t i = 0; i < end; i++)
        end = reach(queue[i], size, corners, out, queue, end);
    return MM_OK;
}
