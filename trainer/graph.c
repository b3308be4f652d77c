/* Building a graph, its shapes and its cost. Nodes are in topological order by construction: an input must exist already. */
#include "trainer/graph.h"

#define SIDE_MAX     (INT64_C(1) << 31) /* of one dimension of a tensor */
#define ELEMENTS_MAX ((size_t)1 << 46)  /* of a tensor, padding included */

struct mm_graph *mm_graph_make(struct mm_arena *arena, int spatial)
{
    struct mm_graph *graph = mm_arena_new(arena, struct mm_graph);
    if (!graph)
        return NULL;
    graph->arena = arena;
    graph->spatial = spatial;
    if (spatial != 2 && spatial != 3)
        mm_fail(&graph->error, MM_ERR_CONFIG, "%d spatial dimensions: networks have 2 or 3", spatial);
    return graph;
}

/* Makes room for one more element; arenas cannot grow a block, so the old one is left behind. */
static void *grown(struct mm_graph *graph, void *items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return items;
    size_t wanted = *capacity ? *capacity * 2 : 64;
    void *bigger = mm_arena_array_of(graph->arena, wanted, size);
    if (!bigger) {
        mm_fail_memory(&graph->error, "the graph");
        return NULL;
    }
    if (count)
        memcpy(bigger, items, count * size);
    *capacity = wanted;
    return bigger;
}

/* A new node with a name, or NULL when something is or went wrong. */
static struct mm_node *node_new(struct mm_graph *graph, enum mm_node_kind kind, const char *name)
{
    struct mm_node *nodes = grown(graph, graph->nodes, graph->count, &graph->capacity, sizeof *nodes);
    char *copy = nodes ? mm_arena_text(graph->arena, name) : NULL;
    if (!nodes)
        return NULL;
    graph->nodes = nodes;
    if (!copy) {
        mm_fail_memory(&graph->error, "the graph");
        return NULL;
    }
    struct mm_node *node = &graph->nodes[graph->count];
    *node = (struct mm_node){.kind = kind, .name = copy, .param = -1};
    return node;
}

static mm_value node_done(struct mm_graph *graph)
{
    return (mm_value)graph->count++;
}

mm_value mm_graph_input(struct mm_graph *graph, const char *name, int64_t channels)
{
    if (graph->error.status)
        return -1;
    if (channels < 0 || channels > SIDE_MAX) {
        mm_fail(&graph->error, MM_ERR_CONFIG, "input %s has %lld channels", name, (long long)channels);
        return -1;
    }
    struct mm_node *node = node_new(graph, MM_NODE_INPUT, name);
    if (!node)
        return -1;
    node->channels = channels;
    return node_done(graph);
}

/* Adds a parameter with these dims; false when something is or went wrong. */
static bool param_new(struct mm_graph *graph, struct mm_param_info info)
{
    if (graph->error.status)
        return false;
    for (size_t i = 0; i < graph->param_count; i++)
        if (strcmp(graph->params[i].name, info.name) == 0) {
            mm_fail(&graph->error, MM_ERR_CONFIG, "there are two parameters named %s", info.name);
            return false;
        }
    for (int i = 0; i < 5; i++)
        if (info.desc.dim[i] < 1 || info.desc.dim[i] > SIDE_MAX) {
            mm_fail(&graph->error, MM_ERR_CONFIG, "parameter %s has extent %lld", info.name,
                    (long long)info.desc.dim[i]);
            return false;
        }
    struct mm_param_info *params =
        grown(graph, graph->params, graph->param_count, &graph->param_capacity, sizeof *params);
    info.name = params ? mm_arena_text(graph->arena, info.name) : NULL;
    if (!params)
        return false;
    graph->params = params;
    if (!info.name) {
        mm_fail_memory(&graph->error, "the graph");
        return false;
    }
    graph->params[graph->param_count++] = info;
    return true;
}

static mm_value param_node(struct mm_graph *graph, const struct mm_param_info *info)
{
    if (!param_new(graph, *info))
        return -1;
    struct mm_node *node = node_new(graph, MM_NODE_PARAM, info->name);
    if (!node)
        return -1;
    node->param = (int)graph->param_count - 1;
    return node_done(graph);
}

mm_value mm_graph_kernel(struct mm_graph *graph, const char *name, int64_t first, int64_t second, const int kernel[3],
                         struct mm_init init)
{
    struct mm_param_info info = {.name = name, .role = MM_ROLE_PARAM, .init = init, .file_rank = 2 + graph->spatial};
    info.desc = mm_desc_make(graph->spatial, first, second, kernel[0], kernel[1], kernel[2]);
    if (graph->spatial == 2 && kernel[0] != 1 && !graph->error.status)
        mm_fail(&graph->error, MM_ERR_CONFIG, "kernel %s of a 2D network has extent %d along z", name, kernel[0]);
    info.file_dim[0] = first;
    info.file_dim[1] = second;
    for (int i = 0; i < graph->spatial; i++)
        info.file_dim[2 + i] = kernel[3 - graph->spatial + i];
    return param_node(graph, &info);
}

mm_value mm_graph_vector(struct mm_graph *graph, const char *name, int64_t count, enum mm_role role,
                         struct mm_init init)
{
    const struct mm_param_info info = {
        .name = name, .role = role, .init = init, .desc = mm_desc_vector(count), .file_rank = 1, .file_dim = {count}};
    return param_node(graph, &info);
}

void mm_graph_constant(struct mm_graph *graph, const char *name)
{
    param_new(graph, (struct mm_param_info){.name = name, .role = MM_ROLE_BUFFER, .desc = mm_desc_vector(1)});
}

/* What a node's input must be: a learned parameter, a state, or neither, as the op says. */
static bool check_input(struct mm_graph *graph, const char *name, const struct mm_op *op, size_t i, mm_value value)
{
    if (value < 0 || (size_t)value >= graph->count) {
        mm_fail(&graph->error, MM_ERR_CONFIG, "%s: input %zu is no node of the graph", name, i);
        return false;
    }
    const struct mm_node *node = &graph->nodes[value];
    bool weight = op->weights >> i & 1, state = op->states >> i & 1, is_param = node->kind == MM_NODE_PARAM;
    bool right =
        weight || state ? is_param && (graph->params[node->param].role == MM_ROLE_BUFFER) == state : !is_param;
    if (!right)
        mm_fail(&graph->error, MM_ERR_CONFIG, "%s: input %zu of %s must be %s, %s is not", name, i, op->name,
                weight  ? "a learned parameter"
                : state ? "a state"
                        : "an activation",
                node->name);
    return right;
}

mm_value mm_graph_add(struct mm_graph *graph, const char *name, const struct mm_op *op, const void *params,
                      const mm_value *inputs, size_t count)
{
    if (graph->error.status)
        return -1;
    if (count < (size_t)op->inputs_min || count > (size_t)op->inputs_max) {
        mm_fail(&graph->error, MM_ERR_CONFIG, "%s: %s takes %d to %d inputs, not %zu", name, op->name, op->inputs_min,
                op->inputs_max, count);
        return -1;
    }
    for (size_t i = 0; i < count; i++)
        if (!check_input(graph, name, op, i, inputs[i]))
            return -1;
    void *copy = mm_arena_alloc(graph->arena, op->params_size);
    struct mm_node *node = copy ? node_new(graph, MM_NODE_OP, name) : NULL;
    if (!node) {
        mm_fail_memory(&graph->error, "the graph");
        return -1;
    }
    memcpy(copy, params, op->params_size);
    node->op = op;
    node->params = copy;
    node->count = count;
    memcpy(node->inputs, inputs, count * sizeof *inputs);
    return node_done(graph);
}

void mm_graph_output(struct mm_graph *graph, mm_value value)
{
    if (graph->error.status)
        return;
    if (value < 0 || (size_t)value >= graph->count || graph->output_count == MM_GRAPH_OUTPUTS_MAX) {
        mm_fail(&graph->error, MM_ERR_CONFIG, "output %zu is no node of the graph, or beyond the %d possible",
                graph->output_count, MM_GRAPH_OUTPUTS_MAX);
        return;
    }
    graph->outputs[graph->output_count++] = value;
}

enum mm_status mm_graph_status(const struct mm_graph *graph, struct mm_error *err)
{
    return graph->error.status ? mm_fail(err, graph->error.status, "%s", graph->error.text) : MM_OK;
}

/* Refuses empty tensors and sizes whose arithmetic could overflow. */
static enum mm_status check_size(const struct mm_desc *desc, struct mm_error *err)
{
    const struct mm_desc padded = {
        .dim = {desc->dim[0], desc->dim[1] + 15, desc->dim[2], desc->dim[3], desc->dim[4]}};
    size_t total = 1;
    for (int i = 0; i < 5; i++)
        if (desc->dim[i] < 1 || desc->dim[i] > SIDE_MAX || !mm_size_mul(total, (size_t)padded.dim[i], &total) ||
            total > ELEMENTS_MAX)
            return mm_fail(err, MM_ERR_DATA, "tensor %lldx%lldx%lldx%lldx%lld is empty or too large",
                           (long long)desc->dim[0], (long long)desc->dim[1], (long long)desc->dim[2],
                           (long long)desc->dim[3], (long long)desc->dim[4]);
    return MM_OK;
}

static enum mm_status input_shape(const struct mm_graph *graph, const struct mm_node *node,
                                  const struct mm_desc *input, struct mm_desc *out, struct mm_error *err)
{
    *out = mm_desc_make(graph->spatial, input->dim[0], input->dim[1], input->dim[2], input->dim[3], input->dim[4]);
    if (node->channels && input->dim[1] != node->channels)
        return mm_fail(err, MM_ERR_DATA, "has %lld channels, the network takes %lld", (long long)input->dim[1],
                       (long long)node->channels);
    if (graph->spatial == 2 && input->dim[2] != 1)
        return mm_fail(err, MM_ERR_DATA, "has %lld slices, a 2D network takes 1", (long long)input->dim[2]);
    return check_size(out, err);
}

static enum mm_status param_shape(const struct mm_param_info *param, struct mm_desc *out, struct mm_error *err)
{
    *out = param->desc;
    return check_size(out, err);
}

static bool is_absent(const struct mm_desc *desc)
{
    return desc->dim[0] == 0;
}

/* Leaves *out absent when an input is. */
static enum mm_status op_shape(const struct mm_node *node, const struct mm_desc *shapes, struct mm_desc *out,
                               struct mm_error *err)
{
    struct mm_desc in[MM_OP_INPUTS_MAX];
    for (size_t i = 0; i < node->count; i++) {
        in[i] = shapes[node->inputs[i]];
        if (is_absent(&in[i]))
            return MM_OK;
    }
    enum mm_status s = node->op->shape(node->params, node->count, in, out, err);
    out->dtype = MM_DT_F32;
    out->layout = MM_LAYOUT_PLAIN;
    return s ? s : check_size(out, err);
}

enum mm_status mm_graph_shapes(const struct mm_graph *graph, const struct mm_desc *inputs, size_t input_count,
                               struct mm_desc *out, struct mm_error *err)
{
    size_t input = 0;
    for (size_t i = 0; i < graph->count; i++) {
        const struct mm_node *node = &graph->nodes[i];
        enum mm_status s = MM_OK;
        out[i] = (struct mm_desc){0};
        if (node->kind == MM_NODE_PARAM)
            s = param_shape(&graph->params[node->param], &out[i], err);
        else if (node->kind == MM_NODE_OP)
            s = op_shape(node, out, &out[i], err);
        else if (input++ < input_count)
            s = input_shape(graph, node, &inputs[input - 1], &out[i], err);
        if (s)
            return mm_fail_in(err, "%s", node->name);
    }
    return input >= input_count
               ? MM_OK
               : mm_fail(err, MM_ERR_DATA, "%zu inputs given, the network has %zu", input_count, input);
}

int64_t mm_graph_param_count(const struct mm_graph *graph, enum mm_role role)
{
    int64_t total = 0;
    for (size_t i = 0; i < graph->param_count; i++)
        if (graph->params[i].role == role)
            total += mm_desc_count(&graph->params[i].desc);
    return total;
}

void mm_graph_cost(const struct mm_graph *graph, const struct mm_desc *shapes, struct mm_op_cost *cost)
{
    *cost = (struct mm_op_cost){0};
    for (size_t i = 0; i < graph->count; i++) {
        const struct mm_node *node = &graph->nodes[i];
        struct mm_desc in[MM_OP_INPUTS_MAX];
        struct mm_op_cost one = {0};
        if (node->kind != MM_NODE_OP || is_absent(&shapes[i]))
            continue;
        for (size_t k = 0; k < node->count; k++)
            in[k] = shapes[node->inputs[k]];
        node->op->cost(node->params, node->count, in, &shapes[i], &one);
        cost->flops_forward += one.flops_forward;
        cost->flops_backward += one.flops_backward;
    }
}
