/* Surface distances of masks; see surface.h. Work is limited to the box around both masks. */
#include "trainer/metrics/surface.h"

#include <math.h>
#include <string.h>

#include "trainer/metrics/distance.h"

struct box {
    int start[3], size[3];
};

static const uint8_t *mask_of(const struct mm_metric_case *item, const uint8_t *masks, int class)
{
    return masks + (size_t) class * mm_metric_voxels(item);
}

static void widen(struct box *box, int end[3], const int place[3])
{
    for (int axis = 0; axis < 3; axis++) {
        box->start[axis] = place[axis] < box->start[axis] ? place[axis] : box->start[axis];
        end[axis] = place[axis] + 1 > end[axis] ? place[axis] + 1 : end[axis];
    }
}

/* The box around both masks; false when both are empty. */
static bool find_box(const int size[3], const uint8_t *a, const uint8_t *b, struct box *box)
{
    int end[3] = {0};
    memcpy(box->start, size, sizeof(box->start));
    for (int z = 0; z < size[2]; z++)
        for (int y = 0; y < size[1]; y++)
            for (int x = 0; x < size[0]; x++, a++, b++)
                if (*a || *b)
                    widen(box, end, (const int[]){x, y, z});
    for (int axis = 0; axis < 3; axis++)
        box->size[axis] = end[axis] - box->start[axis];
    return end[0] > 0;
}

/* Has the voxel all its neighbours over faces within the mask? */
static bool is_inside(const uint8_t *mask, const int size[3], int rank, int x, int y, int z)
{
    size_t row = (size_t)size[0], plane = row * (size_t)size[1], at = (size_t)z * plane + (size_t)y * row + (size_t)x;
    if (x == 0 || y == 0 || x == size[0] - 1 || y == size[1] - 1 || !mask[at - 1] || !mask[at + 1] ||
        !mask[at - row] || !mask[at + row])
        return false;
    return rank == 2 || (z > 0 && z < size[2] - 1 && mask[at - plane] && mask[at + plane]);
}

/* Edge voxels of the mask within the box, and their number. */
static size_t fill_edges(const uint8_t *mask, const int size[3], int rank, const struct box *box, uint8_t *edges)
{
    size_t count = 0;
    for (int z = 0; z < box->size[2]; z++)
        for (int y = 0; y < box->size[1]; y++)
            for (int x = 0; x < box->size[0]; x++, edges++) {
                int px = box->start[0] + x, py = box->start[1] + y, pz = box->start[2] + z;
                size_t at = ((size_t)pz * (size_t)size[1] + (size_t)py) * (size_t)size[0] + (size_t)px;
                *edges = mask[at] && !is_inside(mask, size, rank, px, py, pz);
                count += *edges;
            }
    return count;
}

/* Distances of the voxels of `from` to `to`. `field` has the box's size. */
static enum mm_status collect(struct mm_arena *arena, const struct mm_metric_case *item, const struct box *box,
                              const char *metric, const uint8_t *from, const uint8_t *to, double *field, double *out,
                              struct mm_error *err)
{
    enum mm_status status;
    bool euclidean = strcmp(metric, "euclidean") == 0;
    size_t total = (size_t)box->size[0] * (size_t)box->size[1] * (size_t)box->size[2];
    status = euclidean ? mm_distance_euclidean(arena, to, box->size, item->spacing, field, err)
                       : mm_distance_steps(arena, to, box->size, strcmp(metric, "chessboard") == 0, field, err);
    for (size_t i = 0; i < total && status == MM_OK; i++)
        if (from[i])
            *out++ = euclidean ? sqrt(field[i]) : field[i];
    return status;
}

enum mm_status mm_surface_measure(struct mm_arena *arena, const struct mm_metric_case *item, int class,
                                  const char *metric, struct mm_surface_distances *out, struct mm_error *err)
{
    const uint8_t *prediction = mask_of(item, item->prediction, class), *truth = mask_of(item, item->truth, class);
    int size[3] = {item->size[0], item->size[1], item->rank == 3 ? item->size[2] : 1};
    enum mm_status status;
    struct box box;
    *out = (struct mm_surface_distances){0};
    if (!find_box(size, prediction, truth, &box))
        return MM_OK;
    size_t total = (size_t)box.size[0] * (size_t)box.size[1] * (size_t)box.size[2];
    uint8_t *p = mm_arena_alloc(arena, total), *t = mm_arena_alloc(arena, total);
    double *field = mm_arena_array(arena, double, total);
    if (!p || !t || !field)
        return mm_fail_memory(err, "a surface distance");
    out->forward_count = fill_edges(prediction, size, item->rank, &box, p);
    out->backward_count = fill_edges(truth, size, item->rank, &box, t);
    if (out->forward_count == 0 || out->backward_count == 0)
        return MM_OK;
    out->forward = mm_arena_array(arena, double, out->forward_count);
    out->backward = mm_arena_array(arena, double, out->backward_count);
    if (!out->forward || !out->backward)
        return mm_fail_memory(err, "a surface distance");
    if (MM_TRY(status, collect(arena, item, &box, metric, p, t, field, out->forward, err)))
        return status;
    return collect(arena, item, &box, metric, t, p, field, out->backward, err);
}

enum mm_status mm_surface_values(const struct mm_surface *surface, const void *self,
                                 const struct mm_metric_case *item, mm_surface_value *value, double *values,
                                 struct mm_error *err)
{
    int first = mm_metric_first(surface->include_background, item->classes);
    struct mm_arena arena; /* of one class: fields are as large as the image */
    enum mm_status status = MM_OK;
    mm_arena_init(&arena, NULL);
    for (int c = first; c < item->classes && status == MM_OK; c++) {
        struct mm_surface_distances d;
        mm_arena_reset(&arena);
        if (MM_TRY(status, mm_surface_measure(&arena, item, c, surface->distance_metric, &d, err)))
            continue;
        if (d.forward_count && d.backward_count)
            values[c - first] = value(self, &d);
        else
            values[c - first] = d.forward_count || d.backward_count ? INFINITY : NAN;
    }
    mm_arena_done(&arena);
    return status;
}
