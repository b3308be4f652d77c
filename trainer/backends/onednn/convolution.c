/* What the kernels of conv and conv_transpose share (convolution.h). */
#include "trainer/backends/onednn/convolution.h"

#include "trainer/backends/host.h"

unsigned mm_convolution_passes(const struct mm_kernel_query *query, bool swapped)
{
    unsigned forward = 1u << MM_DNNL_FORWARD, data = 1u << MM_DNNL_BACKWARD_DATA, passes = swapped ? data : forward;
    if (query->training && query->wanted & 1u)
        passes |= swapped ? forward : data;
    if (query->training && query->wanted & ~1u)
        passes |= 1u << MM_DNNL_BACKWARD_WEIGHTS;
    return passes;
}

bool mm_convolution_offer(const struct mm_dnnl_shape *shape, unsigned passes, struct mm_kernel_offer *offer)
{
    for (int p = 0; p < MM_DNNL_PASSES; p++) {
        struct mm_pass *pass;
        if (!(passes >> p & 1))
            continue;
        if (mm_pass_make(shape, (enum mm_dnnl_pass)p, false, &pass, NULL) != MM_OK)
            return false;
        size_t workspace = mm_pass_workspace(pass);
        offer->workspace = workspace > offer->workspace ? workspace : offer->workspace;
        offer->cost += mm_pass_seconds(pass);
        mm_pass_free(pass);
    }
    return true;
}

enum mm_status mm_convolution_make(struct mm_arena *arena, struct mm_device *device,
                                   const struct mm_kernel_query *query, const struct mm_dnnl_shape *shape,
                                   unsigned passes, void **state, struct mm_error *err)
{
    enum mm_status s = MM_OK;
    struct mm_convolution *conv = *state = mm_arena_new(arena, struct mm_convolution);
    if (!conv)
        return mm_fail_memory(err, "a convolution");
    conv->device = device;
    conv->shape = *shape;
    conv->bias = query->count == 3;
    for (int p = 0; p < MM_DNNL_PASSES && s == MM_OK; p++)
        if (passes >> p & 1)
            s = mm_pass_make(shape, (enum mm_dnnl_pass)p, true, &conv->pass[p], err);
    if (s != MM_OK)
        mm_convolution_drop(conv);
    return s;
}

void mm_convolution_drop(void *state)
{
    struct mm_convolution *conv = state;
    for (int p = 0; p < MM_DNNL_PASSES; p++) {
        mm_pass_free(conv->pass[p]);
        conv->pass[p] = NULL;
    }
}

bool mm_convolution_layouts(const struct mm_kernel_query *query, struct mm_kernel_offer *offer)
{
    const struct mm_desc *x = &query->in[0];
    if (x->dtype != MM_DT_F32 || (x->spatial != 2 && x->spatial != 3))
        return false;
    if (x->spatial == 2 && (x->dim[2] != 1 || query->out.dim[2] != 1 || query->in[1].dim[2] != 1))
        return false;
    *offer = (struct mm_kernel_offer){.in = {mm_host_channels_last(x)}, .out = mm_host_channels_last(&query->out)};
    return true;
}
