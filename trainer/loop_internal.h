/* The inside of the training loop, shared by its files:
 *   loop.c            a run from its first epoch to its last, checkpoints, progress
 *   loop_open.c       opening and resuming
 *   loop_epoch.c      an epoch: its steps, and what follows its last
 *   loop_step.c       a step: the learning rate, the network, what is wrong with a loss that is no number
 *   loop_validate.c   validation and the best model
 *   loop_measure.c    what the run measures of its cache: R, times, the floor of the wait
 * State that a resume needs is in struct mm_run_state; everything else is a function of (config, epoch, step). */
#ifndef MM_TRAINER_LOOP_INTERNAL_H
#define MM_TRAINER_LOOP_INTERNAL_H

#include "trainer/checkpoint.h"
#include "trainer/journal.h"
#include "trainer/loop.h"
#include "trainer/quarantine.h"
#include "trainer/resolved.h"

struct loop {
    struct mm_network *network;
    const struct mm_training *training;
    const struct mm_loop_options *options;
    struct mm_arena arena; /* of the run */
    struct mm_resolved resolved;
    struct mm_loader *loader, *validation;
    struct mm_quarantine quarantines[2]; /* of the two loaders */
    struct mm_journal journal;
    struct mm_run_state state;
    struct mm_loop_event event;
    char *best_path, *final_path, *checkpoint_path;
    double started, epoch_started, waited, loss_sum, step_seconds; /* the last two of the epoch */
    int64_t steps, first_step; /* of this process, for the estimate of what is left */
    bool has_told_items, has_told_loading;
    uint32_t told_disk; /* faults of validation's cache_dir that were told */
};

/* loop.c */
enum mm_status mm_loop_save(struct loop *l, int64_t epoch, int64_t step, struct mm_error *err); /* a checkpoint */
void mm_loop_tell(struct loop *l); /* the event, to whoever asked for it */

/* loop_open.c: what the run is, as its checkpoints say it. */
enum mm_status mm_loop_identify(struct loop *l, struct mm_error *err);
/* Closing is right after a failed opening, too. */
enum mm_status mm_loop_open(struct loop *l, struct mm_error *err);
void mm_loop_close(struct loop *l);

/* loop_epoch.c: from a step on. */
enum mm_status mm_loop_epoch(struct loop *l, int64_t epoch, int64_t step, struct mm_error *err);

/* loop_step.c */
enum mm_status mm_loop_step(struct loop *l, const struct mm_batch *batch, int64_t epoch, int64_t step,
                            struct mm_error *err);

/* loop_validate.c */
bool mm_loop_validates(const struct loop *l, int64_t epoch);
/* Validates, remembers the metric, and keeps the model when it is the best so far. */
enum mm_status mm_loop_validate(struct loop *l, int64_t epoch, struct mm_error *err);
const struct mm_metric_use *mm_loop_key_metric(const struct mm_training *training); /* NULL: none */

/* loop_measure.c */
/* replace_percent "auto": as many as can be prepared while an epoch's steps run, or one in several epochs. From here on the run is
 * one with those numbers. */
enum mm_status mm_loop_choose_rotation(struct loop *l, int64_t epoch, int64_t ran, struct mm_error *err);
/* Seconds that the epoch had to wait: what its loading took with all threads, less what its steps took. */
double mm_loop_wait_floor(const struct loop *l, const struct mm_loader_stats *stats);
/* Tells what an item takes, after the first step of this process; and after its first epoch, whether loading keeps up. */
void mm_loop_note_items(struct loop *l);
void mm_loop_note_loading(struct loop *l, const struct mm_loader_stats *stats, int64_t ran);
/* Tells what went wrong with cache_dir, which is no failure of the run, where it is more than `*told`. */
void mm_loop_warn_disk(struct mm_loader *loader, uint32_t *told);

#endif
