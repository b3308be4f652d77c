/* Clara v3: reads the files of fields. */
#include "transforms/load.h"

static const struct mm_param params[] = {MM_IGNORED("dtype", .help = "voxels keep the type of the file"),
                                         MM_IGNORED("shape", .help = "the order of axes is the file's"),
                                         MM_PARAMS_END};

const struct mm_transform mm_transform_load_nifti = {
    .name = "LoadNifti",
    .summary = "read the files of fields",
    .notes = "The same as LoadImage: any format is read.",
    .params = params,
    .flags = MM_LABELS,
    .each = mm_load_each,
    .example = "{\"name\": \"LoadNifti\", \"args\": {\"fields\": [\"image\", \"label\"]}}",
};
