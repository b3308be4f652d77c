/* Whole samples that are used once each: evaluation and inference. The same requests and the same store as for validation, but the store
 * is only where samples wait for their use. How much memory an item takes while it is prepared is not known until one was, so the first
 * is prepared alone; from then on what waits and what is being made must have room together, by the most that any took. */
#include "cache/loader_internal.h"
#include "cache/whole.h"

/* Samples that are made now, whoever asked for them. */
static uint32_t being_made(const struct mm_loader *loader)
{
    uint32_t count = 0;
    for (const struct worker *w = loader->workers; w; w = w->next)
        count += w->since > 0 && !w->is_lost;
    return count;
}

bool mm_loader_has_room_locked(const struct mm_loader *loader)
{
    if (!loader->is_once)
        return true;
    if (!loader->working)
        return false;
    uint64_t limit = loader->budget.limit, held = loader->budget.used;
    return !limit || (held < limit && (uint64_t)being_made(loader) + 1 <= (limit - held) / loader->working);
}

/* A store of all items that holds as much as there is room for; no numbers of the pipeline's own cache. */
static uint64_t limit_of(const struct mm_pipeline *pipeline)
{
    return pipeline->cache_memory ? pipeline->cache_memory
                                  : (uint64_t)((double)mm_memory_available() * MM_CACHE_SHARE);
}

enum mm_status mm_loader_open_once(struct mm_arena *arena, const struct mm_source *source,
                                   const struct mm_loader_options *options, struct mm_loader **out,
                                   struct mm_error *err)
{
    enum mm_status s;
    struct mm_pipeline *pipeline = mm_arena_new(arena, struct mm_pipeline);
    struct mm_source *own = mm_arena_new(arena, struct mm_source);
    if (!pipeline || !own)
        return mm_fail_memory(err, "a source of data");
    *pipeline = *source->pipeline;
    pipeline->caches = pipeline->is_resolved = true;
    pipeline->auto_objects = pipeline->auto_memory = pipeline->auto_replace = false;
    pipeline->num_cache_objects = 0;
    pipeline->replace_percent = 0;
    pipeline->compression = MM_COMPRESSION_NONE;
    pipeline->cache_memory = limit_of(source->pipeline);
    pipeline->cache_dir = NULL;
    *own = *source;
    own->pipeline = pipeline;
    if (MM_TRY(s, mm_loader_open(own, options, out, err)))
        return s;
    pthread_mutex_lock(&(*out)->mutex);
    (*out)->is_once = true; /* nothing was begun or asked for yet: no thread has looked */
    pthread_mutex_unlock(&(*out)->mutex);
    return MM_OK;
}
