/* The loader: a source in, batches out. Background threads run the deterministic prefix once per item, rotate a share
 * each epoch, and cut the batches from cached volumes; batches come in their fixed order whatever the number of
 * threads. No lock is held while a transform runs; every wait has a deadline and ends at once when the loader is
 * closed.
 *
 * This header is installed and stands for itself: docs/guide/library.md. */
#ifndef MM_CACHE_LOADER_H
#define MM_CACHE_LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/version.h"
#include "cache/rotation.h"
#include "image/type.h"

struct mm_loader;
struct mm_source; /* cache/pipeline.h; programs of their own open mm_data, below */

struct mm_loader_options {
    uint64_t seed;
    bool no_cache;    /* prepare every sample anew, without cache_dir too: must not change a single bit */
    unsigned threads; /* 0: the pipeline's num_workers */
    bool shuffle;     /* false, here or in the pipeline: list order (validation) */
    /* Fields that become tensors, in order; those missing in the samples are an error. None: the pipeline's
     * image_fields, else image and label, where the datalist's first item has them. Images and numbers can become
     * tensors. */
    const char *const *fields;
    size_t field_count;
    /* Asked now and then while waiting; true ends the wait with MM_INTERRUPTED. May be NULL. */
    bool (*interrupted)(void);
    /* Told about a wait that has lasted for `waiting_after` seconds (0: 10), and each time it has lasted twice as long:
     * "item 12 (lung_003.nii.gz): transform 1 (LoadImage) since 10 s". On the waiting thread. May be NULL. */
    void (*waiting)(void *context, double seconds, const char *text);
    void *waiting_context;
    double waiting_after;
    /* Rank w of W loaders that share the work, each a process of its own: it has the stream positions p with p mod W = w
     * (cache/policy.h), as many and as many steps as every other. 0 of 0 or of 1: alone. */
    uint32_t rank, ranks;
};

#define MM_BATCH_FIELDS_MAX 4
struct mm_batch_tensor {
    const char *name;
    int spatial;
    int64_t dim[5];    /* n c d h w */
    enum mm_type type; /* MM_U8 where the voxels of all samples are, as those of most labels, else MM_F32 */
    void *data;        /* plain, x fastest */
};
/* Element i of the tensor. */
static inline float mm_batch_value(const struct mm_batch_tensor *tensor, size_t i)
{
    return tensor->type == MM_U8 ? (float)((const uint8_t *)tensor->data)[i] : ((const float *)tensor->data)[i];
}

struct mm_batch {
    uint32_t epoch, step;
    size_t field_count;
    struct mm_batch_tensor fields[MM_BATCH_FIELDS_MAX];
    uint32_t sample_count;
    const uint64_t *positions; /* [sample_count] stream position each sample came from */
    const uint32_t *items;     /* [sample_count] place in the datalist                 */
};

/* Of the epoch that is running or was last. */
struct mm_loader_stats {
    double wait_seconds, prefix_seconds, suffix_seconds; /* prefix and suffix: summed over threads */
    uint64_t bytes, peak_bytes;
    uint64_t bytes_raw, bytes_packed; /* of `bytes`: as is, and in packed images */
    uint32_t held;                    /* items that `bytes` are of: this epoch's, and replacements that are ready */
    uint32_t hits, prepared; /* volumes found in the store; items made ready by the prefix or from cache_dir */
    uint32_t replaced, late; /* items that entered at the boundary before; those of them that were not ready then */
    uint32_t quarantined;    /* items found bad and skipped */
    uint32_t not_kept;       /* samples prepared for which the cache had no room: each use prepares them anew */
    /* Of cache_dir: items read instead of made, which count as prepared too; written; found damaged, removed and made anew; not written,
     * and why the last was not; removed to keep the limit; bytes read and written. */
    uint32_t disk_hits, disk_written, disk_damaged, disk_failed, disk_evicted;
    uint64_t disk_bytes_read, disk_bytes_written;
    char disk_failure[256];
};

/* `source` is kept and must outlive the loader.
 *
 * A step takes the next V volumes of the epoch's order, each of which gives B samples (the outputs of the random
 * suffix); sample v*B + o of the batch is output o of volume v. V is 1 where batched_by_transforms (v2 form), else
 * output_batch_size, with MergeBatchDims (v3 form) or without: lists of samples are flattened, as MONAI does. The
 * last step has the volumes that are left. A sample's random numbers depend on (seed, epoch, stream position, output)
 * only; mm_context.visit is 0, since an epoch uses a position once. */
enum mm_status mm_loader_open(const struct mm_source *source, const struct mm_loader_options *options,
                              struct mm_loader **out, struct mm_error *err);
/* Stops all threads and frees everything. Accepts NULL. A chain ends behind the transform that is running, so this takes
 * as long as that transform at most. A thread that is held up in reading a file is left behind after a moment
 * (base/leave.h): it never returns to what it was doing, so the source may go as well; the memory that its item took
 * until then is lost. What is freed goes back to the system. */
void mm_loader_close(struct mm_loader *loader);
uint32_t mm_loader_steps(const struct mm_loader *loader); /* steps in an epoch of this rank */

/* Starts an epoch at a step (0, or where a resumed run goes on). Epochs may be begun in any order; ascending ones
 * rotate. */
enum mm_status mm_loader_begin(struct mm_loader *loader, uint32_t epoch, uint32_t step, struct mm_error *err);
/* The next batch of the epoch, valid until the next call; *out NULL at the epoch's end. Errors name file and
 * transform, come at the step whose batch needs the item, and stay: next and next again, until an epoch is begun.
 *
 * An item is bad when its prefix or a crop of it fails with MM_ERR_DATA or MM_ERR_IO, or when its prefix takes longer
 * than item_deadline (MM_ERR_IO). on_bad_item "stop": that is the batch's error. "skip": the item is quarantined, and
 * its stream positions are served by the item of the next position whose item is not; random numbers stay those of the
 * position. Which item serves depends on which items are bad, not on threads or on when that was found. MM_ERR_DATA when
 * all are bad. */
enum mm_status mm_loader_next(struct mm_loader *loader, const struct mm_batch **out, struct mm_error *err);
/* For replace_percent "auto", after the steps of epoch 0, which does not depend on R: how many items the threads can
 * prepare beside the crops of an epoch that lasts so long, by what was measured in it; 1 to `most`. Where an epoch is
 * too short for one, it is 1 in as many epochs as that takes.
 *
 * Then R and k for all that follows: from there on the loader is one that was opened with them. With W ranks R is a
 * multiple of W, and both are the same for all. MM_ERR_USAGE where k is not above the last epoch, or R is set already. */
struct mm_rotation mm_loader_measure_rotation(struct mm_loader *loader, double epoch_seconds, uint32_t most);
enum mm_status mm_loader_set_rotation(struct mm_loader *loader, struct mm_rotation rotation, struct mm_error *err);
void mm_loader_stats_get(struct mm_loader *loader, struct mm_loader_stats *stats);

/* Item number `index` of those that were quarantined, in the order in which they were found; false: there are no more.
 * `text` says why, and lives as long as the loader. */
bool mm_loader_quarantined(struct mm_loader *loader, uint32_t index, uint32_t *item, const char **text);

/* The data of an MMAR folder as its config describes them, with a loader on them: what a program needs that has no trainer. */
struct mm_data;

struct mm_data_options {
    const char *config;      /* in the folder; NULL: "config/config_train.json" */
    const char *environment; /* NULL: "config/environment.json", where there is one */
    bool validation;         /* the data of the config's "validate" instead of its "train" */
    const char *const *sets; /* "epochs=5", "train.image_pipeline.args.num_workers=4": as --set of the program */
    size_t set_count;
    struct mm_loader_options loader; /* seed 0: that of the config */
};

/* `options` may be NULL: the training data, shuffled where the config says so. What is wrong with config and datalist is told all at
 * once in err, one finding a line.
 *
 * num_cache_objects and cache_memory "auto" are decided here, for this process. replace_percent "auto" replaces nothing until
 * mm_loader_set_rotation is called. */
enum mm_status mm_data_open(const char *folder, const struct mm_data_options *options, struct mm_data **out,
                            struct mm_error *err);
void mm_data_close(struct mm_data *data); /* the loader, too; accepts NULL */
struct mm_loader *mm_data_loader(struct mm_data *data);
uint32_t mm_data_items(const struct mm_data *data); /* of the datalist */
/* The file of an item's field ("image"), the first where it has several; NULL when it has none of that name. */
const char *mm_data_file(const struct mm_data *data, uint32_t item, const char *field);
const char *mm_data_warnings(const struct mm_data *data); /* one a line; "" when there are none */

#endif
