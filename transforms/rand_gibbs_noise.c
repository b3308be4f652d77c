/* Gibbs' ringing of random strength (MONAI RandGibbsNoise). Draws: 1 happens or not, 1 strength. */
#include "transforms/kspace.h"
#include "transforms/transform.h"
#include "transforms/voxels.h"

struct rand_gibbs_noise {
    double prob;
    struct mm_doubles alpha;
};
#define P struct rand_gibbs_noise

static const struct mm_param params[] = {
    MM_DOUBLE(P, prob, .def = 0.1, .min = 0, .max = 1, .help = "probability of doing it"),
    MM_DOUBLES(P, alpha, .def_text = "[0, 1]", .min = 0, .max = 1, .count_min = 1, .count_max = 2,
               .help = "range of the strength, see GibbsNoise; one number v means 0 to v"),
    MM_IGNORED("as_tensor_output", .help = "there is one kind of image here"), MM_PARAMS_END};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    (void)arena;
    const P *p = self;
    if (p->alpha.count == 2 && p->alpha.items[0] > p->alpha.items[1])
        return mm_fail(err, MM_ERR_CONFIG, "alpha goes from %g to %g: the lower end comes first", p->alpha.items[0],
                       p->alpha.items[1]);
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
    double alpha =
        mm_random_uniform(&random, p->alpha.count == 2 ? p->alpha.items[0] : 0, p->alpha.items[p->alpha.count - 1]);
    for (int c = 0; c < v->channels; c++)
        if (MM_TRY(s, mm_kspace_gibbs(mm_voxels_floats(v, c), v->size, v->rank, alpha, err)))
            return s;
    return MM_OK;
}

const struct mm_transform mm_transform_rand_gibbs_noise = {
    .name = "RandGibbsNoise",
    .summary = "ringing of random strength, with a probability",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM | MM_IN_PLACE,
    .check = check,
    .is_random = is_random,
    .each = each,
    .example =
        "{\"name\": \"RandGibbsNoised\", \"args\": {\"keys\": \"image\", \"prob\": 0.5, \"alpha\": [0.3, 0.9]}}",
};
