/* MONAI 1.3's SegResNet; seg_resnet_core.h has the network. */
#include <string.h>

#include "trainer/models/seg_resnet_core.h"

struct seg_resnet {
    int64_t spatial_dims, init_filters, in_channels, out_channels;
    double dropout_prob;
    const cJSON *act, *norm;
    bool use_conv_final;
    struct mm_ints blocks_down, blocks_up;
    const char *upsample_mode;
    struct mm_seg_resnet net; /* from check */
};
#define P struct seg_resnet

static const struct mm_param params[] = {
    MM_INT(P, spatial_dims, .aliases = "dimensions", .def = 3, .min = 2, .max = 3, .help = "2 or 3"),
    MM_INT(P, init_filters, .def = 8, .min = 1, .max = 4096,
           .help = "channels of the top level; each level below doubles them"),
    MM_INT(P, in_channels, .def = 1, .min = 1, .max = 4096, .help = "channels of the image"),
    MM_INT(P, out_channels, .def = 2, .min = 1, .max = 4096, .help = "channels of the prediction: classes"),
    MM_DOUBLE(P, dropout_prob, .min = 0, .max = 0.99, .help = "probability that a channel is zero"),
    MM_JSON(P, act, .def_text = "\"RELU\"", .help = "relu, leakyrelu, sigmoid, tanh, elu or none"),
    MM_JSON(P, norm, .def_text = "[\"GROUP\", {\"num_groups\": 8}]", .help = "group, batch, instance or none"),
    MM_BOOL(P, use_conv_final, .def = 1, .help = "norm, activation and 1x1 convolution to out_channels at the end"),
    MM_INTS(P, blocks_down, .def_text = "[1, 2, 2, 4]", .min = 1, .max = MM_SEG_RESNET_BLOCKS, .count_min = 1,
            .count_max = MM_SEG_RESNET_LEVELS, .help = "residual blocks of each level, top first"),
    MM_INTS(P, blocks_up, .def_text = "[1, 1, 1]", .min = 1, .max = MM_SEG_RESNET_BLOCKS,
            .count_max = MM_SEG_RESNET_LEVELS - 1, .help = "residual blocks of each level on the way up"),
    MM_CHOICE(P, upsample_mode, .choices = "deconv nontrainable", .def_text = "nontrainable",
              .help = "transposed convolution, or linear"),
    MM_IGNORED("norm_name", .help = "norm says it"),
    MM_IGNORED("num_groups", .help = "norm says it"),
    MM_PARAMS_END,
};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    P *p = self;
    enum mm_status s;
    (void)arena;
    p->net = (struct mm_seg_resnet){
        .spatial = (int)p->spatial_dims,
        .in = p->in_channels,
        .out = p->use_conv_final ? p->out_channels : p->init_filters,
        .filters = p->init_filters,
        .down = p->blocks_down,
        .up = p->blocks_up,
        .dropout = p->dropout_prob,
        .transposed = strcmp(p->upsample_mode, "deconv") == 0,
        .headless = !p->use_conv_final,
    };
    if (MM_TRY(s, mm_layer_read_activation(p->act, &p->net.style, err)) ||
        MM_TRY(s, mm_layer_read_norm(p->norm, &p->net.style, err)))
        return s;
    return mm_seg_resnet_check(&p->net, err);
}

static enum mm_status build(const void *self, struct mm_graph *graph, struct mm_error *err)
{
    return mm_seg_resnet_build(&((const P *)self)->net, graph, err);
}

static int spatial(const void *self)
{
    return ((const P *)self)->net.spatial;
}

static int64_t in_channels(const void *self)
{
    return ((const P *)self)->net.in;
}

static int64_t out_channels(const void *self)
{
    return ((const P *)self)->net.out;
}

static void multiple(const void *self, int out[3])
{
    mm_seg_resnet_multiple(&((const P *)self)->net, out);
}

const struct mm_model mm_model_seg_resnet = {
    .name = "SegResNet",
    .summary = "encoder and decoder of residual blocks with group norm",
    .notes = "Logits: losses and post transforms apply softmax or sigmoid. Without the variational branch of "
             "SegResNetVAE.",
    .params = params,
    .params_size = sizeof(P),
    .reference_axes = MM_AXES_XYZ,
    .check = check,
    .spatial = spatial,
    .in_channels = in_channels,
    .out_channels = out_channels,
    .multiple = multiple,
    .build = build,
    .example = "{\"spatial_dims\": 3, \"in_channels\": 1, \"out_channels\": 2, \"init_filters\": 8, \"blocks_down\": "
               "[1, 2, 2, 4], \"blocks_up\": [1, 1, 1]}",
};
