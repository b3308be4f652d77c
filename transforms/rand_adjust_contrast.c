/* Gamma correction with a gamma drawn from a range (MONAI RandAdjustContrast). */
#include "transforms/intensity.h"
#include "transforms/transform.h"

struct rand_adjust_contrast {
    double prob;
    struct mm_doubles gamma;
    bool invert_image, retain_stats;
};
#define P struct rand_adjust_contrast

static const struct mm_param params[] = {
    MM_DOUBLE(P, prob, .def = 0.1, .min = 0, .max = 1, .help = "probability of doing it"),
    MM_DOUBLES(P, gamma, .def_text = "[0.5, 4.5]", .min = 0, .max = 1e3, .count_min = 1, .count_max = 2,
               .help = "range of the exponent; one number v means 0.5 to v"),
    MM_BOOL(P, invert_image, .help = "work on the negated image"),
    MM_BOOL(P, retain_stats, .help = "restore the mean and standard deviation that the image had"), MM_PARAMS_END};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    (void)arena;
    const P *p = self;
    if (p->gamma.count == 1 && p->gamma.items[0] <= 0.5)
        return mm_fail(err, MM_ERR_CONFIG, "gamma is %g: one number must be above 0.5, else give two",
                       p->gamma.items[0]);
    return MM_OK;
}

static bool is_random(const void *self)
{
    const P *p = self;
    return p->prob > 0;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *v;
    struct mm_random random;
    mm_step_random(step, context, &random);
    if (!mm_step_happens(&random, p->prob))
        return MM_OK;
    if (MM_TRY(s, mm_voxels_write_float(sample, field, &v, err)))
        return s;
    double low, high;
    mm_intensity_ends(&p->gamma, &low, &high);
    double gamma = mm_random_uniform(&random, p->gamma.count == 1 ? 0.5 : low, high);
    struct mm_voxels_parts all = mm_voxels_split(v, false);
    mm_intensity_gamma(all.data, all.length, gamma, p->invert_image, p->retain_stats);
    return MM_OK;
}

const struct mm_transform mm_transform_rand_adjust_contrast = {
    .name = "RandAdjustContrast",
    .summary = "gamma correction with a random gamma",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM | MM_IN_PLACE | MM_VIEWS,
    .check = check,
    .is_random = is_random,
    .each = each,
    .example =
        "{\"name\": \"RandAdjustContrastd\", \"args\": {\"keys\": \"image\", \"prob\": 0.3, \"gamma\": [0.7, 1.5]}}",
};
