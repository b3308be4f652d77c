/* conv_transpose by oneDNN, as the passes of the convolution that goes the other way (its source is our output),
 * since the library's own deconvolution knows no extra output: forward is that convolution's backward data, and the
 * other way round. */
#include "trainer/backends/onednn/convolution.h"

#include "trainer/backends/host.h"
#include "trainer/backends/onednn/bias.h"
#include "trainer/backends/onednn/kernels.h"
#include "trainer/ops/ops.h"

static struct mm_dnnl_shape shape_of(const struct mm_kernel_query *query)
{
    const struct mm_conv_transpose *p = query->params;
    const struct mm_desc *x = &query->in[0], *y = &query->out;
    struct mm_dnnl_shape shape = {
        .spatial = x->spatial, .n = x->dim[0], .groups = 1, .in_channels = y->dim[1], .out_channels = x->dim[1]};
    for (int i = 0; i < 3; i++) {
        shape.in[i] = y->dim[2 + i];
        shape.out[i] = x->dim[2 + i];
        shape.kernel[i] = p->kernel[i];
        shape.stride[i] = p->stride[i];
        shape.dilation[i] = 1;
        shape.low[i] = p->low[i];
        /* Extra output lies behind the last window, as if there were less padding there; below 0 it is a rest that no
         * window of this stride reaches. */
        shape.high[i] = p->high[i] > p->extra[i] ? p->high[i] - p->extra[i] : 0;
    }
    return shape;
}

static bool offer(const struct mm_kernel_query *query, struct mm_kernel_offer *offer)
{
    if (!mm_convolution_layouts(query, offer))
        return false;
    struct mm_dnnl_shape shape = shape_of(query);
    if (!mm_convolution_offer(&shape, mm_convolution_passes(query, true), offer))
        return false;
    const struct mm_desc *y = &query->out;
    size_t bias = query->count == 3 ? mm_bias_workspace(y->dim[0] * mm_desc_area(y), y->dim[1]) : 0;
    offer->workspace = bias > offer->workspace ? bias : offer->workspace;
    return true;
}

static enum mm_status make(struct mm_arena *arena, struct mm_device *device, const struct mm_kernel_query *query,
                           const struct mm_kernel_offer *offer, void **state, struct mm_error *err)
{
    struct mm_dnnl_shape shape = shape_of(query);
    (void)offer;
    return mm_convolution_make(arena, device, query, &shape, mm_convolution_passes(query, true), state, err);
}

static int64_t output_rows(const struct mm_convolution *conv)
{
    const int64_t *out = conv->shape.in;
    return conv->shape.n * out[0] * out[1] * out[2];
}

static enum mm_status forward(void *state, const struct mm_kernel_run *run, struct mm_error *err)
{
    const struct mm_convolution *conv = state;
    struct mm_device *device = conv->device;
    const struct mm_pass_buffers buffers = {
        .source = mm_host_data(device, &run->y),
        .weights = mm_host_data(device, &run->x[1]),
        .destination = mm_host_data(device, &run->x[0]),
        .workspace = (char *)mm_host_data(device, &run->workspace),
    };
    enum mm_status s = mm_pass_run(conv->pass[MM_DNNL_BACKWARD_DATA], device->pool, &buffers, err);
    if (s == MM_OK && conv->bias)
        mm_bias_add(device->pool, buffers.source, mm_host_data(device, &run->x[2]), output_rows(conv),
                    conv->shape.in_channels);
    return s;
}

static enum mm_status backward(void *state, const struct mm_kernel_run *run, struct mm_error *err)
{
    const struct mm_convolution *conv = state;
    struct mm_device *device = conv->device;
    struct mm_pass_buffers buffers = {
        .source = mm_host_data(device, &run->dy),
        .weights = mm_host_data(device, &run->dx[1]),
        .destination = mm_host_data(device, &run->x[0]),
        .workspace = (char *)mm_host_data(device, &run->workspace),
    };
    float *bias = conv->bias ? mm_host_data(device, &run->dx[2]) : NULL;
    enum mm_status s;
    if (bias)
        mm_bias_gradient(device->pool, buffers.source, bias, output_rows(conv), conv->shape.in_channels,
                         buffers.workspace);
    if (buffers.weights && MM_TRY(s, mm_pass_run(conv->pass[MM_DNNL_BACKWARD_WEIGHTS], device->pool, &buffers, err)))
        return s;
    buffers.destination = mm_host_data(device, &run->dx[0]);
    buffers.weights = mm_host_data(device, &run->x[1]);
    return buffers.destination ? mm_pass_run(conv->pass[MM_DNNL_FORWARD], device->pool, &buffers, err) : MM_OK;
}

const struct mm_kernel mm_onednn_conv_transpose = {.op = &mm_op_conv_transpose,
                                                   .offer = offer,
                                                   .make = make,
                                                   .drop = mm_convolution_drop,
                                                   .forward = forward,
                                                   .backward = backward};
