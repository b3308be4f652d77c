/* Samples in memory, as they are or with their images packed: one allocation an entry, charged to the budget to the byte, found by
 * stream position.
 *
 * Copies are made outside the lock. An entry that is dropped while pinned stays in the table, invisible, until its
 * last pin goes; a put of the same key meanwhile makes it visible again, since a key stands for the same bytes
 * always. */
#include "cache/store.h"

#include <pthread.h>

#define BUCKETS_FIRST 64

struct entry {
    struct entry *next; /* of the bucket */
    struct mm_store_key key;
    struct mm_arena arena; /* holds this entry too */
    const struct mm_sample *sample;
    uint64_t packed_bytes; /* of the arena's */
    uint32_t pins;
    bool is_dropped;
};

struct memory_store {
    struct mm_store store;
    struct mm_store_options options;
    pthread_mutex_t mutex;
    /* Under the mutex. */
    struct entry **buckets;
    size_t bucket_count, count; /* a power of two; entries */
    struct mm_store_bytes bytes;
};

static struct entry **bucket_of(struct entry **buckets, size_t count, uint64_t position)
{
    return &buckets[(position * 0x9E3779B97F4A7C15u) >> 32 & (count - 1)];
}

/* The link that points to the entry of that key, or to NULL. */
static struct entry **find(struct memory_store *store, const struct mm_store_key *key)
{
    struct entry **link = bucket_of(store->buckets, store->bucket_count, key->position);
    while (*link && (*link)->key.position != key->position)
        link = &(*link)->next;
    return link;
}

static void entry_free(struct entry *entry)
{
    struct mm_arena arena = entry->arena; /* lies in its own memory */
    mm_arena_done(&arena);
}

static void count_entry(struct memory_store *store, const struct entry *entry, int64_t sign)
{
    store->count += (size_t)sign;
    store->bytes.packed += (uint64_t)sign * entry->packed_bytes;
    store->bytes.raw += (uint64_t)sign * (entry->arena.bytes - entry->packed_bytes);
}

static void remove_entry(struct memory_store *store, struct entry **link)
{
    struct entry *entry = *link;
    *link = entry->next;
    count_entry(store, entry, -1);
    entry_free(entry);
}

static enum mm_status open_memory(const struct mm_store_options *options, struct mm_store **out, struct mm_error *err)
{
    struct memory_store *store = mm_alloc(sizeof *store);
    struct entry **buckets = mm_alloc(BUCKETS_FIRST * sizeof(struct entry *));
    if (!store || !buckets) {
        mm_free(store);
        mm_free(buckets);
        return mm_fail_memory(err, "a store");
    }
    store->store.type = &mm_store_memory;
    store->options = *options;
    store->buckets = buckets;
    store->bucket_count = BUCKETS_FIRST;
    pthread_mutex_init(&store->mutex, NULL);
    *out = &store->store;
    return MM_OK;
}

static void close_memory(struct mm_store *base)
{
    struct memory_store *store = (struct memory_store *)base;
    if (!store)
        return;
    for (size_t i = 0; i < store->bucket_count; i++)
        while (store->buckets[i])
            remove_entry(store, &store->buckets[i]);
    pthread_mutex_destroy(&store->mutex);
    mm_free(store->buckets);
    mm_free(store);
}

/* A copy of the sample in an arena of exactly its size. */
static struct entry *make_entry(struct mm_budget *budget, const struct mm_store_key *key,
                                const struct mm_sample *sample)
{
    struct mm_arena arena;
    mm_arena_init(&arena, budget);
    arena.chunk_size = 0; /* every allocation gets a chunk of exactly its size */
    struct entry *entry = mm_arena_new(&arena, struct entry);
    struct mm_sample *copy = entry ? mm_sample_copy(&arena, sample) : NULL;
    if (!copy) {
        mm_arena_done(&arena);
        return NULL;
    }
    *entry =
        (struct entry){.key = *key, .arena = arena, .sample = copy, .packed_bytes = mm_sample_packed_bytes(copy)};
    copy->arena = &entry->arena;
    return entry;
}

/* Twice the buckets when they are full. Without memory for them the chains grow longer, nothing else. */
static void grow(struct memory_store *store)
{
    size_t count = 2 * store->bucket_count, bytes;
    if (store->count < store->bucket_count || !mm_size_mul(count, sizeof(struct entry *), &bytes))
        return;
    struct entry **buckets = mm_alloc(bytes);
    if (!buckets)
        return;
    for (size_t i = 0; i < store->bucket_count; i++)
        for (struct entry *entry = store->buckets[i], *next; entry; entry = next) {
            next = entry->next;
            struct entry **bucket = bucket_of(buckets, count, entry->key.position);
            entry->next = *bucket;
            *bucket = entry;
        }
    mm_free(store->buckets);
    store->buckets = buckets;
    store->bucket_count = count;
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

/* Adds the entry or, when one of its key is there, brings that back: then false. */
static bool add_entry(struct memory_store *store, struct entry *entry)
{
    pthread_mutex_lock(&store->mutex);
    struct entry **link = find(store, &entry->key), *there = *link;
    if (there) {
        there->is_dropped = false;
    } else {
        *link = entry;
        count_entry(store, entry, 1);
        grow(store);
    }
    pthread_mutex_unlock(&store->mutex);
    return !there;
}

static bool bring_back(struct memory_store *store, const struct mm_store_key *key)
{
    pthread_mutex_lock(&store->mutex);
    struct entry *there = *find(store, key);
    if (there)
        there->is_dropped = false;
    pthread_mutex_unlock(&store->mutex);
    return there;
}

static enum mm_status put(struct mm_store *base, const struct mm_store_key *key, const struct mm_sample *sample,
                          struct mm_error *err)
{
    struct memory_store *store = (struct memory_store *)base;
    struct mm_arena scratch; /* of the packed form, until it is copied */
    struct mm_sample *packed;
    enum mm_status s = MM_OK;
    if (bring_back(store, key))
        return MM_OK;
    mm_arena_init(&scratch, NULL);
    if (store->options.packs && !mm_sample_pack(&scratch, sample, &packed, NULL))
        sample = packed; /* as it is where memory for packing is out: the budget decides */
    struct entry *entry = make_entry(store->options.budget, key, sample);
    if (!entry)
        s = fail_full(store, sample, err);
    else if (!add_entry(store, entry))
        entry_free(entry);
    mm_arena_done(&scratch);
    return s;
}

/* Takes a pin back, and the entry's memory when it was the last of a dropped one. */
static void release(struct mm_store *base, const struct mm_store_key *key)
{
    struct memory_store *store = (struct memory_store *)base;
    pthread_mutex_lock(&store->mutex);
    struct entry **link = find(store, key);
    if (*link && (*link)->pins > 0 && --(*link)->pins == 0 && (*link)->is_dropped)
        remove_entry(store, link);
    pthread_mutex_unlock(&store->mutex);
}

static enum mm_status get(struct mm_store *base, const struct mm_store_key *key, struct mm_arena *arena,
                          struct mm_sample **out, struct mm_error *err)
{
    struct memory_store *store = (struct memory_store *)base;
    *out = NULL;
    pthread_mutex_lock(&store->mutex);
    struct entry *entry = *find(store, key);
    if (entry && entry->is_dropped)
        entry = NULL;
    if (entry)
        entry->pins++;
    pthread_mutex_unlock(&store->mutex);
    if (!entry)
        return MM_OK;
    *out = mm_sample_view(arena, entry->sample);
    if (*out)
        return MM_OK;
    release(base, key);
    return mm_fail_memory(err, "a view of a cached sample");
}

static void drop(struct mm_store *base, const struct mm_store_key *key)
{
    struct memory_store *store = (struct memory_store *)base;
    pthread_mutex_lock(&store->mutex);
    struct entry **link = find(store, key);
    if (*link && (*link)->pins > 0)
        (*link)->is_dropped = true;
    else if (*link)
        remove_entry(store, link);
    pthread_mutex_unlock(&store->mutex);
}

const struct mm_store_type mm_store_memory = {
    .name = "memory",
    .summary = "keep prepared samples in memory, as they are or packed",
    .keeps = true,
    .open = open_memory,
    .close = close_memory,
    .put = put,
    .get = get,
    .release = release,
    .drop = drop,
    .bytes = bytes_held,
};
