/* Losses that compare whole regions (Dice, Tversky, generalised Dice): every one is a function of three sums per class,
 *     both = sum p t    prediction = sum p (or p^2)    truth = sum t (or t^2)
 * over space, and over the batch too when `batch`; p is the activated prediction, t the target's mask. The passes over voxels are
 * here once; a loss supplies the function of the sums and its slopes. */
#ifndef MM_TRAINER_LOSSES_REGION_H
#define MM_TRAINER_LOSSES_REGION_H

#include "trainer/losses/voxels.h"

struct mm_region {
    enum mm_voxel_activation activation;
    bool
        onehot; /* the target holds class indices (ignored for a prediction of one channel, as is the rest of this list) */
    bool background; /* class 0 counts */
    bool squared, batch;
};

struct mm_region_sums {
    double both, prediction, truth;
};

/* Sums are kept row after row: a row is an item, or the whole batch. Classes below `first` have sums but do not count. */
struct mm_region_shape {
    size_t items, classes, area, rows, first;
};
struct mm_region_shape mm_region_shape(const struct mm_region *region, const struct mm_desc *prediction);

/* What a loss keeps from forward to backward: sums, room for slopes (d value / d sums), activated prediction. */
struct mm_region_memory {
    struct mm_region_sums *sums, *slopes; /* [rows * classes] */
    float *p;                             /* NULL when the prediction is used as it is */
};
size_t mm_region_bytes(const struct mm_region *region, const struct mm_desc *prediction);
struct mm_region_memory mm_region_memory(const struct mm_region *region, const struct mm_desc *prediction,
                                         void *saved);

/* Fills p and sums; `log_sum` as in mm_voxels_softmax. A class index that is none of the classes makes the sums NaN, so that wrong
 * labels cannot train silently. */
void mm_region_forward(const struct mm_region *region, const struct mm_loss_call *call,
                       const struct mm_region_memory *memory, float *log_sum);
/* dx = d value / d prediction from the slopes. */
void mm_region_backward(const struct mm_region *region, const struct mm_loss_call *call,
                        const struct mm_region_memory *memory);

/* A loss whose values are one per row and class. `value` gives it with its slopes for one triple of sums. */
struct mm_region_rule {
    struct mm_region region;
    const char *reduction;
    struct mm_doubles
        weight; /* of the classes that count; one for all, or empty: none. Not applied when only one class counts */
    double (*value)(const struct mm_region_rule *rule, const struct mm_region_sums *sums,
                    struct mm_region_sums *slope);
    double smooth_nr, smooth_dr, alpha, beta;
    bool jaccard;
};
enum mm_status mm_region_rule_shape(const struct mm_region_rule *rule, const struct mm_desc *prediction,
                                    const struct mm_desc *target, struct mm_desc *value, struct mm_error *err);
/* Reduced values into y. */
void mm_region_rule_forward(const struct mm_region_rule *rule, const struct mm_loss_call *call, void *saved,
                            float *log_sum);
void mm_region_rule_backward(const struct mm_region_rule *rule, const struct mm_loss_call *call, void *saved);

/* sigmoid and softmax flags of the config as an activation; both at once are refused. */
enum mm_status mm_region_check_activation(bool sigmoid, bool softmax, struct mm_error *err);
enum mm_voxel_activation mm_region_activation(bool sigmoid, bool softmax);

/* 1 - (2 both + nr) / (truth + prediction + dr); jaccard: the denominator is 2 (truth + prediction - both). */
double mm_region_dice(const struct mm_region_rule *rule, const struct mm_region_sums *sums,
                      struct mm_region_sums *slope);

#endif
