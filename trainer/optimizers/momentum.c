/* "Momentum" of Clara Train 3: gradient descent with momentum 0.9. */
#include <math.h>

#include "trainer/optimizers/optimizer.h"
#include "trainer/optimizers/rules.h"

struct momentum {
    double lr, momentum;
    bool use_nesterov;
};
#define P struct momentum

static const struct mm_param params[] = {
    MM_DOUBLE(P, lr, .aliases = "learning_rate", .def = NAN, .min = 0, .max = 1e3,
              .help = "step size; the config's learning_rate"),
    MM_DOUBLE(P, momentum, .def = 0.9, .min = 0, .max = 1, .help = "share of the last step that is kept"),
    MM_BOOL(P, use_nesterov, .help = "look ahead along the momentum"),
    MM_IGNORED("params", .help = "all parameters of the model are trained"),
    MM_PARAMS_END,
};

static void update(const void *self, const struct mm_update *u)
{
    const P *p = self;
    struct mm_sgd sgd = {.momentum = p->momentum, .nesterov = p->use_nesterov};
    mm_sgd_update(&sgd, u);
}

const struct mm_optimizer mm_optimizer_momentum = {
    .name = "Momentum",
    .summary = "gradient descent with momentum and the arguments of Clara Train 3",
    .params = params,
    .params_size = sizeof(P),
    .lr_offset = offsetof(P, lr),
    .slots = 1,
    .elementwise = true,
    .update = update,
    .default_lr = 1e-2,
    .example = "{}",
};
