/* The format NIfTI: .nii and .nii.gz, told apart by content, version 1 and 2, either byte order. */
#include "base/file.h"
#include "image/decode.h"
#include "image/nifti_internal.h"
#include "image/source.h"

static bool probe(const unsigned char *bytes, size_t size, const char *path)
{
    (void)path;
    return mm_nifti_is(bytes, size);
}

static enum mm_status header(const char *path, struct mm_image_info *info, struct mm_error *err)
{
    unsigned char start[MM_NIFTI_HEADER_MAX];
    struct mm_nifti h;
    struct mm_source source;
    size_t voxel_bytes;
    enum mm_status s;
    if (MM_TRY(s, mm_source_peek(path, start, sizeof start, &source, err)) ||
        MM_TRY(s, mm_nifti_parse(start, source.got, &h, err)))
        return s;
    info->file_bytes = source.file_bytes;
    return mm_nifti_describe(&h, info, &voxel_bytes, err);
}

/* A plain file whose voxels need no conversion is read to where they stay. */
static enum mm_status read_plain(struct mm_arena *arena, const char *path, struct mm_volume **out,
                                 struct mm_error *err)
{
    unsigned char *bytes;
    size_t size;
    enum mm_status s;
    if (MM_TRY(s, mm_file_read(arena, path, MM_IMAGE_FILE_MAX, &bytes, &size, err)))
        return s;
    return mm_nifti_from_owned(arena, bytes, size, out, err);
}

static enum mm_status read(struct mm_arena *arena, const char *path, struct mm_volume **out, struct mm_error *err)
{
    unsigned char start[MM_NIFTI_HEADER_MAX];
    struct mm_nifti h;
    struct mm_image_info info;
    struct mm_source source;
    size_t voxel_bytes;
    enum mm_status s;
    if (MM_TRY(s, mm_source_peek(path, start, sizeof start, &source, err)) ||
        MM_TRY(s, mm_nifti_parse(start, source.got, &h, err)) ||
        MM_TRY(s, mm_nifti_describe(&h, &info, &voxel_bytes, err)))
        return s;
    bool stays = !source.is_gzip && mm_nifti_keeps_voxels(&h);
    return stays ? read_plain(arena, path, out, err) : mm_decode_file(arena, path, mm_nifti_from_bytes, out, err);
}

const struct mm_format mm_format_nifti = {
    .name = "nifti",
    .extensions = ".nii.gz .nii",
    .summary = "NIfTI-1 and NIfTI-2 volumes, plain or gzip",
    .probe = probe,
    .header = header,
    .read = read,
    .write = mm_nifti_write,
    .has_float = true,
};
