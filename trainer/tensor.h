/* Descriptions of tensors. Activations are (n, c, d, h, w) = (item, channel, z, y, x); 2D has d = 1 and spatial 2.
 * Convolution weights are (out, in, kd, kh, kw) ((in, out, ...) for transposed ones, as in torch); vectors are (c, 1, 1, 1, 1).
 * Tensors are opaque: a buffer of a device plus an offset. Nothing outside trainer/backends/ dereferences one. */
#ifndef MM_TRAINER_TENSOR_H
#define MM_TRAINER_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mm_dtype { MM_DT_F32, MM_DT_BF16 }; /* of network tensors; bf16 joins with AMP */

enum mm_layout {
    MM_LAYOUT_PLAIN,         /* n c d h w                                                          */
    MM_LAYOUT_BLOCKED16,     /* n c/16 d h w 16: channels padded up to 16; the padding always holds 0 */
    MM_LAYOUT_CHANNELS_LAST, /* n d h w c                                                      */
    MM_LAYOUT_COUNT
};

struct mm_desc {
    enum mm_dtype dtype;
    enum mm_layout layout;
    int spatial; /* 2 or 3; 0 for vectors and scalars */
    int64_t dim[5];
};

struct mm_desc mm_desc_make(int spatial, int64_t n, int64_t c, int64_t d, int64_t h, int64_t w); /* f32, plain */
struct mm_desc mm_desc_vector(int64_t c);
struct mm_desc mm_desc_with(struct mm_desc desc, enum mm_layout layout);
int64_t mm_desc_count(const struct mm_desc *desc);   /* logical elements                  */
size_t mm_desc_elements(const struct mm_desc *desc); /* stored elements, padding included */
size_t mm_desc_bytes(const struct mm_desc *desc);
int64_t mm_desc_area(const struct mm_desc *desc); /* d * h * w */
bool mm_desc_same_shape(const struct mm_desc *a, const struct mm_desc *b);
/* "2x16x32x48x48" (2D without d); buffer of 96; returns it. */
const char *mm_desc_text(const struct mm_desc *desc, char *buffer, size_t size);
const char *mm_layout_name(enum mm_layout layout);

#endif
