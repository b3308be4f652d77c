/* MetaImage, the parts: header, voxels in and out. Used by image/metaimage*.c, their tests and fuzzer only.
 * Format facts: itk.org "MetaIO/Documentation" and what ITK's MetaImageIO writes. */
#ifndef MM_IMAGE_METAIMAGE_INTERNAL_H
#define MM_IMAGE_METAIMAGE_INTERNAL_H

#include "image/decode.h"
#include "image/fields.h"

/* X(enum, keys of the same meaning, in the order in which they are used) */
#define MM_META_FIELDS(X)                                                                                            \
    X(BINARY, "BinaryData")                                                                                          \
    X(CHANNELS, "ElementNumberOfChannels")                                                                           \
    X(COMPRESSED, "CompressedData")                                                                                  \
    X(DATA_FILE, "ElementDataFile")                                                                                  \
    X(HEADER_SIZE, "HeaderSize")                                                                                     \
    X(MSB, "BinaryDataByteOrderMSB ElementByteOrderMSB")                                                             \
    X(NDIMS, "NDims")                                                                                                \
    X(OBJECT, "ObjectType")                                                                                          \
    X(OFFSET, "Offset Position Origin")                                                                              \
    X(SIZES, "DimSize")                                                                                              \
    X(SPACING, "ElementSpacing")                                                                                     \
    X(ELEMENT_SIZE, "ElementSize")                                                                                   \
    X(TRANSFORM, "TransformMatrix Rotation Orientation")                                                             \
    X(TYPE, "ElementType")
#define MM_META_ENUM(id, keys) MM_META_##id,
enum mm_meta_field { MM_META_FIELDS(MM_META_ENUM) MM_META_FIELD_COUNT };

struct mm_meta {
    struct mm_piece field[MM_META_FIELD_COUNT]; /* `at` is NULL when it is not there */
    size_t data_at;                             /* first byte after the header       */
    bool is_local, is_text, is_compressed;
    int64_t header_size; /* bytes before the data in their file; -1: they are the last ones */
    struct mm_image_info info;
    struct mm_numbers numbers;
    size_t values;
};

/* Does the first line with a key start an image? */
bool mm_meta_is(const unsigned char *bytes, size_t size);
/* The header in the first bytes of a file; fills all but info.file_bytes. Pieces point into the bytes. */
enum mm_status mm_meta_parse(const unsigned char *bytes, size_t size, struct mm_meta *meta, struct mm_error *err);
/* A file with header and data in one. */
enum mm_status mm_meta_from_bytes(struct mm_arena *arena, const unsigned char *bytes, size_t size,
                                  struct mm_volume **out, struct mm_error *err);
enum mm_status mm_meta_write(const char *path, const struct mm_volume *volume, struct mm_error *err);
/* "MET_SHORT" ... */
const char *mm_meta_type_name(enum mm_type type);

#endif
