/* Adamax (Kingma and Ba 2015, infinity norm) as torch.optim.Adamax: eps is inside the maximum. */
#include <math.h>

#include "trainer/optimizers/optimizer.h"
#include "trainer/optimizers/rules.h"

struct adamax {
    double lr;
    struct mm_doubles betas;
    double eps, weight_decay;
};
#define P struct adamax

static const struct mm_param params[] = {
    MM_DOUBLE(P, lr, .aliases = "learning_rate", .def = NAN, .min = 0, .max = 1e3,
              .help = "step size; the config's learning_rate"),
    MM_DOUBLES(P, betas, .def_text = "[0.9, 0.999]", .min = 0, .max = 1, .count_min = 2, .count_max = 2,
               .help = "decay of the moments"),
    MM_DOUBLE(P, eps, .aliases = "epsilon", .def = 1e-8, .min = 0, .max = 1,
              .help = "added to the gradient's magnitude"),
    MM_DOUBLE(P, weight_decay, .def = 0, .min = 0, .max = 1e3, .help = "L2 penalty"),
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
    double b1 = p->betas.items[0], b2 = p->betas.items[1], step = u->lr / (1.0 - pow(b1, (double)u->step));
    float *m = u->slot[0], *top = u->slot[1];
    for (size_t i = 0; i < u->n; i++) {
        double g = u->g[i] + p->weight_decay * u->w[i];
        m[i] = (float)(b1 * m[i] + (1.0 - b1) * g);
        top[i] = (float)fmax(b2 * top[i], fabs(g) + p->eps);
        u->w[i] = (float)(u->w[i] - step * m[i] / top[i]);
    }
}

const struct mm_optimizer mm_optimizer_adamax = {
    .name = "Adamax",
    .summary = "Adam with the largest gradient in place of the second moment",
    .params = params,
    .params_size = sizeof(P),
    .lr_offset = offsetof(P, lr),
    .slots = 2,
    .elementwise = true,
    .check = check,
    .update = update,
    .default_lr = 2e-3,
    .example = "{\"lr\": 0.002}",
};
