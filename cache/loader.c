/* The loader's life and its epochs. How it works inside: loader_internal.h. */
#include "cache/fit.h"
#include "cache/loader_internal.h"
#include "cache/twins.h"

#include <stdlib.h>

#define WAITING_AFTER 10.0 /* seconds, until a wait is told */

/* Fields named by the caller, else by the pipeline, else image and label where the first item has them. */
static enum mm_status choose_fields(struct mm_loader *loader, const struct mm_loader_options *options,
                                    struct mm_error *err)
{
    static const char *const usual[] = {"image", "label"};
    const struct mm_strings *given = &loader->source->pipeline->image_fields;
    const char *const *names = options->field_count ? options->fields : given->items;
    size_t count = options->field_count ? options->field_count : given->count;
    bool is_usual = count == 0;
    if (is_usual) {
        names = usual;
        count = 2;
    }
    for (size_t i = 0; i < count; i++) {
        if (is_usual && !mm_item_get(&loader->source->list->items[0], names[i]))
            continue;
        if (loader->rules.field_count == MM_BATCH_FIELDS_MAX)
            return mm_fail(err, MM_ERR_CONFIG, "%zu fields for the batches: at most %d are allowed", count,
                           MM_BATCH_FIELDS_MAX);
        loader->field_names[loader->rules.field_count++] = names[i];
    }
    if (!loader->rules.field_count)
        return mm_fail(err, MM_ERR_DATA,
                       "the first item of %s has neither \"image\" nor \"label\"; image_fields names "
                       "the fields that become tensors",
                       loader->source->list->file);
    loader->rules.fields = loader->field_names;
    return MM_OK;
}

static enum mm_status open_store(struct mm_loader *loader, bool no_cache, struct mm_error *err)
{
    bool keeps = loader->source->pipeline->caches && !no_cache;
    const struct mm_store_type *type = keeps ? &mm_store_memory : &mm_store_none;
    mm_budget_init(&loader->budget, loader->plan.limit);
    if (keeps && !(loader->twins = mm_twins_find(loader->source->list)))
        return mm_fail_memory(err, "the cache's tables");
    const struct mm_store_options store = {.budget = &loader->budget,
                                           .packs = loader->plan.packs,
                                           .twins = loader->twins,
                                           .item_count = (uint32_t)loader->source->list->count};
    loader->unpacks = store.packs && !mm_chain_takes_packed(loader->source->chain, loader->source->prefix);
    return type->open(&store, &loader->store, err);
}

/* A chain that starts with a random step leaves nothing to keep. */
static enum mm_status open_disk(struct mm_loader *loader, bool no_cache, struct mm_error *err)
{
    const struct mm_pipeline *pipeline = loader->source->pipeline;
    const struct mm_disk_options options = {
        .folder = pipeline->cache_dir, .limit = pipeline->cache_dir_limit, .interrupted = loader->interrupted};
    if (!options.folder || no_cache || !loader->source->prefix)
        return MM_OK;
    enum mm_status s = mm_disk_open(loader->source, &options, &loader->disk, err);
    return s ? mm_fail_in(err, "cache_dir") : MM_OK;
}

static enum mm_status open_tables(struct mm_loader *loader, struct mm_error *err)
{
    uint32_t cached = loader->plan.cached;
    loader->kept = cached / loader->ranks;
    loader->replaced = loader->plan.replaced / loader->ranks;
    loader->window = loader->kept + loader->replaced;
    loader->positions = mm_alloc(cached * sizeof *loader->positions);
    loader->order = mm_alloc(loader->kept * sizeof *loader->order);
    loader->order_next = mm_alloc(loader->kept * sizeof *loader->order_next);
    loader->order_later = mm_alloc(loader->kept * sizeof *loader->order_later);
    loader->entries = mm_alloc(loader->window * sizeof *loader->entries);
    loader->freed = mm_alloc(loader->window * sizeof *loader->freed);
    loader->wholes = mm_alloc(cached * sizeof *loader->wholes);
    if (!loader->positions || !loader->order || !loader->order_next || !loader->order_later || !loader->entries ||
        !loader->freed || !loader->wholes)
        return mm_fail_memory(err, "the cache's tables");
    for (uint32_t i = 0; i < cached; i++)
        loader->wholes[i].key = (struct mm_store_key){.position = WHOLE_SAMPLES + i, .item = i};
    return MM_OK;
}

static void init_locks(struct mm_loader *loader)
{
    pthread_condattr_t steady;
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_mutex_init(&loader->mutex, NULL);
    pthread_cond_init(&loader->work, &steady);
    pthread_cond_init(&loader->progress, &steady);
    pthread_condattr_destroy(&steady);
}

static enum mm_status open_parts(struct mm_loader *loader, const struct mm_loader_options *options,
                                 struct mm_error *err)
{
    enum mm_status s;
    const struct mm_pipeline *pipeline = loader->source->pipeline;
    const struct mm_cache_plan *plan = &loader->plan;
    unsigned threads = options->threads ? options->threads : (unsigned)pipeline->num_workers;
    size_t headers = mm_pipeline_asks_sizes(pipeline) ? SIZE_MAX : 0;
    if (MM_TRY(s, mm_cache_plan_make(loader->source, headers, loader->ranks, &loader->plan, err)) ||
        MM_TRY(s, choose_fields(loader, options, err)))
        return s;
    loader->rules.crop_size = pipeline->output_crop_size;
    loader->rules.list = loader->source->list;
    loader->slot_count = (uint32_t)pipeline->prefetch_size + 2; /* one is with the caller, one is being filled */
    if (MM_TRY(s, mm_policy_open(loader->seed, plan->items, plan->cached, mm_cache_plan_rotation(plan),
                                 &loader->policy, err)) ||
        MM_TRY(s, open_store(loader, options->no_cache, err)) ||
        MM_TRY(s, open_disk(loader, options->no_cache, err)) || MM_TRY(s, open_tables(loader, err)) ||
        MM_TRY(s, mm_loader_open_bad(loader, err)) || MM_TRY(s, mm_loader_open_slots(loader, err)))
        return s;
    return mm_loader_start(loader, threads ? threads : 1, err);
}

static void set_options(struct mm_loader *loader, const struct mm_loader_options *options)
{
    const struct mm_pipeline *pipeline = loader->source->pipeline;
    loader->seed = options->seed;
    loader->is_shuffled = options->shuffle && pipeline->shuffle;
    loader->skips = mm_pipeline_skips(pipeline, MM_ERR_DATA);
    loader->item_deadline = pipeline->item_deadline;
    loader->interrupted = options->interrupted;
    loader->waiting = options->waiting;
    loader->waiting_context = options->waiting_context;
    loader->waiting_after = options->waiting_after > 0 ? options->waiting_after : WAITING_AFTER;
    loader->rank = options->rank;
    loader->ranks = options->ranks ? options->ranks : 1;
    loader->last_request = &loader->requests;
}

enum mm_status mm_loader_open(const struct mm_source *source, const struct mm_loader_options *options,
                              struct mm_loader **out, struct mm_error *err)
{
    if (options->rank >= (options->ranks ? options->ranks : 1))
        return mm_fail(err, MM_ERR_USAGE, "rank %u of %u: ranks count from 0", options->rank, options->ranks);
    struct mm_loader *loader = mm_alloc(sizeof *loader);
    if (!loader)
        return mm_fail_memory(err, "a loader");
    mm_memory_return_large();
    loader->source = source;
    set_options(loader, options);
    init_locks(loader);
    enum mm_status s = open_parts(loader, options, err);
    if (s) {
        mm_loader_close(loader);
        return s;
    }
    *out = loader;
    return MM_OK;
}

void mm_loader_close(struct mm_loader *loader)
{
    if (!loader)
        return;
    mm_loader_stop(loader);
    mm_loader_close_slots(loader);
    mm_loader_close_wholes(loader);
    if (loader->store)
        loader->store->type->close(loader->store);
    mm_disk_close(loader->disk);
    mm_policy_close(loader->policy);
    mm_loader_close_bad(loader);
    mm_free(loader->positions);
    mm_free(loader->order);
    mm_free(loader->order_next);
    mm_free(loader->order_later);
    mm_free(loader->entries);
    mm_free(loader->freed);
    mm_free(loader->twins);
    pthread_cond_destroy(&loader->progress);
    pthread_cond_destroy(&loader->work);
    pthread_mutex_destroy(&loader->mutex);
    mm_free(loader);
    mm_memory_return();
}

uint32_t mm_loader_steps(const struct mm_loader *loader)
{
    return loader->plan.steps;
}

static int by_item(const void *a, const void *b)
{
    uint32_t x = ((const struct mm_store_key *)a)->item, y = ((const struct mm_store_key *)b)->item;
    return (x > y) - (x < y);
}

void mm_loader_order_locked(struct mm_loader *loader, uint32_t epoch, struct mm_store_key *order)
{
    uint32_t count = 0;
    mm_policy_epoch(loader->policy, epoch, loader->is_shuffled, loader->positions);
    for (uint32_t i = 0; i < loader->plan.cached; i++)
        if (loader->positions[i] % loader->ranks == loader->rank)
            order[count++] = (struct mm_store_key){.position = loader->positions[i],
                                                   .item = mm_policy_item(loader->policy, loader->positions[i])};
    if (!loader->is_shuffled)
        qsort(order, count, sizeof *order, by_item);
}

/* Was the epoch before used to its end, and may the slots hold the first steps of this one? */
static bool goes_on(const struct mm_loader *loader, uint32_t epoch, uint32_t step)
{
    return loader->is_begun && loader->has_next && epoch == loader->epoch + 1 && step == 0 &&
           loader->next == loader->plan.steps;
}

static void start_over(struct mm_loader *loader, uint32_t epoch, uint32_t step)
{
    mm_loader_empty_slots_locked(loader);
    mm_loader_order_locked(loader, epoch, loader->order);
    loader->stats = (struct mm_loader_stats){0};
    loader->oldest = loader->next = loader->assigned = step;
}

/* Not where bad items are skipped, since one that is found in a batch of the next epoch must not change this one; and
 * not where R is yet to be chosen. */
static bool can_have_next(const struct mm_loader *loader)
{
    return !loader->was_full && !loader->skips && !loader->plan.replaced_max;
}

static enum mm_status begin_locked(struct mm_loader *loader, uint32_t epoch, uint32_t step, struct mm_error *err)
{
    enum mm_status s;
    struct wait wait = mm_loader_wait_begin(loader, NULL, NO_ITEM);
    bool continues = goes_on(loader, epoch, step);
    while ((loader->busy > 0 && !continues) || mm_loader_leaving_locked(loader, epoch))
        if (MM_TRY(s, mm_loader_wait_locked(loader, &wait, err)))
            return s;
    if (continues)
        mm_loader_go_on_locked(loader);
    else
        start_over(loader, epoch, step);
    loader->stats_next = (struct mm_loader_stats){0};
    loader->trial = (struct trial){.steps = loader->plan.steps - step};
    mm_disk_stats_get(loader->disk, &loader->disk_before);
    mm_loader_move_window_locked(loader, epoch);
    loader->epoch = epoch;
    loader->is_begun = true;
    mm_loader_look_ahead_locked(loader);
    loader->has_next = loader->knows_next && can_have_next(loader);
    mm_loader_free_places_locked(loader);
    mm_loader_assign_locked(loader);
    return MM_OK;
}

enum mm_status mm_loader_begin(struct mm_loader *loader, uint32_t epoch, uint32_t step, struct mm_error *err)
{
    if (step > loader->plan.steps)
        return mm_fail(err, MM_ERR_USAGE, "step %u of an epoch of %u steps", step, loader->plan.steps);
    pthread_mutex_lock(&loader->mutex);
    loader->is_paused = true;
    enum mm_status s = begin_locked(loader, epoch, step, err);
    loader->is_paused = false;
    pthread_cond_broadcast(&loader->work);
    pthread_mutex_unlock(&loader->mutex);
    return s;
}

static enum mm_status next_locked(struct mm_loader *loader, const struct mm_batch **out, struct mm_error *err)
{
    enum mm_status s;
    *out = NULL;
    loader->oldest = loader->next; /* the caller is done with the batch before */
    mm_loader_assign_locked(loader);
    if (loader->next == loader->plan.steps)
        return MM_OK;
    struct slot *slot = mm_loader_slot_locked(loader, loader->next);
    struct wait wait = mm_loader_wait_begin(loader, slot, NO_ITEM);
    while (slot->state != SLOT_READY)
        if (MM_TRY(s, mm_loader_wait_locked(loader, &wait, err)))
            return s;
    if (slot->status) {
        if (err)
            *err = slot->error;
        return slot->status;
    }
    *out = slot->batch;
    loader->next++;
    loader->handed_at = mm_clock();
    return MM_OK;
}

enum mm_status mm_loader_next(struct mm_loader *loader, const struct mm_batch **out, struct mm_error *err)
{
    double start = mm_clock();
    pthread_mutex_lock(&loader->mutex);
    if (loader->handed_at > 0)
        mm_loader_measure_locked(&loader->step_mean, start - loader->handed_at);
    loader->handed_at = 0;
    enum mm_status s =
        loader->is_begun ? next_locked(loader, out, err) : mm_fail(err, MM_ERR_USAGE, "no epoch was begun");
    loader->stats.wait_seconds += mm_clock() - start;
    pthread_mutex_unlock(&loader->mutex);
    return s;
}

static void add_disk(struct mm_loader_stats *stats, const struct mm_disk_stats *now,
                     const struct mm_disk_stats *before)
{
    stats->disk_hits = now->hits - before->hits;
    stats->disk_written = now->written - before->written;
    stats->disk_damaged = now->damaged - before->damaged;
    stats->disk_failed = now->failed - before->failed;
    stats->disk_evicted = now->evicted - before->evicted;
    stats->disk_bytes_read = now->bytes_read - before->bytes_read;
    stats->disk_bytes_written = now->bytes_written - before->bytes_written;
    memcpy(stats->disk_failure, now->failure, sizeof stats->disk_failure);
}

void mm_loader_stats_get(struct mm_loader *loader, struct mm_loader_stats *stats)
{
    pthread_mutex_lock(&loader->mutex);
    *stats = loader->stats;
    for (uint32_t i = 0; i < loader->window; i++)
        stats->held += loader->entries[i].state == ENTRY_READY;
    const struct mm_disk_stats before = loader->disk_before;
    pthread_mutex_unlock(&loader->mutex);
    struct mm_disk_stats now;
    mm_disk_stats_get(loader->disk, &now);
    add_disk(stats, &now, &before);
    const struct mm_store_bytes bytes = loader->store->type->bytes(loader->store);
    stats->bytes_raw = bytes.raw;
    stats->bytes_packed = bytes.packed;
    stats->bytes = bytes.raw + bytes.packed;
    stats->peak_bytes = loader->budget.peak;
}
