/* Reads the files of fields. */
#include "transforms/load.h"

static const struct mm_param params[] = {
    MM_IGNORED("reader", .help = "the format is known by the file"),
    MM_IGNORED("dtype", .help = "voxels keep the type of the file"),
    MM_IGNORED("image_only", .help = "what MONAI returns beside the image"),
    MM_IGNORED("ensure_channel_first", .help = "images are channel-first when read"),
    MM_IGNORED("meta_keys", .help = "what MONAI keeps beside the image"),
    MM_IGNORED("meta_key_postfix", .help = "what MONAI keeps beside the image"),
    MM_IGNORED("overwriting", .help = "what MONAI keeps beside the image"),
    MM_IGNORED("simple_keys", .help = "what MONAI keeps beside the image"),
    MM_IGNORED("prune_meta_pattern", .help = "what MONAI keeps beside the image"),
    MM_IGNORED("prune_meta_sep", .help = "what MONAI keeps beside the image"),
    MM_IGNORED("expanduser", .help = "paths are those of the datalist"),
    MM_IGNORED("reverse_indexing", .help = "2D images are x, y"),
    MM_IGNORED("as_closest_canonical", .help = "use Orientation"),
    MM_PARAMS_END};

const struct mm_transform mm_transform_load_image = {
    .name = "LoadImage",
    .summary = "read the files of fields",
    .notes = "Several files of one field become the channels of one image.",
    .params = params,
    .flags = MM_LABELS,
    .each = mm_load_each,
    .example = "{\"name\": \"LoadImaged\", \"args\": {\"keys\": [\"image\", \"label\"]}}",
};
