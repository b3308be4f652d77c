/* Scores: in the space of training (to choose the best model while training) and on each image's own grid (`mmar evaluate`). */
#ifndef MM_TRAINER_EVALUATE_H
#define MM_TRAINER_EVALUATE_H

#include "cache/loader.h"
#include "trainer/predict.h"

struct mm_case_score {
    const char *source;             /* image file */
    double *values[MM_METRICS_MAX]; /* per metric: metric->values(classes) numbers */
};
struct mm_case_left_out { /* on_bad_item "skip": a case without scores */
    uint32_t item;
    const char *source, *cause;
};
struct mm_scores {
    size_t cases;
    struct mm_case_score *items;
    double totals[MM_METRICS_MAX]; /* by metric */
    double *class_means;           /* first metric, mean over cases per value; NaN left out */
    size_t class_count;
    struct mm_case_left_out *left_out; /* in list order; of mm_evaluate */
    size_t left_out_count;
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
    /* A case that is left out, when that is found. May be NULL. */
    void (*left_out)(void *context, const struct mm_case_left_out *left_out);
    /* After each case, with the seconds that the others will take. May be NULL. */
    void (*progress)(void *context, size_t done, size_t count, double seconds_left);
    void *context;
    /* Told about a wait for data that lasts: cache/loader.h. Without context. May be NULL. */
    void (*waiting)(void *context, double seconds, const char *text);
};
/* All cases of the validation source on their own grids, in list order. Labels pass the chain's non-spatial steps only. A case that cannot be
 * prepared, predicted or measured (MM_ERR_DATA, MM_ERR_IO) ends the evaluation, or with on_bad_item "skip" is left out; MM_ERR_DATA when all
 * are. */
enum mm_status mm_evaluate(struct mm_network *network, const struct mm_training *training, struct mm_arena *arena,
                           const struct mm_evaluate_options *options, struct mm_scores **out, struct mm_error *err);

#endif
