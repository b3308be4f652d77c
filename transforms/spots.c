/* Spots of points. Source: MONAI 1.3 extreme_points_to_image. */
#include "transforms/spots.h"

#include "transforms/intensity.h"
#include "transforms/smooth.h"

enum mm_status mm_spots_draw(struct mm_arena *arena, struct mm_volume *v, int c, const double (*points)[3],
                             size_t count, double sigma, double low, double high, struct mm_error *err)
{
    enum mm_status s;
    size_t voxels = mm_volume_voxels(v);
    struct mm_volume *one = mm_volume_like(arena, v, MM_F32, 1);
    if (!one)
        return mm_fail_memory(err, "an image of points");
    for (size_t i = 0; i < count; i++)
        mm_volume_set(one, 0, (int)points[i][2], (int)points[i][1], (int)points[i][0], 1);
    if (sigma > 0 && MM_TRY(s, mm_smooth(one, (const double[]){sigma, sigma, sigma}, "erf", err)))
        return s;
    float least, most;
    mm_intensity_bounds(one->data, voxels, &least, &most);
    double scale = most > least ? (high - low) / ((double)most - (double)least) : 0;
    mm_intensity_scale(one->data, voxels, scale, low - (double)least * scale);
    memcpy(mm_voxels_floats(v, c), one->data, voxels * sizeof(float));
    return MM_OK;
}
