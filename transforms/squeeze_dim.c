/* Removes an axis of one voxel (MONAI SqueezeDim): the last one of a 3D image, which becomes 2D. */
#include "transforms/transform.h"

struct squeeze_dim {
    int64_t dim;
};
#define P struct squeeze_dim

static const struct mm_param params[] = {
    MM_INT(P, dim, .def = 0, .min = -1, .max = 3,
           .help = "0: the channel, which must be one and stays (images always have channels); 3 or -1: axis z"),
    MM_IGNORED("update_meta", .help = "always done"), MM_PARAMS_END};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    (void)arena;
    const P *p = self;
    if (p->dim == 1 || p->dim == 2)
        return mm_fail(err, MM_ERR_CONFIG, "dim is %lld: only the channel (0) and z (3 or -1) can go",
                       (long long)p->dim);
    return MM_OK;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *image, *flat;
    if (MM_TRY(s, mm_field_volume(field, &image, err)))
        return s;
    if (p->dim == 0 && image->channels != 1)
        return mm_fail(err, MM_ERR_DATA, "the image has %d channels, dim 0 can go only where there is 1",
                       image->channels);
    if (p->dim == 0 || image->rank == 2)
        return MM_OK;
    if (image->size[2] != 1)
        return mm_fail(err, MM_ERR_DATA, "axis z has %d voxels, it can go only where it has 1", image->size[2]);
    if (!(flat = mm_volume_view(sample->arena, image)))
        return mm_fail_memory(err, "an image");
    flat->rank = 2;
    return mm_field_moved(sample, field, step, flat, NULL, 0, err);
}

static enum mm_status invert(const struct mm_applied *applied, struct mm_arena *arena, const struct mm_volume *in,
                             bool nearest, struct mm_volume **out, struct mm_error *err)
{
    (void)nearest;
    if (!(*out = mm_volume_view(arena, in)))
        return mm_fail_memory(err, "an image");
    (*out)->rank = applied->rank;
    return MM_OK;
}

const struct mm_transform mm_transform_squeeze_dim = {
    .name = "SqueezeDim",
    .summary = "make a 3D image of one slice 2D",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_SPATIAL | MM_INVERTIBLE,
    .check = check,
    .each = each,
    .invert = invert,
    .example = "{\"name\": \"SqueezeDimd\", \"args\": {\"keys\": [\"image\", \"label\"], \"dim\": 0}}",
};
