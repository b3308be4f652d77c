/* Shared by safetensors.c, safetensors_floats.c and safetensors_write.c only. */
#ifndef MM_TRAINER_SAFETENSORS_INTERNAL_H
#define MM_TRAINER_SAFETENSORS_INTERNAL_H

#include "trainer/safetensors.h"

#define MM_SAFETENSORS_RANK_MAX 8
#define MM_SAFETENSORS_SIZE_MAX ((size_t)1 << 36)

/* Bytes of an element; 0 when the dtype is unknown. */
size_t mm_safetensors_dtype_bytes(const char *dtype);
/* Bytes of a tensor; false when the dtype is unknown, a dimension negative or the product too large. */
bool mm_safetensors_bytes(const char *dtype, int rank, const int64_t *dim, size_t *bytes);

#endif
