/* Patches of the image on a grid that begins at a random voxel (MONAI RandGridPatch). All patches of an image are of one grid. Draws: the
 * offset along each axis, then the order "random". */
#include <math.h>

#include "transforms/patches.h"

struct rand_grid_patch {
    struct mm_patches patches;
    struct mm_ints min_offset, max_offset;
};
#define P struct rand_grid_patch

static const struct mm_param params[] = {
    MM_PATCHES_PARAMS(P, "min max random"),
    MM_INTS(P, min_offset, .def_text = "0", .min = -(1 << 20), .max = 1 << 20, .count_min = 1, .count_max = 3,
            .unit = "voxel", .help = "least first voxel of the first patch; below 0 with pad_mode"),
    MM_INTS(P, max_offset, .min = -(1 << 20), .max = 1 << 20, .count_max = 3, .unit = "voxel",
            .help = "greatest; what is left of the image behind the last whole patch when left out"),
    MM_PARAMS_END};

static size_t outputs(const void *self)
{
    const P *p = self;
    return (size_t)p->patches.num_patches;
}

static int64_t at(const struct mm_ints *list, size_t axis)
{
    return list->items[axis < list->count ? axis : list->count - 1];
}

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    (void)arena;
    const P *p = self;
    for (size_t a = 0; p->max_offset.count && a < 3; a++)
        if (at(&p->min_offset, a) > at(&p->max_offset, a))
            return mm_fail(err, MM_ERR_CONFIG, "min_offset, %lld, is above max_offset, %lld",
                           (long long)at(&p->min_offset, a), (long long)at(&p->max_offset, a));
    return MM_OK;
}

/* The grid's first voxel on an image of that size. */
static void draw_offset(const P *p, const struct mm_volume *image, struct mm_random *random, int offset[3])
{
    for (size_t a = 0; a < 3; a++) {
        int64_t low = at(&p->min_offset, a), high = image->size[a] % at(&p->patches.patch_size, a);
        high = p->max_offset.count ? at(&p->max_offset, a) : high;
        offset[a] = (int)low;
        if (a < (size_t)image->rank && high > low)
            offset[a] += (int)mm_random_below(random, (uint32_t)(high - low) + 1);
    }
}

static enum mm_status apply(const struct mm_step *step, struct mm_sample *sample, const struct mm_context *context,
                            struct mm_error *err)
{
    const P *p = step->self;
    const struct mm_strings *keys = &step->common.keys;
    struct mm_context whole = context ? *context : (struct mm_context){0}; /* the image, not one of its patches */
    size_t number = whole.output % outputs(p), key = 0;
    whole.output = (uint32_t)(whole.output / outputs(p));
    struct mm_random random;
    mm_step_random(step, &whole, &random);
    while (key + 1 < keys->count && step->common.allow_missing_keys && !mm_sample_find(sample, keys->items[key]))
        key++;
    if (step->common.allow_missing_keys && !mm_sample_find(sample, keys->items[key]))
        return MM_OK;
    enum mm_status s;
    struct mm_field *field;
    int offset[3];
    if (MM_TRY(s, mm_sample_volume(sample, keys->items[key], &field, err)))
        return s;
    draw_offset(p, field->volume, &random, offset);
    return mm_patches_apply(step, sample, &p->patches, offset, number, &random, err);
}

const struct mm_transform mm_transform_rand_grid_patch = {
    .name = "RandGridPatch",
    .summary = "cut patches on a grid with a random start out of the image",
    .notes = "As GridPatch.",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM | MM_SPATIAL | MM_MANY | MM_INVERTIBLE,
    .check = check,
    .outputs = outputs,
    .apply = apply,
    .invert = mm_box_invert,
    .example =
        "{\"name\": \"RandGridPatchd\", \"args\": {\"keys\": [\"image\", \"label\"], \"patch_size\": [8, 8, 8], "
        "\"num_patches\": 4, \"sort_fn\": \"random\"}}",
};
