/* Samples in memory, as they are or with their images packed: an arena for each entry, charged to the budget to the byte, found by
 * stream position. Positions of the same item, or of items that are the same, have one entry together.
 *
 * Entries are made outside the lock. An entry that is dropped while pinned stays in the table, invisible, until its
 * last pin goes; a put of the same key meanwhile makes it visible again, since a key stands for the same bytes
 * always. */
#include "cache/store.h"

#include <pthread.h>

#define SLOTS_FIRST 64

struct entry {
    struct mm_arena arena; /* holds this entry too */
    const struct mm_sample *sample;
    uint64_t packed_bytes; /* of the arena's */
    uint32_t first;        /* of the items that are the same */
    uint32_t users;        /* slots that have it */
};

/* What is asked of an entry at each use, apart from the entry: the table stays in the processor's cache, whatever the
 * items take. */
struct slot {
    uint64_t position;
    struct entry *entry; /* NULL: a free slot */
    const struct mm_sample *sample;
    uint32_t pins;
    bool is_dropped;
};

struct memory_store {
    struct mm_store store;
    struct mm_store_options options;
    pthread_mutex_t mutex;
    /* Under the mutex. An entry is in its position's own slot or behind it, with no free one between; the first slot is behind
     * the last. */
    struct slot *slots;
    size_t slot_count, count; /* a power of two; those that are taken, which are fewer */
    struct entry **of_item;   /* [options.item_count], by the first of those that are the same; NULL without twins */
    struct mm_store_bytes bytes;
};

/* By the golden ratio, which spreads positions that follow each other evenly (Knuth, The Art of Computer Programming 3,
 * 6.4): few searches go beyond their first slot. */
static size_t own_slot(const struct memory_store *store, uint64_t position)
{
    return (size_t)((position * 0x9E3779B97F4A7C15u) >> __builtin_clzll(store->slot_count - 1));
}

/* The slot of the entry of that position, or the free one where it would be. */
static struct slot *find(const struct memory_store *store, uint64_t position)
{
    size_t i = own_slot(store, position);
    while (store->slots[i].entry && store->slots[i].position != position)
        i = (i + 1) & (store->slot_count - 1);
    return &store->slots[i];
}

static void entry_free(struct entry *entry)
{
    struct mm_arena arena = entry->arena; /* lies in its own memory */
    mm_arena_done(&arena);
}

static void count_entry(struct memory_store *store, const struct entry *entry, int64_t sign)
{
    store->bytes.packed += (uint64_t)sign * entry->packed_bytes;
    store->bytes.raw += (uint64_t)sign * (entry->arena.bytes - entry->packed_bytes);
}

/* Frees a slot. What comes behind it moves up where its search would now end too early. */
static void free_slot(struct memory_store *store, struct slot *slot)
{
    size_t mask = store->slot_count - 1, hole = (size_t)(slot - store->slots);
    for (size_t i = (hole + 1) & mask; store->slots[i].entry; i = (i + 1) & mask) {
        size_t own = own_slot(store, store->slots[i].position);
        if (((i - own) & mask) < ((i - hole) & mask))
            continue;
        store->slots[hole] = store->slots[i];
        hole = i;
    }
    store->slots[hole] = (struct slot){0};
}

static void remove_entry(struct memory_store *store, struct slot *slot)
{
    struct entry *entry = slot->entry;
    free_slot(store, slot);
    store->count--;
    if (--entry->users)
        return;
    if (store->of_item)
        store->of_item[entry->first] = NULL;
    count_entry(store, entry, -1);
    entry_free(entry);
}

static enum mm_status open_memory(const struct mm_store_options *options, struct mm_store **out, struct mm_error *err)
{
    struct memory_store *store = mm_alloc(sizeof *store);
    struct slot *slots = mm_alloc(SLOTS_FIRST * sizeof *slots);
    struct entry **of_item = options->twins ? mm_alloc(options->item_count * sizeof(struct entry *)) : NULL;
    if (!store || !slots || (options->twins && !of_item)) {
        mm_free(store);
        mm_free(slots);
        mm_free(of_item);
        return mm_fail_memory(err, "a store");
    }
    store->of_item = of_item;
    store->store.type = &mm_store_memory;
    store->options = *options;
    store->slots = slots;
    store->slot_count = SLOTS_FIRST;
    pthread_mutex_init(&store->mutex, NULL);
    *out = &store->store;
    return MM_OK;
}

static void close_memory(struct mm_store *base)
{
    struct memory_store *store = (struct memory_store *)base;
    if (!store)
        return;
    for (size_t i = 0; i < store->slot_count; i++)
        if (store->slots[i].entry && --store->slots[i].entry->users == 0)
            entry_free(store->slots[i].entry);
    pthread_mutex_destroy(&store->mutex);
    mm_free(store->of_item);
    mm_free(store->slots);
    mm_free(store);
}

/* The sample in an arena of exactly its size. */
static struct entry *make_entry(struct mm_budget *budget, const struct mm_sample *sample, struct mm_arena *owner)
{
    struct mm_arena arena;
    mm_arena_init(&arena, budget);
    arena.chunk_size = 0; /* every allocation gets a chunk of exactly its size */
    struct entry *entry = mm_arena_new(&arena, struct entry);
    struct mm_sample *copy = entry ? mm_sample_keep(&arena, sample, owner) : NULL;
    if (!copy) {
        mm_arena_done(&arena);
        return NULL;
    }
    *entry = (struct entry){.arena = arena, .sample = copy, .packed_bytes = mm_sample_packed_bytes(copy)};
    copy->arena = &entry->arena;
    return entry;
}

/* Twice the slots when three quarters are taken; without memory for them searches take longer, until one is left to end
 * them at. */
static bool has_slot(struct memory_store *store)
{
    size_t count = store->slot_count, bytes;
    if (store->count < count / 4 * 3)
        return true;
    struct slot *old = store->slots;
    struct slot *slots = mm_size_mul(2 * count, sizeof *slots, &bytes) ? mm_alloc(bytes) : NULL;
    if (!slots)
        return store->count + 1 < count;
    store->slots = slots;
    store->slot_count = 2 * count;
    for (size_t i = 0; i < count; i++)
        if (old[i].entry)
            *find(store, old[i].position) = old[i];
    mm_free(old);
    return true;
}

static struct mm_store_bytes bytes_held(struct mm_store *base)
{
    struct memory_store *store = (struct memory_store *)base;
    pthread_mutex_lock(&store->mutex);
    struct mm_store_bytes bytes = store->bytes;
    pthread_mutex_unlock(&store->mutex);
    return bytes;
}

static enum mm_status fail_full(struct memory_store *store, const struct mm_sample *sample, struct mm_error *err)
{
    const struct mm_budget *budget = store->options.budget;
    const struct mm_store_bytes bytes = bytes_held(&store->store);
    char held[32], limit[32], more[32];
    if (!budget || !budget->limit)
        return mm_fail_memory(err, "a cached sample");
    return mm_fail(err, MM_ERR_MEMORY,
                   "the cache is full: it holds %s of at most %s, this item needs %s (raise cache_memory, or lower "
                   "num_cache_objects or replace_percent)",
                   mm_text_bytes(held, sizeof held, (double)(bytes.raw + bytes.packed)),
                   mm_text_bytes(limit, sizeof limit, (double)budget->limit),
                   mm_text_bytes(more, sizeof more, (double)mm_sample_bytes(sample)));
}

/* What is the same as the item and has an entry; NULL when there is none. */
static struct entry *find_same(const struct memory_store *store, uint32_t item)
{
    return store->of_item ? store->of_item[store->options.twins[item]] : NULL;
}

/* Is there an entry at this position, or one that it can have? Then it has it, to be seen. */
static bool join_locked(struct memory_store *store, const struct mm_store_key *key)
{
    struct slot *slot = find(store, key->position);
    struct entry *same = slot->entry ? slot->entry : find_same(store, key->item);
    if (!same || (!slot->entry && !has_slot(store)))
        return false;
    if (!slot->entry) {
        slot = find(store, key->position); /* the slots may have moved */
        *slot = (struct slot){.position = key->position, .entry = same, .sample = same->sample};
        same->users++;
        store->count++;
    }
    slot->is_dropped = false;
    return true;
}

static bool join(struct mm_store *base, const struct mm_store_key *key)
{
    struct memory_store *store = (struct memory_store *)base;
    pthread_mutex_lock(&store->mutex);
    bool is_there = join_locked(store, key);
    pthread_mutex_unlock(&store->mutex);
    return is_there;
}

/* Takes the entry over, or frees it where there is one already. */
static enum mm_status add_entry(struct memory_store *store, const struct mm_store_key *key, struct entry *entry,
                                struct mm_error *err)
{
    pthread_mutex_lock(&store->mutex);
    bool is_there = join_locked(store, key), is_added = !is_there && has_slot(store);
    if (is_added) {
        *find(store, key->position) =
            (struct slot){.position = key->position, .entry = entry, .sample = entry->sample};
        store->count++;
        entry->users = 1;
        if (store->of_item) {
            entry->first = store->options.twins[key->item];
            store->of_item[entry->first] = entry;
        }
        count_entry(store, entry, 1);
    }
    pthread_mutex_unlock(&store->mutex);
    if (!is_added)
        entry_free(entry);
    return is_there || is_added ? MM_OK : mm_fail_memory(err, "a cached sample");
}

static enum mm_status put(struct mm_store *base, const struct mm_store_key *key, struct mm_sample *sample,
                          struct mm_error *err)
{
    struct memory_store *store = (struct memory_store *)base;
    struct mm_arena scratch, *owner = sample->arena; /* scratch: of the packed form, until it is copied */
    struct mm_sample *packed;
    enum mm_status s = MM_OK;
    if (join(base, key))
        return MM_OK;
    mm_arena_init(&scratch, NULL);
    if (store->options.packs && !mm_sample_pack(&scratch, sample, &packed, NULL))
        sample = packed; /* as it is where memory for packing is out: the budget decides */
    struct entry *entry = make_entry(store->options.budget, sample, owner);
    s = entry ? add_entry(store, key, entry, err) : fail_full(store, sample, err);
    mm_arena_done(&scratch);
    return s;
}

/* Takes a pin back, and the entry's memory when it was the last of a dropped one. */
static void release(struct mm_store *base, const struct mm_store_key *key)
{
    struct memory_store *store = (struct memory_store *)base;
    pthread_mutex_lock(&store->mutex);
    struct slot *slot = find(store, key->position);
    if (slot->pins > 0 && --slot->pins == 0 && slot->is_dropped)
        remove_entry(store, slot);
    pthread_mutex_unlock(&store->mutex);
}

static const struct mm_sample *pin(struct mm_store *base, const struct mm_store_key *key)
{
    struct memory_store *store = (struct memory_store *)base;
    pthread_mutex_lock(&store->mutex);
    struct slot *slot = find(store, key->position);
    const struct mm_sample *sample = slot->is_dropped ? NULL : slot->sample;
    slot->pins += sample != NULL;
    pthread_mutex_unlock(&store->mutex);
    return sample;
}

static enum mm_status get(struct mm_store *base, const struct mm_store_key *key, struct mm_arena *arena,
                          struct mm_sample **out, struct mm_error *err)
{
    const struct mm_sample *sample = pin(base, key);
    *out = NULL;
    if (!sample)
        return MM_OK;
    *out = mm_sample_view(arena, sample);
    if (*out) {
        (*out)->item = key->item;
        return MM_OK;
    }
    release(base, key);
    return mm_fail_memory(err, "a view of a cached sample");
}

/* First the places where they are looked up, so that these are waited for together. */
static void expect(struct mm_store *base, const struct mm_store_key *keys, size_t count)
{
    struct memory_store *store = (struct memory_store *)base;
    pthread_mutex_lock(&store->mutex);
    for (size_t i = 0; i < count; i++)
        __builtin_prefetch(&store->slots[own_slot(store, keys[i].position)]);
    pthread_mutex_unlock(&store->mutex);
    for (size_t i = 0; i < count; i++) {
        pthread_mutex_lock(&store->mutex);
        const struct mm_sample *sample = find(store, keys[i].position)->sample;
        pthread_mutex_unlock(&store->mutex);
        if (sample) /* which may be gone meanwhile: to ask for memory that is not there does nothing */
            mm_sample_expect(sample);
    }
}

static void drop(struct mm_store *base, const struct mm_store_key *key)
{
    struct memory_store *store = (struct memory_store *)base;
    pthread_mutex_lock(&store->mutex);
    struct slot *slot = find(store, key->position);
    if (slot->pins > 0)
        slot->is_dropped = true;
    else if (slot->entry)
        remove_entry(store, slot);
    pthread_mutex_unlock(&store->mutex);
}

const struct mm_store_type mm_store_memory = {
    .name = "memory",
    .summary = "keep prepared samples in memory, as they are or packed",
    .keeps = true,
    .open = open_memory,
    .close = close_memory,
    .join = join,
    .put = put,
    .get = get,
    .pin = pin,
    .expect = expect,
    .release = release,
    .drop = drop,
    .bytes = bytes_held,
};
