/* Two passes over the image, each over the half of the 26 neighbours that it has met: exact for the chessboard distance
 * (Rosenfeld and Pfaltz 1968). */
#include "image/distance.h"

#include <stddef.h>

struct grid {
    const int *size;
    int32_t *distance;
};

static int32_t at(const struct grid *grid, int z, int y, int x)
{
    const int *n = grid->size;
    if (x < 0 || y < 0 || z < 0 || x >= n[0] || y >= n[1] || z >= n[2])
        return MM_DISTANCE_NONE;
    return grid->distance[((size_t)z * (size_t)n[1] + (size_t)y) * (size_t)n[0] + (size_t)x];
}

/* The least of the 13 neighbours that lie before the voxel (`side` -1) or behind it (1) in memory. */
static int32_t least_neighbour(const struct grid *grid, int z, int y, int x, int side)
{
    int32_t least = at(grid, z, y, x + side);
    for (int dx = -1; dx <= 1; dx++) {
        int32_t in_plane = at(grid, z, y + side, x + dx);
        least = in_plane < least ? in_plane : least;
        for (int dy = -1; dy <= 1; dy++) {
            int32_t next_plane = at(grid, z + side, y + dy, x + dx);
            least = next_plane < least ? next_plane : least;
        }
    }
    return least;
}

static void sweep(const struct grid *grid, int side)
{
    const int *n = grid->size;
    size_t voxels = (size_t)n[0] * (size_t)n[1] * (size_t)n[2];
    for (size_t i = 0; i < voxels; i++) {
        size_t place = side < 0 ? i : voxels - 1 - i;
        int x = (int)(place % (size_t)n[0]), y = (int)(place / (size_t)n[0] % (size_t)n[1]);
        int z = (int)(place / (size_t)n[0] / (size_t)n[1]);
        int32_t *here = &grid->distance[place];
        if (!*here)
            continue;
        int32_t least = least_neighbour(grid, z, y, x, side);
        if (least < *here - 1)
            *here = least + 1;
    }
}

void mm_distance_chessboard(const uint8_t *mask, const int size[3], int32_t *distance)
{
    const struct grid grid = {size, distance};
    size_t voxels = (size_t)size[0] * (size_t)size[1] * (size_t)size[2];
    for (size_t i = 0; i < voxels; i++)
        distance[i] = mask[i] ? MM_DISTANCE_NONE : 0;
    sweep(&grid, -1);
    sweep(&grid, 1);
}
