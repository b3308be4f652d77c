/* With a probability, zooms the image by random factors. Draws: 1 happens or not, then one for each factor given. */
#include "transforms/per_key.h"
#include "transforms/scaling.h"

struct rand_zoom {
    double prob;
    struct mm_doubles min_zoom, max_zoom;
    struct mm_strings mode, padding_mode;
    double constant_values;
    const cJSON *align_corners;
    bool keep_size;
    struct mm_doubles corners_of_key; /* align_corners, read */
};
#define P struct rand_zoom

static const struct mm_param params[] = {
    MM_DOUBLE(P, prob, .def = 0.1, .max = 1, .help = "probability to zoom"),
    MM_DOUBLES(P, min_zoom, .def_text = "[0.9]", .max = MM_SCALING_FACTOR_MAX, .exclusive_min = true, .count_min = 1,
               .count_max = 3, .help = "least factor: one for all axes together, one an axis, or [x and y, z]"),
    MM_DOUBLES(P, max_zoom, .def_text = "[1.1]", .max = MM_SCALING_FACTOR_MAX, .exclusive_min = true, .count_min = 1,
               .count_max = 3, .help = "greatest factor, as many as min_zoom"),
    MM_SCALING_PARAMS(P),
    MM_IGNORED("dtype", .help = "values are float32, labels keep their type"),
    MM_PARAM_LAZY,
    MM_PARAMS_END};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    P *p = self;
    if (p->min_zoom.count != p->max_zoom.count)
        return mm_fail(err, MM_ERR_CONFIG, "min_zoom has %zu values, max_zoom %zu", p->min_zoom.count,
                       p->max_zoom.count);
    return mm_per_key_read(arena, p->align_corners, "align_corners", MM_PER_KEY_BOOL, NULL, &p->corners_of_key, err);
}

static bool is_random(const void *self)
{
    const P *p = self;
    return p->prob > 0;
}

/* One factor serves all axes; of two in 3D the first serves x and y. */
static enum mm_status draw_factors(const P *p, int rank, struct mm_random *random, double factor[3],
                                   struct mm_error *err)
{
    double drawn[3];
    size_t count = p->min_zoom.count;
    for (size_t i = 0; i < count; i++)
        drawn[i] = mm_random_uniform(random, p->min_zoom.items[i], p->max_zoom.items[i]);
    if (count == 2 && rank == 3) {
        drawn[2] = drawn[1];
        drawn[1] = drawn[0];
        count = 3;
    }
    const struct mm_doubles list = {count, drawn};
    return mm_spatial_doubles(&list, "min_zoom", rank, 1, factor, err);
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *image;
    struct mm_scaling how = {.mode = mm_scaling_mode(mm_string_of_key(&p->mode, key)),
                             .align_corners = mm_per_key_on(&p->corners_of_key, key),
                             .keep_size = p->keep_size,
                             .fill = mm_box_fill_of(&p->padding_mode, key, p->constant_values)};
    struct mm_random random;
    mm_step_random(step, context, &random);
    if (!mm_step_happens(&random, p->prob))
        return MM_OK;
    if (MM_TRY(s, mm_field_volume(field, &image, err)) ||
        MM_TRY(s, draw_factors(p, image->rank, &random, how.factor, err)))
        return s;
    return mm_scaling_apply(step, sample, field, &how, err);
}

const struct mm_transform mm_transform_rand_zoom = {
    .name = "RandZoom",
    .summary = "scale the image by random factors, with a probability",
    .notes = "An axis of n voxels gets floor(n * factor), then is cropped or padded to n.",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM | MM_SPATIAL | MM_INVERTIBLE,
    .check = check,
    .is_random = is_random,
    .each = each,
    .invert = mm_scaling_invert,
    .example = "{\"name\": \"RandZoomd\", \"args\": {\"keys\": [\"image\", \"label\"], \"prob\": 0.5, \"min_zoom\": "
               "0.9, \"max_zoom\": 1.2, \"mode\": [\"trilinear\", \"nearest\"]}}",
};
