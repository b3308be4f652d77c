/* Adam (Kingma and Ba 2015) as torch.optim.Adam: weight decay is added to the gradient. */
#include <math.h>

#include "trainer/optimizers/optimizer.h"
#include "trainer/optimizers/rules.h"

struct adam {
    double lr;
    struct mm_doubles betas;
    double eps, weight_decay;
    bool amsgrad;
};
#define P struct adam

static const struct mm_param params[] = {
    MM_DOUBLE(P, lr, .aliases = "learning_rate", .def = NAN, .min = 0, .max = 1e3,
              .help = "step size; the config's learning_rate"),
    MM_DOUBLES(P, betas, .def_text = "[0.9, 0.999]", .min = 0, .max = 1, .count_min = 2, .count_max = 2,
               .help = "decay of the moments"),
    MM_DOUBLE(P, eps, .aliases = "epsilon", .def = 1e-8, .min = 0, .max = 1,
              .help = "added to the root of the second moment"),
    MM_DOUBLE(P, weight_decay, .def = 0, .min = 0, .max = 1e3, .help = "L2 penalty"),
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
    struct mm_adam adam = {p->betas.items[0], p->betas.items[1], p->eps, p->weight_decay, false, p->amsgrad};
    mm_adam_update(&adam, u);
}

const struct mm_optimizer mm_optimizer_adam = {
    .name = "Adam",
    .summary = "steps scaled by running first and second moments of the gradient",
    .params = params,
    .params_size = sizeof(P),
    .lr_offset = offsetof(P, lr),
    .slots = 3,
    .elementwise = true,
    .check = check,
    .update = update,
    .default_lr = 1e-3,
    .example = "{\"lr\": 0.001, \"weight_decay\": 1e-5}",
};
