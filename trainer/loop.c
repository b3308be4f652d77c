/* A run from its first epoch to its last. How it works inside: loop_internal.h. */
#include <math.h>

#include "trainer/loop_internal.h"
#include "trainer/weights.h"

enum mm_status mm_loop_save(struct loop *l, int64_t epoch, int64_t step, struct mm_error *err)
{
    enum mm_status s;
    struct mm_arena scratch;
    l->state.epoch = epoch;
    l->state.step = step;
    if (MM_TRY(s, mm_journal_sync(&l->journal, &l->state.journal_bytes, err)))
        return s;
    mm_arena_init(&scratch, NULL);
    s = mm_checkpoint_write(&scratch, l->network, l->checkpoint_path, &l->state, err);
    mm_arena_done(&scratch);
    return s;
}

void mm_loop_tell(struct loop *l)
{
    const struct mm_training *t = l->training;
    double done = (double)((l->event.epoch - 1) * l->steps + l->event.step - l->first_step);
    double left = (double)(t->epochs * l->steps) - (double)l->first_step - done;
    l->event.eta_seconds = done > 0 ? (mm_clock() - l->started) / done * left : NAN;
    if (l->options->report)
        l->options->report(l->options->context, &l->event);
}

enum mm_status mm_loop_run(struct mm_network *network, const struct mm_training *training,
                           const struct mm_loop_options *options, struct mm_loop_result *result, struct mm_error *err)
{
    enum mm_status s;
    struct loop l = {.network = network, .training = training, .options = options, .started = mm_clock()};
    mm_arena_init(&l.arena, NULL);
    if ((s = mm_loop_open(&l, err)) == MM_OK) {
        int64_t step = l.state.step;
        for (int64_t epoch = l.state.epoch; epoch < training->epochs && s == MM_OK; epoch++, step = 0)
            s = mm_loop_epoch(&l, epoch, step, err);
    }
    if (s == MM_OK)
        s = mm_weights_save(network, l.final_path, NULL, false, err);
    /* Without validation the last model is the best one known. */
    if (s == MM_OK && l.state.best_epoch < 0)
        s = mm_weights_save(network, l.best_path, NULL, false, err);
    *result = (struct mm_loop_result){.epochs_done = l.state.epoch,
                                      .best_epoch = l.state.best_epoch,
                                      .best_metric = l.state.best_metric,
                                      .last_loss = l.event.loss,
                                      .seconds = mm_clock() - l.started,
                                      .wait_seconds = l.waited};
    for (int i = 0; i < 2; i++)
        result->left_out += mm_quarantine_list(&l.quarantines[i]);
    mm_loop_close(&l);
    return s;
}
