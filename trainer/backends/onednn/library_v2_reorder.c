/* Reorders of weights by oneDNN 2.x (library.h). Out of the library's format they add: the sum is a post-operation.
 */
#include "trainer/backends/onednn/library_v2.h"

#include "base/memory.h"

/* Output channels a part of the weights must be a multiple of: the largest block of the library's weight formats. */
#define PART_CHANNELS 64

struct mm_dnnl_reorder {
    dnnl_primitive_desc_t chosen;
    dnnl_primitive_t primitive;
    dnnl_stream_t stream;
    dnnl_memory_t plain, formatted;
    void *bound[2];
    bool to_plain;
};

static dnnl_status_t describe_plain_weights(const struct mm_dnnl_shape *shape, dnnl_memory_desc_t *out)
{
    dnnl_dims_t dims, strides;
    int rank = mm_dnnl_v2_weight_dims(shape, dims);
    int64_t stride = 1;
    for (int i = rank - 1; i >= 0; i--) {
        strides[i] = stride;
        stride *= dims[i];
    }
    return dnnl_memory_desc_init_by_strides(out, rank, dims, dnnl_f32, strides);
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
    mm_dnnl_v2_weight_dims(shape, dims);
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
        s = dnnl_reorder_primitive_desc_create(&r->chosen, r->to_plain ? formatted : plain, mm_dnnl_v2_engine(),
                                               r->to_plain ? plain : formatted, mm_dnnl_v2_engine(), attr);
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
        s = cut(&conv->shape, part, parts, mm_dnnl_v2_weights(conv), &formatted);
    if (s == dnnl_success)
        s = choose_reorder(r, &plain, &formatted);
    if (s == dnnl_success)
        s = dnnl_primitive_create(&r->primitive, r->chosen);
    if (s == dnnl_success)
        s = dnnl_memory_create(&r->plain, &plain, mm_dnnl_v2_engine(), DNNL_MEMORY_NONE);
    if (s == dnnl_success)
        s = dnnl_memory_create(&r->formatted, &formatted, mm_dnnl_v2_engine(), DNNL_MEMORY_NONE);
    if (s == dnnl_success)
        s = dnnl_stream_create(&r->stream, mm_dnnl_v2_engine(), dnnl_stream_default_flags);
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
    mm_dnnl_v2_engine();
    return mm_dnnl_v2_bind(r->plain, &r->bound[0], plain) && mm_dnnl_v2_bind(r->formatted, &r->bound[1], formatted);
}

bool mm_dnnl_reorder_run(struct mm_dnnl_reorder *r)
{
    dnnl_exec_arg_t args[2] = {{DNNL_ARG_FROM, r->to_plain ? r->formatted : r->plain},
                               {DNNL_ARG_TO, r->to_plain ? r->plain : r->formatted}};
    return mm_dnnl_v2_run(r->primitive, r->stream, 2, args);
}
