/* Layers as nodes of a graph; see layers.h. Starting values: torch.nn.modules.conv (kaiming_uniform with a = sqrt(5), which is
 * U(+-1/sqrt(fan_in)) for kernel and bias), torch.nn.BatchNorm3d, torch.nn.PReLU. */
#include "trainer/models/layers.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

struct mm_layer_name mm_layer_child(const char *prefix, const char *suffix)
{
    struct mm_layer_name name;
    snprintf(name.text, sizeof(name.text), "%.479s%.31s", prefix, suffix);
    return name;
}

static struct mm_init constant(double value)
{
    return (struct mm_init){MM_INIT_CONSTANT, value};
}

struct mm_layer_conv mm_layer_conv_same(int64_t in, int64_t out, const int kernel[3], const int stride[3],
                                        bool transposed)
{
    struct mm_layer_conv conv = {.in = in, .out = out, .bias = true, .transposed = transposed};
    for (int i = 0; i < 3; i++) {
        conv.kernel[i] = kernel[i];
        conv.stride[i] = stride[i];
        conv.low[i] = conv.high[i] = (kernel[i] - 1) / 2;
        conv.extra[i] = transposed ? stride[i] - 1 : 0;
    }
    return conv;
}

mm_value mm_layer_conv_apply(struct mm_graph *graph, const char *name, const struct mm_layer_conv *c,
                             struct mm_layer_inputs inputs, mm_value x)
{
    inputs.items[0] = x;
    if (c->transposed) {
        struct mm_conv_transpose params = {0};
        memcpy(params.kernel, c->kernel, sizeof(params.kernel));
        memcpy(params.stride, c->stride, sizeof(params.stride));
        memcpy(params.low, c->low, sizeof(params.low));
        memcpy(params.high, c->high, sizeof(params.high));
        memcpy(params.extra, c->extra, sizeof(params.extra));
        return mm_graph_add(graph, name, &mm_op_conv_transpose, &params, inputs.items, inputs.count);
    }
    struct mm_conv params = {.dilation = {1, 1, 1}, .groups = 1};
    memcpy(params.kernel, c->kernel, sizeof(params.kernel));
    memcpy(params.stride, c->stride, sizeof(params.stride));
    memcpy(params.low, c->low, sizeof(params.low));
    memcpy(params.high, c->high, sizeof(params.high));
    return mm_graph_add(graph, name, &mm_op_conv, &params, inputs.items, inputs.count);
}

struct mm_layer_inputs mm_layer_conv_declare(struct mm_graph *graph, const char *name, const struct mm_layer_conv *c)
{
    int64_t first = c->transposed ? c->in : c->out, second = c->transposed ? c->out : c->in;
    double fan_in = (double)second * c->kernel[0] * c->kernel[1] *
                    c->kernel[2]; /* torch takes the second dimension of either kind */
    struct mm_init weight = {MM_INIT_UNIFORM, 1.0 / sqrt(fan_in)}, bias = weight;
    if (c->he_normal) {
        weight = (struct mm_init){MM_INIT_HE_NORMAL, fan_in};
        bias = constant(0);
    }
    struct mm_layer_inputs inputs = {.count = c->bias ? 3 : 2};
    inputs.items[1] = mm_graph_kernel(graph, mm_layer_child(name, ".weight").text, first, second, c->kernel, weight);
    if (c->bias)
        inputs.items[2] = mm_graph_vector(graph, mm_layer_child(name, ".bias").text, c->out, MM_ROLE_PARAM, bias);
    return inputs;
}

mm_value mm_layer_conv(struct mm_graph *graph, const char *name, const struct mm_layer_conv *c, mm_value x)
{
    return mm_layer_conv_apply(graph, name, c, mm_layer_conv_declare(graph, name, c), x);
}

struct mm_layer_inputs mm_layer_norm_declare(struct mm_graph *graph, const char *name,
                                             const struct mm_layer_style *style, int64_t channels)
{
    struct mm_layer_inputs inputs = {.count = 1};
    if (style->norm == MM_LAYER_NORM_NONE || (style->norm == MM_LAYER_NORM_INSTANCE && !style->affine))
        return inputs;
    inputs.items[1] =
        mm_graph_vector(graph, mm_layer_child(name, ".weight").text, channels, MM_ROLE_PARAM, constant(1));
    inputs.items[2] =
        mm_graph_vector(graph, mm_layer_child(name, ".bias").text, channels, MM_ROLE_PARAM, constant(0));
    inputs.count = 3;
    if (style->norm != MM_LAYER_NORM_BATCH)
        return inputs;
    inputs.items[3] =
        mm_graph_vector(graph, mm_layer_child(name, ".running_mean").text, channels, MM_ROLE_BUFFER, constant(0));
    inputs.items[4] =
        mm_graph_vector(graph, mm_layer_child(name, ".running_var").text, channels, MM_ROLE_BUFFER, constant(1));
    mm_graph_constant(graph, mm_layer_child(name, ".num_batches_tracked").text);
    inputs.count = 5;
    return inputs;
}

mm_value mm_layer_norm_apply(struct mm_graph *graph, const char *name, const struct mm_layer_style *style,
                             struct mm_layer_inputs inputs, mm_value x)
{
    const struct mm_group_norm params = {{style->epsilon, style->momentum}, style->groups};
    inputs.items[0] = x;
    switch (style->norm) {
    case MM_LAYER_NORM_BATCH:
        return mm_graph_add(graph, name, &mm_op_batch_norm, &params.norm, inputs.items, inputs.count);
    case MM_LAYER_NORM_GROUP:
        return mm_graph_add(graph, name, &mm_op_group_norm, &params, inputs.items, inputs.count);
    case MM_LAYER_NORM_INSTANCE:
        return mm_graph_add(graph, name, &mm_op_instance_norm, &params.norm, inputs.items, inputs.count);
    default:
        return x;
    }
}

mm_value mm_layer_norm(struct mm_graph *graph, const char *name, const struct mm_layer_style *style, int64_t channels,
                       mm_value x)
{
    return mm_layer_norm_apply(graph, name, style, mm_layer_norm_declare(graph, name, style, channels), x);
}

static mm_value add_activation(struct mm_graph *graph, const char *name, const struct mm_layer_style *style,
                               mm_value x)
{
    mm_value inputs[2] = {x};
    if (style->activation.kind != MM_PRELU)
        return mm_graph_add(graph, name, &mm_op_activation, &style->activation, inputs, 1);
    inputs[1] = mm_graph_vector(graph, mm_layer_child(name, ".weight").text, style->slopes, MM_ROLE_PARAM,
                                constant(style->slope_init));
    return mm_graph_add(graph, name, &mm_op_activation, &style->activation, inputs, 2);
}

mm_value mm_layer_adn(struct mm_graph *graph, const char *name, const struct mm_layer_style *style, int64_t channels,
                      mm_value x)
{
    for (const char *letter = style->ordering; *letter; letter++) {
        char suffix[] = {'.', (char)toupper((unsigned char)*letter), '\0'};
        struct mm_layer_name part = mm_layer_child(name, suffix);
        if (suffix[1] == 'N')
            x = mm_layer_norm(graph, part.text, style, channels, x);
        else if (suffix[1] == 'D')
            x = mm_layer_dropout(graph, part.text, style->dropout, x);
        else if (suffix[1] == 'A' && style->has_activation)
            x = add_activation(graph, part.text, style, x);
    }
    return x;
}

mm_value mm_layer_activation(struct mm_graph *graph, const char *name, enum mm_activation_kind kind, mm_value x)
{
    struct mm_activation params = {.kind = kind};
    return mm_graph_add(graph, name, &mm_op_activation, &params, &x, 1);
}

mm_value mm_layer_dropout(struct mm_graph *graph, const char *name, double p, mm_value x)
{
    struct mm_dropout params = {.p = p};
    return p > 0 ? mm_graph_add(graph, name, &mm_op_dropout, &params, &x, 1) : x;
}

mm_value mm_layer_concat(struct mm_graph *graph, const char *name, mm_value a, mm_value b)
{
    struct mm_concat params = {0};
    mm_value inputs[2] = {a, b};
    return mm_graph_add(graph, name, &mm_op_concat, &params, inputs, 2);
}

mm_value mm_layer_add(struct mm_graph *graph, const char *name, mm_value a, mm_value b)
{
    struct mm_add params = {0};
    mm_value inputs[2] = {a, b};
    return mm_graph_add(graph, name, &mm_op_add, &params, inputs, 2);
}
