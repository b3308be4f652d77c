/* The graph of SegResNet; see seg_resnet_core.h. */
#include "trainer/models/seg_resnet_core.h"

/* A residual block's parameters, declared before they are used: norms first, then convolutions. */
struct block {
    char name[48];
    int64_t channels;
    struct mm_layer_style style;
    struct mm_layer_conv conv;
    struct mm_layer_inputs norms[2], convs[2];
};

static int64_t width_of(const struct mm_seg_resnet *net, size_t level)
{
    return net->filters << level;
}

static struct mm_layer_style style_of(const struct mm_seg_resnet *net, int64_t channels)
{
    struct mm_layer_style style = net->style;
    if (net->groups_at_most && style.groups > channels)
        style.groups = channels;
    return style;
}

enum mm_status mm_seg_resnet_check(const struct mm_seg_resnet *net, struct mm_error *err)
{
    if (net->up.count + 1 != net->down.count)
        return mm_fail(err, MM_ERR_CONFIG, "blocks_up has %zu levels, expected %zu: one less than blocks_down",
                       net->up.count, net->down.count - 1);
    if (net->style.has_activation && net->style.activation.kind == MM_PRELU)
        return mm_fail(err, MM_ERR_CONFIG, "act: prelu has parameters, which blocks here cannot share");
    for (size_t level = 0; net->style.norm == MM_LAYER_NORM_GROUP && level < net->down.count; level++) {
        int64_t groups = style_of(net, width_of(net, level)).groups;
        if (width_of(net, level) % groups)
            return mm_fail(err, MM_ERR_CONFIG, "%lld channels of level %zu cannot be cut into %lld equal groups",
                           (long long)width_of(net, level), level, (long long)groups);
    }
    return MM_OK;
}

/* A convolution without bias; z of 2D networks stays 1. */
static struct mm_layer_conv plain_conv(const struct mm_seg_resnet *net, int64_t in, int64_t out, int extent, int step)
{
    const int z = net->spatial == 3;
    const int kernel[3] = {z ? extent : 1, extent, extent}, stride[3] = {z ? step : 1, step, step};
    struct mm_layer_conv conv = mm_layer_conv_same(in, out, kernel, stride, false);
    conv.bias = false;
    return conv;
}

static struct block declare_block(const struct mm_seg_resnet *net, struct mm_graph *graph, const char *name,
                                  int64_t channels)
{
    struct block b = {.channels = channels, .style = style_of(net, channels)};
    snprintf(b.name, sizeof b.name, "%s", name);
    b.conv = plain_conv(net, channels, channels, 3, 1);
    b.norms[0] = mm_layer_norm_declare(graph, mm_layer_child(name, ".norm1").text, &b.style, channels);
    b.norms[1] = mm_layer_norm_declare(graph, mm_layer_child(name, ".norm2").text, &b.style, channels);
    b.convs[0] = mm_layer_conv_declare(graph, mm_layer_child(name, ".conv1.conv").text, &b.conv);
    b.convs[1] = mm_layer_conv_declare(graph, mm_layer_child(name, ".conv2.conv").text, &b.conv);
    return b;
}

static mm_value activation(struct mm_graph *graph, const char *name, const struct mm_layer_style *style, mm_value x)
{
    return style->has_activation ? mm_graph_add(graph, name, &mm_op_activation, &style->activation, &x, 1) : x;
}

static mm_value apply_block(const struct block *b, struct mm_graph *graph, mm_value x)
{
    static const char *const parts[2][3] = {{".norm1", ".act1", ".conv1"}, {".norm2", ".act2", ".conv2"}};
    mm_value y = x;
    for (int i = 0; i < 2; i++) {
        y = mm_layer_norm_apply(graph, mm_layer_child(b->name, parts[i][0]).text, &b->style, b->norms[i], y);
        y = activation(graph, mm_layer_child(b->name, parts[i][1]).text, &b->style, y);
        y = mm_layer_conv_apply(graph, mm_layer_child(b->name, parts[i][2]).text, &b->conv, b->convs[i], y);
    }
    return mm_layer_add(graph, b->name, y, x);
}

static mm_value encode(const struct mm_seg_resnet *net, struct mm_graph *graph, mm_value skips[MM_SEG_RESNET_LEVELS])
{
    char name[48];
    struct mm_layer_conv first = plain_conv(net, net->in, net->filters, 3, 1);
    mm_value x = mm_layer_conv(graph, "convInit.conv", &first, mm_graph_input(graph, "image", net->in));
    const struct mm_dropout dropout = {.p = net->dropout, .per_channel = true};
    if (net->dropout > 0)
        x = mm_graph_add(graph, "dropout", &mm_op_dropout, &dropout, &x, 1);
    for (size_t level = 0; level < net->down.count; level++) {
        if (level) {
            struct mm_layer_conv half = plain_conv(net, width_of(net, level - 1), width_of(net, level), 3, 2);
            snprintf(name, sizeof name, "down_layers.%zu.0.conv", level);
            x = mm_layer_conv(graph, name, &half, x);
        }
        for (int64_t i = 0; i < net->down.items[level]; i++) {
            snprintf(name, sizeof name, "down_layers.%zu.%d", level, (int)i + 1);
            struct block block = declare_block(net, graph, name, width_of(net, level));
            x = apply_block(&block, graph, x);
        }
        skips[level] = x;
    }
    return x;
}

/* What makes `from` channels at half the size `from` / 2 at the full size. */
struct rise {
    struct mm_layer_conv conv, deconv;
    struct mm_layer_inputs conv_inputs, deconv_inputs;
    char name[48];
};

static struct rise declare_rise(const struct mm_seg_resnet *net, struct mm_graph *graph, size_t index, int64_t from)
{
    const int z = net->spatial == 3;
    struct rise r = {.conv = plain_conv(net, from, from / 2, 1, 1)};
    snprintf(r.name, sizeof r.name, "up_samples.%zu", index);
    r.conv_inputs = mm_layer_conv_declare(graph, mm_layer_child(r.name, ".0.conv").text, &r.conv);
    r.deconv = (struct mm_layer_conv){.in = from / 2,
                                      .out = from / 2,
                                      .kernel = {1 + z, 2, 2},
                                      .stride = {1 + z, 2, 2},
                                      .bias = true,
                                      .transposed = true};
    if (net->transposed)
        r.deconv_inputs = mm_layer_conv_declare(graph, mm_layer_child(r.name, ".1.deconv").text, &r.deconv);
    return r;
}

static mm_value apply_rise(const struct mm_seg_resnet *net, const struct rise *r, struct mm_graph *graph, mm_value x)
{
    const struct mm_upsample linear = {.linear = true, .factor = {net->spatial == 3 ? 2 : 1, 2, 2}};
    x = mm_layer_conv_apply(graph, mm_layer_child(r->name, ".0").text, &r->conv, r->conv_inputs, x);
    if (net->transposed)
        return mm_layer_conv_apply(graph, mm_layer_child(r->name, ".1").text, &r->deconv, r->deconv_inputs, x);
    return mm_graph_add(graph, mm_layer_child(r->name, ".1").text, &mm_op_upsample, &linear, &x, 1);
}

static mm_value decode(const struct mm_seg_resnet *net, struct mm_graph *graph, const mm_value *skips, mm_value x)
{
    struct block blocks[MM_SEG_RESNET_LEVELS][MM_SEG_RESNET_BLOCKS];
    struct rise rises[MM_SEG_RESNET_LEVELS];
    char name[48];
    size_t levels = net->up.count;
    for (size_t i = 0; i < levels; i++)
        for (int64_t k = 0; k < net->up.items[i]; k++) {
            snprintf(name, sizeof name, "up_layers.%zu.%d", i, (int)k);
            blocks[i][k] = declare_block(net, graph, name, width_of(net, levels - i - 1));
        }
    for (size_t i = 0; i < levels; i++)
        rises[i] = declare_rise(net, graph, i, width_of(net, levels - i));
    for (size_t i = 0; i < levels; i++) {
        snprintf(name, sizeof name, "up_layers.%zu", i);
        x = mm_layer_add(graph, name, apply_rise(net, &rises[i], graph, x), skips[levels - i - 1]);
        for (int64_t k = 0; k < net->up.items[i]; k++)
            x = apply_block(&blocks[i][k], graph, x);
    }
    return x;
}

enum mm_status mm_seg_resnet_build(const struct mm_seg_resnet *net, struct mm_graph *graph, struct mm_error *err)
{
    mm_value skips[MM_SEG_RESNET_LEVELS];
    struct mm_layer_style style = style_of(net, net->filters);
    struct mm_layer_conv last = plain_conv(net, net->filters, net->out, 1, 1);
    mm_value x = encode(net, graph, skips);
    x = decode(net, graph, skips, x);
    last.bias = true;
    if (!net->headless) {
        x = mm_layer_norm(graph, "conv_final.0", &style, net->filters, x);
        x = activation(graph, "conv_final.1", &style, x);
        x = mm_layer_conv(graph, "conv_final.2.conv", &last, x);
    }
    mm_graph_output(graph, x);
    return mm_graph_status(graph, err);
}

/* Skips meet only when every halving comes out even. */
void mm_seg_resnet_multiple(const struct mm_seg_resnet *net, int out[3])
{
    for (int axis = 0; axis < 3; axis++)
        out[axis] = axis < net->spatial ? 1 << (net->down.count - 1) : 1;
}
