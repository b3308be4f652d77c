/* torch.nn.CrossEntropyLoss: the target holds class indices in one channel, or probabilities in as many channels as the
 * prediction. */
#include "trainer/losses/entropy.h"

struct cross_entropy {
    struct mm_doubles weight;
    int64_t ignore_index;
    const char *reduction;
    double label_smoothing;
};
#define P struct cross_entropy

static const struct mm_param params[] = {
    MM_DOUBLES(P, weight, .min = 0, .max = 1e6, .help = "weight of each class"),
    MM_INT(P, ignore_index, .def = -100, .min = -1e6, .max = 1e6, .help = "class index that does not count"),
    MM_VOXELS_REDUCTION(P),
    MM_DOUBLE(P, label_smoothing, .min = 0, .max = 1, .help = "share of the target spread over all classes"),
    MM_IGNORED("size_average", .help = "old spelling of reduction"),
    MM_IGNORED("reduce", .help = "old spelling of reduction"),
    MM_IGNORED("data_format", .help = "memory order of another framework"),
    MM_IGNORED("is_onehot_targets", .help = "the target's channels say it"),
    MM_PARAMS_END,
};

static struct mm_entropy entropy_of(const P *p)
{
    return (struct mm_entropy){p->weight, p->ignore_index, p->label_smoothing, p->reduction};
}

static enum mm_status shape(const void *self, const struct mm_desc *prediction, const struct mm_desc *target,
                            struct mm_desc *value, struct mm_error *err)
{
    struct mm_entropy entropy = entropy_of(self);
    return mm_entropy_shape(&entropy, prediction, target, value, err);
}

/* Divisor and log_sum, then the softmax. */
static size_t saved_bytes(const void *self, const struct mm_desc *prediction, const struct mm_desc *target)
{
    (void)self;
    (void)target;
    return mm_entropy_bytes(prediction) + mm_voxels_count(prediction) * sizeof(float);
}

static float *softmax_of(const struct mm_loss_call *call)
{
    return (float *)((char *)call->saved + mm_entropy_bytes(call->prediction));
}

static void forward(const struct mm_loss_call *call)
{
    struct mm_entropy entropy = entropy_of(call->self);
    mm_voxels_softmax(call->prediction, call->x, softmax_of(call), mm_entropy_log_sum(call->saved));
    mm_entropy_forward(&entropy, call, call->saved, call->y);
}

static void backward(const struct mm_loss_call *call)
{
    struct mm_entropy entropy = entropy_of(call->self);
    mm_entropy_backward(&entropy, call, call->saved, softmax_of(call), 1.0, false);
}

const struct mm_loss mm_loss_cross_entropy = {
    .name = "CrossEntropyLoss",
    .aliases = "CrossEntropy",
    .summary = "negative log likelihood of the target's class under a softmax",
    .notes =
        "A batch in which every voxel is ignored has loss 0 (torch: NaN). A class index that is no class gives NaN.",
    .params = params,
    .params_size = sizeof(P),
    .shape = shape,
    .saved_bytes = saved_bytes,
    .forward = forward,
    .backward = backward,
    .example = "{\"weight\": [0.2, 1.0], \"label_smoothing\": 0.1}",
};
