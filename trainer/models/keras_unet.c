/* The U-Net of Ronneberger et al. 2015 as Keras users write it (zhixuhao/unet): 3x3 "same" convolutions with bias and ReLU, max pooling,
 * nearest up-sampling with a 2x2 "same" convolution (padding 0 before and 1 after), concatenated skips, a 3x3 convolution to a few
 * channels, a 1x1 convolution and a sigmoid. Parameters: conv1a, conv1b ... up6 ... head, out. */
#include <math.h>

#include "trainer/models/layers.h"

#define DEPTH_MAX 8

struct keras_unet {
    int64_t spatial_dims, in_channels, out_channels, base_filters, depth, head_channels;
    bool sigmoid;
    double dropout;
};
#define P struct keras_unet

static const struct mm_param params[] = {
    MM_INT(P, spatial_dims, .def = 2, .min = 2, .max = 3, .help = "2 or 3"),
    MM_INT(P, in_channels, .def = 1, .min = 1, .max = 4096, .help = "channels of the image"),
    MM_INT(P, out_channels, .def = 1, .min = 1, .max = 4096, .help = "channels of the prediction: classes"),
    MM_INT(P, base_filters, .def = 64, .min = 1, .max = 4096,
           .help = "channels of the top level; each level below doubles them"),
    MM_INT(P, depth, .def = 4, .min = 1, .max = DEPTH_MAX, .help = "how many times the image is halved"),
    MM_INT(P, head_channels, .def = 2, .min = 0, .max = 4096,
           .help = "channels of a last 3x3 convolution, as zhixuhao/unet has it; 0: none, as in the paper"),
    MM_BOOL(P, sigmoid, .def = 1, .help = "the prediction is a probability; false: logits"),
    MM_DOUBLE(P, dropout, .min = 0, .max = 0.99, .help = "in the two deepest levels; the original has 0.5"),
    MM_PARAMS_END,
};

/* A kernel of `extent` voxels a side, "same" padding with the odd voxel behind; z stays 1 in 2D. */
static struct mm_layer_conv same(const P *p, int64_t in, int64_t out, int extent)
{
    struct mm_layer_conv conv = {.in = in, .out = out, .bias = true, .he_normal = true};
    for (int i = 0; i < 3; i++) {
        int k = i == 0 && p->spatial_dims == 2 ? 1 : extent;
        conv.kernel[i] = k;
        conv.stride[i] = 1;
        conv.low[i] = (k - 1) / 2;
        conv.high[i] = k / 2;
    }
    return conv;
}

static mm_value conv_relu(const P *p, struct mm_graph *graph, const char *name, int64_t in, int64_t out, int extent,
                          mm_value x)
{
    struct mm_layer_conv conv = same(p, in, out, extent);
    x = mm_layer_conv(graph, name, &conv, x);
    return mm_layer_activation(graph, mm_layer_child(name, ".relu").text, MM_RELU, x);
}

/* Two 3x3 convolutions: conv<number>a and conv<number>b. */
static mm_value pair(const P *p, struct mm_graph *graph, int number, int64_t in, int64_t out, mm_value x)
{
    char name[32];
    snprintf(name, sizeof(name), "conv%da", number);
    x = conv_relu(p, graph, name, in, out, 3, x);
    snprintf(name, sizeof(name), "conv%db", number);
    return conv_relu(p, graph, name, out, out, 3, x);
}

static mm_value halve(const P *p, struct mm_graph *graph, int number, mm_value x)
{
    char name[32];
    int z = p->spatial_dims == 3 ? 2 : 1;
    struct mm_pool_op pool = {.kernel = {z, 2, 2}, .stride = {z, 2, 2}};
    snprintf(name, sizeof(name), "pool%d", number);
    return mm_graph_add(graph, name, &mm_op_pool, &pool, &x, 1);
}

static mm_value up(const P *p, struct mm_graph *graph, int number, int64_t in, mm_value x)
{
    char name[32];
    struct mm_upsample nearest = {.factor = {p->spatial_dims == 3 ? 2 : 1, 2, 2}};
    snprintf(name, sizeof(name), "upsample%d", number);
    x = mm_graph_add(graph, name, &mm_op_upsample, &nearest, &x, 1);
    snprintf(name, sizeof(name), "up%d", number);
    return conv_relu(p, graph, name, in, in / 2, 2, x);
}

/* The last convolution has Keras' default start, glorot_uniform. */
static mm_value last(const P *p, struct mm_graph *graph, int64_t in, mm_value x)
{
    const int point[3] = {1, 1, 1};
    double limit = sqrt(6.0 / (double)(in + p->out_channels));
    struct mm_conv conv = {.kernel = {1, 1, 1}, .stride = {1, 1, 1}, .dilation = {1, 1, 1}, .groups = 1};
    mm_value weight =
        mm_graph_kernel(graph, "out.weight", p->out_channels, in, point, (struct mm_init){MM_INIT_UNIFORM, limit});
    mm_value bias =
        mm_graph_vector(graph, "out.bias", p->out_channels, MM_ROLE_PARAM, (struct mm_init){MM_INIT_CONSTANT, 0});
    const mm_value inputs[] = {x, weight, bias};
    x = mm_graph_add(graph, "out", &mm_op_conv, &conv, inputs, 3);
    return p->sigmoid ? mm_layer_activation(graph, "out.sigmoid", MM_SIGMOID, x) : x;
}

static enum mm_status build(const void *self, struct mm_graph *graph, struct mm_error *err)
{
    const P *p = self;
    char name[32];
    int depth = (int)p->depth, number = 1;
    int64_t in = p->in_channels, width = p->base_filters;
    mm_value skip[DEPTH_MAX], x = mm_graph_input(graph, "image", in);
    for (int level = 0; level <= depth; level++, number++) {
        x = pair(p, graph, number, in, width, x);
        snprintf(name, sizeof(name), "drop%d", number);
        if (level >= depth - 1)
            x = mm_layer_dropout(graph, name, p->dropout, x);
        if (level == depth)
            continue;
        skip[level] = x;
        x = halve(p, graph, number, x);
        in = width;
        width *= 2;
    }
    for (int level = depth - 1; level >= 0; level--, number++) {
        x = up(p, graph, number, width, x);
        snprintf(name, sizeof(name), "concat%d", number);
        x = mm_layer_concat(graph, name, skip[level], x);
        x = pair(p, graph, number, width, width / 2, x);
        width /= 2;
    }
    if (p->head_channels) {
        x = conv_relu(p, graph, "head", width, p->head_channels, 3, x);
        width = p->head_channels;
    }
    mm_graph_output(graph, last(p, graph, width, x));
    return mm_graph_status(graph, err);
}

static int spatial(const void *self)
{
    return (int)((const P *)self)->spatial_dims;
}

static int64_t in_channels(const void *self)
{
    return ((const P *)self)->in_channels;
}

static int64_t out_channels(const void *self)
{
    return ((const P *)self)->out_channels;
}

static bool probability(const void *self)
{
    return ((const P *)self)->sigmoid;
}

static void multiple(const void *self, int out[3])
{
    const P *p = self;
    for (int axis = 0; axis < 3; axis++)
        out[axis] = axis < p->spatial_dims ? 1 << p->depth : 1;
}

const struct mm_model mm_model_keras_unet = {
    .name = "KerasUNet",
    .summary = "U-Net of Ronneberger et al. 2015 as Keras users write it",
    .notes = "With sigmoid true the prediction is a probability: losses on logits then need sigmoid false here.",
    .params = params,
    .params_size = sizeof(P),
    .reference_axes = MM_AXES_ZYX,
    .spatial = spatial,
    .in_channels = in_channels,
    .out_channels = out_channels,
    .probability = probability,
    .multiple = multiple,
    .build = build,
    .example = "{\"in_channels\": 1, \"out_channels\": 1}",
};
