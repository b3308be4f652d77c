/* "SegResnet" with the arguments of Clara Train 3. Its source is not public: this is the published network (seg_resnet_core.h) with the
 * arguments that Clara's configs give it. */
#include "trainer/models/seg_resnet_core.h"

struct seg_resnet_v3 {
    int64_t n_spatial_dim, in_channels, num_classes, init_filters, use_group_normG;
    struct mm_ints blocks_down, blocks_up;
    bool use_vae, use_group_norm, use_batch_norm;
    double dropout_prob;
    struct mm_seg_resnet net; /* from check */
};
#define P struct seg_resnet_v3

static const struct mm_param params[] = {
    MM_INT(P, num_classes, .required = true, .min = 1, .max = 4096, .help = "channels of the prediction"),
    MM_INT(P, n_spatial_dim, .def = 3, .min = 2, .max = 3, .help = "2 or 3"),
    MM_INT(P, in_channels, .def = 1, .min = 1, .max = 4096,
           .help = "channels of the image; the image pipeline's output_image_channels when absent"),
    MM_INT(P, init_filters, .def = 8, .min = 1, .max = 4096,
           .help = "channels of the top level; each level below doubles them"),
    MM_INTS(P, blocks_down, .def_text = "[1, 2, 2, 4]", .min = 1, .max = MM_SEG_RESNET_BLOCKS, .count_min = 1,
            .count_max = MM_SEG_RESNET_LEVELS, .help = "residual blocks of each level, top first"),
    MM_INTS(P, blocks_up, .def_text = "[1, 1, 1]", .min = 1, .max = MM_SEG_RESNET_BLOCKS,
            .count_max = MM_SEG_RESNET_LEVELS - 1, .help = "residual blocks of each level on the way up"),
    MM_BOOL(P, use_group_norm, .def = 1, .help = "group norm"),
    MM_INT(P, use_group_normG, .def = 8, .min = 1, .max = 4096,
           .help = "groups of a group norm; a level with fewer channels has a group a channel"),
    MM_BOOL(P, use_batch_norm, .help = "batch norm, where use_group_norm is false"),
    MM_DOUBLE(P, dropout_prob, .min = 0, .max = 0.99, .help = "probability that a channel is zero"),
    MM_BOOL(P, use_vae, .help = "only false: the variational branch is not available"),
    MM_IGNORED("data_format", .help = "memory order of another framework"),
    MM_IGNORED("final_activation", .help = "predictions are logits here: the loss applies its activation"),
    MM_IGNORED("reg_weight", .help = "weights are kept small by the optimizer's weight_decay"),
    MM_PARAMS_END,
};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    P *p = self;
    (void)arena;
    if (p->use_vae)
        return mm_fail(err, MM_ERR_CONFIG, "use_vae: the variational branch is not available here, only false is");
    p->net = (struct mm_seg_resnet){
        .spatial = (int)p->n_spatial_dim,
        .in = p->in_channels,
        .out = p->num_classes,
        .filters = p->init_filters,
        .down = p->blocks_down,
        .up = p->blocks_up,
        .style = {.norm = p->use_group_norm   ? MM_LAYER_NORM_GROUP
                          : p->use_batch_norm ? MM_LAYER_NORM_BATCH
                                              : MM_LAYER_NORM_NONE,
                  .groups = p->use_group_normG,
                  .epsilon = 1e-5,
                  .momentum = 0.1,
                  .has_activation = true,
                  .activation = {.kind = MM_RELU}},
        .groups_at_most = true,
        .dropout = p->dropout_prob,
    };
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

const struct mm_model mm_model_seg_resnet_v3 = {
    .name = "SegResnet",
    .summary = "SegResNet with the arguments of Clara Train 3",
    .notes = "Predictions are logits here: losses apply softmax or sigmoid. Clara's source is not public: the "
             "network is the published one.",
    .params = params,
    .params_size = sizeof(P),
    .reference_axes = MM_AXES_XYZ,
    .check = check,
    .spatial = spatial,
    .in_channels = in_channels,
    .out_channels = out_channels,
    .multiple = multiple,
    .build = build,
    .example = "{\"num_classes\": 2, \"use_vae\": false, \"blocks_down\": \"1,2,2,4\", \"blocks_up\": \"1,1,1\", "
               "\"init_filters\": 8, \"use_group_norm\": true}",
};
