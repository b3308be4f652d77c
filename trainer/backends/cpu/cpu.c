/* The backend "cpu": our own vector kernels for everything but convolutions, channels-last, and most of them plain
 * too. */
#include "trainer/backends/cpu/kernels.h"

static const struct mm_kernel *const kernels[] = {
    &mm_cpu_activation,
    &mm_cpu_add,
    &mm_cpu_batch_norm,
    &mm_cpu_concat,
    &mm_cpu_dropout,
    &mm_cpu_group_norm,
    &mm_cpu_instance_norm,
    &mm_cpu_pool,
    &mm_cpu_softmax,
    &mm_cpu_upsample,
    NULL,
};

const struct mm_backend mm_backend_cpu = {
    .name = "cpu",
    .summary = "vector kernels of our own, f32, channels-last",
    .device = &mm_device_cpu,
    .kernels = kernels,
};
