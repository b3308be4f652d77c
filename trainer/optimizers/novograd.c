/* NovoGrad (Ginsburg et al. 2019) as MONAI's: one second moment a tensor, starting as the first squared norm; no bias correction. */
#include <math.h>

#include "trainer/optimizers/optimizer.h"
#include "trainer/optimizers/rules.h"

struct novograd {
    double lr;
    struct mm_doubles betas;
    double eps, weight_decay;
    bool grad_averaging, amsgrad;
};
#define P struct novograd

static const struct mm_param params[] = {
    MM_DOUBLE(P, lr, .aliases = "learning_rate", .def = NAN, .min = 0, .max = 1e3,
              .help = "step size; the config's learning_rate"),
    MM_DOUBLES(P, betas, .def_text = "[0.9, 0.98]", .min = 0, .max = 1, .count_min = 2, .count_max = 2,
               .help = "decay of the moments"),
    MM_DOUBLE(P, eps, .aliases = "epsilon", .def = 1e-8, .min = 0, .max = 1,
              .help = "added to the root of the second moment"),
    MM_DOUBLE(P, weight_decay, .def = 0, .min = 0, .max = 1e3, .help = "added to the normalised gradient"),
    MM_BOOL(P, grad_averaging, .help = "the gradient enters with 1 - beta1"),
    MM_BOOL(P, amsgrad, .help = "divide by the largest second moment so far"),
    MM_IGNORED("params", .help = "all parameters of the model are trained"),
    MM_PARAMS_END,
};

static enum mm_status check(const void *self, struct mm_error *err)
{
    const P *p = self;
    return mm_optimizer_check_betas(&p->betas, err);
}

static void update(const void *self, const struct mm_update *u)
{
    const P *p = self;
    struct mm_novograd novograd = {p->betas.items[0], p->betas.items[1], p->eps,
                                   p->weight_decay,   p->grad_averaging, p->amsgrad};
    mm_novograd_update(&novograd, u);
}

const struct mm_optimizer mm_optimizer_novograd = {
    .name = "Novograd",
    .summary = "momentum of gradients normalised by tensor",
    .params = params,
    .params_size = sizeof(P),
    .lr_offset = offsetof(P, lr),
    .slots = 3,
    .check = check,
    .update = update,
    .default_lr = 1e-3,
    .example = "{\"lr\": 0.01}",
};
