/* MONAI's SaveImage. Predictions are written by mmar infer and mmar evaluate --write, in the format of their image and on its grid: as a
 * step of a chain it leaves the sample as it is, so that configs which have it run. */
#include "transforms/transform.h"

static const struct mm_param params[] = {
    MM_IGNORED("output_dir", .help = "mmar infer -o says where"),
    MM_IGNORED("output_postfix", .help = "mmar infer names the files"),
    MM_IGNORED("output_ext", .help = "predictions have the format of their image"),
    MM_IGNORED("output_dtype", .help = "labels have the narrowest type that holds them"),
    MM_IGNORED("resample", .help = "predictions are on the grid of the image's file"),
    MM_IGNORED("mode", .help = "predictions are on the grid of the image's file"),
    MM_IGNORED("padding_mode", .help = "predictions are on the grid of the image's file"),
    MM_IGNORED("scale", .help = "values are written as they are"),
    MM_IGNORED("dtype", .help = "labels have the narrowest type that holds them"),
    MM_IGNORED("align_corners", .help = "predictions are on the grid of the image's file"),
    MM_IGNORED("meta_keys", .help = "fields know their file"),
    MM_IGNORED("meta_key_postfix", .help = "fields know their file"),
    MM_IGNORED("squeeze_end_dims", .help = "images have no axes of one voxel at the end"),
    MM_IGNORED("data_root_dir", .help = "mmar infer names the files"),
    MM_IGNORED("separate_folder", .help = "mmar infer names the files"),
    MM_IGNORED("output_format", .help = "predictions have the format of their image"),
    MM_IGNORED("writer", .help = "predictions have the format of their image"),
    MM_IGNORED("output_name_formatter", .help = "mmar infer names the files"),
    MM_IGNORED("folder_layout", .help = "mmar infer names the files"),
    MM_IGNORED("savepath_in_metadict", .help = "mmar infer prints the files' names"),
    MM_IGNORED("channel_dim", .help = "images know their channels"),
    MM_IGNORED("print_log", .help = "mmar infer prints the files' names"),
    MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)step, (void)sample, (void)field, (void)key, (void)context, (void)err;
    return MM_OK;
}

const struct mm_transform mm_transform_save_image = {
    .name = "SaveImage",
    .summary = "nothing: mmar infer writes predictions",
    .notes =
        "Accepted so that MONAI's chains run. SaveAsNifti writes images in the middle of a chain, to look at them.",
    .params = params,
    .flags = MM_VOXELWISE | MM_IN_PLACE | MM_LABELS,
    .each = each,
    .example = "{\"name\": \"SaveImaged\", \"args\": {\"keys\": \"image\"}}",
};
