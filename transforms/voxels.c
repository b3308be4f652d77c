/* Flat access to a field's voxels. Volumes with other strides (views, files of interleaved channels) are copied first. */
#include "transforms/voxels.h"

#include "image/rescale.h"

/* The dense form of a volume: itself, or a copy in the sample's arena. */
static enum mm_status make_dense(struct mm_sample *sample, struct mm_volume **volume, struct mm_error *err)
{
    if (!mm_volume_is_dense(*volume) && !(*volume = mm_volume_copy(sample->arena, *volume)))
        return mm_fail_memory(err, "a copy of an image");
    return MM_OK;
}

enum mm_status mm_voxels_read(struct mm_sample *sample, const struct mm_field *field, const struct mm_volume **out,
                              struct mm_error *err)
{
    enum mm_status s;
    struct mm_volume *volume;
    if (MM_TRY(s, mm_field_volume(field, &volume, err)) || MM_TRY(s, make_dense(sample, &volume, err)))
        return s;
    *out = volume;
    return MM_OK;
}

static enum mm_status put_dense(struct mm_sample *sample, struct mm_field *field, struct mm_volume *volume,
                                struct mm_volume **out, struct mm_error *err)
{
    enum mm_status s;
    if (MM_TRY(s, make_dense(sample, &volume, err)))
        return s;
    if (volume != field->volume)
        mm_field_put(sample, field, volume);
    *out = volume;
    return MM_OK;
}

enum mm_status mm_voxels_write(struct mm_sample *sample, struct mm_field *field, struct mm_volume **out,
                               struct mm_error *err)
{
    enum mm_status s;
    struct mm_volume *volume;
    if (MM_TRY(s, mm_field_writable(sample, field, &volume, err)))
        return s;
    return put_dense(sample, field, volume, out, err);
}

enum mm_status mm_voxels_write_float(struct mm_sample *sample, struct mm_field *field, struct mm_volume **out,
                                     struct mm_error *err)
{
    enum mm_status s;
    struct mm_volume *volume;
    if (MM_TRY(s, mm_field_writable_float(sample, field, &volume, err)))
        return s;
    return put_dense(sample, field, volume, out, err);
}

enum mm_status mm_voxels_rescale(struct mm_sample *sample, struct mm_field *field, double by, double plus,
                                 struct mm_error *err)
{
    enum mm_status s;
    struct mm_volume *volume;
    if (MM_TRY(s, mm_field_volume(field, &volume, err)))
        return s;
    if (volume->type != MM_F32 || (!volume->shared && mm_volume_is_dense(volume))) {
        if (!MM_TRY(s, mm_voxels_write_float(sample, field, &volume, err)))
            mm_rescale_run(volume->data, mm_volume_voxels(volume) * (size_t)volume->channels, (float)by, (float)plus);
        return s;
    }
    if (!(volume = mm_volume_rescale_later(sample->arena, volume, by, plus)))
        return mm_fail_memory(err, "a view of an image");
    mm_field_put(sample, field, volume);
    return MM_OK;
}

enum mm_status mm_voxels_make(struct mm_sample *sample, const struct mm_volume *from, enum mm_type type, int channels,
                              struct mm_volume **out, struct mm_error *err)
{
    *out = mm_volume_like(sample->arena, from, type, channels);
    return *out ? MM_OK : mm_fail_memory(err, "an image");
}

float *mm_voxels_floats(const struct mm_volume *v, int c)
{
    return (float *)v->data + c * v->stride[3];
}

struct mm_voxels_parts mm_voxels_split(const struct mm_volume *v, bool channel_wise)
{
    size_t voxels = mm_volume_voxels(v), channels = (size_t)v->channels;
    return (struct mm_voxels_parts){v->data, channel_wise ? channels : 1, channel_wise ? voxels : voxels * channels};
}

/* Address of voxel i of channel c. */
static void *voxel(const struct mm_volume *v, int c, size_t i)
{
    return (char *)v->data + ((size_t)(c * v->stride[3]) + i) * mm_type_bytes(v->type);
}

size_t mm_voxels_get(const struct mm_volume *v, int c, size_t from, double out[MM_VOXELS_CHUNK])
{
    size_t left = mm_volume_voxels(v) - from;
    size_t n = left < MM_VOXELS_CHUNK ? left : MM_VOXELS_CHUNK;
    mm_convert(out, MM_F64, voxel(v, c, from), v->type, n, 1);
    return n;
}

void mm_voxels_put(struct mm_volume *v, int c, size_t from, size_t n, const double *in)
{
    mm_convert(voxel(v, c, from), v->type, in, MM_F64, n, 1);
}

void mm_voxels_keep(struct mm_volume *v, int c, const uint8_t *mask)
{
    size_t voxels = mm_volume_voxels(v), bytes = mm_type_bytes(v->type);
    char *at = voxel(v, c, 0);
    for (size_t i = 0; i < voxels; i++, at += bytes)
        if (!mask[i])
            memset(at, 0, bytes);
}
