/* Calls of oneDNN 2.x (library.h): memories without buffers, made once and bound to buffers before a run. */
#include "trainer/backends/onednn/library_v2.h"

#include "base/memory.h"

struct mm_dnnl_call {
    const struct mm_dnnl_conv *conv;
    dnnl_stream_t stream;
    dnnl_exec_arg_t args[5]; /* source, weights, destination, scratch, [bias] */
    void *bound[5];
    int count;
};

bool mm_dnnl_v2_bind(dnnl_memory_t memory, void **bound, void *buffer)
{
    if (*bound == buffer)
        return true;
    *bound = buffer;
    return dnnl_memory_set_data_handle(memory, buffer) == dnnl_success;
}

bool mm_dnnl_v2_run(dnnl_primitive_t primitive, dnnl_stream_t stream, int count, const dnnl_exec_arg_t *args)
{
    mm_dnnl_v2_engine();
    return dnnl_primitive_execute(primitive, stream, count, args) == dnnl_success &&
           dnnl_stream_wait(stream) == dnnl_success;
}

static dnnl_status_t add_argument(struct mm_dnnl_call *call, int name, const dnnl_memory_desc_t *desc)
{
    dnnl_exec_arg_t *arg = &call->args[call->count];
    dnnl_status_t s = dnnl_memory_create(&arg->memory, desc, mm_dnnl_v2_engine(), DNNL_MEMORY_NONE);
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
        s = add_argument(call, name[1], mm_dnnl_v2_weights(conv));
    if (s == dnnl_success)
        s = add_argument(call, name[2], dnnl_primitive_desc_query_md(conv->chosen, destinations[conv->pass], 0));
    if (s == dnnl_success)
        s = add_argument(call, DNNL_ARG_SCRATCHPAD,
                         dnnl_primitive_desc_query_md(conv->chosen, dnnl_query_scratchpad_md, 0));
    if (s == dnnl_success && conv->shape.bias && name[3])
        s = add_argument(call, name[3],
                         dnnl_primitive_desc_query_md(conv->chosen, mm_dnnl_v2_weights_query(conv->pass), 1));
    return s;
}

enum mm_status mm_dnnl_call_make(const struct mm_dnnl_conv *conv, struct mm_dnnl_call **out, struct mm_error *err)
{
    struct mm_dnnl_call *call = *out = mm_alloc(sizeof(*call));
    if (!call)
        return mm_fail_memory(err, "a call of oneDNN");
    call->conv = conv;
    dnnl_status_t s = dnnl_stream_create(&call->stream, mm_dnnl_v2_engine(), dnnl_stream_default_flags);
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

bool mm_dnnl_call_bind(struct mm_dnnl_call *call, const struct mm_dnnl_buffers *buffers)
{
    mm_dnnl_v2_engine();
    void *wanted[5] = {buffers->source, buffers->weights, buffers->destination, buffers->scratch, buffers->bias};
    for (int i = 0; i < call->count; i++)
        if (!mm_dnnl_v2_bind(call->args[i].memory, &call->bound[i], wanted[i]))
            return false;
    return true;
}

bool mm_dnnl_call_run(struct mm_dnnl_call *call)
{
    return mm_dnnl_v2_run(call->conv->primitive, call->stream, call->count, call->args);
}
