/* Unsharp masking of random strength (MONAI RandGaussianSharpen). Draws: 1 happens or not, then the first sigma of x, y
 * and z, the second of each, and alpha. */
#include "transforms/intensity.h"
#include "transforms/smooth.h"
#include "transforms/transform.h"

struct rand_gaussian_sharpen {
    double prob;
    struct mm_doubles sigma1_x, sigma1_y, sigma1_z, sigma2_x, sigma2_y, sigma2_z, alpha;
    const char *approx;
};
#define P struct rand_gaussian_sharpen

#define SIGMA1(P, field)                                                                                             \
    MM_DOUBLES(P, field, .def_text = "[0.5, 1]", .min = 0, .max = MM_SMOOTH_SIGMA_MAX, .count_min = 2,               \
               .count_max = 2, .unit = "voxel", .help = "range of the sigma of the first blur")
#define SIGMA2(P, field)                                                                                             \
    MM_DOUBLES(P, field, .def_text = "[0.5]", .min = 0, .max = MM_SMOOTH_SIGMA_MAX, .count_min = 1, .count_max = 2,  \
               .unit = "voxel", .help = "range of that of the second; one number: from it to the first sigma")

static const struct mm_param params[] = {
    SIGMA1(P, sigma1_x),
    SIGMA1(P, sigma1_y),
    SIGMA1(P, sigma1_z),
    SIGMA2(P, sigma2_x),
    SIGMA2(P, sigma2_y),
    SIGMA2(P, sigma2_z),
    MM_DOUBLES(P, alpha, .def_text = "[10, 30]", .count_min = 2, .count_max = 2, .help = "range of the strength"),
    MM_CHOICE(P, approx, .choices = MM_SMOOTH_APPROX, .def_text = "erf", .help = "form of the discrete kernel"),
    MM_DOUBLE(P, prob, .def = 0.1, .min = 0, .max = 1, .help = "probability of doing it"),
    MM_PARAMS_END};

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
    const struct mm_doubles *const first[3] = {&p->sigma1_x, &p->sigma1_y, &p->sigma1_z};
    const struct mm_doubles *const second[3] = {&p->sigma2_x, &p->sigma2_y, &p->sigma2_z};
    enum mm_status s;
    struct mm_volume *v;
    struct mm_random random;
    double sigma1[3], sigma2[3];
    mm_step_random(step, context, &random);
    if (!mm_step_happens(&random, p->prob))
        return MM_OK;
    if (MM_TRY(s, mm_voxels_write_float(sample, field, &v, err)))
        return s;
    for (int a = 0; a < 3; a++)
        sigma1[a] = mm_random_uniform(&random, first[a]->items[0], first[a]->items[1]);
    for (int a = 0; a < 3; a++) {
        double high = second[a]->count == 2 ? second[a]->items[1] : fmax(second[a]->items[0], sigma1[a]);
        sigma2[a] = mm_random_uniform(&random, second[a]->items[0], high);
    }
    double alpha = mm_random_uniform(&random, p->alpha.items[0], p->alpha.items[1]);
    return mm_smooth_sharpen(sample->arena, v, sigma1, sigma2, alpha, p->approx, err);
}

const struct mm_transform mm_transform_rand_gaussian_sharpen = {
    .name = "RandGaussianSharpen",
    .summary = "sharpen by the difference of two random blurs, with a probability",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM | MM_IN_PLACE,
    .is_random = is_random,
    .each = each,
    .example = "{\"name\": \"RandGaussianSharpend\", \"args\": {\"keys\": \"image\", \"prob\": 0.5}}",
};
