/* The mean of several predictions (MONAI MeanEnsemble). */
#include "transforms/ensemble.h"

struct mean_ensemble {
    const char *output_key;
    struct mm_doubles weights;
};
#define P struct mean_ensemble

static const struct mm_param params[] = {MM_ENSEMBLE_OUTPUT_PARAM(P),
                                         MM_DOUBLES(P, weights, .min = 0, .max = 1e9,
                                                    .count_max = MM_SAMPLE_FIELDS_MAX,
                                                    .help = "one a key; all the same when left out"),
                                         MM_PARAMS_END};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    (void)arena;
    const P *p = self;
    double total = 0;
    for (size_t i = 0; i < p->weights.count; i++)
        total += p->weights.items[i];
    if (p->weights.count && !(total > 0))
        return mm_fail(err, MM_ERR_CONFIG, "all weights are 0");
    return MM_OK;
}

static enum mm_status apply(const struct mm_step *step, struct mm_sample *sample, const struct mm_context *context,
                            struct mm_error *err)
{
    (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_ensemble ensemble;
    struct mm_volume *mean;
    if (MM_TRY(s, mm_ensemble_find(step, sample, p->output_key, &ensemble, err)) || ensemble.count == 0)
        return s;
    if (p->weights.count && p->weights.count != ensemble.count)
        return mm_fail(err, MM_ERR_CONFIG, "weights has %zu numbers for %zu images", p->weights.count,
                       ensemble.count);
    int channels = ensemble.members[0]->channels;
    if (MM_TRY(s, mm_voxels_make(sample, ensemble.members[0], MM_F32, channels, &mean, err)))
        return s;
    double x[MM_VOXELS_CHUNK];
    const double *weights = p->weights.count ? p->weights.items : NULL;
    for (int c = 0; c < channels; c++)
        for (size_t from = 0, n; (n = mm_ensemble_mean(&ensemble, weights, c, from, x)); from += n)
            mm_voxels_put(mean, c, from, n, x);
    return mm_sample_derive(sample, ensemble.first, ensemble.output, mean, err);
}

const struct mm_transform mm_transform_mean_ensemble = {
    .name = "MeanEnsemble",
    .summary = "the mean of several predictions",
    .notes = "MONAI also takes a weight for each channel, and one field that holds all predictions: here each is a "
             "field, and a weight is for all its channels.",
    .params = params,
    .params_size = sizeof(P),
    .check = check,
    .apply = apply,
    .example = "{\"name\": \"MeanEnsembled\", \"args\": {\"keys\": [\"image\", \"pred\"], \"output_key\": \"mean\", "
               "\"weights\": [0.9, 0.7]}}",
};
