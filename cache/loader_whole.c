/* Whole samples after the prefix, for validation. The first N items of the list are kept, whatever the policy; the
 * loader's threads prepare what is missing for the callers, who wait with a deadline, and then the items that are
 * likely to be asked for next. */
#include "cache/loader_internal.h"
#include "cache/whole.h"

bool mm_loader_pick_whole_locked(struct mm_loader *loader, struct task *task)
{
    struct request *request = loader->requests;
    if (!request)
        return false;
    loader->requests = request->next;
    if (!loader->requests)
        loader->last_request = &loader->requests;
    *task = (struct task){.kind = TASK_WHOLE, .key = request->key, .request = request, .is_long = true};
    return true;
}

/* The sample as the store has it, its images unpacked. */
static enum mm_status find_unpacked(struct mm_loader *loader, const struct mm_store_key *key, struct mm_arena *arena,
                                    struct mm_sample **out, struct mm_error *err)
{
    enum mm_status s = mm_loader_find(loader, key, arena, out, err);
    if (!*out || !MM_TRY(s, mm_sample_unpack(*out, err)))
        return s;
    loader->store->type->release(loader->store, key);
    *out = NULL;
    return s;
}

static bool is_kept(const struct mm_loader *loader, const struct mm_store_key *key)
{
    return key->item < loader->plan.cached;
}

static void free_request(struct request *request)
{
    mm_arena_done(&request->arena);
    mm_free(request);
}

void mm_loader_whole_made_locked(struct mm_loader *loader, struct request *request, enum mm_status status,
                                 const struct mm_error *err)
{
    if (is_kept(loader, &request->key))
        mm_loader_prepared_locked(loader, &request->key, !status);
    if (request->is_unwanted) {
        free_request(request);
        return;
    }
    request->status = status;
    if (status)
        request->error = *err;
    if (mm_loader_skips(loader, status))
        mm_loader_note_bad_locked(loader, request->key.item, err);
    request->is_done = true;
    pthread_cond_broadcast(&loader->progress);
}

/* The sample goes to the caller with the arena that it is in; the thread gets the caller's empty one. */
static void hand_over(struct worker *worker, struct request *request, const struct mm_sample *sample)
{
    struct mm_arena empty = request->arena;
    empty.chunk_size = worker->scratch.chunk_size;
    request->arena = worker->scratch;
    worker->scratch = empty;
    request->sample = sample;
}

void mm_loader_make_whole(struct worker *worker, const struct task *task)
{
    struct mm_loader *loader = worker->loader;
    struct request *request = task->request;
    struct mm_error err = {0};
    struct mm_sample *sample = NULL;
    bool is_in_store = false;
    enum mm_status s = is_kept(loader, &task->key)
                           ? mm_loader_prepare(worker, &task->key, &sample, &is_in_store, &err)
                           : mm_loader_run_prefix(worker, task->key.item, &sample, &err);
    pthread_mutex_lock(&loader->mutex);
    if (!worker->is_lost) {
        if (!s && !is_in_store)
            hand_over(worker, request, sample);
        mm_loader_whole_made_locked(loader, request, s, &err);
    }
}

static struct request *post_locked(struct mm_loader *loader, const struct mm_store_key *key)
{
    struct request *request = mm_alloc(sizeof *request);
    if (!request)
        return NULL;
    request->key = *key;
    mm_arena_init(&request->arena, NULL);
    *loader->last_request = request;
    loader->last_request = &request->next;
    if (is_kept(loader, key))
        loader->wholes[key->item].state = ENTRY_PREPARING;
    pthread_cond_broadcast(&loader->work);
    return request;
}

void mm_loader_close_wholes(struct mm_loader *loader)
{
    for (struct request *request = loader->requests, *next; request; request = next) {
        next = request->next;
        free_request(request);
    }
    mm_free(loader->wholes);
}

/* Has the threads prepare the sample. What is in the store afterwards is taken from there, else copied. */
static enum mm_status make_locked(struct mm_loader *loader, const struct mm_store_key *key, struct wait *wait,
                                  struct mm_arena *arena, struct mm_sample **out, struct mm_error *err)
{
    enum mm_status s = MM_OK;
    struct request *request = post_locked(loader, key);
    if (!request)
        return mm_fail_memory(err, "a sample");
    while (!request->is_done && !s)
        s = mm_loader_wait_locked(loader, wait, err);
    if (s) {
        request->is_unwanted = !request->is_done;
        if (request->is_done)
            free_request(request);
        return s;
    }
    s = request->status;
    pthread_mutex_unlock(&loader->mutex);
    if (s && err)
        *err = request->error;
    else if (!s && !request->sample)
        s = find_unpacked(loader, key, arena, out, err);
    else if (!s && !(*out = mm_sample_copy(arena, request->sample)))
        s = mm_fail_memory(err, "a prepared sample");
    free_request(request);
    pthread_mutex_lock(&loader->mutex);
    return s;
}

static void look_ahead_locked(struct mm_loader *loader, uint32_t item)
{
    uint32_t next = item + loader->ranks, kept = loader->plan.cached, far = loader->threads * loader->ranks;
    loader->whole_next = next;
    loader->whole_end = next >= kept || kept - next < far ? kept : next + far;
    pthread_cond_broadcast(&loader->work);
}

static enum mm_status sample_locked(struct mm_loader *loader, uint32_t item, struct mm_arena *arena,
                                    struct mm_sample **out, struct mm_error *err)
{
    enum mm_status s;
    const struct mm_store_key key = {.position = WHOLE_SAMPLES + item, .item = item};
    const struct entry *entry = item < loader->plan.cached ? &loader->wholes[item] : NULL;
    struct wait wait = mm_loader_wait_begin(loader, NULL, item);
    if (entry)
        look_ahead_locked(loader, item);
    while (entry && entry->state == ENTRY_PREPARING)
        if (MM_TRY(s, mm_loader_wait_locked(loader, &wait, err)))
            return s;
    if (MM_TRY(s, mm_loader_bad_locked(loader, item, err)))
        return s;
    if (entry && entry->state == ENTRY_READY) {
        pthread_mutex_unlock(&loader->mutex);
        s = find_unpacked(loader, &key, arena, out, err);
        pthread_mutex_lock(&loader->mutex);
        loader->stats.hits += *out != NULL;
    }
    return s || *out ? s : make_locked(loader, &key, &wait, arena, out, err);
}

enum mm_status mm_loader_sample(struct mm_loader *loader, uint32_t item, struct mm_arena *arena,
                                struct mm_sample **out, struct mm_error *err)
{
    *out = NULL;
    if (item >= loader->plan.items)
        return mm_fail(err, MM_ERR_USAGE, "item %u of a list of %u", item, loader->plan.items);
    pthread_mutex_lock(&loader->mutex);
    enum mm_status s = sample_locked(loader, item, arena, out, err);
    pthread_mutex_unlock(&loader->mutex);
    return mm_loader_skips(loader, s) ? MM_OK : s;
}

void mm_loader_release(struct mm_loader *loader, uint32_t item)
{
    const struct mm_store_key key = {.position = WHOLE_SAMPLES + item, .item = item};
    loader->store->type->release(loader->store, &key);
    if (!loader->is_once)
        return;
    loader->store->type->drop(loader->store, &key);
    pthread_mutex_lock(&loader->mutex);
    if (loader->wholes[item].state == ENTRY_READY)
        loader->wholes[item].state = ENTRY_ABSENT;
    loader->is_full = false;
    pthread_cond_broadcast(&loader->work);
    pthread_mutex_unlock(&loader->mutex);
}
