/* Writes NIfTI-1, or NIfTI-2 when a size passes 32767; .gz by the extension. Equal volumes give equal bytes.
 * More than one channel becomes the fourth dimension, so a 2D image with channels comes back as 3D with one slice. */
#include <limits.h>
#include <math.h>

#include "base/file.h"
#include "base/text.h"
#include "image/affine.h"
#include "image/gzip.h"
#include "image/nifti_internal.h"

static enum mm_status make_header(const struct mm_volume *v, struct mm_nifti *h, struct mm_error *err)
{
    double inverse[16];
    if (!mm_affine_invert(inverse, v->affine))
        return mm_fail(err, MM_ERR_DATA, "the affine cannot be inverted: no reader would accept the file");
    memset(h, 0, sizeof *h);
    h->dim[0] = v->channels > 1 ? 4 : v->rank;
    for (int i = 1; i < 8; i++)
        h->dim[i] = i <= 3 ? v->size[i - 1] : i == 4 ? v->channels : 1;
    h->version = 1;
    for (int i = 1; i <= 4; i++) {
        if (h->dim[i] > INT16_MAX)
            h->version = 2;
    }
    h->datatype = mm_nifti_type_for(v->type)->code;
    for (int i = 4; i < 8; i++)
        h->pixdim[i] = 1;
    h->slope = 1;
    mm_nifti_set_affine(h, v->affine);
    return MM_OK;
}

/* Where voxel bytes go: a file, or memory to be compressed. */
struct sink {
    struct mm_file_writer *writer;
    unsigned char *at;
};

static enum mm_status put(struct sink *sink, const void *bytes, size_t size)
{
    if (sink->writer)
        return mm_file_writer_write(sink->writer, bytes, size);
    memcpy(sink->at, bytes, size);
    sink->at += size;
    return MM_OK;
}

static enum mm_status put_voxels(struct sink *sink, const struct mm_volume *v)
{
    enum mm_status s = MM_OK;
    size_t row = (size_t)v->size[0] * mm_type_bytes(v->type);
    if (mm_volume_is_dense(v))
        return put(sink, v->data, mm_volume_bytes(v));
    for (int c = 0; c < v->channels; c++) {
        for (int z = 0; z < v->size[2]; z++) {
            for (int y = 0; y < v->size[1] && s == MM_OK; y++)
                s = put(sink, mm_volume_row(v, c, z, y), row);
        }
    }
    return s;
}

static enum mm_status write_plain(const char *path, const unsigned char *header, size_t header_size,
                                  const struct mm_volume *v, struct mm_error *err)
{
    struct mm_file_writer writer;
    struct sink sink = {.writer = &writer};
    enum mm_status s;
    if (MM_TRY(s, mm_file_writer_open(&writer, path, err)))
        return s;
    if (put(&sink, header, header_size) == MM_OK)
        put_voxels(&sink, v);
    return mm_file_writer_commit(&writer, err); /* reports the first failure of all */
}

static enum mm_status write_packed(struct mm_arena *scratch, const char *path, const unsigned char *header,
                                   size_t header_size, const struct mm_volume *v, struct mm_error *err)
{
    size_t size = header_size + mm_volume_bytes(v), packed_size = 0;
    unsigned char *plain = mm_arena_alloc(scratch, size), *packed = NULL;
    enum mm_status s;
    if (!plain)
        return mm_fail_memory(err, "the image to compress");
    struct sink sink = {.at = plain};
    put(&sink, header, header_size);
    put_voxels(&sink, v);
    if (MM_TRY(s, mm_gzip_pack(scratch, plain, size, &packed, &packed_size, err)))
        return s;
    return mm_file_write(path, packed, packed_size, err);
}

enum mm_status mm_nifti_write(const char *path, const struct mm_volume *volume, struct mm_error *err)
{
    unsigned char header[MM_NIFTI_HEADER_MAX];
    struct mm_nifti h;
    struct mm_arena scratch;
    enum mm_status s = MM_OK;
    mm_arena_init(&scratch, NULL);
    if (volume->stride[0] != 1)
        volume = mm_volume_copy(&scratch, volume);
    if (!volume)
        s = mm_fail_memory(err, "the voxels in rows");
    else
        s = make_header(volume, &h, err);
    if (s)
        goto done;
    size_t header_size = mm_nifti_encode(&h, header);
    if (mm_text_ends(mm_format_extension(path), "gz"))
        s = write_packed(&scratch, path, header, header_size, volume, err);
    else
        s = write_plain(path, header, header_size, volume, err);
done:
    mm_arena_done(&scratch);
    return s;
}
