/* Where the bytes of prepared samples are: apart from the policy, which decides whose. Tiers of one contract: memory,
 * as is or packed by LZ4 (store_memory.c); none at all, every take prepares anew (store_none.c, --no-cache).
 * The disk stands before them all, at the prefix (disk.h). A tier never changes a sample. All calls are thread-safe. */
#ifndef MM_CACHE_STORE_H
#define MM_CACHE_STORE_H

#include "base/memory.h"
#include "transforms/sample.h"

struct mm_store;

/* What an entry is: stable across runs for tiers that outlive one (content-addressed: source identity + prefix
 * description). */
struct mm_store_key {
    uint64_t position; /* stream position: the entry of this residence */
    uint32_t item;
};

struct mm_store_options {
    struct mm_budget *budget; /* what entries are charged to; outlives the store          */
    bool packs;               /* images are kept packed where that pays (mm_sample_pack) */
    /* [item_count]: for each item the first that is the same (cache/twins.h); items that are the same are held once, whatever their
     * positions. Borrowed; NULL: nothing is known. */
    const uint32_t *twins;
    uint32_t item_count;
};

struct mm_store_bytes {   /* held now */
    uint64_t raw, packed; /* packed: voxels in packed form, with their tables; raw: all else */
};

struct mm_store_type {
    const char *name, *summary;
    bool keeps; /* false: nothing is found again, so nothing is worth preparing ahead */
    enum mm_status (*open)(const struct mm_store_options *options, struct mm_store **out, struct mm_error *err);
    void (*close)(struct mm_store *store);
    /* Is the item there, at this position or another? Then it is at this one from now on, and need not be put. */
    bool (*join)(struct mm_store *store, const struct mm_store_key *key);
    /* Keeps the sample; nothing happens when the key is there already. A store that keeps takes large images out of the sample's
     * arena, so the sample is not to be used afterwards; unless it fails: MM_ERR_MEMORY when the budget does not allow it. */
    enum mm_status (*put)(struct mm_store *store, const struct mm_store_key *key, struct mm_sample *sample,
                          struct mm_error *err);
    /* A view in the caller's arena over the entry, pinned until `release`; *out NULL when it is not there. Its images may be packed:
     * see transforms/sample.h. */
    enum mm_status (*get)(struct mm_store *store, const struct mm_store_key *key, struct mm_arena *arena,
                          struct mm_sample **out, struct mm_error *err);
    /* The entry itself, pinned until `release`: what views are made of. NULL when it is not there. */
    const struct mm_sample *(*pin)(struct mm_store *store, const struct mm_store_key *key);
    /* The entries will soon be read: mm_sample_expect. Fine where there are none. */
    void (*expect)(struct mm_store *store, const struct mm_store_key *keys, size_t count);
    void (*release)(struct mm_store *store, const struct mm_store_key *key); /* fine when nothing is pinned */
    /* Forgets the entry; its memory goes when the last pin does. */
    void (*drop)(struct mm_store *store, const struct mm_store_key *key);
    struct mm_store_bytes (*bytes)(struct mm_store *store);
};

struct mm_store {
    const struct mm_store_type *type;
};

extern const struct mm_store_type mm_store_memory, mm_store_none;

#endif
