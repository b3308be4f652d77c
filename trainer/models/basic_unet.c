/* MONAI 1.3's BasicUNet: two convolutions a level, max pooling down, transposed convolutions or linear up-sampling up, skips
 * concatenated; sides that do not divide are padded by repetition. Names and order of parameters: monai.networks.nets.BasicUNet. */
#include <string.h>

#include "trainer/models/layers.h"

#define FEATURES 6
#define DOWNS    4

struct basic_unet {
    int64_t spatial_dims, in_channels, out_channels;
    struct mm_ints features;
    const cJSON *act, *norm;
    bool bias;
    double dropout;
    const char *upsample;
    struct mm_layer_style style; /* from check */
};
#define P struct basic_unet

static const struct mm_param params[] = {
    MM_INT(P, spatial_dims, .aliases = "dimensions", .def = 3, .min = 2, .max = 3, .help = "2 or 3"),
    MM_INT(P, in_channels, .def = 1, .min = 1, .max = 4096, .help = "channels of the image"),
    MM_INT(P, out_channels, .def = 2, .min = 1, .max = 4096, .help = "channels of the prediction: classes"),
    MM_INTS(P, features, .def_text = "[32, 32, 64, 128, 256, 32]", .min = 2, .max = 1 << 14, .count_min = FEATURES,
            .count_max = FEATURES, .help = "channels of the five levels, top first, and of the last convolutions"),
    MM_JSON(P, act, .def_text = "[\"LeakyReLU\", {\"negative_slope\": 0.1}]",
            .help = "relu, leakyrelu, prelu, sigmoid, tanh, elu or none; with arguments: [name, {...}]"),
    MM_JSON(P, norm, .def_text = "[\"instance\", {\"affine\": true}]", .help = "batch, group, instance or none"),
    MM_BOOL(P, bias, .def = 1, .help = "convolutions have a bias"),
    MM_DOUBLE(P, dropout, .min = 0, .max = 0.99, .help = "probability of a zero"),
    MM_CHOICE(P, upsample, .choices = "deconv nontrainable", .def_text = "deconv",
              .help = "transposed convolution, or 1x1 convolution and linear"),
    MM_PARAMS_END,
};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    P *p = self;
    enum mm_status s;
    (void)arena;
    if (MM_TRY(s, mm_layer_read_activation(p->act, &p->style, err)) ||
        MM_TRY(s, mm_layer_read_norm(p->norm, &p->style, err)))
        return s;
    for (size_t i = 0; i < FEATURES; i++) {
        if (p->style.norm == MM_LAYER_NORM_GROUP && p->features.items[i] % p->style.groups)
            return mm_fail(err, MM_ERR_CONFIG, "features: %lld channels cannot be cut into %lld equal groups",
                           (long long)p->features.items[i], (long long)p->style.groups);
        if (i > 1 && i <= DOWNS && p->features.items[i] % 2)
            return mm_fail(err, MM_ERR_CONFIG, "features: %lld cannot be halved on the way up",
                           (long long)p->features.items[i]);
    }
    p->style.dropout = p->dropout;
    p->style.ordering = "NDA";
    return MM_OK;
}

static mm_value two_conv(const P *p, struct mm_graph *graph, const char *name, int64_t in, int64_t out, mm_value x)
{
    static const char *const parts[] = {".conv_0", ".conv_1"};
    const int z = p->spatial_dims == 3, kernel[3] = {1 + 2 * z, 3, 3}, one[3] = {1, 1, 1};
    for (int i = 0; i < 2; i++) {
        struct mm_layer_name part = mm_layer_child(name, parts[i]);
        struct mm_layer_conv conv = mm_layer_conv_same(i ? out : in, out, kernel, one, false);
        conv.bias = p->bias;
        x = mm_layer_conv(graph, mm_layer_child(part.text, ".conv").text, &conv, x);
        x = mm_layer_adn(graph, mm_layer_child(part.text, ".adn").text, &p->style, out, x);
    }
    return x;
}

static mm_value up(const P *p, struct mm_graph *graph, const char *name, int64_t in, int64_t out, mm_value x)
{
    const int z = p->spatial_dims == 3, one[3] = {1, 1, 1};
    if (strcmp(p->upsample, "deconv") == 0) {
        const struct mm_layer_conv deconv = {
            .in = in, .out = out, .kernel = {1 + z, 2, 2}, .stride = {1 + z, 2, 2}, .bias = true, .transposed = true};
        return mm_layer_conv(graph, mm_layer_child(name, ".deconv").text, &deconv, x);
    }
    const struct mm_layer_conv point = mm_layer_conv_same(in, out, one, one, false);
    const struct mm_upsample linear = {.linear = true, .align_corners = true, .factor = {1 + z, 2, 2}};
    x = mm_layer_conv(graph, mm_layer_child(name, ".preconv").text, &point, x);
    return mm_graph_add(graph, mm_layer_child(name, ".upsample_non_trainable").text, &mm_op_upsample, &linear, &x, 1);
}

static enum mm_status build(const void *self, struct mm_graph *graph, struct mm_error *err)
{
    const P *p = self;
    const int64_t *f = p->features.items;
    const int z = p->spatial_dims == 3;
    const struct mm_pool_op halve = {.kernel = {1 + z, 2, 2}, .stride = {1 + z, 2, 2}};
    const struct mm_concat join = {.replicate = true};
    const int point[3] = {1, 1, 1};
    char name[32];
    mm_value skips[DOWNS];
    mm_value x = two_conv(p, graph, "conv_0", p->in_channels, f[0], mm_graph_input(graph, "image", p->in_channels));
    for (int level = 1; level <= DOWNS; level++) {
        skips[level - 1] = x;
        snprintf(name, sizeof name, "down_%d", level);
        x = mm_graph_add(graph, mm_layer_child(name, ".max_pooling").text, &mm_op_pool, &halve, &x, 1);
        x = two_conv(p, graph, mm_layer_child(name, ".convs").text, f[level - 1], f[level], x);
    }
    for (int level = DOWNS; level >= 1; level--) {
        int64_t half = level > 1 ? f[level] / 2 : f[level], out = level > 1 ? f[level - 1] : f[FEATURES - 1];
        snprintf(name, sizeof name, "upcat_%d", level);
        const mm_value pair[2] = {skips[level - 1],
                                  up(p, graph, mm_layer_child(name, ".upsample").text, f[level], half, x)};
        x = mm_graph_add(graph, mm_layer_child(name, ".cat").text, &mm_op_concat, &join, pair, 2);
        x = two_conv(p, graph, mm_layer_child(name, ".convs").text, f[level - 1] + half, out, x);
    }
    struct mm_layer_conv last = mm_layer_conv_same(f[FEATURES - 1], p->out_channels, point, point, false);
    mm_graph_output(graph, mm_layer_conv(graph, "final_conv", &last, x));
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

/* Any size works, by padding inside; at these no level pads. */
static void multiple(const void *self, int out[3])
{
    for (int axis = 0; axis < 3; axis++)
        out[axis] = axis < ((const P *)self)->spatial_dims ? 1 << DOWNS : 1;
}

const struct mm_model mm_model_basic_unet = {
    .name = "BasicUNet",
    .aliases = "BasicUnet Basicunet basicunet",
    .summary = "U-Net with two convolutions a level and max pooling",
    .notes = "Logits: losses and post transforms apply softmax or sigmoid.",
    .params = params,
    .params_size = sizeof(P),
    .reference_axes = MM_AXES_XYZ,
    .check = check,
    .spatial = spatial,
    .in_channels = in_channels,
    .out_channels = out_channels,
    .multiple = multiple,
    .build = build,
    .example =
        "{\"spatial_dims\": 3, \"in_channels\": 1, \"out_channels\": 2, \"features\": [32, 32, 64, 128, 256, 32]}",
};
