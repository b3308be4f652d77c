/* Clara Train 3's overlap losses as rules of ours; see v3.h. */
#include "trainer/losses/v3.h"

static enum mm_voxel_activation activation_of(const struct mm_v3_overlap *v3, int64_t channels)
{
    if (strcmp(v3->activation, "none") == 0)
        return MM_VOXEL_NONE;
    if (strcmp(v3->activation, "auto") == 0)
        return v3->is_onehot_targets || channels == 1 ? MM_VOXEL_SIGMOID : MM_VOXEL_SOFTMAX;
    return strcmp(v3->activation, "sigmoid") == 0 ? MM_VOXEL_SIGMOID : MM_VOXEL_SOFTMAX;
}

struct mm_region_rule mm_v3_rule(const struct mm_v3_overlap *v3, int64_t channels)
{
    return (struct mm_region_rule){
        .region = {activation_of(v3, channels), !v3->is_onehot_targets, !v3->skip_background, v3->squared_pred,
                   false},
        .reduction = "mean",
        .value = mm_region_dice,
        .smooth_nr = v3->smooth,
        .smooth_dr = v3->smooth,
        .jaccard = v3->jaccard,
    };
}
