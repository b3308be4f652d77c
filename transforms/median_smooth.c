/* Median of the voxels around each, borders repeated (MONAI MedianSmooth). */
#include "transforms/median.h"
#include "transforms/transform.h"
#include "transforms/voxels.h"

struct median_smooth {
    struct mm_ints radius;
};
#define P struct median_smooth

static const struct mm_param params[] = {
    MM_INTS(P, radius, .def_text = "[1]", .min = 0, .max = MM_MEDIAN_RADIUS_MAX, .count_min = 1, .count_max = 3,
            .unit = "voxel", .help = "the window reaches this far to each side; one for all axes or one an axis"),
    MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *v;
    int radius[3];
    if (MM_TRY(s, mm_voxels_write_float(sample, field, &v, err)) ||
        MM_TRY(s, mm_spatial_ints(&p->radius, "radius", v->rank, 0, radius, err)))
        return s;
    return mm_median(v, radius, err);
}

const struct mm_transform mm_transform_median_smooth = {
    .name = "MedianSmooth",
    .summary = "replace each voxel by the median around it",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_IN_PLACE,
    .each = each,
    .example = "{\"name\": \"MedianSmoothd\", \"args\": {\"keys\": \"image\", \"radius\": 1}}",
};
