/* The forward half of a plan. Nodes are taken in order; for each, every kernel that knows the op is asked for an offer, and the
 * cheapest wins: its own cost plus that of the reorders its layouts would need. A reorder made once serves all later consumers. */
#include "base/trace.h"
#include "trainer/plan_parts.h"

#define REORDER_BYTES_PER_SECOND 8e9

static bool is_training(const struct mm_plan *plan)
{
    return plan->request.mode == MM_PLAN_TRAINING;
}

int mm_plan_block_add(struct mm_plan *plan, size_t bytes)
{
    plan->blocks[plan->block_count] = (struct mm_plan_block){.bytes = bytes, .first = INT32_MAX, .last = -1};
    return (int)plan->block_count++;
}

static int tensor_add(struct mm_plan *plan, struct mm_desc desc, int param, bool wants_gradient)
{
    struct mm_plan_tensor *tensor = &plan->tensors[plan->tensor_count];
    *tensor = (struct mm_plan_tensor){.desc = desc, .param = param, .wants_gradient = wants_gradient};
    tensor->block = param == MM_PLAN_NONE ? mm_plan_block_add(plan, mm_desc_bytes(&desc)) : MM_PLAN_NONE;
    tensor->gradient = MM_PLAN_NONE;
    for (int i = 0; i < MM_LAYOUT_COUNT; i++)
        tensor->copy[i] = MM_PLAN_NONE;
    return (int)plan->tensor_count++;
}

static struct mm_plan_step *step_add(struct mm_plan *plan, int node)
{
    struct mm_plan_step *step = &plan->steps[plan->step_count++];
    *step = (struct mm_plan_step){.node = node, .saved = MM_PLAN_NONE, .workspace = MM_PLAN_NONE};
    return step;
}

/* The tensor in that layout: itself, a copy made before, or a new reorder. */
static int in_layout(struct mm_plan *plan, int node, int tensor, enum mm_layout layout, bool wants_gradient)
{
    struct mm_plan_tensor *from = &plan->tensors[tensor];
    char text[96];
    if (from->desc.layout == layout)
        return tensor;
    if (from->copy[layout] == MM_PLAN_NONE) {
        from->copy[layout] = tensor_add(plan, mm_desc_with(from->desc, layout), MM_PLAN_NONE, wants_gradient);
        struct mm_plan_step *step = step_add(plan, node);
        step->count = 1;
        step->in[0] = tensor;
        step->out = from->copy[layout];
        plan->stats.reorders++;
        MM_TRACE(PLAN, "%s: reorder %s from %s to %s", plan->graph->nodes[node].name,
                 mm_desc_text(&from->desc, text, sizeof text), mm_layout_name(from->desc.layout),
                 mm_layout_name(layout));
    }
    return from->copy[layout];
}

static double reorder_cost(const struct mm_plan *plan, int tensor, enum mm_layout layout)
{
    const struct mm_plan_tensor *from = &plan->tensors[tensor];
    const struct mm_desc to = mm_desc_with(from->desc, layout);
    if (from->desc.layout == layout || from->copy[layout] != MM_PLAN_NONE)
        return 0;
    if (from->param != MM_PLAN_NONE)
        mm_bug("an offer wants parameters in layout %s", mm_layout_name(layout));
    double bytes = (double)(mm_desc_bytes(&from->desc) + mm_desc_bytes(&to));
    return (from->wants_gradient ? 2 : 1) * bytes / REORDER_BYTES_PER_SECOND;
}

/* The backends in order, and the offer that is the cheapest so far. */
struct choice {
    const struct mm_backend *const *backends;
    size_t backend_count;
    const struct mm_backend *backend;
    const struct mm_kernel *kernel;
    struct mm_kernel_offer offer;
    double cost;
};

static void ask(const struct mm_plan *plan, const struct mm_plan_step *step, const struct mm_backend *backend,
                const struct mm_kernel *kernel, struct choice *best)
{
    const char *name = plan->graph->nodes[step->node].name;
    struct mm_kernel_offer offer = {0};
    if (kernel->op && kernel->op != step->query.op)
        return;
    if (!kernel->offer(&step->query, &offer)) {
        MM_TRACE(KERNEL, "%s: %s declines this %s", name, backend->name, step->query.op->name);
        return;
    }
    double cost = offer.cost;
    for (size_t i = 0; i < step->count; i++)
        cost += reorder_cost(plan, step->in[i], offer.in[i]);
    MM_TRACE(KERNEL, "%s: %s offers %s in %s, %.3g s with reorders", name, backend->name, step->query.op->name,
             mm_layout_name(offer.out), cost);
    if (best->kernel && cost >= best->cost)
        return;
    best->backend = backend;
    best->kernel = kernel;
    best->offer = offer;
    best->cost = cost;
}

/* Fills the query: inputs in the layouts in which they are. */
static enum mm_status question(struct mm_plan *plan, int number, struct mm_plan_step *step, struct mm_error *err)
{
    const struct mm_node *node = &plan->graph->nodes[number];
    struct mm_desc *in = mm_arena_array(&plan->arena, struct mm_desc, node->count);
    if (!in)
        return mm_fail_memory(err, "the plan");
    *step = (struct mm_plan_step){.node = number, .count = node->count};
    step->query = (struct mm_kernel_query){.op = node->op,
                                           .params = node->params,
                                           .count = node->count,
                                           .in = in,
                                           .out = plan->shapes[number],
                                           .training = is_training(plan)};
    for (size_t i = 0; i < node->count; i++) {
        step->in[i] = plan->value[node->inputs[i]];
        in[i] = plan->tensors[step->in[i]].desc;
        if (plan->tensors[step->in[i]].wants_gradient && !(node->op->states >> i & 1))
            step->query.wanted |= 1u << i;
    }
    if (step->query.wanted && !node->op->backward)
        return mm_fail(err, MM_ERR_CONFIG, "%s has no gradient", node->op->name);
    return MM_OK;
}

static enum mm_status build_op(struct mm_plan *plan, int number, struct choice choice, struct mm_error *err)
{
    struct mm_plan_step step;
    enum mm_status s;
    if (MM_TRY(s, question(plan, number, &step, err)))
        return s;
    for (size_t b = 0; b < choice.backend_count; b++)
        for (const struct mm_kernel *const *kernel = choice.backends[b]->kernels; *kernel; kernel++)
            ask(plan, &step, choice.backends[b], *kernel, &choice);
    if (!choice.kernel)
        return mm_fail(err, MM_ERR_DEVICE, "no backend runs %s", step.query.op->name);
    /* From here on the query tells the kernel what was agreed. */
    struct mm_desc *in = mm_arena_array(&plan->arena, struct mm_desc, step.count);
    if (!in)
        return mm_fail_memory(err, "the plan");
    for (size_t i = 0; i < step.count; i++) {
        step.in[i] =
            in_layout(plan, number, step.in[i], choice.offer.in[i], plan->tensors[step.in[i]].wants_gradient);
        in[i] = plan->tensors[step.in[i]].desc;
    }
    step.query.in = in;
    step.query.out = mm_desc_with(step.query.out, choice.offer.out);
    step.backend = choice.backend;
    step.kernel = choice.kernel;
    step.offer = choice.offer;
    step.out = tensor_add(plan, step.query.out, MM_PLAN_NONE, step.query.wanted != 0);
    step.saved = step.offer.saved ? mm_plan_block_add(plan, step.offer.saved) : MM_PLAN_NONE;
    step.workspace = step.offer.workspace ? mm_plan_block_add(plan, step.offer.workspace) : MM_PLAN_NONE;
    *step_add(plan, number) = step;
    plan->value[number] = step.out;
    MM_TRACE(KERNEL, "%s: %s runs %s", plan->graph->nodes[number].name, step.backend->name, step.query.op->name);
    return MM_OK;
}

static bool is_transparent(const struct mm_plan *plan, const struct mm_node *node)
{
    return (node->op->transparent_at_inference && !is_training(plan)) ||
           (node->op->transparent && node->op->transparent(node->params));
}

/* The nodes that the root depends on. */
static void mark_needed(const struct mm_graph *graph, mm_value root, bool *needed)
{
    needed[root] = true;
    for (size_t i = (size_t)root + 1; i-- > 0;)
        if (needed[i] && graph->nodes[i].kind == MM_NODE_OP)
            for (size_t k = 0; k < graph->nodes[i].count; k++)
                needed[graph->nodes[i].inputs[k]] = true;
}

static void build_input(struct mm_plan *plan, int number, size_t input)
{
    plan->inputs[input] =
        tensor_add(plan, plan->shapes[number], MM_PLAN_NONE, is_training(plan) && plan->request.input_gradients);
    plan->value[number] = plan->inputs[input];
}

static void build_param(struct mm_plan *plan, int number, int param)
{
    const struct mm_param_info *info = &plan->graph->params[param];
    bool learns = is_training(plan) && info->role == MM_ROLE_PARAM && !info->frozen;
    plan->value[number] = tensor_add(plan, info->desc, param, learns && plan->weights.gradients[param].buffer);
}

/* Plain copies of what can be asked for afterwards: the root, and in training the outputs on the way to it. */
static void keep_outputs(struct mm_plan *plan)
{
    const struct mm_graph *graph = plan->graph;
    mm_value root = plan->request.root;
    int value = plan->value[root];
    plan->kept[root] = in_layout(plan, root, value, MM_LAYOUT_PLAIN, plan->tensors[value].wants_gradient);
    for (size_t i = 0; i < graph->output_count && is_training(plan); i++) {
        int node = graph->outputs[i];
        if (plan->value[node] != MM_PLAN_NONE && plan->kept[node] == MM_PLAN_NONE)
            plan->kept[node] = in_layout(plan, node, plan->value[node], MM_LAYOUT_PLAIN, false);
    }
}

enum mm_status mm_plan_build_forward(struct mm_plan *plan, const struct mm_backend *const *backends,
                                     size_t backend_count, struct mm_error *err)
{
    const struct mm_graph *graph = plan->graph;
    const struct choice nothing = {.backends = backends, .backend_count = backend_count};
    bool *needed = mm_arena_array(&plan->arena, bool, graph->count);
    size_t input = 0;
    if (!needed)
        return mm_fail_memory(err, "the plan");
    mark_needed(graph, plan->request.root, needed);
    for (int i = 0; i < (int)graph->count; i++) {
        const struct mm_node *node = &graph->nodes[i];
        size_t this_input = input;
        enum mm_status s;
        input += node->kind == MM_NODE_INPUT;
        if (!needed[i])
            continue;
        if (node->kind == MM_NODE_INPUT)
            build_input(plan, i, this_input);
        else if (node->kind == MM_NODE_PARAM)
            build_param(plan, i, node->param);
        else if (is_transparent(plan, node))
            plan->value[i] = plan->value[node->inputs[0]];
        else if (MM_TRY(s, build_op(plan, i, nothing, err)))
            return mm_fail_in(err, "%s", node->name);
    }
    keep_outputs(plan);
    return MM_OK;
}
