/* Clara v3: zooms image and label by one random factor for each axis. Draws: 1 happens or not, then the factors. */
#include "transforms/scaling.h"

struct random_zoom {
    const char *image_field, *label_field;
    struct mm_doubles lower_limits, upper_limits;
    double probability;
    bool keep_size;
};
#define P struct random_zoom

static const struct mm_param params[] = {
    MM_STRING(P, image_field, .required = true, .help = "image, interpolated"),
    MM_STRING(P, label_field, .help = "label on the same grid, nearest voxel; none: the image alone"),
    MM_DOUBLES(P, lower_limits, .def_text = "[0.9]", .max = MM_SCALING_FACTOR_MAX, .exclusive_min = true,
               .count_min = 1, .count_max = 3, .help = "least factor of each axis"),
    MM_DOUBLES(P, upper_limits, .def_text = "[1.1]", .max = MM_SCALING_FACTOR_MAX, .exclusive_min = true,
               .count_min = 1, .count_max = 3, .help = "greatest factor of each axis"),
    MM_DOUBLE(P, probability, .def = 1, .max = 1, .help = "probability to zoom"),
    MM_BOOL(P, keep_size, .def = 1, .help = "crop or pad (repeating the edge) to the size of the image"),
    MM_IGNORED("use_gpu", .help = "transforms run on the CPU"),
    MM_PARAMS_END};

static bool is_random(const void *self)
{
    const P *p = self;
    return p->probability > 0;
}

static enum mm_status zoom_field(const struct mm_step *step, struct mm_sample *sample, const char *name,
                                 const double draws[3], bool nearest, struct mm_error *err)
{
    const P *p = step->self;
    enum mm_status s;
    struct mm_field *field;
    double low[3], high[3];
    struct mm_scaling how = {.mode = nearest ? MM_RESIZE_NEAREST : MM_RESIZE_LINEAR,
                             .keep_size = p->keep_size,
                             .fill = {.mode = MM_PAD_EDGE}};
    if (MM_TRY(s, mm_sample_volume(sample, name, &field, err)) ||
        MM_TRY(s, mm_spatial_doubles(&p->lower_limits, "lower_limits", field->volume->rank, 1, low, err)) ||
        MM_TRY(s, mm_spatial_doubles(&p->upper_limits, "upper_limits", field->volume->rank, 1, high, err)))
        return s;
    for (int a = 0; a < 3; a++)
        how.factor[a] = low[a] + (high[a] - low[a]) * draws[a];
    return mm_scaling_apply(step, sample, field, &how, err);
}

static enum mm_status apply(const struct mm_step *step, struct mm_sample *sample, const struct mm_context *context,
                            struct mm_error *err)
{
    const P *p = step->self;
    struct mm_random random;
    mm_step_random(step, context, &random);
    if (!mm_step_happens(&random, p->probability))
        return MM_OK;
    double draws[3];
    for (int a = 0; a < 3; a++)
        draws[a] = mm_random_double(&random);
    if (zoom_field(step, sample, p->image_field, draws, false, err))
        return mm_fail_in(err, "%s", p->image_field);
    if (p->label_field && zoom_field(step, sample, p->label_field, draws, true, err))
        return mm_fail_in(err, "%s", p->label_field);
    return MM_OK;
}

const struct mm_transform mm_transform_random_zoom = {
    .name = "RandomZoom",
    .summary = "scale image and label by random factors",
    .notes =
        "Clara v3. An axis of n voxels gets floor(n * factor), then is cropped or padded to n. What Clara did at "
        "the border is not public.",
    .params = params,
    .params_size = sizeof(P),
    .fields = MM_FIELDS_OWN,
    .flags = MM_RANDOM | MM_SPATIAL | MM_INVERTIBLE,
    .is_random = is_random,
    .apply = apply,
    .invert = mm_scaling_invert,
    .example = "{\"name\": \"RandomZoom\", \"args\": {\"image_field\": \"image\", \"label_field\": \"label\", "
               "\"lower_limits\": [0.9, 0.9, 0.9], \"upper_limits\": [1.1, 1.1, 1.1]}}",
};
