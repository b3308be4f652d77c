/* Ensembles: the members, and their mean, chunk by chunk. */
#include "transforms/ensemble.h"

enum mm_status mm_ensemble_find(const struct mm_step *step, struct mm_sample *sample, const char *output_key,
                                struct mm_ensemble *out, struct mm_error *err)
{
    enum mm_status s;
    const struct mm_field *fields[MM_SAMPLE_FIELDS_MAX];
    if (!output_key && step->common.keys.count > 1)
        return mm_fail(err, MM_ERR_CONFIG, "output_key must be given where there are several keys");
    if (MM_TRY(s, mm_channels_collect(step, sample, fields, &out->count, err)))
        return s;
    for (size_t i = 0; i < out->count; i++) {
        if (MM_TRY(s, mm_voxels_read(sample, fields[i], &out->members[i], err)))
            return s;
        if (out->members[i]->channels != out->members[0]->channels)
            return mm_fail(err, MM_ERR_DATA, "\"%s\" has %d channels, \"%s\" %d", fields[i]->name,
                           out->members[i]->channels, fields[0]->name, out->members[0]->channels);
    }
    out->first = out->count ? fields[0] : NULL;
    out->output = output_key ? output_key : step->common.keys.items[0];
    return MM_OK;
}

size_t mm_ensemble_mean(const struct mm_ensemble *ensemble, const double *weights, int c, size_t from,
                        double out[MM_VOXELS_CHUNK])
{
    double x[MM_VOXELS_CHUNK], total = 0;
    size_t n = 0;
    for (size_t m = 0; m < ensemble->count; m++)
        total += weights ? weights[m] : 1;
    for (size_t m = 0; m < ensemble->count; m++) {
        double share = (weights ? weights[m] : 1) / total;
        n = mm_voxels_get(ensemble->members[m], c, from, x);
        for (size_t i = 0; i < n; i++)
            out[i] = (m ? out[i] : 0) + share * x[i];
    }
    return n;
}
