/* RMSprop as torch.optim.RMSprop: eps after the root; centered subtracts the squared running mean. */
#include <math.h>

#include "trainer/optimizers/optimizer.h"

struct rmsprop {
    double lr, alpha, eps, weight_decay, momentum;
    bool centered;
};
#define P struct rmsprop

static const struct mm_param params[] = {
    MM_DOUBLE(P, lr, .aliases = "learning_rate", .def = NAN, .min = 0, .max = 1e3,
              .help = "step size; the config's learning_rate"),
    MM_DOUBLE(P, alpha, .aliases = "rho", .def = 0.99, .min = 0, .max = 1, .help = "decay of the second moment"),
    MM_DOUBLE(P, eps, .aliases = "epsilon", .def = 1e-8, .min = 0, .max = 1,
              .help = "added to the root of the second moment"),
    MM_DOUBLE(P, weight_decay, .def = 0, .min = 0, .max = 1e3, .help = "L2 penalty"),
    MM_DOUBLE(P, momentum, .min = 0, .max = 1, .help = "share of the last step that is kept"),
    MM_BOOL(P, centered, .help = "use the variance instead of the second moment"),
    MM_IGNORED("params", .help = "all parameters of the model are trained"),
    MM_PARAMS_END,
};

static void update(const void *self, const struct mm_update *u)
{
    const P *p = self;
    float *square = u->slot[0], *buffer = u->slot[1], *mean = u->slot[2];
    for (size_t i = 0; i < u->n; i++) {
        double g = u->g[i] + p->weight_decay * u->w[i];
        square[i] = (float)(p->alpha * square[i] + (1.0 - p->alpha) * g * g);
        double spread = square[i];
        if (p->centered) {
            mean[i] = (float)(p->alpha * mean[i] + (1.0 - p->alpha) * g);
            spread = fmax(spread - (double)mean[i] * mean[i], 0.0);
        }
        double step = g / (sqrt(spread) + p->eps);
        if (p->momentum > 0)
            buffer[i] = (float)(step += p->momentum * buffer[i]);
        u->w[i] = (float)(u->w[i] - u->lr * step);
    }
}

const struct mm_optimizer mm_optimizer_rmsprop = {
    .name = "RMSprop",
    .summary = "steps divided by the root of a running mean of squared gradients",
    .params = params,
    .params_size = sizeof(P),
    .lr_offset = offsetof(P, lr),
    .slots = 3,
    .elementwise = true,
    .update = update,
    .default_lr = 1e-2,
    .example = "{\"lr\": 0.001, \"momentum\": 0.9}",
};
