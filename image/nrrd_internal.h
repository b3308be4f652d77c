/* NRRD, the parts: the header's fields, the axes among them, voxels in and out. Used by image/nrrd*.c, their tests and
 * fuzzer only. Format facts: teem.sourceforge.net/nrrd/format.html; where it leaves room, as ITK reads and writes. */
#ifndef MM_IMAGE_NRRD_INTERNAL_H
#define MM_IMAGE_NRRD_INTERNAL_H

#include "image/decode.h"
#include "image/fields.h"

#define MM_NRRD_AXES 4

/* X(enum, names of the field: lower case, blanks as '_') */
#define MM_NRRD_FIELDS(X)                                                                                            \
    X(BYTE_SKIP, "byte_skip byteskip")                                                                               \
    X(DATA_FILE, "data_file datafile")                                                                               \
    X(DIMENSION, "dimension")                                                                                        \
    X(ENCODING, "encoding")                                                                                          \
    X(ENDIAN, "endian")                                                                                              \
    X(KINDS, "kinds")                                                                                                \
    X(LINE_SKIP, "line_skip lineskip")                                                                               \
    X(SIZES, "sizes")                                                                                                \
    X(SPACE, "space")                                                                                                \
    X(SPACE_DIMENSION, "space_dimension")                                                                            \
    X(SPACE_DIRECTIONS, "space_directions")                                                                          \
    X(SPACE_ORIGIN, "space_origin")                                                                                  \
    X(SPACINGS, "spacings")                                                                                          \
    X(TYPE, "type")
#define MM_NRRD_ENUM(id, names) MM_NRRD_##id,
enum mm_nrrd_field { MM_NRRD_FIELDS(MM_NRRD_ENUM) MM_NRRD_FIELD_COUNT };

enum mm_nrrd_encoding { MM_NRRD_RAW, MM_NRRD_GZIP, MM_NRRD_TEXT };

struct mm_nrrd {
    struct mm_piece field[MM_NRRD_FIELD_COUNT]; /* `at` is NULL when it is not there */
    size_t data_at;                             /* first byte after the header       */
    enum mm_nrrd_encoding encoding;
    int64_t line_skip, byte_skip; /* byte_skip -1: the data are the last bytes of the file */
    int dimension;
    int64_t size[MM_NRRD_AXES];
    int place[MM_NRRD_AXES]; /* of each axis of the file: 0 to 2 for x, y, z, or 3 for channels */
    struct mm_image_info info;
    struct mm_numbers numbers;
    size_t values;
};

bool mm_nrrd_is(const unsigned char *bytes, size_t size);
/* The header in the first bytes of a file; fills all but info.file_bytes. Pieces point into the bytes. */
enum mm_status mm_nrrd_parse(const unsigned char *bytes, size_t size, struct mm_nrrd *nrrd, struct mm_error *err);
/* Which axes are x, y, z and channels, and the affine. */
enum mm_status mm_nrrd_read_axes(struct mm_nrrd *nrrd, struct mm_error *err);
/* A file with header and data in one. */
enum mm_status mm_nrrd_from_bytes(struct mm_arena *arena, const unsigned char *bytes, size_t size,
                                  struct mm_volume **out, struct mm_error *err);
enum mm_status mm_nrrd_write(const char *path, const struct mm_volume *volume, struct mm_error *err);
/* The type's name as ITK writes it. */
const char *mm_nrrd_type_name(enum mm_type type);

#endif
