/* The kernels of the backend "cpu", one line each, alphabetical. */
#ifndef MM_TRAINER_BACKENDS_CPU_KERNELS_H
#define MM_TRAINER_BACKENDS_CPU_KERNELS_H

#include "trainer/backends/backend.h"

extern const struct mm_kernel mm_cpu_activation;
extern const struct mm_kernel mm_cpu_add;
extern const struct mm_kernel mm_cpu_batch_norm;
extern const struct mm_kernel mm_cpu_concat;
extern const struct mm_kernel mm_cpu_dropout;
extern const struct mm_kernel mm_cpu_group_norm;
extern const struct mm_kernel mm_cpu_instance_norm;
extern const struct mm_kernel mm_cpu_pool;
extern const struct mm_kernel mm_cpu_softmax;
extern const struct mm_kernel mm_cpu_upsample;

#endif
