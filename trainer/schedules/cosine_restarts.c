/* torch.optim.lr_scheduler.CosineAnnealingWarmRestarts (Loshchilov and Hutter 2017): half cosines down, each T_mult times as long as the one
 * before. */
#include <math.h>

#include "trainer/schedules/schedule.h"

struct cosine_restarts {
    int64_t T_0, T_mult;
    double eta_min;
};
#define P struct cosine_restarts

static const struct mm_param params[] = {
    MM_INT(P, T_0, .required = true, .min = 1, .max = 1e9, .help = "steps to the first restart"),
    MM_INT(P, T_mult, .def = 1, .min = 1, .max = 1000, .help = "each cosine's length by that of the one before"),
    MM_DOUBLE(P, eta_min, .min = 0, .max = 1e3, .help = "lowest rate"),
    MM_IGNORED("optimizer", .help = "there is one optimizer"),
    MM_PARAMS_END,
};

static double rate(const void *self, const struct mm_schedule_point *point)
{
    const P *p = self;
    int64_t at = point->index, length = p->T_0;
    if (p->T_mult == 1)
        at %= length;
    while (at >= length) { /* grows at least twofold each time */
        at -= length;
        length *= p->T_mult;
    }
    return p->eta_min + (point->base - p->eta_min) * (1.0 + cos(M_PI * (double)at / (double)length)) / 2.0;
}

const struct mm_schedule mm_schedule_cosine_restarts = {
    .name = "CosineAnnealingWarmRestarts",
    .summary = "half a cosine down to eta_min, again and again",
    .params = params,
    .params_size = sizeof(P),
    .rate = rate,
    .example = "{\"T_0\": 50, \"T_mult\": 2}",
};
