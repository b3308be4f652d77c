/* Several predictions of one image made into one: what MeanEnsemble and VoteEnsemble share. */
#ifndef MM_TRANSFORMS_ENSEMBLE_H
#define MM_TRANSFORMS_ENSEMBLE_H

#include "transforms/channels.h"

struct mm_ensemble {
    const struct mm_volume *members[MM_SAMPLE_FIELDS_MAX]; /* dense, of one size and as many channels each */
    size_t count;
    const struct mm_field *first;
    const char *output; /* name of the result's field */
};

#define MM_ENSEMBLE_OUTPUT_PARAM(P)                                                                                  \
    MM_STRING(P, output_key, .help = "field that gets the result; may be left out with one key")

/* The listed fields that exist; count 0 when none does. */
enum mm_status mm_ensemble_find(const struct mm_step *step, struct mm_sample *sample, const char *output_key,
                                struct mm_ensemble *out, struct mm_error *err);
/* Voxels [from, from + n) of channel c: the mean of the members, each times its weight over the mean of the weights (NULL: all 1). */
size_t mm_ensemble_mean(const struct mm_ensemble *ensemble, const double *weights, int c, size_t from,
                        double out[MM_VOXELS_CHUNK]);

#endif
