/* Writes MetaImage as ITK does, compressed, with the data behind the header whatever the extension. A 2D image has a
 * plane for its space: of its affine the two rows and columns of that plane are kept. */
#include <libdeflate.h>

#include "base/file.h"
#include "base/text.h"
#include "image/affine.h"
#include "image/metaimage_internal.h"

#define HEADER_MAX        4096
#define COMPRESSION_LEVEL 6

/* Rows 0 and 1 of the affine change their sign for left and posterior. */
static double component(const struct mm_volume *v, int r, int c)
{
    double value = v->affine[4 * r + c];
    return (r < 2 ? -value : value) + 0.0; /* no negative zero */
}

static void put_geometry(struct mm_text *text, const struct mm_volume *v)
{
    double spacing[3];
    mm_affine_spacing(v->affine, spacing);
    mm_text_add(text, "TransformMatrix =");
    for (int c = 0; c < v->rank; c++) {
        for (int r = 0; r < v->rank; r++)
            mm_text_format(text, " %.17g", component(v, r, c) / spacing[c]);
    }
    mm_text_add(text, "\nOffset =");
    for (int r = 0; r < v->rank; r++)
        mm_text_format(text, " %.17g", component(v, r, 3));
    mm_text_add(text, v->rank == 3 ? "\nCenterOfRotation = 0 0 0\nElementSpacing ="
                                   : "\nCenterOfRotation = 0 0\nElementSpacing =");
    for (int a = 0; a < v->rank; a++)
        mm_text_format(text, " %.17g", spacing[a]);
}

static void put_header(struct mm_text *text, const struct mm_volume *v, size_t packed_size)
{
    mm_text_format(text, "ObjectType = Image\nNDims = %d\nBinaryData = True\nBinaryDataByteOrderMSB = %s\n", v->rank,
                   MM_HOST_IS_BIG_ENDIAN ? "True" : "False");
    mm_text_format(text, "CompressedData = True\nCompressedDataSize = %zu\n", packed_size);
    put_geometry(text, v);
    mm_text_add(text, "\nDimSize =");
    for (int a = 0; a < v->rank; a++)
        mm_text_format(text, " %d", v->size[a]);
    if (v->channels > 1)
        mm_text_format(text, "\nElementNumberOfChannels = %d", v->channels);
    mm_text_format(text, "\nElementType = %s\nElementDataFile = LOCAL\n", mm_meta_type_name(v->type));
}

static enum mm_status pack_zlib(struct mm_arena *arena, const unsigned char *bytes, size_t size, unsigned char **out,
                                size_t *out_size, struct mm_error *err)
{
    struct libdeflate_compressor *packer = libdeflate_alloc_compressor(COMPRESSION_LEVEL);
    if (!packer)
        return mm_fail_memory(err, "the zlib compressor");
    size_t bound = libdeflate_zlib_compress_bound(packer, size);
    *out = mm_arena_alloc(arena, bound);
    if (*out)
        *out_size = libdeflate_zlib_compress(packer, bytes, size, *out, bound);
    libdeflate_free_compressor(packer);
    return *out ? MM_OK : mm_fail_memory(err, "the compressed image");
}

static enum mm_status write_parts(struct mm_arena *scratch, struct mm_text *header, const char *path,
                                  const struct mm_volume *v, struct mm_error *err)
{
    const unsigned char *numbers = mm_encode_interleaved(scratch, v);
    struct mm_file_writer writer;
    unsigned char *packed;
    size_t packed_size = 0;
    enum mm_status s;
    if (!numbers)
        return mm_fail_memory(err, "the voxels to compress");
    if (MM_TRY(s, pack_zlib(scratch, numbers, mm_volume_bytes(v), &packed, &packed_size, err)))
        return s;
    put_header(header, v, packed_size);
    if (header->overflow)
        return mm_fail_memory(err, "the header");
    if (MM_TRY(s, mm_file_writer_open(&writer, path, err)))
        return s;
    mm_file_writer_write(&writer, header->bytes, header->length);
    mm_file_writer_write(&writer, packed, packed_size);
    return mm_file_writer_commit(&writer, err);
}

enum mm_status mm_meta_write(const char *path, const struct mm_volume *volume, struct mm_error *err)
{
    struct mm_arena scratch;
    struct mm_text header;
    enum mm_status s;
    if (MM_TRY(s, mm_decode_check_affine(volume->affine, err)))
        return s;
    mm_arena_init(&scratch, NULL);
    mm_text_init(&header, HEADER_MAX);
    s = write_parts(&scratch, &header, path, volume, err);
    mm_text_done(&header);
    mm_arena_done(&scratch);
    return s;
}
