/* The vote of several predictions (MONAI VoteEnsemble): of labels of one channel the class that most have, the lowest of several; of one-hot
 * forms what the mean rounds to, half to even. */
#include <math.h>

#include "transforms/ensemble.h"
#include "transforms/labels.h"

struct vote_ensemble {
    const char *output_key;
    int64_t num_classes;
};
#define P struct vote_ensemble

static const struct mm_param params[] = {MM_ENSEMBLE_OUTPUT_PARAM(P),
                                         MM_INT(P, num_classes, .min = 0, .max = MM_LABELS_MAX,
                                                .help = "classes of labels with one channel; none: one-hot forms"),
                                         MM_PARAMS_END};

/* Each voxel of a chunk gets the class of most members; false and the first value that is no class otherwise. */
static bool vote(const struct mm_ensemble *ensemble, int classes, size_t from, size_t n, double *winner, double *bad)
{
    double of[MM_SAMPLE_FIELDS_MAX][MM_VOXELS_CHUNK];
    for (size_t m = 0; m < ensemble->count; m++)
        mm_voxels_get(ensemble->members[m], 0, from, of[m]);
    for (size_t i = 0; i < n; i++) {
        size_t most = 0;
        for (size_t m = 0; m < ensemble->count; m++) {
            double class = trunc(of[m][i]);
            if (!(class >= 0 && class < classes)) {
                *bad = of[m][i];
                return false;
            }
            size_t votes = 0;
            for (size_t other = 0; other < ensemble->count; other++)
                votes += trunc(of[other][i]) == class;
            if (votes > most || (votes == most && class < winner[i])) {
                most = votes;
                winner[i] = class;
            }
        }
    }
    return true;
}

static enum mm_status vote_all(const struct mm_ensemble *ensemble, int classes, struct mm_volume *out,
                               struct mm_error *err)
{
    double x[MM_VOXELS_CHUNK], bad;
    size_t voxels = mm_volume_voxels(out);
    for (size_t from = 0, n; from < voxels; from += n) {
        n = voxels - from < MM_VOXELS_CHUNK ? voxels - from : MM_VOXELS_CHUNK;
        if (!vote(ensemble, classes, from, n, x, &bad))
            return mm_fail(err, MM_ERR_DATA, "value %g: num_classes is %d, so 0 to %d are allowed", bad, classes,
                           classes - 1);
        mm_voxels_put(out, 0, from, n, x);
    }
    return MM_OK;
}

static enum mm_status apply(const struct mm_step *step, struct mm_sample *sample, const struct mm_context *context,
                            struct mm_error *err)
{
    (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_ensemble ensemble;
    struct mm_volume *out;
    if (MM_TRY(s, mm_ensemble_find(step, sample, p->output_key, &ensemble, err)) || ensemble.count == 0)
        return s;
    int channels = ensemble.members[0]->channels;
    if (p->num_classes && channels > 1)
        return mm_fail(err, MM_ERR_CONFIG, "num_classes is for labels of one channel, there are %d", channels);
    enum mm_type type = p->num_classes > 256 ? MM_I32 : MM_U8;
    if (MM_TRY(s, mm_voxels_make(sample, ensemble.members[0], type, channels, &out, err)))
        return s;
    double x[MM_VOXELS_CHUNK];
    for (int c = 0; c < channels && !p->num_classes; c++)
        for (size_t from = 0, n; (n = mm_ensemble_mean(&ensemble, NULL, c, from, x)); from += n)
            mm_voxels_put(out, c, from, n, x);
    if (p->num_classes && MM_TRY(s, vote_all(&ensemble, (int)p->num_classes, out, err)))
        return s;
    return mm_sample_derive(sample, ensemble.first, ensemble.output, out, err);
}

const struct mm_transform mm_transform_vote_ensemble = {
    .name = "VoteEnsemble",
    .summary = "the vote of several predictions",
    .notes =
        "Without num_classes a voxel on which as many say 0 as 1 becomes 0. The result is uint8 (int32 above 256 "
        "classes).",
    .params = params,
    .params_size = sizeof(P),
    .apply = apply,
    .flags = MM_LABELS,
    .example = "{\"name\": \"VoteEnsembled\", \"args\": {\"keys\": [\"label\", \"label\"], \"output_key\": \"vote\", "
               "\"num_classes\": 2}}",
};
