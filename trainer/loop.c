/* The training loop. State that a resume needs is in struct mm_run_state; everything else is a function of (config, epoch, step). */
#include "trainer/loop.h"

#include <math.h>

#include "base/file.h"
#include "base/log.h"
#include "trainer/batch_fault.h"
#include "trainer/checkpoint.h"
#include "trainer/evaluate.h"
#include "trainer/journal.h"
#include "trainer/resolved.h"
#include "trainer/weights.h"

struct loop {
    struct mm_network *network;
    const struct mm_training *training;
    const struct mm_loop_options *options;
    struct mm_arena arena; /* of the run */
    struct mm_resolved resolved;
    struct mm_loader *loader, *validation;
    struct mm_journal journal;
    struct mm_run_state state;
    struct mm_loop_event event;
    char *best_path, *final_path, *checkpoint_path;
    double started, epoch_started, waited, loss_sum, step_seconds; /* the last two of the epoch */
    int64_t steps, first_step; /* of this process, for the estimate of what is left */
};

static const struct mm_metric_use *key_metric(const struct mm_training *training)
{
    for (size_t m = 0; m < training->metric_count; m++)
        if (training->metrics[m].is_key)
            return &training->metrics[m];
    return NULL;
}

static double rate(const struct loop *l, int64_t epoch, int64_t step)
{
    const struct mm_training *t = l->training;
    if (!t->schedule)
        return t->learning_rate;
    const struct mm_schedule_point point = {
        .base = t->learning_rate,
        .index = t->schedule_by_step ? epoch * l->steps + step : epoch,
        .total = t->schedule_by_step ? t->epochs * l->steps : t->epochs,
        .metrics = t->schedule_by_step ? NULL : l->state.metrics,
        .metric_count = t->schedule_by_step ? 0 : l->state.metric_count,
    };
    return t->schedule->rate(t->schedule_self, &point);
}

static enum mm_status open_loader(struct loop *l, const struct mm_source *source, bool shuffle,
                                  struct mm_loader **out, struct mm_error *err)
{
    const char *const fields[] = {l->training->prediction.image_field, l->training->prediction.label_field};
    const struct mm_loader_options options = {.seed = l->training->seed,
                                              .no_cache = l->options->no_cache,
                                              .threads = l->options->loader_threads,
                                              .shuffle = shuffle,
                                              .fields = fields,
                                              .field_count = 2,
                                              .interrupted = l->options->interrupted};
    return mm_loader_open(source, &options, out, err);
}

static enum mm_status save_checkpoint(struct loop *l, int64_t epoch, int64_t step, struct mm_error *err)
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

static void tell(struct loop *l)
{
    const struct mm_training *t = l->training;
    double done = (double)((l->event.epoch - 1) * l->steps + l->event.step - l->first_step);
    double left = (double)(t->epochs * l->steps) - (double)l->first_step - done;
    l->event.eta_seconds = done > 0 ? (mm_clock() - l->started) / done * left : NAN;
    if (l->options->report)
        l->options->report(l->options->context, &l->event);
}

/* Says what is wrong when the loss is no number: the batch itself, or the step that was too long. */
static enum mm_status fail_not_finite(const struct loop *l, const struct mm_batch *batch, int64_t epoch, int64_t step,
                                      double norm, struct mm_error *err)
{
    char fault[1024];
    double loss = isnan(l->event.loss) ? NAN : l->event.loss; /* never "-nan" */
    if (mm_batch_fault(l->training, batch, fault, sizeof fault))
        mm_fail(err, MM_ERR_DATA, "the loss is %g: %s", loss, fault);
    else
        mm_fail(err, MM_ERR_DATA, "the loss is %g and the gradient norm %g: lower the learning rate, which is %g",
                loss, isnan(norm) ? NAN : norm, l->event.lr);
    mm_fail_in(err, "epoch %lld step %lld", (long long)epoch + 1, (long long)step + 1);
    return MM_ERR_DATA;
}

static enum mm_status run_step(struct loop *l, const struct mm_batch *batch, int64_t epoch, int64_t step,
                               struct mm_error *err)
{
    enum mm_status s;
    struct mm_desc inputs[2];
    const float *hosts[2];
    double norm;
    int64_t global = epoch * l->steps + step;
    double began = mm_clock();
    for (int i = 0; i < 2; i++) {
        const struct mm_batch_tensor *f = &batch->fields[i];
        inputs[i] = mm_desc_make(l->training->graph->spatial, f->dim[0], f->dim[1], f->dim[2], f->dim[3], f->dim[4]);
        hosts[i] = f->data;
    }
    l->event.lr = rate(l, epoch, step);
    if (MM_TRY(s, mm_network_step(l->network, l->training->loss_root, inputs, hosts, 2, (uint32_t)global,
                                  &l->event.loss, err)) ||
        MM_TRY(s, mm_network_gradient_norm(l->network, &norm, err)))
        return s;
    if (!isfinite(l->event.loss) || !isfinite(norm))
        return fail_not_finite(l, batch, epoch, step, norm, err);
    if (MM_TRY(s, mm_network_update(l->network, l->event.lr, global + 1, err)))
        return s;
    l->event.epoch = epoch + 1;
    l->event.step = step + 1;
    l->event.step_seconds = mm_clock() - began;
    l->step_seconds += l->event.step_seconds;
    l->loss_sum += l->event.loss;
    return mm_journal_step(&l->journal, &l->event, norm, err);
}

static bool better(const struct mm_metric_use *key, double value, double best)
{
    if (isnan(value))
        return false;
    return isnan(best) || (key->metric->higher_is_better ? value > best : value < best);
}

/* Validates, remembers the metric, and keeps the model when it is the best so far. */
static enum mm_status validate(struct loop *l, int64_t epoch, struct mm_error *err)
{
    enum mm_status s;
    struct mm_arena arena;
    struct mm_scores *scores = NULL;
    const struct mm_metric_use *key = key_metric(l->training);
    mm_arena_init(&arena, NULL);
    if (MM_TRY(s,
               mm_validate(l->network, l->training, l->validation, &arena, &scores, l->options->interrupted, err))) {
        mm_arena_done(&arena);
        return s == MM_INTERRUPTED ? s : mm_fail_in(err, "validation after epoch %lld", (long long)epoch + 1);
    }
    l->event.metric = l->state.last_metric = scores->totals[key - l->training->metrics];
    mm_arena_done(&arena);
    l->event.validated = true;
    l->event.best = better(key, l->event.metric, l->state.best_metric);
    if (!l->event.best)
        return MM_OK;
    l->state.best_metric = l->event.metric;
    l->state.best_epoch = epoch + 1;
    return mm_weights_save(l->network, l->best_path, NULL, false, err);
}

static bool validates(const struct loop *l, int64_t epoch)
{
    const struct mm_training *t = l->training;
    return l->validation &&
           ((epoch + 1) % (t->valid_interval > 0 ? t->valid_interval : 1) == 0 || epoch + 1 == t->epochs);
}

/* replace_percent "auto": as many as can be prepared while an epoch's steps run. From here on the run is one with that number. */
static enum mm_status choose_replaced(struct loop *l, int64_t epoch, int64_t ran, struct mm_error *err)
{
    enum mm_status s;
    double seconds = ran ? l->step_seconds / (double)ran * (double)l->steps : 0;
    uint32_t replaced = mm_loader_measure_replaced(l->loader, seconds, l->resolved.replaced_max);
    mm_resolved_replace(&l->resolved, replaced);
    if (MM_TRY(s, mm_loader_set_replaced(l->loader, replaced, err)) ||
        MM_TRY(s, mm_resolved_write(&l->arena, &l->resolved, err)) ||
        MM_TRY(s, mm_training_digest(&l->arena, l->training, l->state.digest, err)))
        return s;
    mm_note("cache: %u items are replaced after each epoch, which is what the loader can prepare meanwhile",
            replaced);
    return save_checkpoint(l, epoch, l->steps, err);
}

static enum mm_status end_epoch(struct loop *l, int64_t epoch, int64_t ran, struct mm_error *err)
{
    enum mm_status s = MM_OK;
    struct mm_loader_stats stats;
    double metric = NAN, last = l->event.metric;
    if (l->resolved.replaced_max && MM_TRY(s, choose_replaced(l, epoch, ran, err)))
        return s;
    mm_loader_stats_get(l->loader, &stats);
    l->event.cache = &stats;
    double seconds = mm_clock() - l->epoch_started;
    if (validates(l, epoch)) {
        if ((s = validate(l, epoch, err)) == MM_OK)
            metric = l->event.metric;
    }
    if (s == MM_OK) {
        const struct mm_metric_use *key = key_metric(l->training);
        l->state.metrics[l->state.metric_count++] = metric;
        l->event.loss = ran ? l->loss_sum / (double)ran : NAN;
        l->event.metric = metric;
        s = mm_journal_epoch(&l->journal, &l->event, key ? key->name : "none", seconds, err);
        l->event.metric = isnan(metric) ? last : metric;
        tell(l);
    }
    l->event.cache = NULL;
    l->event.validated = l->event.best = false;
    if (s == MM_OK)
        s = save_checkpoint(l, epoch + 1, 0, err);
    return s;
}

static enum mm_status run_epoch(struct loop *l, int64_t epoch, int64_t step, struct mm_error *err)
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
        if (MM_TRY(s, mm_loader_next(l->loader, &batch, err)))
            break;
        if (!batch)
            break;
        l->event.wait_seconds = mm_clock() - waiting;
        l->waited += l->event.wait_seconds;
        if (MM_TRY(s, run_step(l, batch, epoch, step, err)))
            return s;
        tell(l);
        if (l->options->interrupted && l->options->interrupted()) {
            step++;
            s = MM_INTERRUPTED;
            break;
        }
    }
    if (s == MM_INTERRUPTED) {
        if (MM_TRY(s, save_checkpoint(l, epoch, step, err)))
            return s;
        return mm_fail(err, MM_INTERRUPTED,
                       "interrupted in epoch %lld after step %lld of %lld: continue with mmar train --resume",
                       (long long)epoch + 1, (long long)step, (long long)l->steps);
    }
    if (s == MM_OK && (s = end_epoch(l, epoch, step - first, err)) == MM_INTERRUPTED) {
        /* Cut in its validation: the epoch's end is run again by the resume. */
        if (MM_TRY(s, save_checkpoint(l, epoch, l->steps, err)))
            return s;
        return mm_fail(err, MM_INTERRUPTED,
                       "interrupted while validating epoch %lld: continue with mmar train --resume",
                       (long long)epoch + 1);
    }
    return s;
}

static enum mm_status resume(struct loop *l, struct mm_error *err)
{
    enum mm_status s;
    char digest[65];
    memcpy(digest, l->state.digest, sizeof digest);
    if (!l->options->resume)
        return MM_OK;
    if (!mm_file_exists(l->checkpoint_path)) {
        mm_note("no checkpoint in %s yet: starting from the beginning", l->options->folder);
        return MM_OK;
    }
    double *metrics = l->state.metrics;
    if (MM_TRY(s, mm_checkpoint_read(&l->arena, l->network, l->checkpoint_path, &l->state, err)))
        return s;
    if (strcmp(digest, l->state.digest))
        return mm_fail(
            err, MM_ERR_CONFIG,
            "%s: belongs to another configuration (run %.12s, now %.12s): train without --resume, or fine-tune "
            "with --from",
            l->checkpoint_path, l->state.digest, digest);
    if (l->state.metric_count > (size_t)l->training->epochs)
        l->state.metric_count = (size_t)l->training->epochs;
    memcpy(metrics, l->state.metrics, l->state.metric_count * sizeof *metrics);
    l->state.metrics = metrics;
    l->event.metric = l->state.last_metric;
    mm_note("resuming at epoch %lld, step %lld", (long long)l->state.epoch + 1, (long long)l->state.step + 1);
    return MM_OK;
}

/* The numbers of the cache, and what the run is with them. */
static enum mm_status resolve(struct loop *l, struct mm_error *err)
{
    enum mm_status s;
    if (MM_TRY(s, mm_resolve(&l->arena, l->training, l->options->folder, &l->resolved, err)))
        return s;
    l->training = l->resolved.training;
    return mm_training_digest(&l->arena, l->training, l->state.digest, err);
}

/* A resume that goes on behind epoch 0 has a number, or its checkpoint would not fit: R = 0. */
static enum mm_status write_resolved(struct loop *l, struct mm_error *err)
{
    if (l->state.epoch > 0)
        l->resolved.replaced_max = 0;
    return mm_resolved_write(&l->arena, &l->resolved, err);
}

static enum mm_status open_loop(struct loop *l, struct mm_error *err)
{
    enum mm_status s;
    const struct mm_training *t = l->training;
    const char *folder = l->options->folder;
    l->best_path = mm_file_join(&l->arena, folder, "model.safetensors");
    l->final_path = mm_file_join(&l->arena, folder, "final_model.safetensors");
    l->checkpoint_path = mm_file_join(&l->arena, folder, "checkpoint.safetensors");
    char *journal = mm_file_join(&l->arena, folder, "train.jsonl");
    l->state = (struct mm_run_state){.best_epoch = -1, .best_metric = NAN, .last_metric = NAN};
    l->state.metrics = mm_arena_array(&l->arena, double, (size_t)t->epochs + 1);
    l->event = (struct mm_loop_event){.epochs = t->epochs, .metric = NAN};
    if (!l->best_path || !l->final_path || !l->checkpoint_path || !journal || !l->state.metrics)
        return mm_fail_memory(err, "the run");
    if (MM_TRY(s, mm_file_make_folder(folder, err)) || MM_TRY(s, resolve(l, err)) ||
        MM_TRY(s, mm_network_optimizer(l->network, t->optimizer, t->optimizer_self, err)) ||
        MM_TRY(s, resume(l, err)) || MM_TRY(s, write_resolved(l, err)) ||
        MM_TRY(s, mm_journal_open(&l->journal, journal, l->state.journal_bytes, err)) ||
        MM_TRY(s, open_loader(l, l->training->train, t->train->pipeline->shuffle, &l->loader, err)))
        return s;
    l->steps = l->event.steps = mm_loader_steps(l->loader);
    l->first_step = l->state.epoch * l->steps + l->state.step;
    l->event.epoch = l->state.epoch;
    return t->validation ? open_loader(l, t->validation, false, &l->validation, err) : MM_OK;
}

static void close_loop(struct loop *l)
{
    mm_loader_close(l->loader);
    mm_loader_close(l->validation);
    mm_journal_close(&l->journal);
    mm_arena_done(&l->arena);
}

enum mm_status mm_loop_run(struct mm_network *network, const struct mm_training *training,
                           const struct mm_loop_options *options, struct mm_loop_result *result, struct mm_error *err)
{
    enum mm_status s;
    struct loop l = {.network = network, .training = training, .options = options, .started = mm_clock()};
    mm_arena_init(&l.arena, NULL);
    if ((s = open_loop(&l, err)) == MM_OK) {
        int64_t step = l.state.step;
        for (int64_t epoch = l.state.epoch; epoch < training->epochs && s == MM_OK; epoch++, step = 0)
            s = run_epoch(&l, epoch, step, err);
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
    close_loop(&l);
    return s;
}
