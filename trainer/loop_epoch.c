/* One epoch: its steps, and what follows its last. */
#include <math.h>

#include "trainer/loop_internal.h"

static enum mm_status tell_left_out(struct loop *l, int64_t epoch, struct mm_error *err)
{
    enum mm_status s;
    for (int i = 0; i < 2; i++)
        if (MM_TRY(s, mm_quarantine_tell(&l->quarantines[i], &l->journal, epoch + 1, err)))
            return s;
    return MM_OK;
}

static enum mm_status end_epoch(struct loop *l, int64_t epoch, int64_t ran, struct mm_error *err)
{
    enum mm_status s = MM_OK;
    struct mm_loader_stats stats;
    double metric = NAN, last = l->event.metric;
    if (l->resolved.replaced_max && MM_TRY(s, mm_loop_choose_rotation(l, epoch, ran, err)))
        return s;
    mm_loader_stats_get(l->loader, &stats);
    l->event.cache = &stats;
    l->event.epoch_seconds = mm_clock() - l->epoch_started;
    l->event.wait_floor_seconds = mm_loop_wait_floor(l, &stats);
    mm_loop_note_loading(l, &stats, ran);
    mm_loop_warn_disk(l->loader, &(uint32_t){0});
    if (mm_loop_validates(l, epoch)) {
        if ((s = mm_loop_validate(l, epoch, err)) == MM_OK && (s = tell_left_out(l, epoch, err)) == MM_OK)
            metric = l->event.metric;
        mm_loop_warn_disk(l->validation, &l->told_disk); /* its counters go on from epoch to epoch */
    }
    if (s == MM_OK) {
        const struct mm_metric_use *key = mm_loop_key_metric(l->training);
        l->state.metrics[l->state.metric_count++] = metric;
        l->event.loss = ran ? l->loss_sum / (double)ran : NAN;
        l->event.metric = metric;
        s = mm_journal_epoch(&l->journal, &l->event, key ? key->name : "none", err);
        l->event.metric = isnan(metric) ? last : metric;
        mm_loop_tell(l);
    }
    l->event.cache = NULL;
    l->event.validated = l->event.best = false;
    if (s == MM_OK)
        s = mm_loop_save(l, epoch + 1, 0, err);
    return s;
}

enum mm_status mm_loop_epoch(struct loop *l, int64_t epoch, int64_t step, struct mm_error *err)
{
    enum mm_status s;
    const struct mm_batch *batch;
    int64_t first = step;
    l->epoch_started = mm_clock();
    l->loss_sum = l->step_seconds = 0;
    if (MM_TRY(s, mm_loader_begin(l->loader, (uint32_t)epoch, (uint32_t)step, err)))
        return s;
    for (;; step++) {
        double waiting = mm_clock();
        if (MM_TRY(s, mm_loader_next(l->loader, &batch, err)) || MM_TRY(s, tell_left_out(l, epoch, err)))
            break;
        if (!batch)
            break;
        l->event.wait_seconds = mm_clock() - waiting;
        l->waited += l->event.wait_seconds;
        if (MM_TRY(s, mm_loop_step(l, batch, epoch, step, err)))
            return s;
        mm_loop_note_items(l);
        mm_loop_tell(l);
        if (l->options->interrupted && l->options->interrupted()) {
            step++;
            s = MM_INTERRUPTED;
            break;
        }
    }
    if (s == MM_INTERRUPTED) {
        if (MM_TRY(s, mm_loop_save(l, epoch, step, err)))
            return s;
        return mm_fail(err, MM_INTERRUPTED,
                       "interrupted in epoch %lld after step %lld of %lld: continue with mmar train --resume",
                       (long long)epoch + 1, (long long)step, (long long)l->steps);
    }
    if (s == MM_OK && (s = end_epoch(l, epoch, step - first, err)) == MM_INTERRUPTED) {
        /* Cut in its validation: the epoch's end is run again by the resume. */
        if (MM_TRY(s, mm_loop_save(l, epoch, l->steps, err)))
            return s;
        return mm_fail(err, MM_INTERRUPTED,
                       "interrupted while validating epoch %lld: continue with mmar train --resume",
                       (long long)epoch + 1);
    }
    return s;
}
