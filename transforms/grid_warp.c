/* Grid distortion. Source of the places: MONAI 1.3 monai/transforms/spatial/array.py (GridDistortion). */
#include "transforms/grid_warp.h"

#include "transforms/warp.h"

struct places {
    int width;
    float *of_axis[3]; /* place in the image of each voxel of the result */
};

/* Cell i begins where the one before ends and is n / cells voxels long, times its factor. */
static void find_places(int n, int cells, const double *factors, float *places)
{
    int length = n / cells;
    double start = 0;
    for (int i = 0; i <= cells; i++) {
        int from = i * length, to = from + length < n ? from + length : n;
        double end = from + length > n ? n : start + length * factors[i];
        for (int k = from; k < to; k++)
            places[k] = (float)(to - from > 1 ? start + (end - start) * (k - from) / (to - from - 1) : start);
        start = end;
    }
}

static void row(const void *self, int z, int y, double (*points)[3])
{
    const struct places *places = self;
    for (int x = 0; x < places->width; x++) {
        points[x][0] = (double)places->of_axis[0][x];
        points[x][1] = (double)places->of_axis[1][y];
        points[x][2] = (double)places->of_axis[2][z];
    }
}

enum mm_status mm_grid_warp(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field,
                            const int cells[3], const double *const factors[3], const struct mm_regrid_sampling *how,
                            struct mm_error *err)
{
    enum mm_status s;
    struct mm_volume *image, *out;
    if (MM_TRY(s, mm_field_volume(field, &image, err)))
        return s;
    struct places places = {.width = image->size[0]};
    for (int a = 0; a < 3; a++) {
        if (!(places.of_axis[a] = mm_arena_array(sample->arena, float, (size_t)image->size[a])))
            return mm_fail_memory(err, "a grid");
        if (a < image->rank && cells[a] > image->size[a])
            return mm_fail(err, MM_ERR_DATA, "axis %d: %d cells in %d voxels, at most one a voxel is allowed", a,
                           cells[a], image->size[a]);
        if (a < image->rank)
            find_places(image->size[a], cells[a], factors[a], places.of_axis[a]);
    }
    struct mm_warp warp = {.interpolation = how->interpolation, .outside = how->outside, .row = row, .self = &places};
    memcpy(warp.size, image->size, sizeof warp.size);
    if (!(out = mm_warp(sample->arena, image, &warp)))
        return mm_fail_memory(err, "a distorted image");
    return mm_field_moved(sample, field, step, out, NULL, 0, err);
}
