/* Batch, instance and group norm on the processor: what the kernels share. One statistic belongs to a channel (batch)
 * or to a channel of an item (instance, group); work is cut into shards of one item and a run of voxels (channels-last) or one
 * plane and a run of its voxels (plain). trainer/ops/norm.h has the formulas. saved: struct mm_norm_saved
 * [statistics]. Workspace: partial sums of the shards, then float tables [statistics]. */
#ifndef MM_TRAINER_BACKENDS_CPU_NORM_H
#define MM_TRAINER_BACKENDS_CPU_NORM_H

#include "trainer/backends/backend.h"
#include "trainer/backends/cpu/moments.h"
#include "trainer/ops/norm.h"

struct mm_norm_kernel {
    struct mm_device *device;
    bool last;     /* channels-last */
    bool per_item; /* instance and group norm */
    int64_t group; /* neighbouring channels that are normalised together: 1 but for group norm */
    int64_t items, channels, area;
    int64_t shard_voxels, shards_per_plane; /* plane: an item (channels-last), or a channel of an item (plain) */
    double epsilon, momentum;
};

/* Layouts, saved, workspace and cost. */
bool mm_norm_offer(const struct mm_kernel_query *query, bool per_item, struct mm_kernel_offer *offer);
enum mm_status mm_norm_make(struct mm_arena *arena, struct mm_device *device, const struct mm_kernel_query *query,
                            bool per_item, void **state, struct mm_error *err);
int64_t mm_norm_statistics(const struct mm_norm_kernel *kernel);

/* Moments of every statistic, into `out`: the beginning of the workspace. */
const struct mm_moments *mm_norm_measure(const struct mm_norm_kernel *kernel, const float *x, void *workspace);
/* y from the statistics; scale and shift [channels] may be NULL. */
void mm_norm_write(const struct mm_norm_kernel *kernel, const float *x, const struct mm_norm_saved *saved,
                   const float *scale, const float *shift, float *y, void *workspace);
/* Backward: gradients may be NULL. `fixed`: the statistics did not come from x. */
struct mm_norm_gradients {
    float *dx, *dscale, *dshift;
};
void mm_norm_gradient(const struct mm_norm_kernel *kernel, const float *x, const float *dy,
                      const struct mm_norm_saved *saved, const float *scale, bool fixed,
                      const struct mm_norm_gradients *out, void *workspace);

#endif
