/* Stochastic gradient descent with momentum as torch.optim.SGD. */
#include <math.h>

#include "trainer/optimizers/optimizer.h"
#include "trainer/optimizers/rules.h"

struct sgd {
    double lr, momentum, dampening, weight_decay;
    bool nesterov, maximize;
};
#define P struct sgd

static const struct mm_param params[] = {
    MM_DOUBLE(P, lr, .aliases = "learning_rate", .def = NAN, .min = 0, .max = 1e3,
              .help = "step size; the config's learning_rate"),
    MM_DOUBLE(P, momentum, .min = 0, .max = 1, .help = "share of the last step that is kept"),
    MM_DOUBLE(P, dampening, .min = 0, .max = 1, .help = "share of the gradient that does not enter the momentum"),
    MM_DOUBLE(P, weight_decay, .def = 0, .min = 0, .max = 1e3, .help = "L2 penalty"),
    MM_BOOL(P, nesterov, .help = "look ahead along the momentum"),
    MM_BOOL(P, maximize, .help = "go up instead of down"),
    MM_IGNORED("params", .help = "all parameters of the model are trained"),
    MM_PARAMS_END,
};

static enum mm_status check(const void *self, struct mm_error *err)
{
    const P *p = self;
    if (p->nesterov && (p->momentum <= 0 || p->dampening != 0))
        return mm_fail(err, MM_ERR_CONFIG, "nesterov needs a momentum above 0 and dampening 0");
    return MM_OK;
}

static void update(const void *self, const struct mm_update *u)
{
    const P *p = self;
    struct mm_sgd sgd = {p->momentum, p->dampening, p->weight_decay, p->nesterov, p->maximize};
    mm_sgd_update(&sgd, u);
}

const struct mm_optimizer mm_optimizer_sgd = {
    .name = "SGD",
    .summary = "gradient descent with optional momentum",
    .params = params,
    .params_size = sizeof(P),
    .lr_offset = offsetof(P, lr),
    .slots = 1,
    .elementwise = true,
    .check = check,
    .update = update,
    .default_lr = 1e-2,
    .example = "{\"lr\": 0.01, \"momentum\": 0.9, \"nesterov\": true}",
};
