/* What is done for a batch, and how it is reported: volumes fetched, crops cut. */
#include "cache/loader_internal.h"

/* Who waits is told only of what may end the wait: a thread, of work that others left it; the caller, of a batch, or that
 * all have stopped. */
static void stop_working(struct mm_loader *loader)
{
    if (--loader->busy == 0 && loader->is_paused)
        pthread_cond_broadcast(&loader->progress);
}

/* Samples were cut, or those of a volume will not be. The last ends the batch. Of several failures that of the lowest sample is kept, whichever came first. */
static void finish_samples_locked(struct mm_loader *loader, struct slot *slot, uint32_t sample, uint32_t count,
                                  enum mm_status status, const struct mm_error *err)
{
    if (status && (!slot->status || sample < slot->failed)) {
        slot->status = status;
        slot->error = *err;
        slot->failed = sample;
    }
    slot->done += count;
    if (slot->done == slot->sample_count) {
        if (!slot->status)
            slot->status = mm_batch_end(slot->writer, &slot->batch, &slot->error);
        slot->state = SLOT_READY;
        pthread_cond_broadcast(&loader->progress);
    }
}

/* No crop of the volume will be cut. */
static void give_up_locked(struct mm_loader *loader, struct slot *slot, const struct hold *hold,
                           enum mm_status status, const struct mm_error *err)
{
    uint32_t outputs = loader->plan.outputs;
    slot->started += outputs;
    finish_samples_locked(loader, slot, (uint32_t)(hold - slot->holds) * outputs, outputs, status, err);
}

/* The item is bad: the volume is needed again, with the item that serves in its place; an error when there is none. */
static enum mm_status need_another(struct mm_loader *loader, struct hold *hold, struct mm_error *err)
{
    enum mm_status s;
    if (MM_TRY(s, mm_loader_substitute_locked(loader, hold->key.position, err)))
        return s;
    hold->state = HOLD_NEEDED;
    hold->started = hold->cut = 0;
    hold->is_bad = false;
    pthread_cond_broadcast(&loader->work);
    return MM_OK;
}

void mm_loader_fetched_locked(struct mm_loader *loader, const struct task *task, enum mm_status status,
                              struct mm_error *err)
{
    struct hold *hold = &task->slot->holds[task->hold];
    stop_working(loader);
    if (mm_loader_skips(loader, status)) {
        mm_loader_note_bad_locked(loader, task->key.item, err);
        if (!(status = need_another(loader, hold, err)))
            return;
    }
    mm_loader_prepared_locked(loader, &task->key, !status);
    hold->state = status ? HOLD_OVER : HOLD_HELD;
    if (status)
        give_up_locked(loader, task->slot, hold, status, err);
    else if (loader->plan.outputs > 1)
        pthread_cond_broadcast(&loader->work); /* there is more to cut than this thread does at once */
}

void mm_loader_fetch(struct worker *worker, const struct task *task)
{
    struct mm_loader *loader = worker->loader;
    struct mm_error err = {0};
    enum mm_status s = MM_OK;
    bool is_hit = false;
    if (!task->is_bad)
        s = mm_loader_take(worker, task, &is_hit, &err);
    pthread_mutex_lock(&loader->mutex);
    if (task->is_bad)
        s = mm_loader_bad_locked(loader, task->key.item, &err);
    mm_loader_stats_locked(loader, task->slot)->hits += is_hit;
    if (!worker->is_lost)
        mm_loader_fetched_locked(loader, task, s, &err);
}

/* A position is used once in an epoch, so the visit is always 0. */
static enum mm_status cut(struct worker *worker, struct slot *slot, uint32_t index)
{
    const struct mm_loader *loader = worker->loader;
    const struct mm_source *source = loader->source;
    const struct hold *hold = &slot->holds[index / loader->plan.outputs];
    const struct mm_context context = {.seed = loader->seed,
                                       .epoch = slot->epoch,
                                       .position = (uint32_t)hold->key.position,
                                       .output = index % loader->plan.outputs,
                                       .watch = &worker->watch};
    enum mm_status s;
    struct mm_error *err = &worker->error;
    struct mm_sample *sample;
    worker->item = hold->key.item;
    err->text[0] = '\0';
    mm_arena_reset(&worker->scratch); /* of the crop before */
    if (!(sample = mm_sample_view(&worker->scratch, hold->sample)))
        return mm_fail_memory(err, "a view of a cached sample");
    sample->item = hold->key.item; /* the same may be held for several */
    if (MM_TRY(s, mm_chain_run_views(source->chain, source->prefix, source->chain->count, sample, &context, err)))
        return s;
    return mm_batch_add(slot->writer, index, sample, err);
}

/* Of the crops [from, to) of the batch: those of the volume. */
static uint32_t crops_of(const struct mm_loader *loader, uint32_t v, uint32_t from, uint32_t to)
{
    uint32_t start = v * loader->plan.outputs, end = start + loader->plan.outputs;
    return (end < to ? end : to) - (start > from ? start : from);
}

/* The last crops of a bad volume: those that were cut do not count. */
static void cut_bad(struct mm_loader *loader, struct slot *slot, struct hold *hold, uint32_t crops,
                    struct mm_error *err)
{
    uint32_t started = hold->started;
    enum mm_status s = mm_loader_bad_locked(loader, hold->key.item, err);
    slot->done -= started - crops;
    slot->started -= started;
    if (!slot->started) /* its shape need not be that of what comes */
        mm_batch_begin(slot->writer, slot->epoch, slot->step, slot->sample_count);
    if (!(s = need_another(loader, hold, err)))
        return;
    hold->state = HOLD_OVER;
    give_up_locked(loader, slot, hold, s, err);
}

bool mm_loader_is_used(const struct mm_loader *loader, const struct hold *hold)
{
    return hold->state == HOLD_HELD && !hold->is_bad && hold->cut == loader->plan.outputs;
}

/* Counts the crops that were cut of a volume. Are they its last? */
static bool count_crops_locked(const struct mm_loader *loader, struct hold *hold, uint32_t crops)
{
    hold->cut += crops;
    return hold->cut == (hold->is_bad ? hold->started : loader->plan.outputs);
}

/* Crops [from, to) were cut; a failure is that of the last one. A volume of which there is nothing left to cut is let go, without the
 * lock, before its last crops count: the batch may be used, and its slot be given away, as soon as they do. */
static void report_locked(struct mm_loader *loader, struct slot *slot, uint32_t from, uint32_t to, enum mm_status s,
                          struct mm_error *err)
{
    uint32_t outputs = loader->plan.outputs, first = from / outputs, end = (to - 1) / outputs + 1, over = 0;
    struct hold *last[CROPS_MAX];
    for (uint32_t v = first; v < end; v++) {
        uint32_t crops = crops_of(loader, v, from, to);
        if (count_crops_locked(loader, &slot->holds[v], crops))
            last[over++] = &slot->holds[v];
        else
            finish_samples_locked(loader, slot, to - 1, crops, v + 1 == end ? s : MM_OK, err);
    }
    if (!over)
        return;
    pthread_mutex_unlock(&loader->mutex);
    for (uint32_t i = 0; i < over; i++)
        mm_loader_let_go(loader, last[i]);
    pthread_mutex_lock(&loader->mutex);
    for (uint32_t i = 0; i < over; i++) {
        uint32_t v = (uint32_t)(last[i] - slot->holds), crops = crops_of(loader, v, from, to);
        if (mm_loader_is_used(loader, last[i]))
            mm_loader_free_place_locked(loader, slot, last[i]);
        if (last[i]->is_bad)
            cut_bad(loader, slot, last[i], crops, err);
        else
            finish_samples_locked(loader, slot, to - 1, crops, v + 1 == end ? s : MM_OK, err);
    }
}

/* Without what the kernel took, of which the worker knows where it stood before. */
static double own_seconds(struct worker *worker, double seconds)
{
    double before = worker->kernel;
    if (!worker->is_measured)
        return 0;
    worker->kernel = mm_clock_kernel();
    return seconds - (worker->kernel - before);
}

static void add_to_trial(struct mm_loader *loader, double seconds, uint32_t crops)
{
    struct trial *trial = &loader->trial;
    bool is_alone = loader->busy_long == 0;
    trial->crops += seconds;
    trial->crop_count += crops;
    trial->alone += is_alone ? seconds : 0;
    trial->alone_count += is_alone ? crops : 0;
}

/* Cuts crops [from, end) of the batch up to the first that fails, and reports them; returns the first that is left. Takes the mutex. */
static uint32_t cut_some(struct worker *worker, struct slot *slot, uint32_t from, uint32_t end)
{
    struct mm_loader *loader = worker->loader;
    struct mm_error *err = &worker->error;
    enum mm_status s = MM_OK;
    uint32_t to = from;
    double start = mm_clock();
    while (to < end && !s)
        s = cut(worker, slot, to++);
    double seconds = mm_clock() - start, own = own_seconds(worker, seconds);
    struct hold *hold = &slot->holds[(to - 1) / loader->plan.outputs]; /* of the one that failed */
    if (s)
        mm_fail_in(err, "item %u of %s", hold->key.item, loader->source->list->file);
    pthread_mutex_lock(&loader->mutex);
    mm_loader_stats_locked(loader, slot)->suffix_seconds += seconds;
    if (worker->is_measured)
        add_to_trial(loader, own, to - from);
    mm_loader_measure_locked(&loader->cut_mean, seconds / (to - from));
    if (mm_loader_skips(loader, s)) {
        mm_loader_note_bad_locked(loader, hold->key.item, err);
        hold->is_bad = true;
        s = MM_OK;
    }
    report_locked(loader, slot, from, to, s, err);
    return to;
}

void mm_loader_cut(struct worker *worker, const struct task *task)
{
    struct mm_loader *loader = worker->loader;
    uint32_t end = task->first + task->count;
    loader->store->type->expect(loader->store, task->soon, task->soon_count);
    for (uint32_t next = cut_some(worker, task->slot, task->first, end); next < end;) {
        pthread_mutex_unlock(&loader->mutex);
        next = cut_some(worker, task->slot, next, end);
    }
    stop_working(loader);
}
