/* The training loop: epochs, steps, validation, best model, checkpoints, resume. Writes into one folder:
 * model.safetensors (best by the key metric), final_model.safetensors, checkpoint.safetensors, train.jsonl, and resolved.json where the
 * machine decides about the cache (trainer/resolved.h).
 * Nothing in the result depends on threads of the loader, the cache or restarts. */
#ifndef MM_TRAINER_LOOP_H
#define MM_TRAINER_LOOP_H

#include "cache/loader.h"
#include "trainer/network.h"
#include "trainer/training.h"

struct mm_loop_event { /* after a step or a validation, for the progress line */
    int64_t epoch, epochs, step, steps;
    double loss, metric; /* metric NaN before the first validation */
    double lr, step_seconds, wait_seconds, eta_seconds;
    bool validated; /* this event is a validation's */
    bool best;
    /* After an epoch only. */
    double epoch_seconds, wait_floor_seconds; /* without the validation; what loading could not but wait */
    const struct mm_loader_stats *cache;
};

struct mm_loop_options {
    const char *folder; /* the MMAR's models/ */
    bool resume, no_cache;
    unsigned loader_threads; /* 0: the config's */
    bool (*interrupted)(void);
    void (*report)(void *context, const struct mm_loop_event *event);
    void *context;
};

struct mm_loop_result {
    int64_t epochs_done, best_epoch;
    double best_metric, last_loss; /* best NaN when nothing was validated */
    double seconds, wait_seconds;
    uint32_t left_out; /* items that could not be prepared, of both lists (on_bad_item "skip") */
};

/* The network comes with its starting weights (initialised or loaded) and leaves with the final ones. MM_INTERRUPTED after writing a
 * checkpoint. A resume without checkpoint starts from the beginning; one of another config digest is an error. */
enum mm_status mm_loop_run(struct mm_network *network, const struct mm_training *training,
                           const struct mm_loop_options *options, struct mm_loop_result *result,
                           struct mm_error *err);

#endif
