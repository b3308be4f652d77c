/* Volumes: making, views, addresses. The layout is that of image/volume.h: planar channels, x contiguous. */
#include "image/volume.h"

#include "image/rescale.h"

#define TYPE_BYTES(id, ctype, name, bytes) [id] = bytes,
static const size_t type_bytes[MM_TYPE_COUNT] = {MM_TYPES(TYPE_BYTES)};
#define TYPE_NAME(id, ctype, name, bytes) [id] = name,
static const char *const type_names[MM_TYPE_COUNT] = {MM_TYPES(TYPE_NAME)};

size_t mm_type_bytes(enum mm_type type)
{
    return type_bytes[type];
}

const char *mm_type_name(enum mm_type type)
{
    return type_names[type];
}

bool mm_type_is_integer(enum mm_type type)
{
    return type != MM_F32 && type != MM_F64;
}

/* Elements of a dense volume; false when a size is not positive or the product passes MM_VOLUME_VOXELS_MAX. */
static bool count_elements(int channels, const int size[3], size_t *out)
{
    size_t count = 1;
    const int factors[4] = {size[0], size[1], size[2], channels};
    for (int a = 0; a < 4; a++) {
        if (factors[a] <= 0 || !mm_size_mul(count, (size_t)factors[a], &count) || count > MM_VOLUME_VOXELS_MAX)
            return false;
    }
    *out = count;
    return true;
}

static void set_dense_strides(struct mm_volume *v)
{
    v->stride[0] = 1;
    for (int a = 0; a < 3; a++)
        v->stride[a + 1] = v->stride[a] * v->size[a];
}

struct mm_volume *mm_volume_wrap(struct mm_arena *arena, enum mm_type type, int rank, int channels, const int size[3],
                                 void *data)
{
    size_t count;
    struct mm_volume *v = count_elements(channels, size, &count) ? mm_arena_new(arena, struct mm_volume) : NULL;
    if (!v)
        return NULL;
    v->type = type;
    v->rank = rank;
    v->channels = channels;
    for (int a = 0; a < 3; a++)
        v->size[a] = size[a];
    set_dense_strides(v);
    for (int a = 0; a < 4; a++)
        v->affine[5 * a] = 1;
    v->data = data;
    return v;
}

struct mm_volume *mm_volume_make_raw(struct mm_arena *arena, enum mm_type type, int rank, int channels,
                                     const int size[3])
{
    size_t count, bytes;
    if (!count_elements(channels, size, &count) || !mm_size_mul(count, mm_type_bytes(type), &bytes))
        return NULL;
    void *data = mm_arena_alloc_raw(arena, bytes);
    return data ? mm_volume_wrap(arena, type, rank, channels, size, data) : NULL;
}

struct mm_volume *mm_volume_make(struct mm_arena *arena, enum mm_type type, int rank, int channels, const int size[3])
{
    struct mm_volume *v = mm_volume_make_raw(arena, type, rank, channels, size);
    if (v)
        memset(v->data, 0, mm_volume_bytes(v));
    return v;
}

struct mm_volume *mm_volume_like(struct mm_arena *arena, const struct mm_volume *from, enum mm_type type,
                                 int channels)
{
    struct mm_volume *v = mm_volume_make(arena, type, from->rank, channels ? channels : from->channels, from->size);
    if (v)
        memcpy(v->affine, from->affine, sizeof v->affine);
    return v;
}

size_t mm_volume_voxels(const struct mm_volume *v)
{
    return (size_t)v->size[0] * (size_t)v->size[1] * (size_t)v->size[2];
}

size_t mm_volume_bytes(const struct mm_volume *v)
{
    return mm_volume_voxels(v) * (size_t)v->channels * mm_type_bytes(v->type);
}

bool mm_volume_is_dense(const struct mm_volume *v)
{
    struct mm_volume dense = *v;
    if (v->packed || v->rescale)
        return false;
    set_dense_strides(&dense);
    return memcmp(dense.stride, v->stride, sizeof v->stride) == 0;
}

bool mm_volume_same_size(const struct mm_volume *a, const struct mm_volume *b)
{
    return memcmp(a->size, b->size, sizeof a->size) == 0;
}

void *mm_volume_row(const struct mm_volume *v, int c, int z, int y)
{
    ptrdiff_t element = c * v->stride[3] + z * v->stride[2] + y * v->stride[1];
    return (unsigned char *)v->data + element * (ptrdiff_t)mm_type_bytes(v->type);
}

static void *voxel(const struct mm_volume *v, int c, int z, int y, int x)
{
    return (unsigned char *)mm_volume_row(v, c, z, y) + x * v->stride[0] * (ptrdiff_t)mm_type_bytes(v->type);
}

double mm_volume_get(const struct mm_volume *v, int c, int z, int y, int x)
{
    double value;
    mm_convert(&value, MM_F64, voxel(v, c, z, y, x), v->type, 1, 1);
    float rescaled = (float)value;
    mm_rescale_run_all(v->rescale, &rescaled, 1);
    return v->rescale ? (double)rescaled : value;
}

void mm_volume_set(struct mm_volume *v, int c, int z, int y, int x, double value)
{
    mm_convert(voxel(v, c, z, y, x), v->type, &value, MM_F64, 1, 1);
}
