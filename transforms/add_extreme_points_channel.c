/* Adds a channel with spots at the extreme points of a label (MONAI and Clara v3; DEXTR, Maninis et al. 2018). Draws: of
 * each point which of equals it is, then its displacement. */
#include "transforms/foreground.h"
#include "transforms/spots.h"
#include "transforms/transform.h"

struct add_extreme_points_channel {
    const char *label_key;
    double pert, sigma, rescale_min, rescale_max;
};
#define P struct add_extreme_points_channel

static const struct mm_param params[] = {
    MM_STRING(P, label_key, .aliases = "label_field", .required = true, .help = "mask: what is above 0"),
    MM_DOUBLE(P, pert, .aliases = "permutation", .min = 0, .max = 1000, .unit = "voxel",
              .help = "points are moved by up to twice this, towards greater coordinates"),
    MM_DOUBLE(P, sigma, .def = 3, .min = 0, .max = 100, .unit = "voxel", .help = "of the spots"),
    MM_DOUBLE(P, rescale_min, .def = -1, .help = "value far from the points"),
    MM_DOUBLE(P, rescale_max, .def = 1, .help = "greatest value"),
    MM_IGNORED("background", .help = "always 0"),
    MM_IGNORED("dtype", .help = "the result is float32"),
    MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key;
    const P *p = step->self;
    enum mm_status s;
    struct mm_field *label;
    const struct mm_volume *image;
    struct mm_volume *to;
    double points[MM_FOREGROUND_POINTS][3];
    struct mm_random random;
    mm_step_random(step, context, &random);
    if (MM_TRY(s, mm_voxels_read(sample, field, &image, err)) ||
        MM_TRY(s, mm_sample_volume(sample, p->label_key, &label, err)) ||
        MM_TRY(s, mm_field_same_grid(field, label, err)) ||
        MM_TRY(s, mm_foreground_points(label->volume, &random, p->pert, points, err)) ||
        MM_TRY(s, mm_voxels_make(sample, image, MM_F32, image->channels + 1, &to, err)))
        return s;
    mm_convert(to->data, MM_F32, image->data, image->type, mm_volume_voxels(image) * (size_t)image->channels, 1);
    if (MM_TRY(s, mm_spots_draw(sample->arena, to, image->channels, (const double(*)[3])points,
                                2 * (size_t)image->rank, p->sigma, p->rescale_min, p->rescale_max, err)))
        return s;
    mm_field_put(sample, field, to);
    return MM_OK;
}

const struct mm_transform mm_transform_add_extreme_points_channel = {
    .name = "AddExtremePointsChannel",
    .summary = "add a channel with spots at the extreme points of a label",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM,
    .each = each,
    .example = "{\"name\": \"AddExtremePointsChanneld\", \"args\": {\"keys\": [\"image\"], \"label_key\": \"label\", "
               "\"sigma\": 3, \"pert\": 1}}",
};
