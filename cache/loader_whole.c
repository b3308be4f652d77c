/* Whole samples after the prefix, for validation. The first N items of the list are kept, whatever the policy; the
 * caller's thread prepares what is missing, and the loader's threads prepare the items that are likely to be asked
 * for next. */
#include "cache/loader_internal.h"
#include "cache/whole.h"

static enum mm_status take_kept(struct mm_loader *loader, const struct mm_store_key *key, struct mm_arena *scratch,
                                struct mm_arena *arena, struct mm_sample **out, struct mm_error *err)
{
    const struct mm_sample *sample = NULL;
    bool is_pinned;
    enum mm_status s = mm_loader_take(loader, key, scratch, arena, &sample, &is_pinned, err);
    *out = (struct mm_sample *)sample; /* made in the caller's arena: the caller's to change */
    return s;
}

static enum mm_status take_anew(struct mm_loader *loader, uint32_t item, struct mm_arena *scratch,
                                struct mm_arena *arena, struct mm_sample **out, struct mm_error *err)
{
    enum mm_status s;
    struct mm_sample *sample;
    if (MM_TRY(s, mm_loader_run_prefix(loader, item, scratch, &sample, err)))
        return s;
    *out = mm_sample_copy(arena, sample);
    return *out ? MM_OK : mm_fail_memory(err, "a prepared sample");
}

/* Waits while another thread prepares the item; else it is for this thread to prepare. */
static enum mm_status claim(struct mm_loader *loader, struct entry *entry, struct mm_error *err)
{
    enum mm_status s = MM_OK;
    pthread_mutex_lock(&loader->mutex);
    uint32_t next = entry->key.item + 1, kept = loader->plan.cached;
    loader->whole_next = next;
    loader->whole_end = kept - next < loader->threads ? kept : next + loader->threads;
    pthread_cond_broadcast(&loader->work);
    while (entry->state == ENTRY_PREPARING && !s)
        s = mm_loader_wait_locked(loader, err);
    if (!s && entry->state != ENTRY_READY)
        entry->state = ENTRY_PREPARING;
    pthread_mutex_unlock(&loader->mutex);
    return s;
}

enum mm_status mm_loader_sample(struct mm_loader *loader, uint32_t item, struct mm_arena *arena,
                                struct mm_sample **out, struct mm_error *err)
{
    enum mm_status s;
    struct mm_arena scratch;
    const struct mm_store_key key = {.position = WHOLE_SAMPLES + item, .item = item};
    *out = NULL;
    if (item >= loader->plan.items)
        return mm_fail(err, MM_ERR_USAGE, "item %u of a list of %u", item, loader->plan.items);
    bool is_kept = item < loader->plan.cached;
    if (is_kept && MM_TRY(s, claim(loader, &loader->wholes[item], err)))
        return s;
    mm_arena_init(&scratch, NULL);
    s = is_kept ? take_kept(loader, &key, &scratch, arena, out, err)
                : take_anew(loader, item, &scratch, arena, out, err);
    if (!s && MM_TRY(s, mm_sample_unpack(*out, err)))
        mm_loader_release(loader, item);
    mm_arena_done(&scratch);
    if (is_kept) {
        pthread_mutex_lock(&loader->mutex);
        mm_loader_prepared_locked(loader, &key, !s);
        pthread_mutex_unlock(&loader->mutex);
    }
    return s;
}

void mm_loader_release(struct mm_loader *loader, uint32_t item)
{
    const struct mm_store_key key = {.position = WHOLE_SAMPLES + item, .item = item};
    loader->store->type->release(loader->store, &key);
}
