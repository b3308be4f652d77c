/* Plans: making (the passes of plan_parts.h, then buffer, kernels and arguments) and running. */
#include "trainer/plan.h"

#include "base/trace.h"
#include "image/volume.h"
#include "trainer/plan_parts.h"

#define PIECE 4096 /* floats */

/* Arrays for the most that a graph can need: each node in every layout, each made by one step with up to a gradient an input. */
static enum mm_status reserve(struct mm_plan *plan, struct mm_error *err)
{
    size_t nodes = plan->graph->count, tensors = nodes * MM_LAYOUT_COUNT;
    plan->shapes = mm_arena_array(&plan->arena, struct mm_desc, nodes);
    plan->value = mm_arena_array(&plan->arena, int, nodes);
    plan->kept = mm_arena_array(&plan->arena, int, nodes);
    plan->tensors = mm_arena_array(&plan->arena, struct mm_plan_tensor, tensors);
    plan->steps = mm_arena_array(&plan->arena, struct mm_plan_step, tensors);
    plan->backs = mm_arena_array(&plan->arena, struct mm_plan_back, tensors);
    plan->blocks = mm_arena_array(&plan->arena, struct mm_plan_block, tensors * (5 + MM_OP_INPUTS_MAX));
    if (!plan->shapes || !plan->value || !plan->kept || !plan->tensors || !plan->steps || !plan->backs ||
        !plan->blocks)
        return mm_fail_memory(err, "the plan");
    for (size_t i = 0; i < nodes; i++)
        plan->value[i] = plan->kept[i] = MM_PLAN_NONE;
    for (size_t i = 0; i < MM_GRAPH_OUTPUTS_MAX; i++)
        plan->inputs[i] = MM_PLAN_NONE;
    return MM_OK;
}

static enum mm_status check_request(const struct mm_plan_request *request, struct mm_error *err)
{
    const struct mm_graph *graph = request->graph;
    if (graph->error.status)
        return mm_graph_status(graph, err);
    if (request->root < 0 || (size_t)request->root >= graph->count ||
        graph->nodes[request->root].kind == MM_NODE_PARAM)
        return mm_fail(err, MM_ERR_CONFIG, "node %d is nothing a plan can compute", request->root);
    if (request->input_count > MM_GRAPH_OUTPUTS_MAX)
        return mm_fail(err, MM_ERR_CONFIG, "%zu inputs, at most %d are possible", request->input_count,
                       MM_GRAPH_OUTPUTS_MAX);
    return MM_OK;
}

static enum mm_status bind_shapes(struct mm_plan *plan, struct mm_error *err)
{
    const struct mm_plan_request *request = &plan->request;
    enum mm_status s;
    if (MM_TRY(s, mm_graph_shapes(plan->graph, request->inputs, request->input_count, plan->shapes, err)))
        return s;
    if (plan->shapes[request->root].dim[0] == 0)
        return mm_fail(err, MM_ERR_CONFIG, "%s depends on inputs beyond the %zu given",
                       plan->graph->nodes[request->root].name, request->input_count);
    return MM_OK;
}

static struct mm_ref block_ref(const struct mm_plan *plan, int block, const struct mm_desc *desc)
{
    if (block == MM_PLAN_NONE)
        return (struct mm_ref){.desc = desc};
    return (struct mm_ref){plan->buffer, plan->blocks[block].offset, desc};
}

static struct mm_ref value_ref(const struct mm_plan *plan, int tensor)
{
    const struct mm_plan_tensor *t = &plan->tensors[tensor];
    return t->param == MM_PLAN_NONE ? block_ref(plan, t->block, &t->desc) : plan->weights.values[t->param];
}

static void bind_forward(struct mm_plan *plan, struct mm_plan_step *step)
{
    for (size_t i = 0; i < step->count; i++)
        step->x[i] = value_ref(plan, step->in[i]);
    step->run = (struct mm_kernel_run){.x = step->x,
                                       .y = value_ref(plan, step->out),
                                       .saved = block_ref(plan, step->saved, NULL),
                                       .workspace = block_ref(plan, step->workspace, NULL)};
}

static void bind_backward(struct mm_plan *plan, struct mm_plan_back *back)
{
    const struct mm_plan_step *step = back->step;
    const struct mm_plan_tensor *out = &plan->tensors[step->out];
    unsigned needs = step->kernel ? mm_op_needs(step->query.op, step->query.params) : 0;
    for (size_t i = 0; i < step->count; i++) {
        const struct mm_plan_tensor *in = &plan->tensors[step->in[i]];
        back->x[i] = step->x[i];
        if (in->param == MM_PLAN_NONE && !(needs & MM_NEEDS_INPUT(i)))
            back->x[i].buffer = NULL;
        back->dx_ref[i] = block_ref(plan, back->dx[i], &in->desc);
        if (in->param != MM_PLAN_NONE && in->wants_gradient)
            back->dx_ref[i] = plan->weights.gradients[in->param];
    }
    back->run = step->run;
    back->run.x = back->x;
    back->run.workspace = block_ref(plan, back->workspace, NULL);
    back->run.dy = block_ref(plan, out->gradient, &out->desc);
    back->run.dx = back->dx_ref;
    if (!(needs & MM_NEEDS_OUTPUT))
        back->run.y.buffer = NULL;
}

static enum mm_status make_kernels(struct mm_plan *plan, struct mm_error *err)
{
    for (size_t i = 0; i < plan->step_count; i++) {
        struct mm_plan_step *step = &plan->steps[i];
        enum mm_status s;
        if (!step->kernel)
            continue;
        if (MM_TRY(s, step->kernel->make(&plan->arena, plan->device, &step->query, &step->offer, &step->state, err)))
            return mm_fail_in(err, "%s", plan->graph->nodes[step->node].name);
        step->made = true;
    }
    return MM_OK;
}

static void count_work(struct mm_plan *plan)
{
    plan->stats.steps = plan->step_count + plan->back_count;
    for (size_t i = 0; i < plan->step_count; i++) {
        const struct mm_kernel_query *query = &plan->steps[i].query;
        struct mm_op_cost cost = {0};
        if (!plan->steps[i].kernel)
            continue;
        query->op->cost(query->params, query->count, query->in, &query->out, &cost);
        plan->stats.flops_forward += cost.flops_forward;
        plan->stats.flops_backward += query->wanted ? cost.flops_backward : 0;
    }
}

static enum mm_status build(struct mm_plan *plan, const struct mm_backend *const *backends, size_t backend_count,
                            struct mm_error *err)
{
    enum mm_status s;
    if (MM_TRY(s, reserve(plan, err)) || MM_TRY(s, bind_shapes(plan, err)) ||
        MM_TRY(s, mm_plan_build_forward(plan, backends, backend_count, err)))
        return s;
    mm_plan_build_backward(plan);
    if (MM_TRY(s, mm_plan_build_memory(plan, err)))
        return s;
    count_work(plan);
    MM_TRACE(PLAN, "%zu steps, %zu reorders, %zu bytes", plan->stats.steps, plan->stats.reorders,
             plan->stats.activation_bytes);
    if (plan->request.measure)
        return MM_OK;
    if (MM_TRY(s, plan->device->type->buffer_make(plan->device, plan->stats.activation_bytes, &plan->buffer, err)))
        return s;
    for (size_t i = 0; i < plan->step_count; i++)
        bind_forward(plan, &plan->steps[i]);
    for (size_t i = 0; i < plan->back_count; i++)
        bind_backward(plan, &plan->backs[i]);
    return make_kernels(plan, err);
}

enum mm_status mm_plan_make(struct mm_device *device, const struct mm_backend *const *backends, size_t backend_count,
                            const struct mm_plan_request *request, const struct mm_plan_weights *weights,
                            struct mm_plan **out, struct mm_error *err)
{
    enum mm_status s;
    if (MM_TRY(s, check_request(request, err)))
        return s;
    struct mm_plan *plan = mm_alloc(sizeof *plan);
    if (!plan)
        return mm_fail_memory(err, "the plan");
    mm_arena_init(&plan->arena, NULL);
    plan->device = device;
    plan->graph = request->graph;
    plan->request = *request;
    plan->weights = *weights;
    if (MM_TRY(s, build(plan, backends, backend_count, err)))
        mm_plan_free(plan);
    else
        *out = plan;
    return s;
}

void mm_plan_free(struct mm_plan *plan)
{
    if (!plan)
        return;
    for (size_t i = 0; i < plan->step_count; i++)
        if (plan->steps[i].made && plan->steps[i].kernel->drop)
            plan->steps[i].kernel->drop(plan->steps[i].state);
    plan->device->type->buffer_free(plan->device, plan->buffer);
    mm_arena_done(&plan->arena);
    mm_free(plan);
}

const struct mm_plan_stats *mm_plan_stats_of(const struct mm_plan *plan)
{
    return &plan->stats;
}

const struct mm_desc *mm_plan_root(const struct mm_plan *plan)
{
    return &plan->shapes[plan->request.root];
}

static void must_run(const struct mm_plan *plan)
{
    if (!plan->buffer)
        mm_bug("a plan made to measure was run");
}

/* Bytes become floats by pieces that stay in the processor's cache. */
static enum mm_status upload_bytes(struct mm_plan *plan, const struct mm_ref *ref, const uint8_t *host,
                                   struct mm_error *err)
{
    float piece[PIECE];
    size_t count = (size_t)mm_desc_count(ref->desc);
    enum mm_status s = MM_OK;
    for (size_t at = 0, n; at < count && !s; at += n) {
        n = count - at < PIECE ? count - at : PIECE;
        mm_convert(piece, MM_F32, host + at, MM_U8, n, 1);
        s = plan->device->type->upload(plan->device, ref->buffer, ref->offset + at * sizeof(float), piece,
                                       n * sizeof(float), err);
    }
    return s;
}

enum mm_status mm_plan_set_input(struct mm_plan *plan, size_t input, enum mm_type type, const void *host,
                                 struct mm_error *err)
{
    must_run(plan);
    if (input >= plan->request.input_count || plan->inputs[input] == MM_PLAN_NONE)
        return MM_OK;
    const struct mm_ref ref = value_ref(plan, plan->inputs[input]);
    if (type == MM_U8)
        return upload_bytes(plan, &ref, host, err);
    return plan->device->type->upload(plan->device, ref.buffer, ref.offset, host, mm_desc_bytes(ref.desc), err);
}

enum mm_status mm_plan_forward(struct mm_plan *plan, const struct mm_op_moment *moment, struct mm_error *err)
{
    must_run(plan);
    for (size_t i = 0; i < plan->step_count; i++) {
        struct mm_plan_step *step = &plan->steps[i];
        enum mm_status s;
        step->run.moment = *moment;
        step->run.moment.node = (uint32_t)step->node;
        if (step->kernel)
            s = step->kernel->forward(step->state, &step->run, err);
        else
            s = plan->device->type->reorder(plan->device, &step->x[0], &step->run.y, err);
        if (s)
            return mm_fail_in(err, "%s", plan->graph->nodes[step->node].name);
    }
    return MM_OK;
}

/* Adds the gradients that the step wrote aside to those that were there. */
static enum mm_status add_gradients(struct mm_plan *plan, const struct mm_plan_back *back, struct mm_error *err)
{
    for (size_t i = 0; i < back->step->count; i++) {
        const struct mm_plan_tensor *tensor = &plan->tensors[back->step->in[i]];
        enum mm_status s;
        if (back->adds[i] &&
            MM_TRY(s, plan->device->type->accumulate(plan->device, plan->buffer,
                                                     plan->blocks[tensor->gradient].offset, plan->buffer,
                                                     back->dx_ref[i].offset, mm_desc_elements(&tensor->desc), err)))
            return s;
    }
    return MM_OK;
}

static enum mm_status set_root_gradient(struct mm_plan *plan, const float *dy, struct mm_error *err)
{
    const struct mm_device_type *type = plan->device->type;
    const struct mm_plan_tensor *root = &plan->tensors[plan->kept[plan->request.root]];
    if (root->gradient == MM_PLAN_NONE)
        return MM_OK;
    size_t offset = plan->blocks[root->gradient].offset;
    if (dy)
        return type->upload(plan->device, plan->buffer, offset, dy, mm_desc_bytes(&root->desc), err);
    return type->fill(plan->device, plan->buffer, offset, 1, mm_desc_elements(&root->desc), err);
}

enum mm_status mm_plan_backward(struct mm_plan *plan, const float *dy, const struct mm_op_moment *moment,
                                struct mm_error *err)
{
    enum mm_status s;
    must_run(plan);
    if (MM_TRY(s, set_root_gradient(plan, dy, err)))
        return s;
    for (size_t i = 0; i < plan->back_count; i++) {
        struct mm_plan_back *back = &plan->backs[i];
        const struct mm_plan_step *step = back->step;
        back->run.moment = *moment;
        back->run.moment.node = (uint32_t)step->node;
        if (step->kernel)
            s = step->kernel->backward(step->state, &back->run, err);
        else
            s = plan->device->type->reorder(plan->device, &back->run.dy, &back->dx_ref[0], err);
        if (s || (s = add_gradients(plan, back, err)))
            return mm_fail_in(err, "%s, backward", plan->graph->nodes[step->node].name);
    }
    return MM_OK;
}

enum mm_status mm_plan_get_output(struct mm_plan *plan, mm_value value, float *host, struct mm_error *err)
{
    must_run(plan);
    if (value < 0 || (size_t)value >= plan->graph->count || plan->kept[value] == MM_PLAN_NONE)
        return mm_fail(err, MM_ERR_CONFIG, "the plan does not keep node %d", value);
    const struct mm_ref ref = value_ref(plan, plan->kept[value]);
    return plan->device->type->download(plan->device, ref.buffer, ref.offset, host, mm_desc_bytes(ref.desc), err);
}

enum mm_status mm_plan_get_input_gradient(struct mm_plan *plan, size_t input, float *host, struct mm_error *err)
{
    must_run(plan);
    int tensor = input < plan->request.input_count ? plan->inputs[input] : MM_PLAN_NONE;
    if (tensor == MM_PLAN_NONE || plan->tensors[tensor].gradient == MM_PLAN_NONE)
        return mm_fail(err, MM_ERR_CONFIG, "input %zu has no gradient", input);
    const struct mm_plan_tensor *t = &plan->tensors[tensor];
    return plan->device->type->download(plan->device, plan->buffer, plan->blocks[t->gradient].offset, host,
                                        mm_desc_bytes(&t->desc), err);
}
