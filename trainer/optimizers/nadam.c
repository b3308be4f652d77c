/* NAdam (Dozat 2016) as torch.optim.NAdam since torch 2.0: mu_t = beta1 (1 - 0.5 * 0.96^(t * momentum_decay)). */
#include <math.h>

#include "trainer/optimizers/optimizer.h"
#include "trainer/optimizers/rules.h"

struct nadam {
    double lr;
    struct mm_doubles betas;
    double eps, weight_decay, momentum_decay;
};
#define P struct nadam

static const struct mm_param params[] = {
    MM_DOUBLE(P, lr, .aliases = "learning_rate", .def = NAN, .min = 0, .max = 1e3,
              .help = "step size; the config's learning_rate"),
    MM_DOUBLES(P, betas, .def_text = "[0.9, 0.999]", .min = 0, .max = 1, .count_min = 2, .count_max = 2,
               .help = "decay of the moments"),
    MM_DOUBLE(P, eps, .aliases = "epsilon", .def = 1e-8, .min = 0, .max = 1,
              .help = "added to the root of the second moment"),
    MM_DOUBLE(P, weight_decay, .def = 0, .min = 0, .max = 1e3, .help = "L2 penalty"),
    MM_DOUBLE(P, momentum_decay, .def = 4e-3, .min = 0, .max = 1e3, .help = "how fast the momentum reaches beta1"),
    MM_IGNORED("params", .help = "all parameters of the model are trained"),
    MM_PARAMS_END,
};

static enum mm_status check(const void *self, struct mm_error *err)
{
    const P *p = self;
    return mm_optimizer_check_betas(&p->betas, err);
}

static double momentum(const P *p, int64_t t)
{
    return p->betas.items[0] * (1.0 - 0.5 * pow(0.96, (double)t * p->momentum_decay));
}

/* mu_1 mu_2 ... mu_t; below 1e-18 it no longer matters beside 1. */
static double product(const P *p, int64_t t)
{
    double all = 1;
    for (int64_t i = 1; i <= t && all > 1e-18; i++)
        all *= momentum(p, i);
    return all;
}

static void update(const void *self, const struct mm_update *u)
{
    const P *p = self;
    double b1 = p->betas.items[0], b2 = p->betas.items[1], root = sqrt(1.0 - pow(b2, (double)u->step));
    double mu = momentum(p, u->step), next = momentum(p, u->step + 1), all = product(p, u->step);
    double of_g = u->lr * (1.0 - mu) / (1.0 - all), of_m = u->lr * next / (1.0 - all * next);
    float *m = u->slot[0], *v = u->slot[1];
    for (size_t i = 0; i < u->n; i++) {
        double g = u->g[i] + p->weight_decay * u->w[i];
        m[i] = (float)(b1 * m[i] + (1.0 - b1) * g);
        v[i] = (float)(b2 * v[i] + (1.0 - b2) * g * g);
        u->w[i] = (float)(u->w[i] - (of_g * g + of_m * m[i]) / (sqrt(v[i]) / root + p->eps));
    }
}

const struct mm_optimizer mm_optimizer_nadam = {
    .name = "NAdam",
    .summary = "Adam with Nesterov momentum",
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
