/* What kernels on the device "cpu" share: addresses, layouts without a reorder, shards of fixed size.
 * Rule: shards depend on shapes alone, and sums over shards go in their order, so any number of threads gives the
 * same bits. Sums within a shard keep their order at every level of vectors (16 lanes, no contraction). */
#ifndef MM_TRAINER_BACKENDS_HOST_H
#define MM_TRAINER_BACKENDS_HOST_H

#include "base/vectors.h"
#include "trainer/backends/backend.h"

/* NULL for a tensor that is not there. */
float *mm_host_data(struct mm_device *device, const struct mm_ref *ref);

/* Plain and channels-last are the same bytes: one channel, or one position. */
bool mm_host_flat(const struct mm_desc *desc);
/* The layout for a kernel that wants channels-last: plain where that is the same bytes. */
enum mm_layout mm_host_channels_last(const struct mm_desc *desc);
/* The layout for a kernel that takes plain and channels-last: the one it arrives in, or channels-last for any other.
 */
enum mm_layout mm_host_either(const struct mm_desc *desc);

/* Shards of a run of `count` elements, and the elements [from, to) of one. */
#define MM_HOST_SHARD 32768
size_t mm_host_shards(int64_t count);
int64_t mm_host_range(int64_t count, size_t shard, int64_t *from); /* returns `to` */

/* Memory passes of `bytes` each, on one thread, in seconds: for costs. */
double mm_host_seconds(double bytes);

#endif
