/* The kernels of this backend, one line each. */
#ifndef MM_TRAINER_BACKENDS_ONEDNN_KERNELS_H
#define MM_TRAINER_BACKENDS_ONEDNN_KERNELS_H

#include "trainer/backends/backend.h"

extern const struct mm_kernel mm_onednn_conv;
extern const struct mm_kernel mm_onednn_conv_transpose;

#endif
