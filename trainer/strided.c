/* Walking strided tensors; see strided.h. */
#include "trainer/strided.h"

#include <string.h>

#include "trainer/safetensors_internal.h"

void mm_strided_pack(struct mm_strided *tensor)
{
    int64_t stride = 1;
    for (int i = tensor->rank; i-- > 0;) {
        tensor->stride[i] = stride;
        stride *= tensor->dim[i] ? tensor->dim[i] : 1;
    }
}

bool mm_strided_bytes(const struct mm_strided *tensor, size_t *bytes)
{
    return mm_safetensors_bytes(tensor->dtype, tensor->rank, tensor->dim, bytes);
}

static void copy_element(const unsigned char *from, unsigned char *to, size_t width, bool swap)
{
    for (size_t i = 0; i < width; i++)
        to[i] = from[swap ? width - 1 - i : i];
}

/* Moves to the next element in row-major order; false behind the last. */
static bool advance(const struct mm_strided *t, int64_t *index, int64_t *offset)
{
    for (int i = t->rank; i-- > 0;) {
        *offset += t->stride[i];
        if (++index[i] < t->dim[i])
            return true;
        *offset -= t->stride[i] * t->dim[i];
        index[i] = 0;
    }
    return false;
}

static bool is_packed(const struct mm_strided *tensor)
{
    struct mm_strided packed = *tensor;
    mm_strided_pack(&packed);
    for (int i = 0; i < tensor->rank; i++)
        if (tensor->dim[i] != 1 && tensor->stride[i] != packed.stride[i])
            return false;
    return true;
}

void mm_strided_copy(const struct mm_strided *tensor, void *out)
{
    size_t width = mm_safetensors_dtype_bytes(tensor->dtype), bytes;
    int64_t index[MM_STRIDED_RANK_MAX] = {0}, offset = 0;
    unsigned char *to = out;
    if (!mm_strided_bytes(tensor, &bytes) || !bytes)
        return;
    if (!tensor->big_endian && is_packed(tensor)) {
        memcpy(out, tensor->data, bytes);
        return;
    }
    do {
        copy_element(tensor->data + (size_t)offset * width, to, width, tensor->big_endian);
        to += width;
    } while (advance(tensor, index, &offset));
}

bool mm_strided_is_kernel(const struct mm_strided *tensor)
{
    return tensor->rank == 4 || tensor->rank == 5;
}

static void swap(int64_t *a, int64_t *b)
{
    int64_t kept = *a;
    *a = *b;
    *b = kept;
}

void mm_strided_turn(struct mm_strided *tensor)
{
    if (!mm_strided_is_kernel(tensor))
        return;
    swap(&tensor->dim[2], &tensor->dim[tensor->rank - 1]);
    swap(&tensor->stride[2], &tensor->stride[tensor->rank - 1]);
}
