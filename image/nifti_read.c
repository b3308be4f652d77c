/* Voxels of a NIfTI file: sizes checked against the file, unpacking, byte order, scaling. */
#include "image/decode.h"
#include "image/gzip.h"
#include "image/nifti_internal.h"

#define ALIGNMENT 64   /* of a volume's voxels */
#define BLOCK     2048 /* elements converted at a time: stays in the L1 cache */

static bool is_foreign(const struct mm_nifti *h)
{
    return h->big_endian != MM_HOST_IS_BIG_ENDIAN;
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
            mm_decode_swap(stored, count, width);
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
    size_t before = ALIGNMENT - (size_t)r->header.vox_offset % ALIGNMENT; /* so that the voxels need not be moved */
    unsigned char *plain = mm_arena_alloc_raw(keeps ? r->arena : &r->scratch, before + r->needed);
    if (!plain)
        return mm_fail_memory(err, "the unpacked image");
    plain += before;
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
    if (voxels != r->owned + offset)
        memmove(voxels, r->owned + offset, r->needed - offset);
    if (is_foreign(&r->header))
        mm_decode_swap(voxels, (r->needed - offset) / width, width);
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
