/* NovoGrad of Clara Train 3: its arguments and defaults. */
#include <math.h>

#include "trainer/optimizers/optimizer.h"
#include "trainer/optimizers/rules.h"

struct novograd_v3 {
    double lr, beta1, beta2, epsilon, weight_decay;
    bool grad_averaging;
};
#define P struct novograd_v3

static const struct mm_param params[] = {
    MM_DOUBLE(P, lr, .aliases = "learning_rate", .def = NAN, .min = 0, .max = 1e3,
              .help = "step size; the config's learning_rate"),
    MM_DOUBLE(P, beta1, .def = 0.95, .min = 0, .max = 0.999999, .help = "decay of the momentum"),
    MM_DOUBLE(P, beta2, .def = 0.99, .min = 0, .max = 0.999999, .help = "decay of the second moment"),
    MM_DOUBLE(P, epsilon, .aliases = "eps", .def = 1e-8, .min = 0, .max = 1,
              .help = "added to the root of the second moment"),
    MM_DOUBLE(P, weight_decay, .def = 0, .min = 0, .max = 1e3, .help = "added to the normalised gradient"),
    MM_BOOL(P, grad_averaging, .help = "the gradient enters with 1 - beta1"),
    MM_IGNORED("params", .help = "all parameters of the model are trained"),
    MM_PARAMS_END,
};

static void update(const void *self, const struct mm_update *u)
{
    const P *p = self;
    struct mm_novograd novograd = {p->beta1, p->beta2, p->epsilon, p->weight_decay, p->grad_averaging, false};
    mm_novograd_update(&novograd, u);
}

const struct mm_optimizer mm_optimizer_novograd_v3 = {
    .name = "NovoGrad",
    .summary = "NovoGrad with the arguments of Clara Train 3",
    .params = params,
    .params_size = sizeof(P),
    .lr_offset = offsetof(P, lr),
    .slots = 2,
    .update = update,
    .default_lr = 1e-3,
    .example = "{}",
};
