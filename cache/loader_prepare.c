/* The prefix: which entries there are, and how one is prepared. */
#include "base/trace.h"
#include "cache/loader_internal.h"

struct entry *mm_loader_entry_locked(struct mm_loader *loader, uint64_t position)
{
    return position >= WHOLE_SAMPLES ? &loader->wholes[position - WHOLE_SAMPLES]
                                     : &loader->entries[position / loader->ranks % loader->window];
}

/* Place i of this rank's window. */
static uint64_t window_position(const struct mm_loader *loader, uint32_t epoch, uint32_t i)
{
    return mm_policy_first(loader->policy, epoch) + loader->rank + (uint64_t)i * loader->ranks;
}

bool mm_loader_leaving_locked(const struct mm_loader *loader, uint32_t epoch)
{
    uint64_t first = window_position(loader, epoch, 0), end = window_position(loader, epoch, loader->window);
    for (uint32_t i = 0; i < loader->window; i++) {
        const struct entry *entry = &loader->entries[i];
        bool stays = entry->key.position >= first && entry->key.position < end;
        if (entry->state == ENTRY_PREPARING && !stays)
            return true;
    }
    return false;
}

static void drop_left(struct mm_loader *loader, struct entry *entry)
{
    if (entry->has_left)
        loader->store->type->drop(loader->store, &entry->left);
    entry->has_left = false;
}

/* Makes the entry that of another position, or of another item. What was there leaves the store, at once or when the
 * entry is prepared: freeing an item takes long enough to be left to a thread that is not waited for. */
static void give_entry(struct mm_loader *loader, struct entry *entry, uint64_t position, bool at_once)
{
    if (entry->state == ENTRY_READY) {
        entry->left = entry->key;
        entry->has_left = true;
    }
    if (at_once || entry->left.position == position || !mm_loader_holds_window(loader))
        drop_left(loader, entry);
    entry->key = (struct mm_store_key){.position = position, .item = mm_loader_item_locked(loader, position)};
    entry->state = ENTRY_ABSENT;
}

/* Gives an entry to a position of the new window. What stays keeps its state. */
static void move_entry(struct mm_loader *loader, struct entry *entry, uint64_t position, bool at_once)
{
    bool stays = entry->key.position == position &&
                 (entry->state == ENTRY_PREPARING || entry->key.item == mm_loader_item_locked(loader, position));
    if (!stays || !loader->is_begun)
        give_entry(loader, entry, position, at_once);
    else if (entry->state == ENTRY_FAILED)
        entry->state = ENTRY_ABSENT; /* worth another try */
    if (at_once)
        drop_left(loader, entry);
}

void mm_loader_free_entry_locked(struct mm_loader *loader, struct entry *entry)
{
    give_entry(loader, entry, entry->key.position + (uint64_t)loader->window * loader->ranks, false);
}

static bool is_epochs_own(const struct mm_loader *loader, uint64_t position)
{
    return position < mm_policy_first(loader->policy, loader->epoch) + loader->plan.cached;
}

void mm_loader_replace_entry_locked(struct mm_loader *loader, uint64_t position, uint32_t item)
{
    struct entry *entry = mm_loader_entry_locked(loader, position);
    loader->store->type->drop(loader->store, &entry->key);
    entry->key.item = item;
    loader->missing += entry->state == ENTRY_READY && is_epochs_own(loader, position);
    entry->state = ENTRY_ABSENT;
}

void mm_loader_move_window_locked(struct mm_loader *loader, uint32_t epoch)
{
    bool is_next = loader->is_begun && epoch == loader->epoch + 1;
    bool is_rotated = is_next && window_position(loader, epoch, 0) != window_position(loader, loader->epoch, 0);
    uint32_t replaced = is_rotated ? loader->replaced : 0;
    loader->is_full = false; /* what leaves makes room */
    loader->stats.replaced = replaced;
    loader->missing = 0;
    for (uint32_t i = 0; i < loader->window; i++) {
        uint64_t position = window_position(loader, epoch, i);
        struct entry *entry = mm_loader_entry_locked(loader, position);
        move_entry(loader, entry, position, !is_next);
        if (i < loader->kept && entry->state != ENTRY_READY) {
            loader->missing++;
            loader->stats.late += i >= loader->kept - replaced && loader->store->type->keeps;
        }
    }
    if (loader->stats.late)
        MM_TRACE(CACHE, "epoch %u: %u of %u replacements are late", epoch, loader->stats.late, replaced);
}

void mm_loader_prepared_locked(struct mm_loader *loader, const struct mm_store_key *key, bool is_done)
{
    struct entry *entry = mm_loader_entry_locked(loader, key->position);
    bool was_ready = entry->state == ENTRY_READY;
    entry->state = is_done ? ENTRY_READY : ENTRY_FAILED;
    if (is_epochs_own(loader, key->position))
        loader->missing = loader->missing + was_ready - is_done;
    if (was_ready && is_done)
        return;
    pthread_cond_broadcast(&loader->work);
    pthread_cond_broadcast(&loader->progress);
}

/* From the datalist's item to what the random transforms start from; read from the disk where it is there, else kept there. */
static enum mm_status run_prefix(struct worker *worker, uint32_t item, struct mm_sample **out, struct mm_error *err)
{
    struct mm_loader *loader = worker->loader;
    const struct mm_source *source = loader->source;
    enum mm_status s;
    struct mm_disk_claim claim;
    if (MM_TRY(s, mm_disk_get(loader->disk, item, &worker->scratch, &claim, out, err)))
        return s;
    if (!*out) {
        s = mm_source_run(source, item, loader->seed, &worker->watch, &worker->scratch, out, err);
        if (s) {
            mm_disk_give_up(loader->disk, &claim);
            return s;
        }
        mm_disk_put(loader->disk, item, &claim, *out);
    }
    return mm_chain_prepare(source->chain, source->prefix, *out, err);
}

static void set_preparing(struct worker *worker, bool is_preparing)
{
    pthread_mutex_lock(&worker->loader->mutex);
    worker->is_preparing = is_preparing;
    pthread_mutex_unlock(&worker->loader->mutex);
}

/* Ends the part in which the thread may be lost; false: it was. */
static bool is_back(struct worker *worker, bool is_done, double seconds)
{
    struct mm_loader *loader = worker->loader;
    pthread_mutex_lock(&loader->mutex);
    worker->is_preparing = false;
    bool is_lost = worker->is_lost;
    loader->stats.prepared += is_done && !is_lost;
    loader->stats.prefix_seconds += seconds;
    if (worker->scratch.bytes > loader->working)
        loader->working = worker->scratch.bytes;
    pthread_mutex_unlock(&loader->mutex);
    return !is_lost;
}

/* Of a list that is no file's, the caller knows the item's name. */
static enum mm_status fail_in_item(const struct mm_loader *loader, uint32_t item, enum mm_status status,
                                   struct mm_error *err)
{
    if (status && loader->source->list->file)
        mm_fail_in(err, "item %u of %s", item, loader->source->list->file);
    return status;
}

enum mm_status mm_loader_run_prefix(struct worker *worker, uint32_t item, struct mm_sample **out,
                                    struct mm_error *err)
{
    double start = mm_clock();
    set_preparing(worker, true);
    enum mm_status s = run_prefix(worker, item, out, err);
    double seconds = mm_clock() - start;
    if (!is_back(worker, !s, seconds))
        return mm_fail(err, MM_INTERRUPTED, "too late");
    MM_TRACE(CACHE, "item %u prepared in %.0f ms", item, 1e3 * seconds);
    return fail_in_item(worker->loader, item, s, err);
}

/* No room is no failure of the item: its uses prepare it anew. */
static enum mm_status put(struct mm_loader *loader, const struct mm_store_key *key, struct mm_sample *sample,
                          bool *is_kept, struct mm_error *err)
{
    enum mm_status s = loader->store->type->put(loader->store, key, sample, err);
    *is_kept = s == MM_OK && loader->store->type->keeps;
    if (s != MM_ERR_MEMORY)
        return fail_in_item(loader, key->item, s, err);
    pthread_mutex_lock(&loader->mutex);
    loader->is_full = loader->was_full = true;
    loader->stats.not_kept++;
    pthread_mutex_unlock(&loader->mutex);
    MM_TRACE(CACHE, "item %u does not fit into the cache", key->item);
    return MM_OK;
}

/* What had the place of the key before. */
static void make_place(struct mm_loader *loader, const struct mm_store_key *key)
{
    pthread_mutex_lock(&loader->mutex);
    struct entry *entry = mm_loader_entry_locked(loader, key->position);
    const struct mm_store_key left = entry->left;
    bool has_left = entry->has_left;
    entry->has_left = false;
    pthread_mutex_unlock(&loader->mutex);
    if (has_left)
        loader->store->type->drop(loader->store, &left);
}

enum mm_status mm_loader_prepare(struct worker *worker, const struct mm_store_key *key, struct mm_sample **out,
                                 bool *is_kept, struct mm_error *err)
{
    enum mm_status s;
    struct mm_loader *loader = worker->loader;
    *out = NULL;
    double start = mm_clock(), kernel = mm_clock_kernel();
    *is_kept = loader->store->type->join(loader->store, key);
    make_place(loader, key); /* of what leaves, which may be the same item */
    if (*is_kept)
        return MM_OK;
    if (MM_TRY(s, mm_loader_run_prefix(worker, key->item, out, err)))
        return s;
    double made = mm_clock();
    s = put(loader, key, *out, is_kept, err);
    double end = mm_clock(), own = end - start - (mm_clock_kernel() - kernel);
    pthread_mutex_lock(&loader->mutex);
    loader->stats.prefix_seconds += end - made; /* keeping an item is a part of loading it */
    loader->trial.count++;
    loader->trial.items += own;
    loader->trial.squares += own * own;
    mm_loader_measure_locked(&loader->prefix_mean, end - start);
    pthread_mutex_unlock(&loader->mutex);
    return s;
}

enum mm_status mm_loader_find(struct mm_loader *loader, const struct mm_store_key *key, struct mm_arena *arena,
                              struct mm_sample **out, struct mm_error *err)
{
    *out = NULL;
    return loader->store->type->get(loader->store, key, arena, out, err);
}

/* Packed images stay packed only where the next thing that happens to them are cuts. */
static enum mm_status find_pinned(struct mm_loader *loader, struct hold *hold, const struct mm_store_key *key,
                                  struct mm_error *err)
{
    struct mm_sample *sample;
    enum mm_status s = mm_loader_find(loader, key, &hold->arena, &sample, err);
    if (sample && loader->unpacks && MM_TRY(s, mm_sample_unpack(sample, err))) {
        loader->store->type->release(loader->store, key);
        sample = NULL;
    }
    hold->sample = sample;
    hold->is_pinned = sample != NULL;
    return s;
}

enum mm_status mm_loader_take(struct worker *worker, const struct task *task, bool *is_hit, struct mm_error *err)
{
    enum mm_status s;
    struct mm_loader *loader = worker->loader;
    struct hold *hold = &task->slot->holds[task->hold];
    struct mm_sample *sample;
    bool is_kept;
    if (MM_TRY(s, find_pinned(loader, hold, &task->key, err)))
        return s;
    if ((*is_hit = hold->is_pinned))
        return MM_OK;
    if (MM_TRY(s, mm_loader_prepare(worker, &task->key, &sample, &is_kept, err)) ||
        (is_kept && (MM_TRY(s, find_pinned(loader, hold, &task->key, err)) || hold->is_pinned)))
        return s;
    if (is_kept && MM_TRY(s, mm_loader_run_prefix(worker, task->key.item, &sample, err)))
        return s; /* it was there, and is gone again */
    hold->sample = mm_sample_copy(&hold->arena, sample);
    return hold->sample ? MM_OK : mm_fail_memory(err, "a prepared sample");
}
