/* A batch's tensors, written sample by sample by any number of threads. A tensor is uint8 where all its samples are, and
 * float32 otherwise: a byte takes a quarter of the way through memory, and labels are half of what a batch holds. The
 * buffers are kept from batch to batch and grow when a batch needs more, so batches of one shape allocate once. Inside
 * the cache layer only. */
#ifndef MM_CACHE_BATCH_H
#define MM_CACHE_BATCH_H

#include "cache/loader.h"
#include "cache/pipeline.h"

struct mm_batch_writer;

struct mm_batch_rules {
    uint32_t samples_max;
    const char *const *fields;      /* that become tensors */
    size_t field_count;             /* 1 .. MM_BATCH_FIELDS_MAX */
    struct mm_ints crop_size;       /* images must have it where it is positive: output_crop_size */
    const struct mm_datalist *list; /* for messages */
};

/* What `rules` points to must outlive the writer. */
enum mm_status mm_batch_open(const struct mm_batch_rules *rules, struct mm_batch_writer **out, struct mm_error *err);
void mm_batch_close(struct mm_batch_writer *writer); /* accepts NULL */

/* Starts the next batch; what was there goes. The caller then names each sample's origin, before it adds any. */
void mm_batch_begin(struct mm_batch_writer *writer, uint32_t epoch, uint32_t step, uint32_t sample_count);
void mm_batch_origin(struct mm_batch_writer *writer, uint32_t index, uint64_t position, uint32_t item);
/* Writes sample `index`. Threads may add different samples at once. */
enum mm_status mm_batch_add(struct mm_batch_writer *writer, uint32_t index, struct mm_sample *sample,
                            struct mm_error *err);
/* After all samples were added: MM_ERR_DATA when their shapes differ, naming the two files. */
enum mm_status mm_batch_end(struct mm_batch_writer *writer, const struct mm_batch **out, struct mm_error *err);

#endif
