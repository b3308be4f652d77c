/* Adagrad (Duchi et al. 2011) as torch.optim.Adagrad. */
#include <math.h>

#include "trainer/optimizers/optimizer.h"

struct adagrad {
    double lr, lr_decay, weight_decay, initial_accumulator_value, eps;
};
#define P struct adagrad

static const struct mm_param params[] = {
    MM_DOUBLE(P, lr, .aliases = "learning_rate", .def = NAN, .min = 0, .max = 1e3,
              .help = "step size; the config's learning_rate"),
    MM_DOUBLE(P, lr_decay, .min = 0, .max = 1e3, .help = "step t is divided by 1 + (t - 1) times this"),
    MM_DOUBLE(P, weight_decay, .def = 0, .min = 0, .max = 1e3, .help = "L2 penalty"),
    MM_DOUBLE(P, initial_accumulator_value, .min = 0, .max = 1e6, .help = "start of the sum of squares"),
    MM_DOUBLE(P, eps, .aliases = "epsilon", .def = 1e-10, .min = 0, .max = 1, .help = "added to the root of the sum"),
    MM_IGNORED("params", .help = "all parameters of the model are trained"),
    MM_PARAMS_END,
};

static void update(const void *self, const struct mm_update *u)
{
    const P *p = self;
    double step = u->lr / (1.0 + (double)(u->step - 1) * p->lr_decay);
    float *sum = u->slot[0];
    for (size_t i = 0; i < u->n; i++) {
        double g = u->g[i] + p->weight_decay * u->w[i];
        sum[i] = (float)((u->step == 1 ? p->initial_accumulator_value : sum[i]) + g * g);
        u->w[i] = (float)(u->w[i] - step * g / (sqrt(sum[i]) + p->eps));
    }
}

const struct mm_optimizer mm_optimizer_adagrad = {
    .name = "Adagrad",
    .summary = "steps divided by the root of the sum of squared gradients",
    .params = params,
    .params_size = sizeof(P),
    .lr_offset = offsetof(P, lr),
    .slots = 1,
    .elementwise = true,
    .update = update,
    .default_lr = 1e-2,
    .example = "{\"lr\": 0.01}",
};
