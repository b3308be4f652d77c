/* Scores: in the space of training (to choose the best model while training) and on each image's own grid (`mmar evaluate`). */
#ifndef MM_TRAINER_EVALUATE_H
#define MM_TRAINER_EVALUATE_H

#include "cache/loader.h"
#include "trainer/predict.h"

struct mm_case_score {
    const char *source;             /* image file */
    double *values[MM_METRICS_MAX]; /* per metric: metric->values(classes) numbers */
};
struct mm_scores {
    size_t cases;
    struct mm_case_score *items;
    double totals[MM_METRICS_MAX]; /* by metric */
    double *class_means;           /* first metric, mean over cases per value; NaN left out */
    size_t class_count;
};

/* All cases of the validation source after its chain, in list order, but for those that the loader has quarantined:
 * MM_ERR_DATA when that is all. */
enum mm_status mm_validate(struct mm_network *network, const struct mm_training *training, struct mm_loader *loader,
                           struct mm_arena *arena, struct mm_scores **out, bool (*interrupted)(void),
                           struct mm_error *err);

struct mm_evaluate_options {
    bool (*interrupted)(void);
    /* Called for each case with the prediction and truth on the file's grid (for writing and overlays). May be NULL. */
    enum mm_status (*each)(void *context, size_t index, const struct mm_sample *sample,
                           const struct mm_volume *prediction, const struct mm_volume *truth, struct mm_error *err);
    void *context;
};
/* All cases of the validation source on their own grids. Labels pass the chain's non-spatial steps only. */
enum mm_status mm_evaluate(struct mm_network *network, const struct mm_training *training, struct mm_arena *arena,
                           const struct mm_evaluate_options *options, struct mm_scores **out, struct mm_error *err);

#endif
