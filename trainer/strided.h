/* A tensor in somebody else's memory: shape and strides over borrowed bytes, and its copy as a weights file has it. */
#ifndef MM_TRAINER_STRIDED_H
#define MM_TRAINER_STRIDED_H

#include "trainer/safetensors.h"

#define MM_STRIDED_RANK_MAX 8

struct mm_strided {
    const char *name, *dtype; /* as safetensors spells it: "F32" */
    int rank;
    int64_t dim[MM_STRIDED_RANK_MAX], stride[MM_STRIDED_RANK_MAX]; /* in elements */
    const unsigned char *data;                                     /* of element 0, ... */
    bool big_endian;
};

/* Strides of a tensor without gaps, from its dims. */
void mm_strided_pack(struct mm_strided *tensor);
/* Checked: false on overflow or an unknown dtype. */
bool mm_strided_bytes(const struct mm_strided *tensor, size_t *bytes);
/* Elements one after the other, little-endian. */
void mm_strided_copy(const struct mm_strided *tensor, void *out);
/* Is it a kernel with spatial axes: (o, i, k, k) or (o, i, k, k, k)? */
bool mm_strided_is_kernel(const struct mm_strided *tensor);
/* Turns the order of a kernel's spatial axes round; other tensors stay. */
void mm_strided_turn(struct mm_strided *tensor);

#endif
