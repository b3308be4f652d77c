/* What image a NIfTI header describes: type, scaling, sizes, and what is refused because it is no image or too large. */
#include <limits.h>
#include <math.h>

#include "image/nifti_internal.h"

#define INTENT_CIFTI_FIRST 3000
#define INTENT_CIFTI_LAST  3099

static const struct mm_nifti_type types[] = {
    /* nifti1.h, DT_* */
    {2, MM_U8, 1},   {4, MM_I16, 1},   {8, MM_I32, 1},   {16, MM_F32, 1},   {64, MM_F64, 1},   {128, MM_U8, 3},
    {256, MM_I8, 1}, {512, MM_U16, 1}, {768, MM_U32, 1}, {1024, MM_I64, 1}, {1280, MM_U64, 1},
};
#define TYPE_COUNT (sizeof types / sizeof *types)

const struct mm_nifti_type *mm_nifti_type_of(int code)
{
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        if (types[i].code == code)
            return &types[i];
    }
    return NULL;
}

const struct mm_nifti_type *mm_nifti_type_for(enum mm_type type)
{
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        if (types[i].type == type && types[i].components == 1)
            return &types[i];
    }
    return NULL;
}

bool mm_nifti_is_scaled(const struct mm_nifti *h)
{
    return isfinite(h->slope) && h->slope != 0 && !(h->slope == 1 && h->inter == 0);
}

/* float32 where it is exact enough for what was stored, else float64. */
static enum mm_type scaled_type(enum mm_type stored)
{
    return stored == MM_F64 || (mm_type_is_integer(stored) && mm_type_bytes(stored) >= 4) ? MM_F64 : MM_F32;
}

/* Number of the last dimension that is not 1, at least 3 (2 for an image that says it is flat). */
static enum mm_status last_dimension(const struct mm_nifti *h, int *last, struct mm_error *err)
{
    if (h->dim[0] < 1 || h->dim[0] > 7)
        return mm_fail(err, MM_ERR_DATA, "dim[0] is %lld, NIfTI allows 1 to 7", (long long)h->dim[0]);
    for (int i = 1; i <= h->dim[0]; i++) {
        if (h->dim[i] < 1 || h->dim[i] > INT_MAX)
            return mm_fail(err, MM_ERR_DATA, "dim[%d] is %lld, a size is 1 to %d", i, (long long)h->dim[i], INT_MAX);
    }
    if (h->dim[0] == 1)
        return mm_fail(err, MM_ERR_DATA, "dim[0] is 1: a list of %lld numbers, not an image", (long long)h->dim[1]);
    *last = (int)h->dim[0];
    while (*last > 3 && h->dim[*last] == 1)
        --*last;
    return MM_OK;
}

/* The fourth dimension is channels; so is the fifth (vectors) when there is one point in time. */
static enum mm_status set_sizes(const struct mm_nifti *h, int components, struct mm_image_info *info,
                                struct mm_error *err)
{
    enum mm_status s;
    int last = 0;
    if (MM_TRY(s, last_dimension(h, &last, err)))
        return s;
    info->rank = h->dim[0] == 2 ? 2 : 3;
    for (int a = 0; a < 3; a++)
        info->size[a] = a < last ? (int)h->dim[a + 1] : 1;
    if (last > 5 || (last == 5 && h->dim[4] != 1))
        return mm_fail(
            err, MM_ERR_DATA,
            "%d dimensions, %lld x %lld x %lld x %lld x %lld%s: an image has x, y, z and channels; select one "
            "time point or component and save it as a file of its own",
            last, (long long)h->dim[1], (long long)h->dim[2], (long long)h->dim[3], (long long)h->dim[4],
            (long long)h->dim[5], last > 5 ? " x ..." : "");
    info->channels = last > 3 ? (int)h->dim[last] : 1;
    if (components > 1 && info->channels > 1)
        return mm_fail(err, MM_ERR_DATA, "%d colour images in one file: select one and save it as a file of its own",
                       info->channels);
    info->channels *= components;
    return MM_OK;
}

enum mm_status mm_nifti_describe(const struct mm_nifti *h, struct mm_image_info *info, size_t *voxel_bytes,
                                 struct mm_error *err)
{
    enum mm_status s;
    if (h->version == 2 && h->intent >= INTENT_CIFTI_FIRST && h->intent <= INTENT_CIFTI_LAST)
        return mm_fail(err, MM_ERR_DATA, "CIFTI-2 (intent code %d): data on a cortical surface, not an image",
                       h->intent);
    const struct mm_nifti_type *type = mm_nifti_type_of(h->datatype);
    if (!type)
        return mm_fail(err, MM_ERR_DATA,
                       "datatype %d is not supported: complex, RGBA, bit and 128-bit voxels are not; "
                       "integers and floats of 8 to 64 bits and RGB24 are",
                       h->datatype);
    if (MM_TRY(s, set_sizes(h, type->components, info, err)))
        return s;
    size_t count = (size_t)info->channels;
    for (int a = 0; a < 3; a++) {
        if (!mm_size_mul(count, (size_t)info->size[a], &count) || count > MM_VOLUME_VOXELS_MAX)
            return mm_fail(err, MM_ERR_DATA,
                           "%d x %d x %d voxels with %d channels is too large: the limit is %zu values",
                           info->size[0], info->size[1], info->size[2], info->channels, MM_VOLUME_VOXELS_MAX);
    }
    if (mm_nifti_is_scaled(h) && !isfinite(h->inter))
        return mm_fail(err, MM_ERR_DATA, "scl_slope is %g but scl_inter is %g: the voxel values are not defined",
                       h->slope, h->inter);
    *voxel_bytes = count * mm_type_bytes(type->type); /* at most 2^34 * 8 */
    info->type = mm_nifti_is_scaled(h) ? scaled_type(type->type) : type->type;
    return mm_nifti_get_affine(h, info->affine, err);
}
