/* "Unet" with the arguments of Clara Train 3. Clara's source is not public; its arguments (four widths of an encoder, seven of a decoder)
 * are those of VoxelMorph's public `unet_core` (Balakrishnan et al. 2018), whose shape this is: each encoder convolution halves the
 * image; decoder convolutions 1 to 4 meet the skip of the next larger size, the fifth stays there, then one more step up to the image
 * itself and two convolutions at full size; nearest up-sampling, leaky ReLU 0.2, a 1x1x1 convolution to the classes.
 * Parameters: enc1 ... enc4, dec1 ... dec7, out. */
#include "trainer/models/layers.h"

#define ENCODER 4
#define DECODER 7

struct clara_unet {
    int64_t num_classes, n_spatial_dim, in_channels, use_group_normG;
    struct mm_ints nf_enc, nf_dec;
    bool use_group_norm, use_batch_norm;
};
#define P struct clara_unet

static const struct mm_param params[] = {
    MM_INT(P, num_classes, .required = true, .min = 1, .max = 4096, .help = "channels of the prediction"),
    MM_INTS(P, nf_enc, .def_text = "[32, 64, 64, 64]", .min = 1, .max = 1 << 14, .count_min = ENCODER,
            .count_max = ENCODER, .help = "channels of the encoder's convolutions"),
    MM_INTS(P, nf_dec, .def_text = "[64, 64, 64, 64, 64, 32, 32]", .min = 1, .max = 1 << 14, .count_min = DECODER - 1,
            .count_max = DECODER, .help = "channels of the decoder's convolutions; the last one may be left out"),
    MM_INT(P, n_spatial_dim, .def = 3, .min = 2, .max = 3, .help = "2 or 3"),
    MM_INT(P, in_channels, .def = 1, .min = 1, .max = 4096,
           .help = "channels of the image; the image pipeline's output_image_channels when absent"),
    MM_BOOL(P, use_group_norm, .help = "group norm behind each convolution"),
    MM_INT(P, use_group_normG, .def = 8, .min = 1, .max = 4096,
           .help = "groups of a group norm; a convolution with fewer channels has a group a channel"),
    MM_BOOL(P, use_batch_norm, .help = "batch norm behind each convolution, where use_group_norm is false"),
    MM_IGNORED("data_format", .help = "memory order of another framework"),
    MM_IGNORED("final_activation", .help = "predictions are logits here: the loss applies its activation"),
    MM_IGNORED("reg_weight", .help = "weights are kept small by the optimizer's weight_decay"),
    MM_PARAMS_END,
};

static int64_t groups_of(const P *p, int64_t channels)
{
    return p->use_group_normG < channels ? p->use_group_normG : channels;
}

static enum mm_status check_groups(const P *p, const struct mm_ints *widths, const char *name, struct mm_error *err)
{
    for (size_t i = 0; p->use_group_norm && i < widths->count; i++)
        if (widths->items[i] % groups_of(p, widths->items[i]))
            return mm_fail(err, MM_ERR_CONFIG, "%s: %lld channels cannot be cut into %lld equal groups", name,
                           (long long)widths->items[i], (long long)groups_of(p, widths->items[i]));
    return MM_OK;
}

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    const P *p = self;
    enum mm_status s = check_groups(p, &p->nf_enc, "nf_enc", err);
    (void)arena;
    return s == MM_OK ? check_groups(p, &p->nf_dec, "nf_dec", err) : s;
}

/* What grows from layer to layer: the value and its channels. */
struct flow {
    mm_value value;
    int64_t channels;
};

/* Convolution of extent 3, norm, leaky ReLU. Padding is that of TensorFlow's "same" at even sizes: with stride 2 all of it is behind. */
static struct flow conv_block(const P *p, struct mm_graph *graph, const char *prefix, size_t number, int64_t out,
                              int stride, struct flow x)
{
    char name[32];
    struct mm_layer_conv conv = {.in = x.channels, .out = out, .bias = true, .he_normal = true};
    const struct mm_layer_style style = {
        .norm = p->use_group_norm   ? MM_LAYER_NORM_GROUP
                : p->use_batch_norm ? MM_LAYER_NORM_BATCH
                                    : MM_LAYER_NORM_NONE,
        .groups = groups_of(p, out),
        .epsilon = 1e-5,
        .momentum = 0.1,
        .has_activation = true,
        .activation = {.kind = MM_LEAKY_RELU, .slope = 0.2},
        .ordering = "NA",
    };
    for (int axis = p->n_spatial_dim == 3 ? 0 : 1; axis < 3; axis++) {
        conv.kernel[axis] = 3;
        conv.stride[axis] = stride;
        conv.low[axis] = stride == 1;
        conv.high[axis] = 1;
    }
    if (p->n_spatial_dim == 2)
        conv.kernel[0] = conv.stride[0] = 1;
    snprintf(name, sizeof name, "%s%zu", prefix, number);
    mm_value y = mm_layer_conv(graph, mm_layer_child(name, ".conv").text, &conv, x.value);
    return (struct flow){mm_layer_adn(graph, name, &style, out, y), out};
}

static struct flow join(const P *p, struct mm_graph *graph, size_t number, struct flow x, struct flow skip)
{
    char name[32];
    const struct mm_upsample nearest = {.factor = {p->n_spatial_dim == 3 ? 2 : 1, 2, 2}};
    snprintf(name, sizeof name, "up%zu", number);
    mm_value larger = mm_graph_add(graph, name, &mm_op_upsample, &nearest, &x.value, 1);
    snprintf(name, sizeof name, "concat%zu", number);
    return (struct flow){mm_layer_concat(graph, name, larger, skip.value), x.channels + skip.channels};
}

static enum mm_status build(const void *self, struct mm_graph *graph, struct mm_error *err)
{
    const P *p = self;
    const int64_t *widths = p->nf_dec.items;
    const int point[3] = {1, 1, 1};
    struct flow skips[ENCODER + 1] = {{mm_graph_input(graph, "image", p->in_channels), p->in_channels}};
    for (size_t i = 0; i < ENCODER; i++)
        skips[i + 1] = conv_block(p, graph, "enc", i + 1, p->nf_enc.items[i], 2, skips[i]);
    struct flow x = skips[ENCODER];
    for (size_t i = 0; i < ENCODER; i++) {
        x = conv_block(p, graph, "dec", i + 1, widths[i], 1, x);
        if (i + 1 < ENCODER)
            x = join(p, graph, i + 1, x, skips[ENCODER - 1 - i]);
    }
    x = conv_block(p, graph, "dec", 5, widths[4], 1, x);
    x = join(p, graph, ENCODER, x, skips[0]);
    for (size_t i = 5; i < p->nf_dec.count; i++)
        x = conv_block(p, graph, "dec", i + 1, widths[i], 1, x);
    struct mm_layer_conv out = mm_layer_conv_same(x.channels, p->num_classes, point, point, false);
    mm_graph_output(graph, mm_layer_conv(graph, "out", &out, x.value));
    return mm_graph_status(graph, err);
}

static int spatial(const void *self)
{
    return (int)((const P *)self)->n_spatial_dim;
}

static int64_t in_channels(const void *self)
{
    return ((const P *)self)->in_channels;
}

static int64_t out_channels(const void *self)
{
    return ((const P *)self)->num_classes;
}

static void multiple(const void *self, int out[3])
{
    for (int axis = 0; axis < 3; axis++)
        out[axis] = axis < ((const P *)self)->n_spatial_dim ? 1 << ENCODER : 1;
}

const struct mm_model mm_model_clara_unet = {
    .name = "Unet",
    .summary = "U-Net with the arguments of Clara Train 3",
    .notes = "Predictions are logits here: losses apply softmax or sigmoid. Clara's source is not public: the "
             "network has the shape of "
             "VoxelMorph's unet_core. MONAI's U-Net is UNet, with a capital N.",
    .params = params,
    .params_size = sizeof(P),
    .reference_axes = MM_AXES_ZYX,
    .check = check,
    .spatial = spatial,
    .in_channels = in_channels,
    .out_channels = out_channels,
    .multiple = multiple,
    .build = build,
    .example = "{\"num_classes\": 2, \"nf_enc\": \"32,64,64,64\", \"nf_dec\": \"64,64,64,64,64,32,32\"}",
};
