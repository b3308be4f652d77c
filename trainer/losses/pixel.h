/* Losses that are a function of one logit and its target, element by element (binary cross entropy, focal, squared error): the pass
 * over elements, class weights and reductions are here; a loss supplies value and slope of a tile. */
#ifndef MM_TRAINER_LOSSES_PIXEL_H
#define MM_TRAINER_LOSSES_PIXEL_H

#include "trainer/losses/voxels.h"

struct mm_pixel_rule {
    bool onehot, background; /* as in struct mm_region */
    const char *reduction;
    bool sum_of_means; /* reduction "sum" takes the mean over space first (MONAI's focal loss) */
    struct mm_doubles
        weight; /* of the classes that count; one for all, or empty: none. Not applied when only one class counts */
    /* loss and d loss / d x of MM_TILE elements; `class` counts from the first that counts. */
    void (*tile)(const struct mm_pixel_rule *rule, size_t class, const float *x, const float *t, float *loss,
                 float *slope);
    struct mm_doubles pos_weight;
    double gamma, alpha; /* alpha NaN: none */
};

enum mm_status mm_pixel_shape(const struct mm_pixel_rule *rule, const struct mm_desc *prediction,
                              const struct mm_desc *target, struct mm_desc *value, struct mm_error *err);
void mm_pixel_forward(const struct mm_pixel_rule *rule, const struct mm_loss_call *call, float *y);
/* dx (+= when `add`); the upstream gradient is dy times `scale`. */
void mm_pixel_backward(const struct mm_pixel_rule *rule, const struct mm_loss_call *call, double scale, bool add);
double mm_pixel_weight(const struct mm_pixel_rule *rule, size_t counted, size_t class);

/* What `count` elements over `area` voxels are divided by under this rule's reduction. */
double mm_pixel_divisor(const struct mm_pixel_rule *rule, size_t count, size_t area);

/* Sum of the first `length` losses of a tile; those past it (of padding) become 0. */
double mm_pixel_sum(float *loss, size_t length);

/* Binary cross entropy with logits; pos_weight by class (one for all, or empty: 1). */
void mm_pixel_bce(const struct mm_pixel_rule *rule, size_t class, const float *x, const float *t, float *loss,
                  float *slope);

#endif
