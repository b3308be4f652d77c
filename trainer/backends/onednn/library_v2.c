/* oneDNN 2.6 and later 2.x behind library.h.
 *
 * Rule: omp_set_num_threads(1) before anything is described, compiled or run: the library fixes its split over threads when a
 * primitive is described. OpenMP keeps that number per thread, so each worker says it for itself.
 * Facts: oneDNN 2.6 developer guide and dnnl.h. Weight gradients differ in bits between thread counts of the library's own split,
 * therefore none is used. Descriptors allow strides, the fast kernels do not: activations are always dense. */
#include "trainer/backends/onednn/library.h"

#include "base/memory.h"

#include <dnnl.h>
#include <pthread.h>

#if DNNL_VERSION_MAJOR != 2
#error "library_v2.c is for oneDNN 2.x"
#endif

/* From libgomp, against which Debian links the library; <omp.h> is not there for every compiler. */
void omp_set_num_threads(int count);

#define DIMS_MAX 6 /* (g, o, i, kd, kh, kw) */
/* Output channels a part of the weights must be a multiple of: the largest block of the library's weight formats. */
#define PART_CHANNELS 64

struct mm_dnnl_conv {
    enum mm_dnnl_pass pass;
    struct mm_dnnl_shape shape;
    dnnl_primitive_desc_t chosen;
    dnnl_primitive_t primitive; /* NULL until compiled */
};

struct mm_dnnl_call {
    const struct mm_dnnl_conv *conv;
    dnnl_stream_t stream;
    dnnl_exec_arg_t args[5]; /* source, weights, destination, scratch, [bias] */
    void *bound[5];
    int count;
};

struct mm_dnnl_reorder {
    dnnl_primitive_desc_t chosen;
    dnnl_primitive_t primitive;
    dnnl_stream_t stream;
    dnnl_memory_t plain, formatted;
    void *bound[2];
    bool to_plain;
};

/* The one global of the trainer: the library caches compiled primitives for the whole process, and those refer to their engine,
 * so the engine must outlive every plan. */
static pthread_once_t engine_once = PTHREAD_ONCE_INIT;
static dnnl_engine_t engine_shared;

static void engine_open(void)
{
    if (dnnl_engine_create(&engine_shared, dnnl_cpu, 0) != dnnl_success)
        engine_shared = NULL;
}

static dnnl_engine_t engine(void)
{
    pthread_once(&engine_once, engine_open);
    omp_set_num_threads(1);
    return engine_shared;
}

bool mm_dnnl_available(void)
{
    return engine() != NULL;
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
static int weight_dims(const struct mm_dnnl_shape *shape, dnnl_dims_t dims)
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

static dnnl_status_t describe_plain_weights(const struct mm_dnnl_shape *shape, dnnl_memory_desc_t *out)
{
    dnnl_dims_t dims, strides;
    int rank = weight_dims(shape, dims);
    int64_t stride = 1;
    for (int i = rank - 1; i >= 0; i--) {
        strides[i] = stride;
        stride *= dims[i];
    }
    return dnnl_memory_desc_init_by_strides(out, rank, dims, dnnl_f32, strides);
}

static dnnl_query_t weights_query(enum mm_dnnl_pass pass)
{
    return pass == MM_DNNL_BACKWARD_WEIGHTS ? dnnl_query_diff_weights_md : dnnl_query_weights_md;
}

static const dnnl_memory_desc_t *weights_of(const struct mm_dnnl_conv *conv)
{
    return dnnl_primitive_desc_query_md(conv->chosen, weights_query(conv->pass), 0);
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
    int rank = weight_dims(shape, dims);
    dnnl_status_t s = dnnl_memory_desc_init_by_tag(&d->weights, rank, dims, dnnl_f32, dnnl_format_tag_any);
    if (like)
        d->weights = *weights_of(like);
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
    return s == dnnl_success ? dnnl_primitive_desc_create(out, &op, attr, engine(), hint) : s;
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
        int rank = weight_dims(&conv->shape, dims);
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
    if (!engine())
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
    return dnnl_memory_desc_get_size(weights_of(conv));
}

bool mm_dnnl_conv_is_gemm(const struct mm_dnnl_conv *conv)
{
    const char *name = "";
    dnnl_primitive_desc_query(conv->chosen, dnnl_query_impl_info_str, 0, (void *)&name);
    return strstr(name, "gemm") && !strstr(name, "brgemm");
}

enum mm_status mm_dnnl_conv_compile(struct mm_dnnl_conv *conv, struct mm_error *err)
{
    engine();
    dnnl_status_t s = dnnl_primitive_create(&conv->primitive, conv->chosen);
    if (s != dnnl_success)
        return mm_fail(err, MM_ERR_DEVICE, "oneDNN cannot compile a convolution (status %d)", (int)s);
    return MM_OK;
}

static dnnl_status_t add_argument(struct mm_dnnl_call *call, int name, const dnnl_memory_desc_t *desc)
{
    dnnl_exec_arg_t *arg = &call->args[call->count];
    dnnl_status_t s = dnnl_memory_create(&arg->memory, desc, engine(), DNNL_MEMORY_NONE);
    arg->arg = name;
    call->count += s == dnnl_success;
    return s;
}

static dnnl_status_t add_arguments(struct mm_dnnl_call *call)
{
    static const int names[MM_DNNL_PASSES][4] = {
        [MM_DNNL_FORWARD] = {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST, DNNL_ARG_BIAS},
        [MM_DNNL_BACKWARD_DATA] = {DNNL_ARG_DIFF_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_DST, 0},
        [MM_DNNL_BACKWARD_WEIGHTS] = {DNNL_ARG_SRC, DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_BIAS},
    };
    static const dnnl_query_t sources[MM_DNNL_PASSES] = {dnnl_query_src_md, dnnl_query_diff_src_md,
                                                         dnnl_query_src_md};
    static const dnnl_query_t destinations[MM_DNNL_PASSES] = {dnnl_query_dst_md, dnnl_query_diff_dst_md,
                                                              dnnl_query_diff_dst_md};
    const struct mm_dnnl_conv *conv = call->conv;
    const int *name = names[conv->pass];
    dnnl_status_t s = add_argument(call, name[0], dnnl_primitive_desc_query_md(conv->chosen, sources[conv->pass], 0));
    if (s == dnnl_success)
        s = add_argument(call, name[1], weights_of(conv));
    if (s == dnnl_success)
        s = add_argument(call, name[2], dnnl_primitive_desc_query_md(conv->chosen, destinations[conv->pass], 0));
    if (s == dnnl_success)
        s = add_argument(call, DNNL_ARG_SCRATCHPAD,
                         dnnl_primitive_desc_query_md(conv->chosen, dnnl_query_scratchpad_md, 0));
    if (s == dnnl_success && conv->shape.bias && name[3])
        s = add_argument(call, name[3], dnnl_primitive_desc_query_md(conv->chosen, weights_query(conv->pass), 1));
    return s;
}

enum mm_status mm_dnnl_call_make(const struct mm_dnnl_conv *conv, struct mm_dnnl_call **out, struct mm_error *err)
{
    struct mm_dnnl_call *call = *out = mm_alloc(sizeof(*call));
    if (!call)
        return mm_fail_memory(err, "a call of oneDNN");
    call->conv = conv;
    dnnl_status_t s = dnnl_stream_create(&call->stream, engine(), dnnl_stream_default_flags);
    if (s == dnnl_success)
        s = add_arguments(call);
    if (s == dnnl_success)
        return MM_OK;
    mm_dnnl_call_free(call);
    *out = NULL;
    return mm_fail(err, MM_ERR_DEVICE, "oneDNN cannot make the memories of a convolution (status %d)", (int)s);
}

void mm_dnnl_call_free(struct mm_dnnl_call *call)
{
    if (!call)
        return;
    for (int i = 0; i < call->count; i++)
        dnnl_memory_destroy(call->args[i].memory);
    if (call->stream)
        dnnl_stream_destroy(call->stream);
    mm_free(call);
}

/* Setting a handle may make the library write zeros to the padding behind it, so it is done only when it changes. */
static bool bind(dnnl_memory_t memory, void **bound, void *buffer)
{
    if (*bound == buffer)
        return true;
    *bound = buffer;
    return dnnl_memory_set_data_handle(memory, buffer) == dnnl_success;
}

bool mm_dnnl_call_bind(struct mm_dnnl_call *call, const struct mm_dnnl_buffers *buffers)
{
    engine();
    void *wanted[5] = {buffers->source, buffers->weights, buffers->destination, buffers->scratch, buffers->bias};
    for (int i = 0; i < call->count; i++)
        if (!bind(call->args[i].memory, &call->bound[i], wanted[i]))
            return false;
    return true;
}

static bool run(dnnl_primitive_t primitive, dnnl_stream_t stream, int count, const dnnl_exec_arg_t *args)
{
    engine();
    return dnnl_primitive_execute(primitive, stream, count, args) == dnnl_success &&
           dnnl_stream_wait(stream) == dnnl_success;
}

bool mm_dnnl_call_run(struct mm_dnnl_call *call)
{
    return run(call->conv->primitive, call->stream, call->count, call->args);
}

int mm_dnnl_reorder_parts(const struct mm_dnnl_conv *conv)
{
    const struct mm_dnnl_shape *s = &conv->shape;
    int64_t channels = s->groups > 1 ? 1 : s->out_channels;
    return (int)((channels + PART_CHANNELS - 1) / PART_CHANNELS);
}

/* The part's output channels cut out of both descriptors; the buffers stay whole. */
static dnnl_status_t cut(const struct mm_dnnl_shape *shape, int part, int parts, const dnnl_memory_desc_t *whole,
                         dnnl_memory_desc_t *out)
{
    *out = *whole;
    if (parts == 1)
        return dnnl_success;
    dnnl_dims_t dims, offsets = {0};
    weight_dims(shape, dims);
    int64_t blocks = (dims[0] + PART_CHANNELS - 1) / PART_CHANNELS;
    int64_t from = blocks * part / parts * PART_CHANNELS, to = blocks * (part + 1) / parts * PART_CHANNELS;
    offsets[0] = from;
    dims[0] = (to < dims[0] ? to : dims[0]) - from;
    return dnnl_memory_desc_init_submemory(out, whole, dims, offsets);
}

static dnnl_status_t choose_reorder(struct mm_dnnl_reorder *r, const dnnl_memory_desc_t *plain,
                                    const dnnl_memory_desc_t *formatted)
{
    dnnl_primitive_attr_t attr = NULL;
    dnnl_post_ops_t post = NULL;
    dnnl_status_t s = dnnl_primitive_attr_create(&attr);
    if (s == dnnl_success && r->to_plain) {
        s = dnnl_post_ops_create(&post);
        if (s == dnnl_success)
            s = dnnl_post_ops_append_sum(post, 1.0f);
        if (s == dnnl_success)
            s = dnnl_primitive_attr_set_post_ops(attr, post);
    }
    if (s == dnnl_success)
        s = dnnl_reorder_primitive_desc_create(&r->chosen, r->to_plain ? formatted : plain, engine(),
                                               r->to_plain ? plain : formatted, engine(), attr);
    if (post)
        dnnl_post_ops_destroy(post);
    if (attr)
        dnnl_primitive_attr_destroy(attr);
    return s;
}

static dnnl_status_t prepare_reorder(struct mm_dnnl_reorder *r, const struct mm_dnnl_conv *conv, int part, int parts)
{
    dnnl_memory_desc_t whole, plain, formatted;
    dnnl_status_t s = describe_plain_weights(&conv->shape, &whole);
    if (s == dnnl_success)
        s = cut(&conv->shape, part, parts, &whole, &plain);
    if (s == dnnl_success)
        s = cut(&conv->shape, part, parts, weights_of(conv), &formatted);
    if (s == dnnl_success)
        s = choose_reorder(r, &plain, &formatted);
    if (s == dnnl_success)
        s = dnnl_primitive_create(&r->primitive, r->chosen);
    if (s == dnnl_success)
        s = dnnl_memory_create(&r->plain, &plain, engine(), DNNL_MEMORY_NONE);
    if (s == dnnl_success)
        s = dnnl_memory_create(&r->formatted, &formatted, engine(), DNNL_MEMORY_NONE);
    if (s == dnnl_success)
        s = dnnl_stream_create(&r->stream, engine(), dnnl_stream_default_flags);
    return s;
}

enum mm_status mm_dnnl_reorder_make(const struct mm_dnnl_conv *conv, int part, int parts,
                                    struct mm_dnnl_reorder **out, struct mm_error *err)
{
    struct mm_dnnl_reorder *r = *out = mm_alloc(sizeof(*r));
    if (!r)
        return mm_fail_memory(err, "a reorder of weights");
    r->to_plain = conv->pass == MM_DNNL_BACKWARD_WEIGHTS;
    dnnl_status_t s = prepare_reorder(r, conv, part, parts);
    if (s == dnnl_success)
        return MM_OK;
    mm_dnnl_reorder_free(r);
    *out = NULL;
    return mm_fail(err, MM_ERR_DEVICE, "oneDNN cannot reorder convolution weights (status %d)", (int)s);
}

void mm_dnnl_reorder_free(struct mm_dnnl_reorder *r)
{
    if (!r)
        return;
    if (r->primitive)
        dnnl_primitive_destroy(r->primitive);
    if (r->chosen)
        dnnl_primitive_desc_destroy(r->chosen);
    if (r->plain)
        dnnl_memory_destroy(r->plain);
    if (r->formatted)
        dnnl_memory_destroy(r->formatted);
    if (r->stream)
        dnnl_stream_destroy(r->stream);
    mm_free(r);
}

bool mm_dnnl_reorder_bind(struct mm_dnnl_reorder *r, void *plain, void *formatted)
{
    engine();
    return bind(r->plain, &r->bound[0], plain) && bind(r->formatted, &r->bound[1], formatted);
}

bool mm_dnnl_reorder_run(struct mm_dnnl_reorder *r)
{
    dnnl_exec_arg_t args[2] = {{DNNL_ARG_FROM, r->to_plain ? r->formatted : r->plain},
                               {DNNL_ARG_TO, r->to_plain ? r->plain : r->formatted}};
    return run(r->primitive, r->stream, 2, args);
}
