/* The prefix: which entries there are, which to prepare ahead, and how one is prepared. */
#include "base/trace.h"
#include "cache/loader_internal.h"

struct entry *mm_loader_entry_locked(struct mm_loader *loader, uint64_t position)
{
    return position >= WHOLE_SAMPLES ? &loader->wholes[position - WHOLE_SAMPLES]
                                     : &loader->entries[position % loader->window];
}

bool mm_loader_leaving_locked(const struct mm_loader *loader, uint32_t epoch)
{
    uint64_t first = mm_policy_first(loader->policy, epoch);
    for (uint32_t i = 0; i < loader->window; i++) {
        const struct entry *entry = &loader->entries[i];
        bool stays = entry->key.position >= first && entry->key.position < first + loader->window;
        if (entry->state == ENTRY_PREPARING && !stays)
            return true;
    }
    return false;
}

/* Makes the entry that of a position of the new window. What was there leaves the store; what stays keeps state. */
static void move_entry(struct mm_loader *loader, struct entry *entry, uint64_t position)
{
    if (loader->is_begun && entry->key.position == position) {
        if (entry->state == ENTRY_FAILED)
            entry->state = ENTRY_ABSENT; /* worth another try */
        return;
    }
    if (loader->is_begun)
        loader->store->type->drop(loader->store, &entry->key);
    entry->key = (struct mm_store_key){.position = position, .item = mm_policy_item(loader->policy, position)};
    entry->state = ENTRY_ABSENT;
}

void mm_loader_move_window_locked(struct mm_loader *loader, uint32_t epoch)
{
    uint64_t first = mm_policy_first(loader->policy, epoch);
    uint32_t cached = loader->plan.cached, replaced = 0;
    loader->is_full = false; /* what leaves makes room */
    if (loader->is_begun && epoch == loader->epoch + 1)
        replaced = loader->plan.replaced;
    loader->stats.replaced = replaced;
    loader->missing = 0;
    for (uint32_t i = 0; i < loader->window; i++) {
        struct entry *entry = &loader->entries[(first + i) % loader->window];
        move_entry(loader, entry, first + i);
        if (i < cached && entry->state != ENTRY_READY) {
            loader->missing++;
            loader->stats.late += i >= cached - replaced && loader->store->type->keeps;
        }
    }
    loader->ahead = 0;
    if (loader->stats.late)
        MM_TRACE(CACHE, "epoch %u: %u of %u replacements are late", epoch, loader->stats.late, replaced);
}

/* Entry i of the background's list: the epoch's items in order of use, then the replacements. */
static struct entry *entry_ahead(struct mm_loader *loader, uint32_t i)
{
    uint64_t first = mm_policy_first(loader->policy, loader->epoch);
    return mm_loader_entry_locked(loader, i < loader->plan.cached ? loader->order[i].position : first + i);
}

static bool claim(struct entry *entry, struct task *task)
{
    if (entry->state != ENTRY_ABSENT)
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
        uint32_t end = loader->missing ? loader->plan.cached : loader->window;
        while (loader->ahead < end)
            if (claim(entry_ahead(loader, loader->ahead++), task))
                return true;
    }
    while (loader->whole_next < loader->whole_end)
        if (claim(&loader->wholes[loader->whole_next++], task))
            return true;
    return false;
}

void mm_loader_prepared_locked(struct mm_loader *loader, const struct mm_store_key *key, bool is_done)
{
    struct entry *entry = mm_loader_entry_locked(loader, key->position);
    bool was_ready = entry->state == ENTRY_READY;
    entry->state = is_done ? ENTRY_READY : ENTRY_FAILED;
    if (key->position < mm_policy_first(loader->policy, loader->epoch) + loader->plan.cached)
        loader->missing = loader->missing + was_ready - is_done;
    pthread_cond_broadcast(&loader->work);
    pthread_cond_broadcast(&loader->progress);
}

/* From the datalist's item to what the random transforms start from; read from the disk where it is there, else kept there. */
static enum mm_status run_prefix(const struct mm_loader *loader, uint32_t item, struct mm_arena *scratch,
                                 struct mm_sample **out, struct mm_error *err)
{
    enum mm_status s;
    struct mm_disk_claim claim;
    if (MM_TRY(s, mm_disk_get(loader->disk, item, scratch, &claim, out, err)))
        return s;
    if (!*out) {
        if (MM_TRY(s, mm_source_run(loader->source, item, loader->seed, scratch, out, err))) {
            mm_disk_give_up(loader->disk, &claim);
            return s;
        }
        mm_disk_put(loader->disk, item, &claim, *out);
    }
    return mm_chain_prepare(loader->source->chain, loader->source->prefix, *out, err);
}

enum mm_status mm_loader_run_prefix(struct mm_loader *loader, uint32_t item, struct mm_arena *scratch,
                                    struct mm_sample **out, struct mm_error *err)
{
    double start = mm_clock();
    enum mm_status s = run_prefix(loader, item, scratch, out, err);
    double seconds = mm_clock() - start;
    pthread_mutex_lock(&loader->mutex);
    loader->stats.prepared += !s;
    loader->stats.prefix_seconds += seconds;
    pthread_mutex_unlock(&loader->mutex);
    MM_TRACE(CACHE, "item %u prepared in %.0f ms", item, 1e3 * seconds);
    return s ? mm_fail_in(err, "item %u of %s", item, loader->source->list->file) : MM_OK;
}

/* MM_ERR_MEMORY when there is no room, which is no failure of the item: its uses prepare it anew. */
static enum mm_status put(struct mm_loader *loader, const struct mm_store_key *key, const struct mm_sample *sample,
                          struct mm_error *err)
{
    enum mm_status s = loader->store->type->put(loader->store, key, sample, err);
    if (s == MM_ERR_MEMORY) {
        pthread_mutex_lock(&loader->mutex);
        loader->is_full = true;
        loader->stats.not_kept++;
        pthread_mutex_unlock(&loader->mutex);
        MM_TRACE(CACHE, "item %u does not fit into the cache", key->item);
    }
    return s ? mm_fail_in(err, "item %u of %s", key->item, loader->source->list->file) : MM_OK;
}

enum mm_status mm_loader_prepare(struct mm_loader *loader, const struct mm_store_key *key, struct mm_arena *scratch,
                                 struct mm_error *err)
{
    enum mm_status s;
    struct mm_sample *sample;
    if (MM_TRY(s, mm_loader_run_prefix(loader, key->item, scratch, &sample, err)))
        return s;
    return put(loader, key, sample, err);
}

/* Packed images stay packed only where the next thing that happens to them are cuts. */
static enum mm_status get(struct mm_loader *loader, const struct mm_store_key *key, struct mm_arena *arena,
                          const struct mm_sample **out, bool *pinned, struct mm_error *err)
{
    struct mm_sample *sample = NULL;
    enum mm_status s = loader->store->type->get(loader->store, key, arena, &sample, err);
    if (sample && loader->unpacks && MM_TRY(s, mm_sample_unpack(sample, err))) {
        loader->store->type->release(loader->store, key);
        sample = NULL;
    }
    *out = sample;
    *pinned = sample != NULL;
    return s;
}

enum mm_status mm_loader_take(struct mm_loader *loader, const struct mm_store_key *key, struct mm_arena *scratch,
                              struct mm_arena *arena, const struct mm_sample **out, bool *pinned,
                              struct mm_error *err)
{
    enum mm_status s;
    if (MM_TRY(s, get(loader, key, arena, out, pinned, err)))
        return s;
    if (*out) {
        pthread_mutex_lock(&loader->mutex);
        loader->stats.hits++;
        pthread_mutex_unlock(&loader->mutex);
        return MM_OK;
    }
    struct mm_sample *sample;
    if (MM_TRY(s, mm_loader_run_prefix(loader, key->item, scratch, &sample, err)))
        return s;
    s = put(loader, key, sample, err);
    if (s && s != MM_ERR_MEMORY)
        return s;
    if (!s && (MM_TRY(s, get(loader, key, arena, out, pinned, err)) || *out))
        return s;
    *out = mm_sample_copy(arena, sample);
    return *out ? MM_OK : mm_fail_memory(err, "a prepared sample");
}
