/* A prepared sample as bytes: what the disk tier keeps of an item. Lossless: what is read is the sample that was written, field by field.
 *
 * A record is
 *     head     "mmrecord", version (u32), size of the head (u32, a multiple of 64), time of writing (u64, seconds since 1970),
 *              key (32 bytes), source (u32 length, then as many bytes, then a NUL)
 *     sample   record_write.c and record_read.c, which stand side by side
 *     tail     size of the whole record (u64), XXH3 of 128 bits over all before it
 * Numbers are little-endian. A big-endian machine writes its own order and so another version, which none of the others takes. Arrays start at
 * multiples of their element's size, voxels at multiples of 64, so that what was read into memory is used where it lies.
 *
 * Names of files that the datalist's item has stand as their number in it, and come back as this run writes them; steps of the history
 * as their number in the chain. Records are foreign bytes: every count is checked against what is there. */
#ifndef MM_CACHE_RECORD_H
#define MM_CACHE_RECORD_H

#include "base/hash.h"
#include "cache/pipeline.h"

#define MM_RECORD_VERSION                                                                                            \
    1u /* raised with every change of the form, or of a struct that a transform keeps as its memo */
#define MM_RECORD_HEAD_MAX   8192
#define MM_RECORD_SOURCE_MAX 4095 /* bytes of its name that are kept */

struct mm_record_head {
    unsigned char key[MM_SHA256_SIZE];
    uint64_t written;   /* seconds since 1970 */
    const char *source; /* file that the item came from, for people; "" when there is none */
};

/* Where the bytes go, in order. */
typedef enum mm_status mm_record_sink(void *self, const void *bytes, size_t size);
/* MM_ERR_USAGE where the history has a step that is not among the source's cached ones. */
enum mm_status mm_record_write(const struct mm_source *source, uint32_t item, const struct mm_sample *sample,
                               const struct mm_record_head *head, mm_record_sink *sink, void *self,
                               struct mm_error *err);

/* The head from a record's first bytes (MM_RECORD_HEAD_MAX are enough); *body is where the sample starts. Points into the bytes. */
enum mm_status mm_record_head(const unsigned char *bytes, size_t size, struct mm_record_head *head, size_t *body,
                              struct mm_error *err);
/* That every byte of a whole record is as it was written; MM_ERR_DATA else. */
enum mm_status mm_record_check(const unsigned char *bytes, size_t size, struct mm_error *err);
/* The sample, whose volumes and arrays lie in `bytes`: 64-byte aligned, in the arena, and given away to the sample. */
enum mm_status mm_record_read(struct mm_arena *arena, unsigned char *bytes, size_t size,
                              const struct mm_source *source, uint32_t item, struct mm_sample **out,
                              struct mm_error *err);

#endif
