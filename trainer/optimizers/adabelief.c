/* AdaBelief (Zhuang et al. 2020): the second moment is that of the gradient about its running mean, eps inside it. */
#include <math.h>

#include "trainer/optimizers/optimizer.h"
#include "trainer/optimizers/rules.h"

struct adabelief {
    double lr;
    struct mm_doubles betas;
    double eps, weight_decay;
    bool decouple;
};
#define P struct adabelief

static const struct mm_param params[] = {
    MM_DOUBLE(P, lr, .aliases = "learning_rate", .def = NAN, .min = 0, .max = 1e3,
              .help = "step size; the config's learning_rate"),
    MM_DOUBLES(P, betas, .def_text = "[0.9, 0.999]", .min = 0, .max = 1, .count_min = 2, .count_max = 2,
               .help = "decay of the moments"),
    MM_DOUBLE(P, eps, .aliases = "epsilon", .def = 1e-16, .min = 0, .max = 1,
              .help = "added to the second moment each step, and to its root"),
    MM_DOUBLE(P, weight_decay, .def = 0, .min = 0, .max = 1e3, .help = "weight decay"),
    MM_BOOL(P, decouple, .aliases = "weight_decouple", .def = 1, .help = "weight decay apart from the gradient"),
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
    double b1 = p->betas.items[0], b2 = p->betas.items[1];
    double root = sqrt(1.0 - pow(b2, (double)u->step)), step = u->lr / (1.0 - pow(b1, (double)u->step));
    double l2 = p->decouple ? 0.0 : p->weight_decay, keep = p->decouple ? 1.0 - u->lr * p->weight_decay : 1.0;
    float *m = u->slot[0], *s = u->slot[1];
    for (size_t i = 0; i < u->n; i++) {
        double g = u->g[i] + l2 * u->w[i], first = b1 * m[i] + (1.0 - b1) * g;
        m[i] = (float)first;
        s[i] = (float)(b2 * s[i] + (1.0 - b2) * (g - first) * (g - first) + p->eps);
        u->w[i] = (float)(keep * u->w[i] - step * first / (sqrt(s[i]) / root + p->eps));
    }
}

const struct mm_optimizer mm_optimizer_adabelief = {
    .name = "AdaBelief",
    .summary = "steps scaled by how far gradients stray from their mean",
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
