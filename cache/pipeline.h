/* The arguments of an image pipeline (Clara v3's names; DESIGN.md 4 and 6), read from a stage of the config, and the
 * plan that follows from them. What the plan comes to, and how it is printed: cache/outlook.h. */
#ifndef MM_CACHE_PIPELINE_H
#define MM_CACHE_PIPELINE_H

#include "cache/rotation.h"
#include "config/config.h"
#include "config/datalist.h"
#include "transforms/chain.h"

/* Whether the cache keeps images packed (image/packed.h). Auto: where memory might not hold all places as they are. */
enum mm_compression { MM_COMPRESSION_AUTO, MM_COMPRESSION_NONE, MM_COMPRESSION_LZ4 };

/* The pipelines that a config may name. */
struct mm_pipeline_kind {
    const char *name, *aliases, *summary, *example;
    bool caches; /* also where num_cache_objects is not given */
};
extern const struct mm_pipeline_kind mm_pipeline_kinds[];                      /* ends with name NULL */
extern const struct mm_param mm_pipeline_params[], mm_pipeline_other_params[]; /* of all of them */

/* What the config says. */
struct mm_pipeline {
    const char *name;
    const char *data_list_file_path, *data_file_base_dir, *data_list_key;
    int64_t output_batch_size;       /* default 1 */
    bool batched_by_transforms;      /* v2 form: one volume a step, its crops are the batch */
    bool merges_batch_dims;          /* MergeBatchDims among batch_transforms: v3 form      */
    struct mm_ints output_crop_size; /* checked against the chain's output when given; -1 = any */
    int64_t num_workers;             /* loader threads; default 2 */
    int64_t prefetch_size;           /* batches ahead; default 4  */
    bool caches;
    int64_t num_cache_objects; /* 0: all items; 0 too where it is "auto" */
    double replace_percent;    /* a fraction in [0, 1]; 0 where it is "auto" */
    int64_t replace_every;     /* epochs between replacements; chosen too where those are "auto". 0 is taken as 1 */
    bool auto_objects, auto_replace; /* "auto": as memory and time allow */
    bool is_resolved;                /* the numbers are final: memory changes them no more */
    bool shuffle;
    uint64_t cache_memory; /* bytes; 0: no limit, or "auto" */
    bool auto_memory;      /* "auto": a share of what the machine has free, see mm_pipeline_limit */
    enum mm_compression compression;
    const char *cache_dir;          /* of the disk tier; NULL: none. mm_source_open joins it to the root */
    uint64_t cache_dir_limit;       /* bytes; 0: none */
    const char *on_bad_item;        /* stop, skip */
    double item_deadline;           /* seconds that an item's cached steps may take; 0: no end */
    struct mm_strings image_fields; /* fields that become tensors: default image, label (those that are there) */
};
enum mm_status mm_pipeline_read(struct mm_arena *arena, const struct mm_stage *stage, struct mm_pipeline **out,
                                struct mm_problems *problems);

#define MM_REPLACE_EVERY_MAX 1000000 /* epochs */

/* Of the memory that the machine, or the process's cgroup, has free, "auto" takes this share: what remains is for the
 * other data set's cache, the network and the loader's own work. */
#define MM_CACHE_SHARE 0.4

/* Is a failure of this kind that of an item which is left out? Data and files: no want of memory, no interruption, no
 * mistake in the config. */
bool mm_pipeline_skips(const struct mm_pipeline *pipeline, enum mm_status status);

/* The cache's limit in bytes; 0: none. MM_ERR_CONFIG where it is "auto" and free memory is not known here. */
enum mm_status mm_pipeline_limit(const struct mm_pipeline *pipeline, uint64_t *bytes, struct mm_error *err);
/* Does the machine have a say in how many items are held or replaced? Then they are resolved once for a run. */
bool mm_pipeline_is_open(const struct mm_pipeline *pipeline);

/* A field that passes a chain of its own and not the source's: the label on its own grid, for scores. */
struct mm_apart {
    const struct mm_chain *chain; /* run as a whole, on the item's fields less one */
    const char *field, *without;
};

/* A pipeline with its data and chain, ready to plan or load. */
struct mm_source {
    const struct mm_pipeline *pipeline;
    const struct mm_datalist *list;
    const struct mm_chain *chain;
    size_t prefix;                /* steps of the chain that are cached */
    const struct mm_apart *apart; /* NULL: none */
};
/* Reads pipeline, datalist and chain of a stage. `root`: folder that relative paths are looked up in. */
enum mm_status mm_source_open(struct mm_arena *arena, const struct mm_config *config, const struct mm_stage *stage,
                              const char *root, struct mm_source **out, struct mm_problems *problems,
                              struct mm_error *err);

/* From an item of the list to what the cache keeps of it, in the arena. Knows nothing of a cache. */
enum mm_status mm_source_prepare(const struct mm_source *source, uint32_t item, uint64_t seed,
                                 struct mm_chain_watch *watch, struct mm_arena *arena, struct mm_sample **out,
                                 struct mm_error *err);
/* The same without what later steps prepare for themselves (mm_chain_prepare): what the prefix alone makes. */
enum mm_status mm_source_run(const struct mm_source *source, uint32_t item, uint64_t seed,
                             struct mm_chain_watch *watch, struct mm_arena *arena, struct mm_sample **out,
                             struct mm_error *err);
struct mm_source_cost {
    uint32_t item;
    double seconds; /* to prepare it */
    uint64_t bytes; /* of it prepared */
};
/* Prepares the item in the middle of the list once. */
enum mm_status mm_source_measure(const struct mm_source *source, uint64_t seed, struct mm_source_cost *out,
                                 struct mm_error *err);

struct mm_cache_plan {
    uint32_t items, cached, replaced; /* T, N, R */
    uint32_t every;                   /* k: epochs between replacements, 1 at least */
    uint32_t distinct;                /* of T, when what is listed twice is counted once     */
    uint32_t outputs;                 /* crops of a volume                                   */
    uint32_t volumes_per_step, steps; /* of a full epoch of a rank                           */
    uint32_t batch;                   /* samples in a full step of a rank                    */
    uint32_t coverage_epochs;         /* until every item has been seen; 0: never            */
    uint64_t bytes_per_item;          /* upper bound from headers (largest item); 0 unknown  */
    bool packs;                       /* images are kept packed where that pays              */
    uint64_t packed_per_item;         /* measured on the largest item, with a margin; 0: not measured */
    uint64_t limit;                   /* bytes that the cache may take; 0: none              */
    uint32_t wanted;                  /* N asked for: above `cached` where memory is too small; "auto": T */
    uint32_t replaced_max;            /* replace_percent "auto", not resolved yet: R will be at most this */
    bool plain;                       /* N >= T or R = 0: nothing rotates                    */
    /* For W ranks N, R and replaced_max are multiples of W (cache/policy.h); a rank has N/W and R/W, and `limit` bytes.
     * What they would be alone: */
    uint32_t ranks, cached_alone, replaced_alone;
};
/* R and k. */
struct mm_rotation mm_cache_plan_rotation(const struct mm_cache_plan *plan);
/* Headers of the files are read for the bound (at most `headers` files, evenly spread; 0: none; all where memory
 * decides about N).
 *
 * Where items rotate and N + R of the largest item's bound exceed the limit, N is lowered until they fit, to 1 at
 * least. Before that, unless packing is ruled out, the largest item is prepared and packed, and N is lowered only as far as what was
 * measured demands. Where nothing rotates N stays, since the items left out would never be seen: the loader then holds what fits
 * and prepares the rest at each use. */
enum mm_status mm_cache_plan_make(const struct mm_source *source, size_t headers, uint32_t ranks,
                                  struct mm_cache_plan *plan, struct mm_error *err);

#endif
