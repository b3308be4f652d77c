/* Opening a run: its files, its loaders, and where an earlier process left it. */
#include <math.h>

#include "base/file.h"
#include "base/log.h"
#include "trainer/loop_internal.h"

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
                                              .interrupted = l->options->interrupted,
                                              .waiting = mm_note_wait};
    return mm_loader_open(source, &options, out, err);
}

static enum mm_status resume(struct loop *l, struct mm_error *err)
{
    enum mm_status s;
    if (!l->options->resume)
        return MM_OK;
    if (!mm_file_exists(l->checkpoint_path)) {
        mm_note("no checkpoint in %s yet: starting from the beginning", l->options->folder);
        return MM_OK;
    }
    double *metrics = l->state.metrics;
    if (MM_TRY(s, mm_checkpoint_read(&l->arena, l->network, l->checkpoint_path, &l->state, err)))
        return s;
    if (l->state.metric_count > (size_t)l->training->epochs)
        l->state.metric_count = (size_t)l->training->epochs;
    memcpy(metrics, l->state.metrics, l->state.metric_count * sizeof *metrics);
    l->state.metrics = metrics;
    l->event.metric = l->state.last_metric;
    mm_note("resuming at epoch %lld, step %lld", (long long)l->state.epoch + 1, (long long)l->state.step + 1);
    return MM_OK;
}

enum mm_status mm_loop_identify(struct loop *l, struct mm_error *err)
{
    l->state.summary = mm_training_summary(&l->arena, l->training);
    return l->state.summary ? mm_training_digest(&l->arena, l->training, l->state.digest, err)
                            : mm_fail_memory(err, "the run's description");
}

/* The numbers of the cache, and what the run is with them. */
static enum mm_status resolve(struct loop *l, struct mm_error *err)
{
    enum mm_status s;
    if (MM_TRY(s, mm_resolve(&l->arena, l->training, l->options->folder, &l->resolved, err)))
        return s;
    l->training = l->resolved.training;
    return mm_loop_identify(l, err);
}

/* A resume that goes on behind epoch 0 has a number, or its checkpoint would not fit: R = 0. */
static enum mm_status write_resolved(struct loop *l, struct mm_error *err)
{
    if (l->state.epoch > 0)
        l->resolved.replaced_max = 0;
    return mm_resolved_write(&l->arena, &l->resolved, err);
}

enum mm_status mm_loop_open(struct loop *l, struct mm_error *err)
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
    if (t->validation && MM_TRY(s, open_loader(l, t->validation, false, &l->validation, err)))
        return s;
    l->quarantines[0] = (struct mm_quarantine){.source = l->training->train, .loader = l->loader};
    l->quarantines[1] = (struct mm_quarantine){.source = t->validation, .loader = l->validation};
    return MM_OK;
}

void mm_loop_close(struct loop *l)
{
    mm_loader_close(l->loader);
    mm_loader_close(l->validation);
    mm_journal_close(&l->journal);
    mm_arena_done(&l->arena);
}
