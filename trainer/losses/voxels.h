/* What all losses do with logits and targets: activations, class masks, the shapes allowed, reductions. Tensors are plain
 * (n, c, area). A target either has the prediction's channels (masks, probabilities) or one channel of class indices. */
#ifndef MM_TRAINER_LOSSES_VOXELS_H
#define MM_TRAINER_LOSSES_VOXELS_H

#include "trainer/losses/loss.h"
#include "trainer/losses/tile.h"

enum mm_voxel_activation { MM_VOXEL_NONE, MM_VOXEL_SIGMOID, MM_VOXEL_SOFTMAX };

/* p of the size of x. `log_sum` (may be NULL; softmax only): log of the sum of exp(x) over channels, (n, area). */
void mm_voxels_sigmoid(const float *x, float *p, size_t count);
void mm_voxels_softmax(const struct mm_desc *desc, const float *x, float *p, float *log_sum);

/* The mask of `class` for up to MM_TILE voxels from `voxel` on of item n: 0/1 of an index target, or the target's own channel. */
struct mm_voxel_target {
    const float *t;
    size_t classes, area;
    bool indices;
};
struct mm_voxel_target mm_voxel_target_of(const struct mm_loss_call *call, bool onehot_asked);
const float *mm_voxel_target_tile(const struct mm_voxel_target *target, size_t n, size_t class, size_t voxel,
                                  size_t length, float buffer[MM_TILE]);

/* Refuses pairs that do not fit: other n or size; channels other than the prediction's, or other than 1 when `indices` (class
 * indices become masks; ignored for a prediction of one channel, as in MONAI). */
enum mm_status mm_voxels_check(const struct mm_desc *prediction, const struct mm_desc *target, bool indices,
                               struct mm_error *err);
struct mm_desc mm_voxels_scalar(void);

/* Parameter "reduction" of every loss: mean, sum, or none (the values as they are). */
#define MM_VOXELS_REDUCTIONS "mean sum none"
#define MM_VOXELS_REDUCTION(P)                                                                                       \
    MM_CHOICE(P, reduction, .choices = MM_VOXELS_REDUCTIONS, .def_text = "mean", .help = "how the values become one")
bool mm_voxels_reduces(const char *reduction); /* false for "none" */
/* The reduced value of `count` values that sum to `total`. */
float mm_voxels_reduce(const char *reduction, double total, size_t count);
/* d y / d value i, the loss's own gradient dy included. */
double mm_voxels_share(const char *reduction, size_t count, const float *dy, size_t i);

/* Rounded up to a multiple of 64, so that pieces of saved memory follow each other aligned. */
size_t mm_voxels_aligned(size_t bytes);
size_t mm_voxels_area(const struct mm_desc *desc);
size_t mm_voxels_count(const struct mm_desc *desc);

#endif
