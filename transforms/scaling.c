/* Scaling by factors. The memo of a step is how, and the box of the scaled image that was kept. */
#include "transforms/scaling.h"

#include <math.h>

#define SIZE_MAX_AXIS 65536

struct memo {
    int scaled[3];
    struct mm_box kept;
    enum mm_resize mode;
    unsigned align_corners; /* 0 or 1 */
};

enum mm_resize mm_scaling_mode(const char *name)
{
    static const struct {
        const char *name;
        enum mm_resize mode;
    } modes[] = {
        {"area", MM_RESIZE_AREA},       {"nearest", MM_RESIZE_NEAREST}, {"nearest-exact", MM_RESIZE_NEAREST_EXACT},
        {"0", MM_RESIZE_NEAREST_EXACT}, {"bicubic", MM_RESIZE_CUBIC},   {"3", MM_RESIZE_CUBIC}};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (strcmp(modes[i].name, name) == 0)
            return modes[i].mode;
    return MM_RESIZE_LINEAR;
}

static struct mm_volume *scale(struct mm_arena *arena, const struct mm_volume *image, const int size[3],
                               const struct memo *how)
{
    bool keeps_values = how->mode == MM_RESIZE_NEAREST || how->mode == MM_RESIZE_NEAREST_EXACT;
    return mm_volume_resize(arena, image, size, how->mode, how->align_corners, NULL,
                            keeps_values ? image->type : MM_F32);
}

static enum mm_status find_size(const struct mm_volume *image, const double factor[3], int size[3],
                                struct mm_error *err)
{
    for (int a = 0; a < 3; a++) {
        double n = a < image->rank ? floor(image->size[a] * factor[a]) : 1;
        if (!(n >= 1 && n <= SIZE_MAX_AXIS))
            return mm_fail(err, MM_ERR_DATA, "axis %d of %d voxels would have %g, 1 to %d are allowed", a,
                           image->size[a], n, SIZE_MAX_AXIS);
        size[a] = (int)n;
    }
    return MM_OK;
}

/* The middle of the larger axes, and as much more about the smaller ones. */
static struct mm_box box_of_size(const struct mm_volume *scaled, const int size[3])
{
    struct mm_box middle = mm_box_centre(scaled, size), box = mm_box_enlarged(scaled, size, false);
    for (int a = 0; a < 3; a++)
        if (size[a] < scaled->size[a]) {
            box.start[a] = middle.start[a];
            box.size[a] = middle.size[a];
        }
    return box;
}

enum mm_status mm_scaling_apply(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field,
                                const struct mm_scaling *how, struct mm_error *err)
{
    enum mm_status s;
    struct mm_volume *image, *out;
    struct memo memo = {.mode = how->mode, .align_corners = how->align_corners};
    if (MM_TRY(s, mm_field_volume(field, &image, err)) || MM_TRY(s, find_size(image, how->factor, memo.scaled, err)))
        return s;
    out = scale(sample->arena, image, memo.scaled, &memo);
    if (!out)
        return mm_fail_memory(err, "a scaled image");
    memo.kept = box_of_size(out, how->keep_size ? image->size : out->size);
    if (!mm_volume_same_size(out, image) && how->keep_size) {
        out = mm_box_cut(sample->arena, out, &memo.kept, &how->fill);
        if (!out)
            return mm_fail_memory(err, "a cropped or padded image");
    }
    return mm_field_moved(sample, field, step, out, &memo, sizeof memo, err);
}

enum mm_status mm_scaling_invert(const struct mm_applied *applied, struct mm_arena *arena, const struct mm_volume *in,
                                 bool nearest, struct mm_volume **out, struct mm_error *err)
{
    const struct memo *memo = mm_applied_memo(applied, sizeof *memo);
    if (!memo || !mm_box_is_possible(&memo->kept) || (unsigned)memo->mode > MM_RESIZE_AREA || memo->align_corners > 1)
        return mm_applied_damaged(err);
    struct memo how = *memo;
    if (nearest)
        how.mode = MM_RESIZE_NEAREST;
    struct mm_box back;
    for (int a = 0; a < 3; a++) {
        back.start[a] = -how.kept.start[a];
        back.size[a] = how.scaled[a];
    }
    const struct mm_volume *scaled = mm_volume_crop(arena, in, &back, 0);
    *out = scaled ? scale(arena, scaled, applied->size_before, &how) : NULL;
    return *out ? MM_OK : mm_fail_memory(err, "a scaled image");
}
