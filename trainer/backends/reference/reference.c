/* The backend that stands for every op: it runs the op's own plain C on host memory, plain layout, f32, one thread.
 * It comes last in every list of backends, so that there is always an offer. */
#include "trainer/backends/backend.h"

struct reference {
    struct mm_device *device;
    const struct mm_kernel_query *query;
};

/* What one core does with these loops, roughly: it only has to lose against kernels made for the machine. */
#define FLOPS_PER_SECOND 3e9
#define BYTES_PER_SECOND 4e9

static bool offer(const struct mm_kernel_query *query, struct mm_kernel_offer *offer)
{
    struct mm_op_cost cost = {0};
    double bytes = (double)mm_desc_bytes(&query->out);
    for (size_t i = 0; i < query->count; i++) {
        if (query->in[i].dtype != MM_DT_F32)
            return false;
        offer->in[i] = MM_LAYOUT_PLAIN;
        bytes += (double)mm_desc_bytes(&query->in[i]);
    }
    query->op->cost(query->params, query->count, query->in, &query->out, &cost);
    offer->out = MM_LAYOUT_PLAIN;
    offer->saved =
        query->op->saved_bytes ? query->op->saved_bytes(query->params, query->count, query->in, &query->out) : 0;
    offer->cost = cost.flops_forward / FLOPS_PER_SECOND + bytes / BYTES_PER_SECOND;
    if (query->wanted)
        offer->cost += cost.flops_backward / FLOPS_PER_SECOND + 2 * bytes / BYTES_PER_SECOND;
    return true;
}

static enum mm_status make(struct mm_arena *arena, struct mm_device *device, const struct mm_kernel_query *query,
                           const struct mm_kernel_offer *offered, void **state, struct mm_error *err)
{
    (void)offered;
    struct reference *reference = mm_arena_new(arena, struct reference);
    if (!reference)
        return mm_fail_memory(err, "a reference kernel");
    *reference = (struct reference){device, query};
    *state = reference;
    return MM_OK;
}

static float *host(const struct reference *reference, const struct mm_ref *ref)
{
    return ref->buffer ? reference->device->type->host(reference->device, ref->buffer, ref->offset) : NULL;
}

static void run(const struct reference *reference, const struct mm_kernel_run *run, bool back)
{
    const struct mm_kernel_query *query = reference->query;
    float *x[MM_OP_INPUTS_MAX], *dx[MM_OP_INPUTS_MAX] = {NULL};
    for (size_t i = 0; i < query->count; i++) {
        x[i] = host(reference, &run->x[i]);
        if (back)
            dx[i] = host(reference, &run->dx[i]);
    }
    const struct mm_op_call call = {.params = query->params,
                                    .count = query->count,
                                    .in = query->in,
                                    .out = &query->out,
                                    .x = x,
                                    .y = host(reference, &run->y),
                                    .saved = host(reference, &run->saved),
                                    .dy = back ? host(reference, &run->dy) : NULL,
                                    .dx = dx,
                                    .moment = run->moment};
    if (back)
        query->op->backward(&call);
    else
        query->op->forward(&call);
}

static enum mm_status forward(void *state, const struct mm_kernel_run *arguments, struct mm_error *err)
{
    (void)err;
    run(state, arguments, false);
    return MM_OK;
}

static enum mm_status backward(void *state, const struct mm_kernel_run *arguments, struct mm_error *err)
{
    (void)err;
    run(state, arguments, true);
    return MM_OK;
}

static const struct mm_kernel any = {.offer = offer, .make = make, .forward = forward, .backward = backward};
static const struct mm_kernel *const kernels[] = {&any, NULL};

const struct mm_backend mm_backend_reference = {
    .name = "reference",
    .summary = "plain C for every op, one thread",
    .device = &mm_device_cpu,
    .kernels = kernels,
};
