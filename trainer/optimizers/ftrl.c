/* FTRL-Proximal (McMahan et al. 2013) as tf.keras.optimizers.Ftrl: the weight is solved from the sums n of squared gradients and z. */
#include <math.h>

#include "trainer/optimizers/optimizer.h"

struct ftrl {
    double lr, learning_rate_power, initial_accumulator_value, l1_regularization_strength, l2_regularization_strength;
    double l2_shrinkage_regularization_strength, beta;
};
#define P struct ftrl

static const struct mm_param params[] = {
    MM_DOUBLE(P, lr, .aliases = "learning_rate", .def = NAN, .min = 0, .max = 1e3,
              .help = "step size; the config's learning_rate"),
    MM_DOUBLE(P, learning_rate_power, .def = -0.5, .min = -10, .max = 0, .help = "n to this power divides the rate"),
    MM_DOUBLE(P, initial_accumulator_value, .def = 0.1, .min = 0, .max = 1e6, .help = "start of the sum of squares"),
    MM_DOUBLE(P, l1_regularization_strength, .min = 0, .max = 1e6, .help = "L1 penalty"),
    MM_DOUBLE(P, l2_regularization_strength, .min = 0, .max = 1e6, .help = "L2 penalty"),
    MM_DOUBLE(P, l2_shrinkage_regularization_strength, .min = 0, .max = 1e6,
              .help = "L2 penalty on the gradient's side"),
    MM_DOUBLE(P, beta, .min = 0, .max = 1e6, .help = "added to the root of n"),
    MM_IGNORED("params", .help = "all parameters of the model are trained"),
    MM_PARAMS_END,
};

static void update(const void *self, const struct mm_update *u)
{
    const P *p = self;
    double power = -p->learning_rate_power, l1 = p->l1_regularization_strength;
    float *n = u->slot[0], *z = u->slot[1];
    for (size_t i = 0; i < u->n && u->lr > 0; i++) {
        double before = u->step == 1 ? p->initial_accumulator_value : n[i], w = u->w[i], g = u->g[i];
        double after = before + g * g, sigma = (pow(after, power) - pow(before, power)) / u->lr;
        double sum = z[i] + g + 2.0 * p->l2_shrinkage_regularization_strength * w - sigma * w;
        double curve = (pow(after, power) + p->beta) / u->lr + 2.0 * p->l2_regularization_strength;
        n[i] = (float)after;
        z[i] = (float)sum;
        u->w[i] = (float)(fabs(sum) <= l1 ? 0.0 : (copysign(l1, sum) - sum) / curve);
    }
}

const struct mm_optimizer mm_optimizer_ftrl = {
    .name = "Ftrl",
    .summary = "follow the regularised leader",
    .params = params,
    .params_size = sizeof(P),
    .lr_offset = offsetof(P, lr),
    .slots = 2,
    .elementwise = true,
    .update = update,
    .default_lr = 1e-3,
    .example = "{\"learning_rate\": 0.05}",
};
