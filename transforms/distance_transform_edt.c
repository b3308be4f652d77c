/* Distances to the nearest voxel that is 0 (MONAI DistanceTransformEDT, scipy.ndimage.distance_transform_edt). */
#include "image/distance.h"
#include "transforms/transform.h"
#include "transforms/voxels.h"

struct distance_transform_edt {
    struct mm_doubles sampling;
};
#define P struct distance_transform_edt

static const struct mm_param params[] = {
    MM_DOUBLES(P, sampling, .min = 0, .exclusive_min = true, .max = 1e6, .count_max = 3,
               .help = "length of a voxel along each axis, or one for all; 1 when left out"),
    MM_IGNORED("float64_distances", .help = "the result is float32"), MM_PARAMS_END};

/* mask[i] = 1 where voxel i of channel c is not 0; false when none is 0. */
static bool find_mask(const struct mm_volume *v, int c, uint8_t *mask)
{
    double x[MM_VOXELS_CHUNK];
    bool some = false;
    for (size_t from = 0, n; (n = mm_voxels_get(v, c, from, x)); from += n)
        for (size_t i = 0; i < n; i++) {
            mask[from + i] = x[i] != 0;
            some |= !mask[from + i];
        }
    return some;
}

static enum mm_status measure(struct mm_arena *scratch, const struct mm_volume *from, const double spacing[3],
                              struct mm_volume *to, struct mm_error *err)
{
    uint8_t *mask = mm_arena_array(scratch, uint8_t, mm_volume_voxels(from));
    if (!mask)
        return mm_fail_memory(err, "a mask");
    for (int c = 0; c < from->channels; c++) {
        enum mm_status s;
        if (!find_mask(from, c, mask))
            return mm_fail(err, MM_ERR_DATA, "channel %d has no voxel that is 0: there is nothing to measure from",
                           c);
        if (MM_TRY(s, mm_distance_euclidean(mask, from->size, spacing, mm_voxels_floats(to, c), err)))
            return s;
    }
    return MM_OK;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    double spacing[3] = {1, 1, 1};
    const struct mm_volume *from;
    struct mm_volume *to;
    if (MM_TRY(s, mm_voxels_read(sample, field, &from, err)) ||
        (p->sampling.count && MM_TRY(s, mm_spatial_doubles(&p->sampling, "sampling", from->rank, 1, spacing, err))) ||
        MM_TRY(s, mm_voxels_make(sample, from, MM_F32, from->channels, &to, err)))
        return s;
    struct mm_arena scratch;
    mm_arena_init(&scratch, NULL);
    s = measure(&scratch, from, spacing, to, err);
    mm_arena_done(&scratch);
    if (!s)
        mm_field_put(sample, field, to);
    return s;
}

const struct mm_transform mm_transform_distance_transform_edt = {
    .name = "DistanceTransformEDT",
    .summary = "the distance of each voxel to the nearest that is 0",
    .notes = "Exact Euclidean distances, each channel by itself. A channel without a 0 is an error here; scipy then "
             "measures from a voxel outside.",
    .params = params,
    .params_size = sizeof(P),
    .each = each,
    .example = "{\"name\": \"DistanceTransformEDTd\", \"args\": {\"keys\": \"label\", \"sampling\": [1.5, 1, 1]}}",
};
