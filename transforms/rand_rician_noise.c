/* Rician noise, that of magnitude images in magnetic resonance: sqrt((x + n1)^2 + n2^2) with two normal draws (MONAI RandRicianNoise).
 * Draws: happens or not, then of all or of each channel the standard deviation, n1 of all voxels, n2 of all voxels. */
#include "transforms/intensity.h"
#include "transforms/transform.h"

struct rand_rician_noise {
    double prob;
    struct mm_doubles mean, std;
    bool channel_wise, relative, sample_std;
};
#define P struct rand_rician_noise

static const struct mm_param params[] = {
    MM_DOUBLE(P, prob, .def = 0.1, .min = 0, .max = 1, .help = "probability of doing it"),
    MM_DOUBLES(P, mean, .def_text = "0", .count_min = 1, .unit = "intensity",
               .help = "mean of the draws: one, or with channel_wise one a channel"),
    MM_DOUBLES(P, std, .def_text = "1", .min = 0, .max = 1e9, .count_min = 1, .unit = "intensity",
               .help = "their standard deviation, or the upper end of it with sample_std: one, or one a channel"),
    MM_BOOL(P, channel_wise, .help = "draw for each channel by itself"),
    MM_BOOL(P, relative, .help = "std is a share of the standard deviation of the image"),
    MM_BOOL(P, sample_std, .def = 1, .help = "draw the standard deviation from 0 to std"),
    MM_IGNORED("dtype", .help = "results are float32"),
    MM_PARAMS_END};

static bool is_random(const void *self)
{
    const P *p = self;
    return p->prob > 0;
}

static double of_part(const struct mm_doubles *list, size_t part)
{
    return list->items[part < list->count ? part : list->count - 1];
}

static enum mm_status add_noise(const P *p, float *x, size_t n, size_t part, struct mm_random *random,
                                struct mm_error *err)
{
    double mean = of_part(&p->mean, part), std = of_part(&p->std, part);
    if (p->relative)
        std *= mm_intensity_stats(x, n, false).std;
    if (p->sample_std)
        std = mm_random_uniform(random, 0, std);
    float *second = mm_alloc(n * sizeof *second);
    if (!second)
        return mm_fail_memory(err, "noise");
    mm_intensity_noise(x, n, mean, std, random);
    mm_intensity_noise(second, n, mean, std, random);
    for (size_t i = 0; i < n; i++)
        x[i] = sqrtf(x[i] * x[i] + second[i] * second[i]);
    mm_free(second);
    return MM_OK;
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
    struct mm_voxels_parts parts = mm_voxels_split(v, p->channel_wise);
    for (size_t i = 0; i < parts.count; i++)
        if (MM_TRY(s, add_noise(p, parts.data + i * parts.length, parts.length, i, &random, err)))
            return s;
    return MM_OK;
}

const struct mm_transform mm_transform_rand_rician_noise = {
    .name = "RandRicianNoise",
    .summary = "add the noise of magnitude images",
    .notes = "the listed fields get the same noise, as in MONAI",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM | MM_IN_PLACE,
    .is_random = is_random,
    .each = each,
    .example = "{\"name\": \"RandRicianNoised\", \"args\": {\"keys\": \"image\", \"prob\": 0.5, \"std\": 5}}",
};
