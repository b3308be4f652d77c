/* Adadelta (Zeiler 2012) as torch.optim.Adadelta. */
#include <math.h>

#include "trainer/optimizers/optimizer.h"

struct adadelta {
    double lr, rho, eps, weight_decay;
};
#define P struct adadelta

static const struct mm_param params[] = {
    MM_DOUBLE(P, lr, .aliases = "learning_rate", .def = NAN, .min = 0, .max = 1e3,
              .help = "step size; the config's learning_rate"),
    MM_DOUBLE(P, rho, .def = 0.9, .min = 0, .max = 1, .help = "decay of the running means"),
    MM_DOUBLE(P, eps, .aliases = "epsilon", .def = 1e-6, .min = 0, .max = 1, .help = "added inside both roots"),
    MM_DOUBLE(P, weight_decay, .def = 0, .min = 0, .max = 1e3, .help = "L2 penalty"),
    MM_IGNORED("params", .help = "all parameters of the model are trained"),
    MM_PARAMS_END,
};

static void update(const void *self, const struct mm_update *u)
{
    const P *p = self;
    float *square = u->slot[0], *moved = u->slot[1];
    for (size_t i = 0; i < u->n; i++) {
        double g = u->g[i] + p->weight_decay * u->w[i];
        square[i] = (float)(p->rho * square[i] + (1.0 - p->rho) * g * g);
        double delta = sqrt(moved[i] + p->eps) / sqrt(square[i] + p->eps) * g;
        moved[i] = (float)(p->rho * moved[i] + (1.0 - p->rho) * delta * delta);
        u->w[i] = (float)(u->w[i] - u->lr * delta);
    }
}

const struct mm_optimizer mm_optimizer_adadelta = {
    .name = "Adadelta",
    .summary = "steps of the size of earlier steps",
    .params = params,
    .params_size = sizeof(P),
    .lr_offset = offsetof(P, lr),
    .slots = 2,
    .elementwise = true,
    .update = update,
    .default_lr = 1.0,
    .example = "{}",
};
