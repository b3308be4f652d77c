/* SegResNet (Myronenko 2018, without its variational branch): residual blocks with the norm before the convolution, halved by strided
 * convolutions, doubled by a 1x1 convolution and up-sampling, skips added. Names and order of parameters: monai.networks.nets.SegResNet
 * 1.3. MONAI's and Clara Train 3's spellings of it differ in their arguments only. */
#ifndef MM_TRAINER_MODELS_SEG_RESNET_CORE_H
#define MM_TRAINER_MODELS_SEG_RESNET_CORE_H

#include "trainer/models/layers.h"

#define MM_SEG_RESNET_LEVELS 8
#define MM_SEG_RESNET_BLOCKS 16 /* of a level */

struct mm_seg_resnet {
    int spatial;
    int64_t in, out, filters;    /* filters: of the top level, each level below doubles them */
    struct mm_ints down, up;     /* residual blocks of each level: top first, and bottom first without the deepest */
    struct mm_layer_style style; /* norm and activation of blocks and head */
    bool groups_at_most;         /* a level with fewer channels than style.groups has a group a channel */
    double dropout;              /* of whole channels, behind the first convolution */
    bool transposed;             /* up-sampling by a transposed convolution instead of linear */
    bool headless;               /* no norm, activation and 1x1 convolution at the end */
};

/* Counts of blocks that fit each other, groups that divide the channels, an activation without parameters. */
enum mm_status mm_seg_resnet_check(const struct mm_seg_resnet *net, struct mm_error *err);
enum mm_status mm_seg_resnet_build(const struct mm_seg_resnet *net, struct mm_graph *graph, struct mm_error *err);
void mm_seg_resnet_multiple(const struct mm_seg_resnet *net, int out[3]);

#endif
