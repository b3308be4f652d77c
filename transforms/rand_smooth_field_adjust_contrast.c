/* Gamma correction by a smooth random field (MONAI RandSmoothFieldAdjustContrast): ((x - min) / (max - min + 1e-10))^field * (max - min) + min. Draws: 1 happens or not, then
 * the field. */
#include "transforms/smooth_field.h"

struct rand_smooth_field_adjust_contrast {
    struct mm_smooth_field field;
    struct mm_doubles gamma;
    struct mm_smooth_range range; /* gamma, read */
};
#define P struct rand_smooth_field_adjust_contrast

static const struct mm_param params[] = {MM_SMOOTH_FIELD_PARAMS(P, "mode"),
                                         MM_DOUBLES(P, gamma, .def_text = "[0.5, 4.5]", .min = 0, .max = 1e3,
                                                    .count_min = 1, .count_max = 2,
                                                    .help = "range of the exponent; one number v means 0.5 to v"),
                                         MM_PARAMS_END};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    (void)arena;
    P *p = self;
    return mm_smooth_range_read(&p->gamma, "gamma", 0.5, 1, &p->range, err);
}

static bool is_random(const void *self)
{
    const P *p = self;
    return p->field.prob > 0;
}

static void work(float *x, const float *field, size_t n, float low, float high)
{
    float range = high - low;
    for (size_t i = 0; i < n; i++)
        x[i] = powf((x[i] - low) / (range + 1e-10f), field[i]) * range + low;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    const P *p = step->self;
    return mm_smooth_field_adjust(step, sample, field, key, context, &p->field, &p->range, work, err);
}

const struct mm_transform mm_transform_rand_smooth_field_adjust_contrast = {
    .name = "RandSmoothFieldAdjustContrast",
    .summary = "gamma correction with an exponent that varies smoothly over the image",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM | MM_IN_PLACE,
    .check = check,
    .is_random = is_random,
    .each = each,
    .example = "{\"name\": \"RandSmoothFieldAdjustContrastd\", \"args\": {\"keys\": \"image\", \"prob\": 0.5, "
               "\"rand_size\": [4, 4, 4], \"mode\": \"trilinear\", \"gamma\": [0.5, 1.5]}}",
};
