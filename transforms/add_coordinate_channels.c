/* Channels that tell where a voxel is: from -0.5 at the first to 0.5 at the last along an axis (MONAI AddCoordinateChannels). */
#include "transforms/transform.h"
#include "transforms/voxels.h"

struct add_coordinate_channels {
    struct mm_ints spatial_dims, spatial_channels;
    int axes[3]; /* the one given, read */
    int count;
};
#define P struct add_coordinate_channels

static const struct mm_param params[] = {MM_INTS(P, spatial_dims, .min = 0, .max = 2, .count_min = 1, .count_max = 3,
                                                 .help = "axes to add a channel for, 0 = x"),
                                         MM_INTS(P, spatial_channels, .min = 1, .max = 3, .count_max = 3,
                                                 .help = "instead, as older versions of MONAI count them: 1 = x"),
                                         MM_PARAMS_END};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    (void)arena;
    P *p = self;
    const struct mm_ints *given = p->spatial_dims.count ? &p->spatial_dims : &p->spatial_channels;
    if (!p->spatial_dims.count == !p->spatial_channels.count)
        return mm_fail(err, MM_ERR_CONFIG, "give spatial_dims or spatial_channels");
    p->count = (int)given->count;
    for (size_t i = 0; i < given->count; i++)
        p->axes[i] = (int)given->items[i] - (given == &p->spatial_channels);
    return MM_OK;
}

static void fill(struct mm_volume *v, int channel, int axis)
{
    double step = v->size[axis] > 1 ? 1.0 / (v->size[axis] - 1) : 0;
    for (int z = 0; z < v->size[2]; z++)
        for (int y = 0; y < v->size[1]; y++) {
            float *row = mm_volume_row(v, channel, z, y);
            for (int x = 0; x < v->size[0]; x++) {
                const int at[3] = {x, y, z};
                row[x] = (float)(-0.5 + step * at[axis]);
            }
        }
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    const struct mm_volume *from;
    struct mm_volume *to;
    if (MM_TRY(s, mm_voxels_read(sample, field, &from, err)))
        return s;
    int more = p->count;
    if (from->channels > INT32_MAX - more)
        return mm_fail(err, MM_ERR_DATA, "%d channels are too many", from->channels);
    for (int i = 0; i < more; i++)
        if (p->axes[i] >= from->rank)
            return mm_fail(err, MM_ERR_CONFIG, "spatial_dims: axis %d, the image has 0 to %d", p->axes[i],
                           from->rank - 1);
    if (MM_TRY(s, mm_voxels_make(sample, from, MM_F32, from->channels + more, &to, err)))
        return s;
    mm_convert(to->data, MM_F32, from->data, from->type, mm_volume_voxels(from) * (size_t)from->channels, 1);
    for (int i = 0; i < more; i++)
        fill(to, from->channels + i, p->axes[i]);
    mm_field_put(sample, field, to);
    return MM_OK;
}

const struct mm_transform mm_transform_add_coordinate_channels = {
    .name = "AddCoordinateChannels",
    .summary = "add channels that tell where a voxel is",
    .notes = "The result is float32; MONAI keeps the image's type, which cuts coordinates of whole numbers off to 0.",
    .params = params,
    .params_size = sizeof(P),
    .check = check,
    .each = each,
    .example = "{\"name\": \"AddCoordinateChannelsd\", \"args\": {\"keys\": \"image\", \"spatial_dims\": [0, 1, 2]}}",
};
