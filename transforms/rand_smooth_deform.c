/* With a probability, deforms the image by a smooth random field of shifts (MONAI RandSmoothDeform). Draws: 1 happens or not, then the
 * field. Places run from -1 to 1 over an axis of n voxels; place g is voxel ((g + 1) n - 1) / 2, with grid_align_corners (g + 1) (n - 1) / 2. */
#include "transforms/regrid.h"
#include "transforms/smooth_field.h"
#include "transforms/warp.h"

struct rand_smooth_deform {
    struct mm_smooth_field field;
    struct mm_doubles def_range;
    struct mm_strings grid_mode;
    const char *grid_padding_mode;
    bool grid_align_corners;
    struct mm_smooth_range range; /* def_range, read */
};
#define P struct rand_smooth_deform

static const struct mm_param params[] = {
    MM_SMOOTH_FIELD_PARAMS(P, "field_mode"),
    MM_DOUBLES(P, def_range, .def_text = "1", .min = -10, .max = 10, .count_min = 1, .count_max = 2,
               .help = "range of the shifts, an image being 2 wide; one number v means -v to v"),
    MM_STRINGS(P, grid_mode, .choices = "bilinear nearest bicubic 0 1", .def_text = "\"nearest\"", .count_min = 1,
               .help = "interpolation of the image: one, or one a key"),
    MM_CHOICE(P, grid_padding_mode, .choices = "zeros border reflection", .def_text = "border",
              .help = "values outside the image"),
    MM_BOOL(P, grid_align_corners, .help = "-1 and 1 are the middles of the outermost voxels, not their faces"),
    MM_IGNORED("grid_dtype", .help = "places are float32"),
    MM_PARAMS_END};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    (void)arena;
    P *p = self;
    double least = p->def_range.count == 1 ? -p->def_range.items[0] : 0;
    return mm_smooth_range_read(&p->def_range, "def_range", least, 0, &p->range, err);
}

static bool is_random(const void *self)
{
    const P *p = self;
    return p->field.prob > 0;
}

/* The field of shifts becomes one of voxels. */
static void find_points(struct mm_volume *field, bool align_corners)
{
    for (int a = 0; a < field->rank; a++) {
        int n = field->size[a];
        for (int z = 0; z < field->size[2]; z++)
            for (int y = 0; y < field->size[1]; y++) {
                float *row = mm_volume_row(field, a, z, y);
                for (int x = 0; x < field->size[0]; x++) {
                    const int at[3] = {x, y, z};
                    double place = (n > 1 ? -1 + 2.0 * at[a] / (n - 1) : -1) + (double)row[x];
                    row[x] = (float)(align_corners ? (place + 1) * (n - 1) / 2 : ((place + 1) * n - 1) / 2);
                }
            }
    }
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *image;
    struct mm_warp_points points = {.shift = {0}};
    struct mm_volume *shifts;
    struct mm_random random;
    mm_step_random(step, context, &random);
    if (!mm_step_happens(&random, p->field.prob))
        return MM_OK;
    if (MM_TRY(s, mm_field_volume(field, &image, err)) ||
        MM_TRY(s, mm_smooth_field_make(sample->arena, &p->field, image, image->rank, &p->range, key, &random, &shifts,
                                       err)))
        return s;
    find_points(shifts, p->grid_align_corners);
    points.points = shifts;
    const struct mm_regrid_sampling how =
        mm_regrid_sampling_by_torch(mm_string_of_key(&p->grid_mode, key), p->grid_padding_mode, false);
    const struct mm_warp warp = {.size = {image->size[0], image->size[1], image->size[2]},
                                 .interpolation = how.interpolation,
                                 .outside = how.outside,
                                 .row = mm_warp_row_of_points,
                                 .self = &points};
    struct mm_volume *out = mm_warp(sample->arena, image, &warp);
    if (!out)
        return mm_fail_memory(err, "a deformed image");
    return mm_field_moved(sample, field, step, out, NULL, 0, err);
}

const struct mm_transform mm_transform_rand_smooth_deform = {
    .name = "RandSmoothDeform",
    .summary = "deform the image by a smooth random field, with a probability",
    .notes =
        "Without grid_align_corners the places -1 and 1 are half a voxel outside the outermost middles, so the image "
        "grows by (n + 1) / n along each axis, as in MONAI. Cannot be undone.",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM | MM_SPATIAL,
    .check = check,
    .is_random = is_random,
    .each = each,
    .example = "{\"name\": \"RandSmoothDeformd\", \"args\": {\"keys\": [\"image\", \"label\"], \"prob\": 0.5, "
               "\"rand_size\": [4, 4, 4], \"pad\": 1, \"def_range\": 0.1, \"field_mode\": \"trilinear\", "
               "\"grid_mode\": [\"bilinear\", \"nearest\"], \"grid_align_corners\": true}}",
};
