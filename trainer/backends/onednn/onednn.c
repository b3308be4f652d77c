/* The backend "onednn": convolutions by oneDNN on the device "cpu", whose other ops our own kernels run
 * (backends/cpu/). */
#include "trainer/backends/onednn/kernels.h"

#include "trainer/backends/onednn/library.h"

static const struct mm_kernel *const kernels[] = {&mm_onednn_conv, &mm_onednn_conv_transpose, NULL};

const struct mm_backend mm_backend_onednn = {
    .name = "onednn",
    .summary = "convolutions by oneDNN, f32, channels-last",
    .device = &mm_device_cpu,
    .available = mm_dnnl_available,
    .kernels = kernels,
};
