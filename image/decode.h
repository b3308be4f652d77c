/* What readers and writers of image files share: whole files through scratch memory, sizes that are checked, and
 * plain numbers in any order. */
#ifndef MM_IMAGE_DECODE_H
#define MM_IMAGE_DECODE_H

#include "image/format.h"

#define MM_TEXT_HEADER_MAX ((size_t)1 << 20) /* of formats whose header is text */

/* A whole file in memory to a volume in the arena. */
typedef enum mm_status mm_decoder(struct mm_arena *arena, const unsigned char *bytes, size_t size,
                                  struct mm_volume **out, struct mm_error *err);
enum mm_status mm_decode_file(struct mm_arena *arena, const char *path, mm_decoder *decode, struct mm_volume **out,
                              struct mm_error *err);
/* Up to `most` first bytes of a file, in the arena, and how long it is. */
enum mm_status mm_decode_start(struct mm_arena *arena, const char *path, size_t most, unsigned char **bytes,
                               size_t *got, uint64_t *file_bytes, struct mm_error *err);

/* Sizes and channels are positive and no more than MM_VOLUME_VOXELS_MAX values; *values is how many. */
enum mm_status mm_decode_check_size(const struct mm_image_info *info, size_t *values, struct mm_error *err);
/* Finite and can be inverted. */
enum mm_status mm_decode_check_affine(const double affine[16], struct mm_error *err);

/* Numbers in a file: the step of each axis (x, y, z, channel) in elements. */
struct mm_numbers {
    enum mm_type type;
    bool big_endian;
    size_t stride[4];
};
/* The volume that info describes from the numbers, which are as many as it needs. The bytes need no alignment.
 * NULL when memory is out. */
struct mm_volume *mm_decode_numbers(struct mm_arena *arena, const struct mm_image_info *info,
                                    const struct mm_numbers *numbers, const unsigned char *bytes);
/* Turns the bytes of each of n numbers round; one byte wide: nothing. */
void mm_decode_swap(unsigned char *bytes, size_t n, size_t width);
/* `count` numbers of that type, written as text with blanks between them; those of 64 bits through double. */
enum mm_status mm_decode_text(const unsigned char *text, size_t size, enum mm_type type, size_t count, void *out,
                              struct mm_error *err);

#define MM_HOST_IS_BIG_ENDIAN (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
/* The voxels as they are written to files whose channels are interleaved: c fastest, then x, y, z; bytes in the order
 * of this machine. The volume's own bytes when they are so already. NULL when memory is out. */
const unsigned char *mm_encode_interleaved(struct mm_arena *arena, const struct mm_volume *v);

#endif
