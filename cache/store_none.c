/* No store: nothing is kept, so every take finds nothing and prepares anew. The yardstick that tiers are held to. */
#include "cache/store.h"

static enum mm_status open_none(const struct mm_store_options *options, struct mm_store **out, struct mm_error *err)
{
    (void)options;
    *out = mm_alloc(sizeof **out);
    if (!*out)
        return mm_fail_memory(err, "a store");
    (*out)->type = &mm_store_none;
    return MM_OK;
}

static void close_none(struct mm_store *store)
{
    mm_free(store);
}

static enum mm_status put(struct mm_store *store, const struct mm_store_key *key, struct mm_sample *sample,
                          struct mm_error *err)
{
    (void)store, (void)key, (void)sample, (void)err;
    return MM_OK;
}

static bool join(struct mm_store *store, const struct mm_store_key *key)
{
    (void)store, (void)key;
    return false;
}

static enum mm_status get(struct mm_store *store, const struct mm_store_key *key, struct mm_arena *arena,
                          struct mm_sample **out, struct mm_error *err)
{
    (void)store, (void)key, (void)arena, (void)err;
    *out = NULL;
    return MM_OK;
}

static const struct mm_sample *pin(struct mm_store *store, const struct mm_store_key *key)
{
    (void)store, (void)key;
    return NULL;
}

static void expect(struct mm_store *store, const struct mm_store_key *keys, size_t count)
{
    (void)store, (void)keys, (void)count;
}

static void ignore(struct mm_store *store, const struct mm_store_key *key)
{
    (void)store, (void)key;
}

static struct mm_store_bytes bytes(struct mm_store *store)
{
    (void)store;
    return (struct mm_store_bytes){0};
}

const struct mm_store_type mm_store_none = {
    .name = "none",
    .summary = "keep nothing, prepare every sample anew",
    .keeps = false,
    .open = open_none,
    .close = close_none,
    .join = join,
    .put = put,
    .get = get,
    .pin = pin,
    .expect = expect,
    .release = ignore,
    .drop = ignore,
    .bytes = bytes,
};
