/* DeepGrow: the slice that was clicked in, as a 2D image (MONAI Fetch2DSlice). */
#include "transforms/slice.h"
#include "transforms/turn.h"

struct fetch_2d_slice {
    const char *guidance;
    int64_t axis;
};
#define P struct fetch_2d_slice

static const struct mm_param params[] = {
    MM_STRING(P, guidance, .def_text = "guidance", .help = "clicks of AddGuidanceFromPoints with spatial_dims 2"),
    MM_INT(P, axis, .def = 0, .min = 0, .max = 2, .help = "axis across which slices lie: 0 is z, 1 is x, 2 is y"),
    MM_IGNORED("meta_keys", .help = "what MONAI keeps beside the image"),
    MM_IGNORED("meta_key_postfix", .help = "what MONAI keeps beside the image"), MM_PARAMS_END};

/* What undoes it: which slice, and the turn that put its axis last. */
struct memo {
    int slice, permutation[3];
};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *image, *turned, *flat = NULL;
    int axis = mm_slice_axis(p->axis);
    struct memo memo = {.permutation = {axis == 0, axis == 2 ? 1 : 2, axis}};
    if (MM_TRY(s, mm_field_volume(field, &image, err)))
        return s;
    if (image->rank != 3)
        return mm_fail(err, MM_ERR_DATA, "the image is 2D already");
    if (MM_TRY(s, mm_slice_chosen(sample, p->guidance, image->size[axis], &memo.slice, err)))
        return s;
    turned = axis == 2 ? image : mm_volume_reorient(sample->arena, image, memo.permutation, 0);
    if (turned) {
        const struct mm_box box = {{0, 0, memo.slice}, {turned->size[0], turned->size[1], 1}};
        flat = mm_volume_crop(sample->arena, turned, &box, 0);
    }
    if (!flat)
        return mm_fail_memory(err, "a slice");
    flat->rank = 2;
    return mm_field_moved(sample, field, step, flat, &memo, sizeof memo, err);
}

/* A volume of zeros with the slice in its place. */
static enum mm_status invert(const struct mm_applied *applied, struct mm_arena *arena, const struct mm_volume *in,
                             bool nearest, struct mm_volume **out, struct mm_error *err)
{
    (void)nearest;
    const struct memo *memo = mm_applied_memo(applied, sizeof *memo);
    int back[3];
    if (!memo || !mm_turn_is_permutation(memo->permutation) || memo->slice < 0)
        return mm_applied_damaged(err);
    for (int a = 0; a < 3; a++)
        back[memo->permutation[a]] = a;
    const struct mm_box box = {{0, 0, -memo->slice},
                               {in->size[0], in->size[1], applied->size_before[memo->permutation[2]]}};
    struct mm_volume *deep = mm_volume_view(arena, in);
    if (deep)
        deep->rank = 3;
    deep = deep ? mm_volume_crop(arena, deep, &box, 0) : NULL;
    *out = deep ? mm_volume_reorient(arena, deep, back, 0) : NULL;
    return *out ? MM_OK : mm_fail_memory(err, "an image");
}

const struct mm_transform mm_transform_fetch_2d_slice = {
    .name = "Fetch2DSlice",
    .summary = "make a 3D image the 2D image of the slice that was clicked in",
    .notes = "DeepGrow, which has z in front. Undone, the slice is in its place and all others are 0.",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_SPATIAL | MM_INVERTIBLE,
    .each = each,
    .invert = invert,
    .example = "{\"name\": \"Fetch2DSliced\", \"args\": {\"keys\": [\"image\"], \"guidance\": \"guidance\"}}",
};
