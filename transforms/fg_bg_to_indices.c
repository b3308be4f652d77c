/* MONAI lists the voxels of the foreground, the background or the classes in fields for the crops that follow. Here the crops do it
 * themselves when a sample is cached. */
#include "transforms/transform.h"

static const struct mm_param params[] = {
    MM_IGNORED("fg_postfix", .help = "the crop that follows lists the foreground itself, once for a cached sample"),
    MM_IGNORED("bg_postfix", .help = "the background needs no list"),
    MM_IGNORED("indices_postfix", .help = "the crop that follows lists the classes itself"),
    MM_IGNORED("num_classes", .help = "RandCropByLabelClasses has num_classes of its own"),
    MM_IGNORED("max_samples_per_class", .help = "all voxels of a class are drawn from"),
    MM_IGNORED("image_key", .help = "give image_key to the crop: it decides which background counts"),
    MM_IGNORED("image_threshold", .help = "give image_threshold to the crop"),
    MM_IGNORED("output_shape", .help = "what MONAI keeps beside the indices"),
    MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)step, (void)sample, (void)field, (void)key, (void)context, (void)err;
    return MM_OK;
}

const struct mm_transform mm_transform_fg_bg_to_indices = {
    .name = "FgBgToIndices",
    .aliases = "ClassesToIndices",
    .summary = "nothing: crops list the foreground and the classes themselves",
    .notes =
        "Accepted so that MONAI's chains run: RandCropByPosNegLabel and RandCropByLabelClasses list their voxels "
        "once, when a sample is cached, whether this step is there or not.",
    .params = params,
    .flags = MM_VOXELWISE | MM_LABELS,
    .each = each,
    .example = "{\"name\": \"FgBgToIndicesd\", \"args\": {\"keys\": \"label\", \"fg_postfix\": \"_fg\", "
               "\"bg_postfix\": \"_bg\"}}",
};
