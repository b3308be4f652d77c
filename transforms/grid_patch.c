/* Patches of the image on a grid (MONAI GridPatch), each a sample of its own. */
#include <math.h>

#include "transforms/patches.h"

struct grid_patch {
    struct mm_patches patches;
    struct mm_ints offset;
};
#define P struct grid_patch

static const struct mm_param params[] = {MM_PATCHES_PARAMS(P, "min max"),
                                         MM_INTS(P, offset, .def_text = "0", .min = -(1 << 20), .max = 1 << 20,
                                                 .count_min = 1, .count_max = 3, .unit = "voxel",
                                                 .help = "first voxel of the first patch; below 0 with pad_mode"),
                                         MM_PARAMS_END};

static size_t outputs(const void *self)
{
    const P *p = self;
    return (size_t)p->patches.num_patches;
}

static enum mm_status apply(const struct mm_step *step, struct mm_sample *sample, const struct mm_context *context,
                            struct mm_error *err)
{
    const P *p = step->self;
    int offset[3];
    for (size_t a = 0; a < 3; a++)
        offset[a] = (int)p->offset.items[a < p->offset.count ? a : p->offset.count - 1];
    size_t number = context ? context->output % outputs(p) : 0;
    return mm_patches_apply(step, sample, &p->patches, offset, number, NULL, err);
}

const struct mm_transform mm_transform_grid_patch = {
    .name = "GridPatch",
    .summary = "cut patches on a grid out of the image",
    .notes =
        "Each patch is a sample of its own, so their number must be given; MONAI stacks them in one array. The first "
        "key decides which patches there are; MONAI sorts each key by itself. With a threshold MONAI gives fewer "
        "where fewer are below it, here patches of `value` follow.",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_SPATIAL | MM_MANY | MM_INVERTIBLE,
    .outputs = outputs,
    .apply = apply,
    .invert = mm_box_invert,
    .example = "{\"name\": \"GridPatchd\", \"args\": {\"keys\": [\"image\", \"label\"], \"patch_size\": [8, 8, 8], "
               "\"num_patches\": 4, \"sort_fn\": \"max\"}}",
};
