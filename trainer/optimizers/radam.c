/* RAdam (Liu et al. 2020) as torch.optim.RAdam: Adam whose step is rectified, and plain momentum while the second moment is of too few
 * gradients. */
#include <math.h>

#include "trainer/optimizers/optimizer.h"
#include "trainer/optimizers/rules.h"

struct radam {
    double lr;
    struct mm_doubles betas;
    double eps, weight_decay;
    bool decoupled_weight_decay;
};
#define P struct radam

static const struct mm_param params[] = {
    MM_DOUBLE(P, lr, .aliases = "learning_rate", .def = NAN, .min = 0, .max = 1e3,
              .help = "step size; the config's learning_rate"),
    MM_DOUBLES(P, betas, .def_text = "[0.9, 0.999]", .min = 0, .max = 1, .count_min = 2, .count_max = 2,
               .help = "decay of the moments"),
    MM_DOUBLE(P, eps, .aliases = "epsilon", .def = 1e-8, .min = 0, .max = 1,
              .help = "added to the root of the second moment"),
    MM_DOUBLE(P, weight_decay, .def = 0, .min = 0, .max = 1e3, .help = "L2 penalty"),
    MM_BOOL(P, decoupled_weight_decay, .help = "weights shrink by lr * weight_decay instead"),
    MM_IGNORED("params", .help = "all parameters of the model are trained"),
    MM_PARAMS_END,
};

static enum mm_status check(const void *self, struct mm_error *err)
{
    const P *p = self;
    return mm_optimizer_check_betas(&p->betas, err);
}

/* 0: the variance of the second moment is not known yet. */
static double rectification(double beta2, double step)
{
    double power = pow(beta2, step), limit = 2.0 / (1.0 - beta2) - 1.0;
    double length = limit - 2.0 * step * power / (1.0 - power);
    return length > 5.0
               ? sqrt((length - 4) * (length - 2) * limit / ((limit - 4) * (limit - 2) * length)) * sqrt(1.0 - power)
               : 0;
}

static void update(const void *self, const struct mm_update *u)
{
    const P *p = self;
    double beta1 = p->betas.items[0], beta2 = p->betas.items[1], rect = rectification(beta2, (double)u->step);
    double step = u->lr / (1.0 - pow(beta1, (double)u->step));
    double l2 = p->decoupled_weight_decay ? 0 : p->weight_decay,
           keep = p->decoupled_weight_decay ? 1.0 - u->lr * p->weight_decay : 1.0;
    float *m = u->slot[0], *v = u->slot[1];
    for (size_t i = 0; i < u->n; i++) {
        double g = u->g[i] + l2 * u->w[i];
        m[i] = (float)(beta1 * m[i] + (1.0 - beta1) * g);
        v[i] = (float)(beta2 * v[i] + (1.0 - beta2) * g * g);
        u->w[i] = (float)(keep * u->w[i] - step * m[i] * (rect > 0 ? rect / (sqrt(v[i]) + p->eps) : 1.0));
    }
}

const struct mm_optimizer mm_optimizer_radam = {
    .name = "RAdam",
    .summary = "Adam that starts carefully, by a rectified step",
    .params = params,
    .params_size = sizeof(P),
    .lr_offset = offsetof(P, lr),
    .slots = 2,
    .elementwise = true,
    .check = check,
    .update = update,
    .default_lr = 1e-3,
    .example = "{\"lr\": 0.001}",
};
