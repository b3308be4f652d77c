/* Shared by weights.c, weights_adapt.c and weights_save.c only. */
#ifndef MM_TRAINER_WEIGHTS_PARTS_H
#define MM_TRAINER_WEIGHTS_PARTS_H

#include "trainer/weights.h"

#define MM_WEIGHTS_FORMAT "mmar-weights-1"
#define MM_WEIGHTS_SLOT   "optimizer." /* optimizer.<slot>.<name> */

/* Scalars such as num_batches_tracked: kept so that files have them, never needed. */
static inline bool mm_weights_is_constant(const struct mm_param_info *info)
{
    return info->file_rank == 0;
}

/* Has optimizer slots. */
static inline bool mm_weights_is_learned(const struct mm_param_info *info)
{
    return info->role == MM_ROLE_PARAM && !info->frozen;
}

static inline size_t mm_weights_elements(const struct mm_param_info *info)
{
    return (size_t)mm_desc_count(&info->desc);
}

/* weights_adapt.c: can a first layer's kernel be made from a tensor of another number of channels? `wanted`: its dimensions in the file's
 * order of axes. */
bool mm_weights_can_adapt(const struct mm_graph *graph, size_t param, const struct mm_st_tensor *tensor,
                          const int64_t wanted[5]);
/* Does the tensor differ only where the file has its number of classes and the model its own? `*old` is the file's, 0 until it is known. */
bool mm_weights_is_of_classes(const struct mm_st_tensor *tensor, int rank, const int64_t wanted[5], int64_t classes,
                              int64_t *old);
/* In the file's order of axes. */
enum mm_status mm_weights_adapt(const struct mm_st_tensor *tensor, const struct mm_param_info *info, float *out,
                                struct mm_error *err);

#endif
