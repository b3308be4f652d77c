/* conv by oneDNN: channels-last activations, any stride, dilation, padding and number of groups. */
#include "trainer/backends/onednn/convolution.h"

#include "trainer/backends/host.h"
#include "trainer/backends/onednn/kernels.h"
#include "trainer/ops/ops.h"

static struct mm_dnnl_shape shape_of(const struct mm_kernel_query *query)
{
    const struct mm_conv *p = query->params;
    const struct mm_desc *x = &query->in[0], *y = &query->out;
    struct mm_dnnl_shape shape = {.spatial = x->spatial,
                                  .bias = query->count == 3,
                                  .n = x->dim[0],
                                  .groups = p->groups,
                                  .in_channels = x->dim[1],
                                  .out_channels = y->dim[1]};
    for (int i = 0; i < 3; i++) {
        shape.in[i] = x->dim[2 + i];
        shape.out[i] = y->dim[2 + i];
        shape.kernel[i] = p->kernel[i];
        shape.stride[i] = p->stride[i];
        shape.dilation[i] = p->dilation[i];
        shape.low[i] = p->low[i];
        shape.high[i] = p->high[i];
    }
    return shape;
}

static bool offer(const struct mm_kernel_query *query, struct mm_kernel_offer *offer)
{
    if (!mm_convolution_layouts(query, offer))
        return false;
    struct mm_dnnl_shape shape = shape_of(query);
    return mm_convolution_offer(&shape, mm_convolution_passes(query, false), offer);
}

static enum mm_status make(struct mm_arena *arena, struct mm_device *device, const struct mm_kernel_query *query,
                           const struct mm_kernel_offer *offer, void **state, struct mm_error *err)
{
    struct mm_dnnl_shape shape = shape_of(query);
    (void)offer;
    return mm_convolution_make(arena, device, query, &shape, mm_convolution_passes(query, false), state, err);
}

static enum mm_status forward(void *state, const struct mm_kernel_run *run, struct mm_error *err)
{
    const struct mm_convolution *conv = state;
    struct mm_device *device = conv->device;
    const struct mm_pass_buffers buffers = {
        .source = mm_host_data(device, &run->x[0]),
        .weights = mm_host_data(device, &run->x[1]),
        .bias = conv->shape.bias ? mm_host_data(device, &run->x[2]) : NULL,
        .destination = mm_host_data(device, &run->y),
        .workspace = (char *)mm_host_data(device, &run->workspace),
    };
    return mm_pass_run(conv->pass[MM_DNNL_FORWARD], device->pool, &buffers, err);
}

static enum mm_status backward(void *state, const struct mm_kernel_run *run, struct mm_error *err)
{
    const struct mm_convolution *conv = state;
    struct mm_device *device = conv->device;
    struct mm_pass_buffers buffers = {
        .source = mm_host_data(device, &run->x[0]),
        .weights = mm_host_data(device, &run->dx[1]),
        .bias = conv->shape.bias ? mm_host_data(device, &run->dx[2]) : NULL,
        .destination = mm_host_data(device, &run->dy),
        .workspace = (char *)mm_host_data(device, &run->workspace),
    };
    enum mm_status s;
    if ((buffers.weights || buffers.bias) &&
        MM_TRY(s, mm_pass_run(conv->pass[MM_DNNL_BACKWARD_WEIGHTS], device->pool, &buffers, err)))
        return s;
    buffers.source = mm_host_data(device, &run->dx[0]);
    buffers.weights = mm_host_data(device, &run->x[1]);
    return buffers.source ? mm_pass_run(conv->pass[MM_DNNL_BACKWARD_DATA], device->pool, &buffers, err) : MM_OK;
}

const struct mm_kernel mm_onednn_conv = {.op = &mm_op_conv,
                                         .offer = offer,
                                         .make = make,
                                         .drop = mm_convolution_drop,
                                         .forward = forward,
                                         .backward = backward};
