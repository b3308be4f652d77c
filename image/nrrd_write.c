/* Writes NRRD as ITK does: one file, gzip, left-posterior-superior, channels as a first axis of kind `vector`.
 * A 2D image has a plane for its space: of its affine the two rows and columns of that plane are kept. */
#include "base/file.h"
#include "base/text.h"
#include "image/gzip.h"
#include "image/nrrd_internal.h"

#define HEADER_MAX 4096

/* "(a,b,c)" of column c, in left-posterior-superior. */
static void put_vector(struct mm_text *text, const struct mm_volume *v, int c)
{
    for (int r = 0; r < v->rank; r++) {
        double value = r < 2 ? -v->affine[4 * r + c] : v->affine[4 * r + c];
        mm_text_format(text, "%s%.17g", r ? "," : "(", value + 0.0); /* no negative zero */
    }
    mm_text_add(text, ")");
}

static void put_header(struct mm_text *text, const struct mm_volume *v)
{
    bool many = v->channels > 1;
    mm_text_format(text, "NRRD0004\ntype: %s\ndimension: %d\n", mm_nrrd_type_name(v->type), v->rank + many);
    mm_text_add(text, v->rank == 3 ? "space: left-posterior-superior\nsizes:" : "space dimension: 2\nsizes:");
    if (many)
        mm_text_format(text, " %d", v->channels);
    for (int a = 0; a < v->rank; a++)
        mm_text_format(text, " %d", v->size[a]);
    mm_text_add(text, many ? "\nspace directions: none" : "\nspace directions:");
    for (int a = 0; a < v->rank; a++) {
        mm_text_add(text, " ");
        put_vector(text, v, a);
    }
    mm_text_add(text, many ? "\nkinds: vector" : "\nkinds:");
    for (int a = 0; a < v->rank; a++)
        mm_text_add(text, " domain");
    mm_text_format(text, "\nendian: %s\nencoding: gzip\nspace origin: ", MM_HOST_IS_BIG_ENDIAN ? "big" : "little");
    put_vector(text, v, 3);
    mm_text_add(text, "\n\n");
}

static enum mm_status write_parts(struct mm_arena *scratch, const char *path, const struct mm_text *header,
                                  const struct mm_volume *v, struct mm_error *err)
{
    const unsigned char *numbers = mm_encode_interleaved(scratch, v);
    struct mm_file_writer writer;
    unsigned char *packed;
    size_t packed_size = 0;
    enum mm_status s;
    if (!numbers || header->overflow)
        return mm_fail_memory(err, "the voxels to compress");
    if (MM_TRY(s, mm_gzip_pack(scratch, numbers, mm_volume_bytes(v), &packed, &packed_size, err)) ||
        MM_TRY(s, mm_file_writer_open(&writer, path, err)))
        return s;
    mm_file_writer_write(&writer, header->bytes, header->length);
    mm_file_writer_write(&writer, packed, packed_size);
    return mm_file_writer_commit(&writer, err);
}

enum mm_status mm_nrrd_write(const char *path, const struct mm_volume *volume, struct mm_error *err)
{
    struct mm_arena scratch;
    struct mm_text header;
    enum mm_status s;
    if (MM_TRY(s, mm_decode_check_affine(volume->affine, err)))
        return s;
    mm_arena_init(&scratch, NULL);
    mm_text_init(&header, HEADER_MAX);
    put_header(&header, volume);
    s = write_parts(&scratch, path, &header, volume, err);
    mm_text_done(&header);
    mm_arena_done(&scratch);
    return s;
}
