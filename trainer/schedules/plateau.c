/* torch.optim.lr_scheduler.ReduceLROnPlateau. */
#include <string.h>

#include "trainer/schedules/plateau_rule.h"

struct plateau {
    const char *mode, *threshold_mode;
    double factor, threshold, min_lr, eps;
    int64_t patience, cooldown;
};
#define P struct plateau

static const struct mm_param params[] = {
    MM_CHOICE(P, mode, .choices = "min max", .def_text = "min", .help = "whether the metric should fall or rise"),
    MM_DOUBLE(P, factor, .def = 0.1, .min = 0, .max = 1, .help = "multiplies the rate each time"),
    MM_INT(P, patience, .def = 10, .min = 0, .max = 1e9, .help = "metrics without improvement that are tolerated"),
    MM_DOUBLE(P, threshold, .def = 1e-4, .min = 0, .max = 1e6, .help = "improvement that counts"),
    MM_CHOICE(P, threshold_mode, .choices = "rel abs", .def_text = "rel",
              .help = "threshold as a share of the best, or as it is"),
    MM_INT(P, cooldown, .min = 0, .max = 1e9, .help = "metrics to wait after a reduction"),
    MM_DOUBLE(P, min_lr, .min = 0, .max = 1e3, .help = "lowest rate"),
    MM_DOUBLE(P, eps, .def = 1e-8, .min = 0, .max = 1, .help = "smaller reductions are not made"),
    MM_IGNORED("verbose", .help = "rates are in the journal"),
    MM_IGNORED("optimizer", .help = "there is one optimizer"),
    MM_PARAMS_END,
};

static double rate(const void *self, const struct mm_schedule_point *point)
{
    const P *p = self;
    struct mm_plateau plateau = {
        .highest = strcmp(p->mode, "max") == 0,
        .relative = strcmp(p->threshold_mode, "rel") == 0,
        .factor = p->factor,
        .threshold = p->threshold,
        .min_lr = p->min_lr,
        .eps = p->eps,
        .patience = p->patience,
        .cooldown = p->cooldown,
    };
    return mm_plateau_rate(&plateau, point);
}

const struct mm_schedule mm_schedule_plateau = {
    .name = "ReduceLROnPlateau",
    .summary = "the rate falls when the key metric stops improving",
    .params = params,
    .params_size = sizeof(P),
    .rate = rate,
    .example = "{\"mode\": \"max\", \"factor\": 0.5, \"patience\": 5}",
};
