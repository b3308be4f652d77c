/* Exact Euclidean distances: squares along x first, then along y and z the lower envelope of the parabolas that start at them
 * (Felzenszwalb and Huttenlocher 2012). Squares are double, so that whole-number grids are exact. */
#include <math.h>
#include <stddef.h>

#include "base/memory.h"
#include "image/distance.h"

/* One line: of n squared distances, `height`, the envelope's. `vertex` and `start` hold n and n + 1 values. */
struct line {
    double *height, *start;
    int *vertex;
};

/* Where the parabola of voxel q, to the right, goes below that of voxel p. */
static double meeting(const double *height, int p, int q, double square)
{
    return ((height[q] + square * q * q) - (height[p] + square * p * p)) / (2 * square * (q - p));
}

static void sweep_line(double *squares, size_t step, int n, double spacing, const struct line *line)
{
    double square = spacing * spacing;
    int parabolas = 0;
    for (int q = 0; q < n; q++) {
        line->height[q] = squares[(size_t)q * step];
        if (isinf(line->height[q]))
            continue;
        double x = -INFINITY;
        while (parabolas > 0 &&
               (x = meeting(line->height, line->vertex[parabolas - 1], q, square)) <= line->start[parabolas - 1])
            parabolas--;
        line->start[parabolas] = parabolas ? x : -INFINITY;
        line->vertex[parabolas++] = q;
    }
    for (int q = 0, k = 0; q < n && parabolas; q++) {
        while (k + 1 < parabolas && line->start[k + 1] < q)
            k++;
        int away = q - line->vertex[k];
        squares[(size_t)q * step] = line->height[line->vertex[k]] + square * away * away;
    }
}

static void sweep(double *squares, const int size[3], int axis, double spacing, const struct line *line)
{
    const size_t step[3] = {1, (size_t)size[0], (size_t)size[0] * (size_t)size[1]};
    int b = (axis + 1) % 3, c = (axis + 2) % 3;
    for (int j = 0; j < size[c]; j++)
        for (int i = 0; i < size[b]; i++)
            sweep_line(squares + (size_t)i * step[b] + (size_t)j * step[c], step[axis], size[axis], spacing, line);
}

enum mm_status mm_distance_euclidean(const uint8_t *mask, const int size[3], const double spacing[3], float *distance,
                                     struct mm_error *err)
{
    size_t voxels = (size_t)size[0] * (size_t)size[1] * (size_t)size[2], longest = 0;
    for (int a = 0; a < 3; a++)
        longest = (size_t)size[a] > longest ? (size_t)size[a] : longest;
    double *squares = mm_alloc(voxels * sizeof *squares);
    const struct line line = {.height = mm_alloc(longest * sizeof(double)),
                              .start = mm_alloc(longest * sizeof(double)),
                              .vertex = mm_alloc(longest * sizeof(int))};
    enum mm_status s = squares && line.height && line.start && line.vertex ? MM_OK : mm_fail_memory(err, "distances");
    for (size_t i = 0; !s && i < voxels; i++)
        squares[i] = mask[i] ? INFINITY : 0;
    for (int a = 0; !s && a < 3; a++)
        sweep(squares, size, a, spacing[a], &line);
    for (size_t i = 0; !s && i < voxels; i++)
        distance[i] = (float)sqrt(squares[i]);
    mm_free(squares);
    mm_free(line.height);
    mm_free(line.start);
    mm_free(line.vertex);
    return s;
}
