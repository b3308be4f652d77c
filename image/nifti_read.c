/* Voxels of a NIfTI file: sizes checked against the header and the file, byte order, scaling. */
#include <limits.h>
#include <math.h>

#include "image/gzip.h"
#include "image/nifti_internal.h"

#define BLOCK              2048 /* elements converted at a time: stays in the L1 cache */
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

static void swap_bytes(unsigned char *bytes, size_t n, size_t width)
{
    for (unsigned char *at = bytes; at < bytes + n * width; at += width) {
        for (size_t i = 0; i < width / 2; i++) {
            unsigned char byte = at[i];
            at[i] = at[width - 1 - i];
            at[width - 1 - i] = byte;
        }
    }
}

/* Widths as literals, so that the compiler turns them into one instruction each. */
static void swap_to_host(unsigned char *bytes, size_t n, size_t width)
{
    if (width == 2)
        swap_bytes(bytes, n, 2);
    else if (width == 4)
        swap_bytes(bytes, n, 4);
    else if (width == 8)
        swap_bytes(bytes, n, 8);
}

static bool is_foreign(const struct mm_nifti *h)
{
    return h->big_endian != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
}

/* Stored numbers to the volume's: n elements of the same layout. */
static void decode(struct mm_volume *v, const struct mm_nifti *h, const unsigned char *from, size_t n)
{
    _Alignas(8) unsigned char stored[BLOCK * 8];
    double values[BLOCK];
    enum mm_type type = mm_nifti_type_of(h->datatype)->type;
    size_t width = mm_type_bytes(type), to_width = mm_type_bytes(v->type);
    bool foreign = is_foreign(h), scaled = mm_nifti_is_scaled(h);
    unsigned char *to = v->data;
    for (size_t start = 0; start < n; start += BLOCK) {
        size_t count = n - start < BLOCK ? n - start : BLOCK;
        memcpy(stored, from + start * width, count * width);
        if (foreign)
            swap_to_host(stored, count, width);
        if (!scaled) {
            memcpy(to + start * to_width, stored, count * width);
            continue;
        }
        mm_convert(values, MM_F64, stored, type, count, 1);
        for (size_t i = 0; i < count; i++)
            values[i] = values[i] * h->slope + h->inter;
        mm_convert(to + start * to_width, v->type, values, MM_F64, count, 1);
    }
}

/* RGB24: r g b r g b ... to planes. */
static void decode_interleaved(struct mm_volume *v, const unsigned char *from)
{
    size_t voxels = mm_volume_voxels(v), channels = (size_t)v->channels;
    unsigned char *to = v->data;
    for (size_t c = 0; c < channels; c++)
        mm_convert(to + c * voxels, MM_U8, from + c, MM_U8, voxels, channels);
}

bool mm_nifti_keeps_voxels(const struct mm_nifti *h)
{
    return !mm_nifti_is_scaled(h) && mm_nifti_type_of(h->datatype)->components == 1;
}

/* One file on its way in. */
struct reading {
    struct mm_arena *arena, scratch;
    struct mm_nifti header;
    struct mm_image_info info;
    size_t needed; /* bytes up to the end of the voxels */
    const unsigned char *plain;
    unsigned char *owned; /* the same bytes, when they may become the volume; else NULL */
};

static enum mm_status unpack(struct reading *r, const unsigned char *bytes, size_t size, struct mm_error *err)
{
    bool keeps = mm_nifti_keeps_voxels(&r->header);
    if (!mm_gzip_can_hold(size, r->needed))
        return mm_fail(err, MM_ERR_DATA, "the header needs %zu bytes, more than %zu bytes of gzip can hold",
                       r->needed, size);
    unsigned char *plain = mm_arena_alloc(keeps ? r->arena : &r->scratch, r->needed);
    if (!plain)
        return mm_fail_memory(err, "the unpacked image");
    r->plain = plain;
    r->owned = keeps ? plain : NULL;
    return mm_gzip_unpack(bytes, size, plain, r->needed, err);
}

/* The owned bytes as volume: voxels are moved down to where they are aligned and brought into this machine's order. */
static struct mm_volume *adopt(struct reading *r)
{
    const struct mm_image_info *info = &r->info;
    size_t offset = (size_t)r->header.vox_offset, width = mm_type_bytes(info->type);
    unsigned char *voxels = r->owned + offset - (uintptr_t)(r->owned + offset) % ALIGNMENT;
    memmove(voxels, r->owned + offset, r->needed - offset);
    if (is_foreign(&r->header))
        swap_to_host(voxels, (r->needed - offset) / width, width);
    return mm_volume_wrap(r->arena, info->type, info->rank, info->channels, info->size, voxels);
}

static enum mm_status make_volume(struct reading *r, struct mm_volume **out, struct mm_error *err)
{
    const struct mm_image_info *info = &r->info;
    bool adopted = r->owned && mm_nifti_keeps_voxels(&r->header);
    struct mm_volume *v =
        adopted ? adopt(r) : mm_volume_make(r->arena, info->type, info->rank, info->channels, info->size);
    if (!v)
        return mm_fail_memory(err, "the voxels");
    const unsigned char *voxels = r->plain + r->header.vox_offset;
    memcpy(v->affine, info->affine, sizeof v->affine);
    if (mm_nifti_type_of(r->header.datatype)->components > 1)
        decode_interleaved(v, voxels);
    else if (!adopted)
        decode(v, &r->header, voxels, mm_volume_voxels(v) * (size_t)v->channels);
    *out = v;
    return MM_OK;
}

static enum mm_status parse_start(struct reading *r, const unsigned char *bytes, size_t size, struct mm_error *err)
{
    unsigned char start[MM_NIFTI_HEADER_MAX];
    size_t voxel_bytes, got = size < sizeof start ? size : sizeof start;
    enum mm_status s;
    if (mm_gzip_is(bytes, size))
        got = mm_gzip_prefix(bytes, size, start, sizeof start);
    else
        memcpy(start, bytes, got);
    if (MM_TRY(s, mm_nifti_parse(start, got, &r->header, err)) ||
        MM_TRY(s, mm_nifti_describe(&r->header, &r->info, &voxel_bytes, err)))
        return s;
    r->needed = (size_t)r->header.vox_offset + voxel_bytes; /* below 2^53 and 2^37 */
    return MM_OK;
}

/* `owned` is bytes or NULL. */
static enum mm_status from_bytes(struct mm_arena *arena, const unsigned char *bytes, unsigned char *owned,
                                 size_t size, struct mm_volume **out, struct mm_error *err)
{
    struct reading r = {.arena = arena, .plain = bytes, .owned = owned};
    enum mm_status s;
    mm_arena_init(&r.scratch, arena->budget);
    if (MM_TRY(s, parse_start(&r, bytes, size, err)))
        goto done;
    if (mm_gzip_is(bytes, size))
        s = unpack(&r, bytes, size, err);
    else if (size < r.needed)
        s = mm_fail(err, MM_ERR_DATA, "cut short: %zu bytes, the header needs %zu", size, r.needed);
    if (s == MM_OK)
        s = make_volume(&r, out, err);
done:
    mm_arena_done(&r.scratch);
    return s;
}

enum mm_status mm_nifti_from_bytes(struct mm_arena *arena, const unsigned char *bytes, size_t size,
                                   struct mm_volume **out, struct mm_error *err)
{
    return from_bytes(arena, bytes, NULL, size, out, err);
}

enum mm_status mm_nifti_from_owned(struct mm_arena *arena, unsigned char *bytes, size_t size, struct mm_volume **out,
                                   struct mm_error *err)
{
    return from_bytes(arena, bytes, bytes, size, out, err);
}
