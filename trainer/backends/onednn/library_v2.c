/* oneDNN 2.6 and later 2.x behind library.h: the engine, and the choice of implementations.
 *
 * Rule: omp_set_num_threads(1) before anything is described, compiled or run: the library fixes its split over
 * threads when a primitive is described. OpenMP keeps that number per thread, so each worker says it for itself.
 * Facts: oneDNN 2.6 developer guide and dnnl.h. Weight gradients differ in bits between thread counts of the
 * library's own split, therefore none is used. Descriptors allow strides, the fast kernels do not: activations are
 * always dense. */
#include "trainer/backends/onednn/library_v2.h"

#include "base/memory.h"

#include <pthread.h>

/* From libgomp, against which Debian links the library; <omp.h> is not there for every compiler. */
void omp_set_num_threads(int count);

/* The one global of the trainer: the library caches compiled primitives for the whole process, and those refer to
 * their engine, so the engine must outlive every plan. */
static pthread_once_t engine_once = PTHREAD_ONCE_INIT;
static dnnl_engine_t engine_shared;

static void engine_open(void)
{
    if (dnnl_engine_create(&engine_shared, dnnl_cpu, 0) != dnnl_success)
        engine_shared = NULL;
}

dnnl_engine_t mm_dnnl_v2_engine(void)
{
    pthread_once(&engine_once, engine_open);
    omp_set_num_threads(1);
    return engine_shared;
}

bool mm_dnnl_available(void)
{
    return mm_dnnl_v2_engine() != NULL;
}

static bool is_reference(const_dnnl_primitive_desc_t chosen)
{
    const char *name = "";
    dnnl_primitive_desc_query(chosen, dnnl_query_impl_info_str, 0, (void *)&name);
    return strstr(name, "ref") != NULL;
}

/* First spatial index in (z, y, x) of that many spatial dimensions. */
static int spatial_start(const struct mm_dnnl_shape *shape)
{
    return 3 - shape->spatial;
}

/* Channels-last activations: (n, c, [d], h, w) in the library's order of dimensions. */
static dnnl_status_t describe_activation(const struct mm_dnnl_shape *shape, int64_t channels, const int64_t *space,
                                         dnnl_memory_desc_t *out)
{
    dnnl_dims_t dims = {shape->n, channels};
    for (int i = spatial_start(shape), k = 2; i < 3; i++, k++)
        dims[k] = space[i];
    return dnnl_memory_desc_init_by_tag(out, shape->spatial + 2, dims, dnnl_f32,
                                        shape->spatial == 3 ? dnnl_ndhwc : dnnl_nhwc);
}

/* Dimensions ([g], o, i, [kd], kh, kw) of the weights; returns their number. */
int mm_dnnl_v2_weight_dims(const struct mm_dnnl_shape *shape, dnnl_dims_t dims)
{
    int rank = 0;
    if (shape->groups > 1)
        dims[rank++] = shape->groups;
    dims[rank++] = shape->out_channels / shape->groups;
    dims[rank++] = shape->in_channels / shape->groups;
    for (int i = spatial_start(shape); i < 3; i++)
        dims[rank++] = shape->kernel[i];
    return rank;
}

dnnl_query_t mm_dnnl_v2_weights_query(enum mm_dnnl_pass pass)
{
    return pass == MM_DNNL_BACKWARD_WEIGHTS ? dnnl_query_diff_weights_md : dnnl_query_weights_md;
}

const dnnl_memory_desc_t *mm_dnnl_v2_weights(const struct mm_dnnl_conv *conv)
{
    return dnnl_primitive_desc_query_md(conv->chosen, mm_dnnl_v2_weights_query(conv->pass), 0);
}

struct descriptors {
    dnnl_memory_desc_t source, weights, bias, destination;
    dnnl_dims_t stride, dilation, low, high;
};

static dnnl_status_t describe(const struct mm_dnnl_shape *shape, const struct mm_dnnl_conv *like,
                              struct descriptors *d)
{
    for (int i = spatial_start(shape), k = 0; i < 3; i++, k++) {
        d->stride[k] = shape->stride[i];
        d->dilation[k] = shape->dilation[i] - 1; /* the library counts from 0 */
        d->low[k] = shape->low[i];
        d->high[k] = shape->high[i];
    }
    dnnl_dims_t dims;
    int rank = mm_dnnl_v2_weight_dims(shape, dims);
    dnnl_status_t s = dnnl_memory_desc_init_by_tag(&d->weights, rank, dims, dnnl_f32, dnnl_format_tag_any);
    if (like)
        d->weights = *mm_dnnl_v2_weights(like);
    dnnl_dims_t channels = {shape->out_channels};
    if (s == dnnl_success)
        s = dnnl_memory_desc_init_by_tag(&d->bias, 1, channels, dnnl_f32, dnnl_a);
    if (s == dnnl_success)
        s = describe_activation(shape, shape->in_channels, shape->in, &d->source);
    if (s == dnnl_success)
        s = describe_activation(shape, shape->out_channels, shape->out, &d->destination);
    return s;
}

static dnnl_status_t choose(enum mm_dnnl_pass pass, bool with_bias, const struct descriptors *d,
                            dnnl_primitive_desc_t hint, const_dnnl_primitive_attr_t attr, dnnl_primitive_desc_t *out)
{
    dnnl_convolution_desc_t op;
    dnnl_status_t s;
    const dnnl_memory_desc_t *bias = with_bias ? &d->bias : NULL;
    if (pass == MM_DNNL_FORWARD)
        s = dnnl_dilated_convolution_forward_desc_init(&op, dnnl_forward_training, dnnl_convolution_direct,
                                                       &d->source, &d->weights, bias, &d->destination, d->stride,
                                                       d->dilation, d->low, d->high);
    else if (pass == MM_DNNL_BACKWARD_DATA)
        s = dnnl_dilated_convolution_backward_data_desc_init(&op, dnnl_convolution_direct, &d->source, &d->weights,
                                                             &d->destination, d->stride, d->dilation, d->low,
                                                             d->high);
    else
        s = dnnl_dilated_convolution_backward_weights_desc_init(&op, dnnl_convolution_direct, &d->source, &d->weights,
                                                                bias, &d->destination, d->stride, d->dilation, d->low,
                                                                d->high);
    return s == dnnl_success ? dnnl_primitive_desc_create(out, &op, attr, mm_dnnl_v2_engine(), hint) : s;
}

/* Chooses for the pass; a backward pass needs a forward one as a hint. */
static dnnl_status_t choose_pass(struct mm_dnnl_conv *conv, const struct mm_dnnl_conv *like)
{
    struct descriptors d;
    dnnl_primitive_attr_t attr = NULL;
    dnnl_primitive_desc_t hint = NULL;
    dnnl_status_t s = describe(&conv->shape, like, &d);
    if (s == dnnl_success)
        s = dnnl_primitive_attr_create(&attr);
    if (s == dnnl_success)
        s = dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user);
    if (s == dnnl_success && conv->pass != MM_DNNL_FORWARD) {
        struct descriptors forward = d;
        dnnl_dims_t dims;
        int rank = mm_dnnl_v2_weight_dims(&conv->shape, dims);
        dnnl_memory_desc_init_by_tag(&forward.weights, rank, dims, dnnl_f32, dnnl_format_tag_any);
        s = choose(MM_DNNL_FORWARD, conv->shape.bias, &forward, NULL, attr, &hint);
    }
    if (s == dnnl_success)
        s = choose(conv->pass, conv->shape.bias, &d, hint, attr, &conv->chosen);
    if (hint)
        dnnl_primitive_desc_destroy(hint);
    if (attr)
        dnnl_primitive_attr_destroy(attr);
    return s;
}

enum mm_status mm_dnnl_conv_make(const struct mm_dnnl_shape *shape, enum mm_dnnl_pass pass,
                                 const struct mm_dnnl_conv *like, struct mm_dnnl_conv **out, struct mm_error *err)
{
    *out = NULL;
    if (!mm_dnnl_v2_engine())
        return mm_fail(err, MM_ERR_DEVICE, "oneDNN has no CPU engine");
    struct mm_dnnl_conv *conv = mm_alloc(sizeof(*conv));
    if (!conv)
        return mm_fail_memory(err, "a convolution");
    conv->shape = *shape;
    conv->pass = pass;
    dnnl_status_t s = choose_pass(conv, like);
    if (s != dnnl_success || is_reference(conv->chosen)) {
        mm_dnnl_conv_free(conv);
        return mm_fail(err, MM_ERR_DEVICE, "oneDNN has no fast convolution for this shape (status %d)", (int)s);
    }
    *out = conv;
    return MM_OK;
}

void mm_dnnl_conv_free(struct mm_dnnl_conv *conv)
{
    if (!conv)
        return;
    if (conv->primitive)
        dnnl_primitive_destroy(conv->primitive);
    if (conv->chosen)
        dnnl_primitive_desc_destroy(conv->chosen);
    mm_free(conv);
}

size_t mm_dnnl_conv_scratch(const struct mm_dnnl_conv *conv)
{
    return dnnl_memory_desc_get_size(dnnl_primitive_desc_query_md(conv->chosen, dnnl_query_scratchpad_md, 0));
}

size_t mm_dnnl_conv_weights_bytes(const struct mm_dnnl_conv *conv)
{
    return dnnl_memory_desc_get_size(mm_dnnl_v2_weights(conv));
}

bool mm_dnnl_conv_is_gemm(const struct mm_dnnl_conv *conv)
{
    const char *name = "";
    dnnl_primitive_desc_query(conv->chosen, dnnl_query_impl_info_str, 0, (void *)&name);
    return strstr(name, "gemm") && !strstr(name, "brgemm");
}

enum mm_status mm_dnnl_conv_compile(struct mm_dnnl_conv *conv, struct mm_error *err)
{
    mm_dnnl_v2_engine();
    dnnl_status_t s = dnnl_primitive_create(&conv->primitive, conv->chosen);
    if (s != dnnl_success)
        return mm_fail(err, MM_ERR_DEVICE, "oneDNN cannot compile a convolution (status %d)", (int)s);
    return MM_OK;
}
