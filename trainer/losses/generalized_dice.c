/* MONAI 1.3's GeneralizedDiceLoss (Sudre et al. 2017): classes are summed with weights of their volume before the ratio is taken,
 * 1 - (2 sum_c w_c both_c + nr) / (sum_c w_c (truth_c + prediction_c) + dr), w = 1 / truth^2. */
#include <math.h>

#include "trainer/losses/region.h"

struct generalized_dice {
    bool include_background, to_onehot_y, sigmoid, softmax, batch;
    const char *w_type, *reduction;
    double smooth_nr, smooth_dr;
};
#define P struct generalized_dice

static const struct mm_param params[] = {
    MM_BOOL(P, include_background, .def = 1, .help = "class 0 counts"),
    MM_BOOL(P, to_onehot_y, .help = "the target holds class indices"),
    MM_BOOL(P, sigmoid, .help = "the prediction is logits of independent classes"),
    MM_BOOL(P, softmax, .help = "the prediction is logits of exclusive classes"),
    MM_CHOICE(P, w_type, .choices = "square simple uniform", .def_text = "square",
              .help = "class weights: 1/volume^2, 1/volume or 1"),
    MM_VOXELS_REDUCTION(P),
    MM_DOUBLE(P, smooth_nr, .def = 1e-5, .min = 0, .max = 1e6, .help = "added to the numerator"),
    MM_DOUBLE(P, smooth_dr, .def = 1e-5, .min = 0, .max = 1e6, .help = "added to the denominator"),
    MM_BOOL(P, batch, .help = "sums run over the whole batch instead of each item"),
    MM_PARAMS_END,
};

static struct mm_region region_of(const P *p)
{
    return (struct mm_region){mm_region_activation(p->sigmoid, p->softmax), p->to_onehot_y, p->include_background,
                              false, p->batch};
}

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    const P *p = self;
    (void)arena;
    return mm_region_check_activation(p->sigmoid, p->softmax, err);
}

static enum mm_status shape(const void *self, const struct mm_desc *prediction, const struct mm_desc *target,
                            struct mm_desc *value, struct mm_error *err)
{
    const P *p = self;
    struct mm_region region = region_of(p);
    enum mm_status status;
    if (MM_TRY(status, mm_voxels_check(prediction, target, p->to_onehot_y, err)))
        return status;
    *value = mm_voxels_scalar();
    if (!mm_voxels_reduces(p->reduction))
        *value = mm_desc_make(prediction->spatial, (int64_t)mm_region_shape(&region, prediction).rows, 1, 1, 1, 1);
    return MM_OK;
}

static size_t saved_bytes(const void *self, const struct mm_desc *prediction, const struct mm_desc *target)
{
    struct mm_region region = region_of(self);
    (void)target;
    return mm_region_bytes(&region, prediction);
}

static double weight_of(const P *p, double volume)
{
    return strcmp(p->w_type, "square") == 0   ? 1.0 / (volume * volume)
           : strcmp(p->w_type, "simple") == 0 ? 1.0 / volume
                                              : 1.0;
}

/* The weight that an absent class takes: the largest one of the row that is finite, or 0. */
static double weight_of_absent(const P *p, const struct mm_region_shape *s, const struct mm_region_sums *row)
{
    double largest = 0;
    for (size_t c = s->first; c < s->classes; c++) {
        double weight = weight_of(p, row[c].truth);
        largest = !isinf(weight) && weight > largest ? weight : largest;
    }
    return largest;
}

/* Value of one row; its slopes times `share` when wanted. */
static double row_value(const P *p, const struct mm_region_shape *s, const struct mm_region_sums *row, double share,
                        struct mm_region_sums *slopes)
{
    double above = p->smooth_nr, below = p->smooth_dr, absent = weight_of_absent(p, s, row);
    for (size_t c = s->first; c < s->classes; c++) {
        double weight = weight_of(p, row[c].truth);
        weight = isinf(weight) ? absent : weight;
        above += 2.0 * weight * row[c].both;
        below += weight * (row[c].truth + row[c].prediction);
        if (slopes)
            slopes[c].truth = weight; /* kept until the sums are complete */
    }
    for (size_t c = s->first; c < s->classes && slopes; c++) {
        double weight = slopes[c].truth;
        slopes[c] =
            (struct mm_region_sums){-2.0 * weight / below * share, weight * above / (below * below) * share, 0};
    }
    return 1.0 - above / below;
}

static void forward(const struct mm_loss_call *call)
{
    const P *p = call->self;
    struct mm_region region = region_of(p);
    struct mm_region_shape s = mm_region_shape(&region, call->prediction);
    struct mm_region_memory memory = mm_region_memory(&region, call->prediction, call->saved);
    double total = 0;
    mm_region_forward(&region, call, &memory, NULL);
    for (size_t row = 0; row < s.rows; row++) {
        double value = row_value(p, &s, memory.sums + row * s.classes, 0, NULL);
        total += value;
        if (!mm_voxels_reduces(p->reduction))
            call->y[row] = (float)value;
    }
    if (mm_voxels_reduces(p->reduction))
        call->y[0] = mm_voxels_reduce(p->reduction, total, s.rows);
}

static void backward(const struct mm_loss_call *call)
{
    const P *p = call->self;
    struct mm_region region = region_of(p);
    struct mm_region_shape s = mm_region_shape(&region, call->prediction);
    struct mm_region_memory memory = mm_region_memory(&region, call->prediction, call->saved);
    memset(memory.slopes, 0, s.rows * s.classes * sizeof(*memory.slopes));
    for (size_t row = 0; row < s.rows; row++)
        row_value(p, &s, memory.sums + row * s.classes, mm_voxels_share(p->reduction, s.rows, call->dy, row),
                  memory.slopes + row * s.classes);
    mm_region_backward(&region, call, &memory);
}

const struct mm_loss mm_loss_generalized_dice = {
    .name = "GeneralizedDiceLoss",
    .summary = "one Dice ratio of all classes, weighted by their volume",
    .params = params,
    .params_size = sizeof(P),
    .check = check,
    .shape = shape,
    .saved_bytes = saved_bytes,
    .forward = forward,
    .backward = backward,
    .example = "{\"to_onehot_y\": true, \"softmax\": true}",
};
