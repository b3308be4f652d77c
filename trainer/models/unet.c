/* MONAI 1.3's UNet (Kerfoot et al. 2019): strided convolutions down, transposed ones up, optional residual units, concatenated skips.
 * Names and order of parameters are those of monai.networks.nets.UNet. */
#include <string.h>

#include "trainer/models/layers.h"

#define LEVELS_MAX 16

struct unet {
    int64_t spatial_dims, in_channels, out_channels, num_res_units;
    struct mm_ints channels, kernel_size, up_kernel_size;
    const cJSON *strides, *act, *norm;
    double dropout;
    bool bias;
    const char *adn_ordering;
    /* From check, in (z, y, x): */
    int kernel[3], up_kernel[3], stride[LEVELS_MAX][3];
    struct mm_layer_style style;
};
#define P struct unet

static const struct mm_param params[] = {
    MM_INT(P, spatial_dims, .aliases = "dimensions", .required = true, .min = 2, .max = 3, .help = "2 or 3"),
    MM_INT(P, in_channels, .required = true, .min = 1, .max = 4096, .help = "channels of the image"),
    MM_INT(P, out_channels, .required = true, .min = 1, .max = 4096, .help = "channels of the prediction: classes"),
    MM_INTS(P, channels, .required = true, .min = 1, .max = 1 << 16, .count_min = 2, .count_max = LEVELS_MAX,
            .help = "channels of each level, top first"),
    MM_JSON(P, strides, .required = true, .help = "between levels: one number, or one for each axis (x, y[, z])"),
    MM_INTS(P, kernel_size, .def_text = "[3]", .min = 1, .max = 31, .count_min = 1, .count_max = 3, .help = "odd"),
    MM_INTS(P, up_kernel_size, .def_text = "[3]", .min = 1, .max = 31, .count_min = 1, .count_max = 3, .help = "odd"),
    MM_INT(P, num_res_units, .min = 0, .max = 16, .help = "convolutions in a residual unit; 0: plain convolutions"),
    MM_JSON(P, act, .def_text = "\"PRELU\"",
            .help = "relu, leakyrelu, prelu, sigmoid, tanh, elu or none; with arguments: [name, {...}]"),
    MM_JSON(P, norm, .def_text = "\"INSTANCE\"", .help = "batch, instance or none; with arguments: [name, {...}]"),
    MM_DOUBLE(P, dropout, .min = 0, .max = 0.99, .help = "probability of a zero"),
    MM_BOOL(P, bias, .def = 1, .help = "convolutions have a bias"),
    MM_STRING(P, adn_ordering, .def_text = "NDA", .help = "order of norm (N), dropout (D) and activation (A)"),
    MM_PARAMS_END,
};

/* One level's stride: a number or a list. */
static enum mm_status read_stride(const cJSON *node, int spatial, int out[3], struct mm_error *err)
{
    int64_t values[3];
    struct mm_ints list = {.items = values};
    const cJSON *item = cJSON_IsArray(node) ? node->child : node;
    for (; item && list.count < 3; item = cJSON_IsArray(node) ? item->next : NULL, list.count++)
        if (!mm_json_int(item, &values[list.count]) || values[list.count] < 1 || values[list.count] > 64)
            return mm_fail(err, MM_ERR_CONFIG, "strides: expected whole numbers from 1 to 64");
    return mm_layer_axes(&list, spatial, "a stride", out, err);
}

static enum mm_status read_strides(P *p, struct mm_error *err)
{
    enum mm_status status;
    const cJSON *item;
    size_t level = 0, wanted = p->channels.count - 1;
    if (!cJSON_IsArray(p->strides) || (size_t)cJSON_GetArraySize(p->strides) != wanted)
        return mm_fail(err, MM_ERR_CONFIG, "strides: expected a list of %zu, one less than channels", wanted);
    cJSON_ArrayForEach (item, p->strides)
        if (MM_TRY(status, read_stride(item, (int)p->spatial_dims, p->stride[level++], err)))
            return status;
    return MM_OK;
}

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    P *p = self;
    enum mm_status status;
    int spatial = (int)p->spatial_dims;
    (void)arena;
    if (MM_TRY(status, read_strides(p, err)) ||
        MM_TRY(status, mm_layer_axes(&p->kernel_size, spatial, "kernel_size", p->kernel, err)) ||
        MM_TRY(status, mm_layer_axes(&p->up_kernel_size, spatial, "up_kernel_size", p->up_kernel, err)) ||
        MM_TRY(status, mm_layer_read_activation(p->act, &p->style, err)) ||
        MM_TRY(status, mm_layer_read_norm(p->norm, &p->style, err)) ||
        MM_TRY(status, mm_layer_check_ordering(p->adn_ordering, err)))
        return status;
    for (int i = 0; i < 3; i++)
        if (p->kernel[i] % 2 == 0 || p->up_kernel[i] % 2 == 0)
            return mm_fail(err, MM_ERR_CONFIG, "kernel_size and up_kernel_size must be odd");
    p->style.dropout = p->dropout;
    p->style.ordering = p->adn_ordering;
    return MM_OK;
}

static const int one[3] = {1, 1, 1};

/* MONAI's Convolution: conv, then adn unless `only`. */
static mm_value convolution(const P *p, struct mm_graph *graph, const char *name, struct mm_layer_conv conv,
                            bool only, mm_value x)
{
    conv.bias = p->bias;
    x = mm_layer_conv(graph, mm_layer_child(name, ".conv").text, &conv, x);
    return only ? x : mm_layer_adn(graph, mm_layer_child(name, ".adn").text, &p->style, conv.out, x);
}

/* MONAI's ResidualUnit. */
static mm_value residual(const P *p, struct mm_graph *graph, const char *name, int64_t in, int64_t out,
                         const int stride[3], int64_t units, bool last_only, mm_value x)
{
    bool strided = stride[0] * stride[1] * stride[2] != 1;
    mm_value y = x;
    for (int64_t u = 0; u < units; u++) {
        char unit[32];
        snprintf(unit, sizeof(unit), ".conv.unit%d", (int)u);
        struct mm_layer_conv conv = mm_layer_conv_same(u ? out : in, out, p->kernel, u ? one : stride, false);
        y = convolution(p, graph, mm_layer_child(name, unit).text, conv, last_only && u == units - 1, y);
    }
    mm_value skip = x;
    if (strided || in != out) {
        struct mm_layer_conv conv = mm_layer_conv_same(in, out, strided ? p->kernel : one, stride, false);
        conv.bias = p->bias;
        skip = mm_layer_conv(graph, mm_layer_child(name, ".residual").text, &conv, x);
    }
    return mm_layer_add(graph, name, y, skip);
}

static mm_value down_layer(const P *p, struct mm_graph *graph, const char *name, int64_t in, int64_t out,
                           const int stride[3], mm_value x)
{
    if (p->num_res_units > 0)
        return residual(p, graph, name, in, out, stride, p->num_res_units, false, x);
    return convolution(p, graph, name, mm_layer_conv_same(in, out, p->kernel, stride, false), false, x);
}

static mm_value up_layer(const P *p, struct mm_graph *graph, const char *name, int64_t in, int64_t out,
                         const int stride[3], bool top, mm_value x)
{
    struct mm_layer_conv conv = mm_layer_conv_same(in, out, p->up_kernel, stride, true);
    if (p->num_res_units == 0)
        return convolution(p, graph, name, conv, top, x);
    x = convolution(p, graph, mm_layer_child(name, ".0").text, conv, false, x);
    return residual(p, graph, mm_layer_child(name, ".1").text, out, out, one, 1, top, x);
}

/* One level around all those below it. */
static mm_value block(const P *p, struct mm_graph *graph, const char *name, size_t level, int64_t in, int64_t out,
                      mm_value x)
{
    const int64_t *channels = p->channels.items;
    struct mm_layer_name below = mm_layer_child(name, ".1.submodule");
    bool deepest = level + 2 == p->channels.count;
    int64_t width = channels[level], inner = deepest ? channels[level + 1] : width;
    mm_value down = down_layer(p, graph, mm_layer_child(name, ".0").text, in, width, p->stride[level], x);
    mm_value sub = deepest ? down_layer(p, graph, below.text, width, inner, one, down)
                           : block(p, graph, below.text, level + 1, width, width, down);
    mm_value both = mm_layer_concat(graph, mm_layer_child(name, ".1").text, down, sub);
    return up_layer(p, graph, mm_layer_child(name, ".2").text, width + inner, out, p->stride[level], level == 0,
                    both);
}

static enum mm_status build(const void *self, struct mm_graph *graph, struct mm_error *err)
{
    const P *p = self;
    mm_value image = mm_graph_input(graph, "image", p->in_channels);
    mm_graph_output(graph, block(p, graph, "model", 0, p->in_channels, p->out_channels, image));
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

/* Skips meet only when every stride divides. */
static void multiple(const void *self, int out[3])
{
    const P *p = self;
    for (int axis = 0; axis < 3; axis++) {
        out[axis] = 1;
        for (size_t level = 0; level + 1 < p->channels.count; level++)
            out[axis] *= axis < p->spatial_dims ? p->stride[level][2 - axis] : 1;
    }
}

const struct mm_model mm_model_unet = {
    .name = "UNet",
    .summary = "U-Net with strided convolutions and optional residual units",
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
    .example = "{\"spatial_dims\": 3, \"in_channels\": 1, \"out_channels\": 2, \"channels\": [16, 32, 64, 128, 256], "
               "\"strides\": [2, 2, 2, 2], \"num_res_units\": 2, \"norm\": \"batch\"}",
};
