/* Slots: each is filled with one batch at a time. A volume is fetched once for all its crops; crops are single tasks,
 * so that one large batch keeps all threads busy. */
#include "cache/loader_internal.h"

#define SAMPLES_MAX 65536 /* of a batch */

enum mm_status mm_loader_open_slots(struct mm_loader *loader, struct mm_error *err)
{
    uint32_t volumes = loader->plan.volumes_per_step;
    if (loader->plan.batch > SAMPLES_MAX)
        return mm_fail(err, MM_ERR_CONFIG,
                       "a batch of %u volumes with %u samples each: at most %d samples are allowed", volumes,
                       loader->plan.outputs, SAMPLES_MAX);
    loader->rules.samples_max = loader->plan.batch;
    loader->slots = mm_alloc(loader->slot_count * sizeof *loader->slots);
    if (!loader->slots)
        return mm_fail_memory(err, "the batches");
    enum mm_status s;
    for (uint32_t i = 0; i < loader->slot_count; i++) {
        struct slot *slot = &loader->slots[i];
        if (MM_TRY(s, mm_batch_open(&loader->rules, &slot->writer, err)))
            return s;
        slot->holds = mm_alloc(volumes * sizeof *slot->holds);
        if (!slot->holds)
            return mm_fail_memory(err, "the batches");
        for (uint32_t v = 0; v < volumes; v++)
            mm_arena_init(&slot->holds[v].arena, NULL);
    }
    return MM_OK;
}

static void release(struct mm_loader *loader, struct hold *hold)
{
    if (hold->is_pinned)
        loader->store->type->release(loader->store, &hold->key);
    hold->is_pinned = false;
    hold->sample = NULL;
    mm_arena_reset(&hold->arena);
}

void mm_loader_empty_slots_locked(struct mm_loader *loader)
{
    for (uint32_t i = 0; i < loader->slot_count; i++) {
        struct slot *slot = &loader->slots[i];
        for (uint32_t v = 0; v < slot->hold_count; v++)
            release(loader, &slot->holds[v]);
        slot->hold_count = 0;
        slot->state = SLOT_FREE;
    }
}

void mm_loader_close_slots(struct mm_loader *loader)
{
    for (uint32_t i = 0; loader->slots && i < loader->slot_count; i++) {
        struct slot *slot = &loader->slots[i];
        for (uint32_t v = 0; slot->holds && v < loader->plan.volumes_per_step; v++) {
            release(loader, &slot->holds[v]);
            mm_arena_done(&slot->holds[v].arena);
        }
        mm_free(slot->holds);
        mm_batch_close(slot->writer);
    }
    mm_free(loader->slots);
}

static void name_samples(struct mm_loader *loader, struct slot *slot, uint32_t v)
{
    const struct mm_store_key *key = &slot->holds[v].key;
    for (uint32_t i = v * loader->plan.outputs; i < (v + 1) * loader->plan.outputs; i++)
        mm_batch_origin(slot->writer, i, key->position, key->item);
}

/* Volumes [step * V, step * V + V) of the epoch's order; fewer in the last step. */
static void assign(struct mm_loader *loader, struct slot *slot, uint32_t epoch, uint32_t step)
{
    const struct mm_store_key *order = epoch == loader->epoch ? loader->order : loader->order_next;
    uint32_t outputs = loader->plan.outputs, first = step * loader->plan.volumes_per_step;
    uint32_t left = loader->kept - first;
    slot->hold_count = left < loader->plan.volumes_per_step ? left : loader->plan.volumes_per_step;
    slot->sample_count = slot->hold_count * outputs;
    slot->started = slot->done = 0;
    slot->status = MM_OK;
    slot->state = SLOT_FILLING;
    slot->epoch = epoch;
    slot->step = step;
    mm_batch_begin(slot->writer, epoch, step, slot->sample_count);
    for (uint32_t v = 0; v < slot->hold_count; v++) {
        struct hold *hold = &slot->holds[v];
        hold->key = mm_loader_entry_locked(loader, order[first + v].position)->key;
        hold->state = HOLD_NEEDED;
        hold->started = hold->cut = 0;
        hold->is_bad = false;
        name_samples(loader, slot, v);
    }
}

struct slot *mm_loader_slot_locked(struct mm_loader *loader, uint32_t step)
{
    return &loader->slots[((uint64_t)loader->turn + step) % loader->slot_count];
}

struct mm_loader_stats *mm_loader_stats_locked(struct mm_loader *loader, const struct slot *slot)
{
    return slot->epoch == loader->epoch ? &loader->stats : &loader->stats_next;
}

void mm_loader_assign_locked(struct mm_loader *loader)
{
    uint32_t steps = loader->plan.steps, end = loader->has_next ? 2 * steps : steps;
    for (; loader->assigned < end && loader->assigned - loader->oldest < loader->slot_count; loader->assigned++) {
        bool is_next = loader->assigned >= steps;
        assign(loader, mm_loader_slot_locked(loader, loader->assigned), loader->epoch + is_next,
               loader->assigned - (is_next ? steps : 0));
    }
    pthread_cond_broadcast(&loader->work);
}

void mm_loader_go_on_locked(struct mm_loader *loader)
{
    uint32_t steps = loader->plan.steps;
    struct mm_store_key *order = loader->order;
    loader->order = loader->order_next;
    loader->order_next = order;
    loader->turn = (loader->turn + steps) % loader->slot_count;
    loader->assigned -= steps;
    loader->oldest = loader->next = 0;
    loader->stats = loader->stats_next;
}

/* A volume can be fetched unless another thread is preparing it: from the store, or this thread prepares it. For the
 * next epoch nothing is prepared here: its items must not take the room of this one's. */
static bool can_fetch(const struct mm_loader *loader, const struct slot *slot, const struct entry *entry)
{
    if (slot->epoch != loader->epoch)
        return entry->state == ENTRY_READY && !loader->was_full;
    return entry->state != ENTRY_PREPARING;
}

static bool pick_fetch(struct mm_loader *loader, struct slot *slot, struct task *task)
{
    for (uint32_t v = 0; v < slot->hold_count; v++) {
        struct hold *hold = &slot->holds[v];
        if (hold->state != HOLD_NEEDED)
            continue;
        struct entry *entry = mm_loader_entry_locked(loader, hold->key.position);
        if (!can_fetch(loader, slot, entry))
            continue;
        bool is_long = entry->state != ENTRY_READY;
        if (is_long)
            entry->state = ENTRY_PREPARING;
        hold->state = HOLD_FETCHING;
        if (hold->key.item != entry->key.item) { /* another serves in its place */
            hold->key.item = entry->key.item;
            name_samples(loader, slot, v);
        }
        *task = (struct task){.kind = TASK_FETCH,
                              .key = hold->key,
                              .slot = slot,
                              .hold = v,
                              .is_long = is_long,
                              .is_bad = loader->is_bad[hold->key.item],
                              .soon = hold->key};
        return true;
    }
    return false;
}

static bool pick_cut(struct mm_loader *loader, struct slot *slot, struct task *task)
{
    for (uint32_t v = 0; v < slot->hold_count; v++) {
        struct hold *hold = &slot->holds[v];
        if (hold->state != HOLD_HELD || hold->is_bad || hold->started == loader->plan.outputs)
            continue;
        *task = (struct task){.kind = TASK_CUT, .key = hold->key, .slot = slot, .hold = v, .output = hold->started++};
        slot->started++;
        return true;
    }
    return false;
}

static void look_further(const struct slot *next, struct task *task)
{
    if (task->hold < next->hold_count)
        task->soon = next->holds[task->hold].key;
}

/* The batch needed first comes first; of its work, what may take longest: the prefix before the crops. */
bool mm_loader_pick_slot_locked(struct mm_loader *loader, uint32_t step, uint32_t end, struct task *task)
{
    for (; step < end && !loader->is_paused; step++) {
        struct slot *slot = mm_loader_slot_locked(loader, step);
        if (slot->state != SLOT_FILLING || slot->started == slot->sample_count)
            continue;
        bool is_fetch = pick_fetch(loader, slot, task);
        if (is_fetch && step + 1 < loader->assigned)
            look_further(mm_loader_slot_locked(loader, step + 1), task);
        if (is_fetch || pick_cut(loader, slot, task)) {
            loader->busy++;
            return true;
        }
    }
    return false;
}

/* Who waits is told only of what may end the wait: a thread, of work that others left it; the caller, of a batch, or that
 * all have stopped. */
static void stop_working(struct mm_loader *loader, bool is_more, bool is_ready)
{
    loader->busy--;
    if (is_more)
        pthread_cond_broadcast(&loader->work);
    if (is_ready || (loader->is_paused && !loader->busy))
        pthread_cond_broadcast(&loader->progress);
}

/* Samples were cut, or those of a volume will not be; none: they can be cut now. The last ends the batch. Of several failures that of the lowest sample is kept, whichever came first. */
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
    }
    stop_working(loader, count == 0 && loader->plan.outputs > 1, slot->state == SLOT_READY);
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
    stop_working(loader, true, false);
    return MM_OK;
}

void mm_loader_fetched_locked(struct mm_loader *loader, const struct task *task, enum mm_status status,
                              struct mm_error *err)
{
    struct hold *hold = &task->slot->holds[task->hold];
    if (mm_loader_skips(loader, status)) {
        mm_loader_note_bad_locked(loader, task->key.item, err);
        if (!(status = need_another(loader, hold, err)))
            return;
    }
    mm_loader_prepared_locked(loader, &task->key, !status);
    uint32_t samples = status ? loader->plan.outputs : 0; /* those that will not be cut */
    hold->state = status ? HOLD_OVER : HOLD_HELD;
    task->slot->started += samples;
    finish_samples_locked(loader, task->slot, task->hold * loader->plan.outputs, samples, status, err);
}

void mm_loader_fetch(struct worker *worker, const struct task *task)
{
    struct mm_loader *loader = worker->loader;
    struct mm_error err = {0};
    enum mm_status s = MM_OK;
    bool is_hit = false;
    loader->store->type->expect(loader->store, &task->soon);
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
static enum mm_status cut(struct worker *worker, const struct task *task, struct mm_error *err)
{
    const struct mm_loader *loader = worker->loader;
    const struct mm_source *source = loader->source;
    const struct mm_context context = {.seed = loader->seed,
                                       .epoch = task->slot->epoch,
                                       .position = (uint32_t)task->key.position,
                                       .output = task->output,
                                       .watch = &worker->watch};
    enum mm_status s;
    struct mm_sample *sample = mm_sample_view(&worker->scratch, task->slot->holds[task->hold].sample);
    if (!sample)
        return mm_fail_memory(err, "a view of a cached sample");
    if (MM_TRY(s, mm_chain_run_views(source->chain, source->prefix, source->chain->count, sample, &context, err)))
        return s;
    return mm_batch_add(task->slot->writer, task->hold * loader->plan.outputs + task->output, sample, err);
}

/* The last crop of a bad volume: those that were cut do not count. */
static void cut_bad(struct mm_loader *loader, const struct task *task, struct mm_error *err)
{
    struct slot *slot = task->slot;
    struct hold *hold = &slot->holds[task->hold];
    uint32_t started = hold->started;
    enum mm_status s = mm_loader_bad_locked(loader, task->key.item, err);
    slot->done -= started - 1;
    slot->started -= started;
    if (!slot->started) /* its shape need not be that of what comes */
        mm_batch_begin(slot->writer, slot->epoch, slot->step, slot->sample_count);
    if (!(s = need_another(loader, hold, err)))
        return;
    hold->state = HOLD_OVER;
    slot->started += loader->plan.outputs;
    finish_samples_locked(loader, slot, task->hold * loader->plan.outputs, loader->plan.outputs, s, err);
}

bool mm_loader_is_used(const struct mm_loader *loader, const struct hold *hold)
{
    return hold->state == HOLD_HELD && !hold->is_bad && hold->cut == loader->plan.outputs;
}

/* Is there nothing left to cut from the volume? Then it is let go, without the lock. */
static bool release_after_last(struct mm_loader *loader, struct hold *hold)
{
    if (hold->cut != (hold->is_bad ? hold->started : loader->plan.outputs))
        return false;
    pthread_mutex_unlock(&loader->mutex);
    release(loader, hold);
    pthread_mutex_lock(&loader->mutex);
    return true;
}

void mm_loader_cut(struct worker *worker, const struct task *task)
{
    struct mm_loader *loader = worker->loader;
    struct hold *hold = &task->slot->holds[task->hold];
    struct mm_error err = {0};
    enum mm_status s = cut(worker, task, &err);
    double seconds = mm_clock() - worker->since;
    double own = worker->is_measured ? seconds - (mm_clock_kernel() - worker->kernel) : 0;
    if (s)
        mm_fail_in(&err, "item %u of %s", task->key.item, loader->source->list->file);
    pthread_mutex_lock(&loader->mutex);
    mm_loader_stats_locked(loader, task->slot)->suffix_seconds += seconds;
    loader->trial.crops += own;
    mm_loader_measure_locked(&loader->cut_mean, seconds);
    if (mm_loader_skips(loader, s)) {
        mm_loader_note_bad_locked(loader, task->key.item, &err);
        hold->is_bad = true;
        s = MM_OK;
    }
    hold->cut++;
    bool is_bad = hold->is_bad, is_last = release_after_last(loader, hold);
    if (is_last && mm_loader_is_used(loader, hold))
        mm_loader_free_place_locked(loader, task->slot, hold);
    if (is_bad && is_last)
        cut_bad(loader, task, &err);
    else
        finish_samples_locked(loader, task->slot, task->hold * loader->plan.outputs + task->output, 1, s, &err);
}
