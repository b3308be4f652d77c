/* The prefix: which entries there are, which to prepare ahead, and how one is prepared. */
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

/* Makes the entry that of a position of the new window. What was there leaves the store; what stays keeps state. */
static void move_entry(struct mm_loader *loader, struct entry *entry, uint64_t position)
{
    if (loader->is_begun && entry->key.position == position &&
        (entry->state == ENTRY_PREPARING || entry->key.item == mm_loader_item_locked(loader, position))) {
        if (entry->state == ENTRY_FAILED)
            entry->state = ENTRY_ABSENT; /* worth another try */
        return;
    }
    if (loader->is_begun)
        loader->store->type->drop(loader->store, &entry->key);
    entry->key = (struct mm_store_key){.position = position, .item = mm_loader_item_locked(loader, position)};
    entry->state = ENTRY_ABSENT;
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
    uint32_t replaced = 0;
    loader->is_full = false; /* what leaves makes room */
    if (loader->is_begun && epoch == loader->epoch + 1)
        replaced = loader->replaced;
    loader->stats.replaced = replaced;
    loader->missing = 0;
    for (uint32_t i = 0; i < loader->window; i++) {
        uint64_t position = window_position(loader, epoch, i);
        struct entry *entry = mm_loader_entry_locked(loader, position);
        move_entry(loader, entry, position);
        if (i < loader->kept && entry->state != ENTRY_READY) {
            loader->missing++;
            loader->stats.late += i >= loader->kept - replaced && loader->store->type->keeps;
        }
    }
    loader->ahead = 0;
    if (loader->stats.late)
        MM_TRACE(CACHE, "epoch %u: %u of %u replacements are late", epoch, loader->stats.late, replaced);
}

/* Entry i of the background's list: the epoch's items in order of use, then the replacements. */
static struct entry *entry_ahead(struct mm_loader *loader, uint32_t i)
{
    return mm_loader_entry_locked(loader, i < loader->kept ? loader->order[i].position
                                                           : window_position(loader, loader->epoch, i));
}

/* A bad item is not tried ahead: who needs it is told, or gets another. */
static bool claim(const struct mm_loader *loader, struct entry *entry, struct task *task)
{
    if (entry->state != ENTRY_ABSENT || loader->is_bad[entry->key.item])
        return false;
    entry->state = ENTRY_PREPARING;
    *task = (struct task){.kind = TASK_PREPARE, .key = entry->key};
    return true;
}

/* Replacements wait until the epoch's own items are there: they must not take their memory. */
bool mm_loader_pick_ahead_locked(struct mm_loader *loader, struct task *task)
{
    if (!loader->store->type->keeps || loader->is_full)
        return false;
    if (loader->is_begun && !loader->is_paused) {
        uint32_t end = loader->missing ? loader->kept : loader->window;
        while (loader->ahead < end)
            if (claim(loader, entry_ahead(loader, loader->ahead++), task))
                return true;
    }
    while (loader->whole_next < loader->whole_end && mm_loader_has_room_locked(loader)) {
        struct entry *entry = &loader->wholes[loader->whole_next];
        loader->whole_next += loader->ranks;
        if (claim(loader, entry, task))
            return true;
    }
    return false;
}

void mm_loader_prepared_locked(struct mm_loader *loader, const struct mm_store_key *key, bool is_done)
{
    struct entry *entry = mm_loader_entry_locked(loader, key->position);
    bool was_ready = entry->state == ENTRY_READY;
    entry->state = is_done ? ENTRY_READY : ENTRY_FAILED;
    if (is_epochs_own(loader, key->position))
        loader->missing = loader->missing + was_ready - is_done;
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
static enum mm_status put(struct mm_loader *loader, const struct mm_store_key *key, const struct mm_sample *sample,
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

enum mm_status mm_loader_prepare(struct worker *worker, const struct mm_store_key *key, struct mm_sample **out,
                                 bool *is_kept, struct mm_error *err)
{
    enum mm_status s;
    *is_kept = false;
    if (MM_TRY(s, mm_loader_run_prefix(worker, key->item, out, err)))
        return s;
    return put(worker->loader, key, *out, is_kept, err);
}

enum mm_status mm_loader_find(struct mm_loader *loader, const struct mm_store_key *key, struct mm_arena *arena,
                              struct mm_sample **out, struct mm_error *err)
{
    *out = NULL;
    return loader->store->type->get(loader->store, key, arena, out, err);
}

/* Packed images stay packed only where the next thing that happens to them are cuts. */
static enum mm_status find_pinned(struct mm_loader *loader, const struct mm_store_key *key, struct mm_arena *arena,
                                  const struct mm_sample **out, bool *pinned, struct mm_error *err)
{
    struct mm_sample *sample;
    enum mm_status s = mm_loader_find(loader, key, arena, &sample, err);
    if (sample && loader->unpacks && MM_TRY(s, mm_sample_unpack(sample, err))) {
        loader->store->type->release(loader->store, key);
        sample = NULL;
    }
    *out = sample;
    *pinned = sample != NULL;
    return s;
}

enum mm_status mm_loader_take(struct worker *worker, const struct mm_store_key *key, struct mm_arena *arena,
                              const struct mm_sample **out, bool *pinned, struct mm_error *err)
{
    enum mm_status s;
    struct mm_loader *loader = worker->loader;
    struct mm_sample *sample;
    bool is_kept;
    if (MM_TRY(s, find_pinned(loader, key, arena, out, pinned, err)))
        return s;
    if (*out) {
        pthread_mutex_lock(&loader->mutex);
        mm_loader_stats_locked(loader, worker->task.slot)->hits++;
        pthread_mutex_unlock(&loader->mutex);
        return MM_OK;
    }
    if (MM_TRY(s, mm_loader_prepare(worker, key, &sample, &is_kept, err)) ||
        (is_kept && (MM_TRY(s, find_pinned(loader, key, arena, out, pinned, err)) || *out)))
        return s;
    *out = mm_sample_copy(arena, sample);
    return *out ? MM_OK : mm_fail_memory(err, "a prepared sample");
}
