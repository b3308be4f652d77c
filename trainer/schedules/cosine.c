/* torch.optim.lr_scheduler.CosineAnnealingLR: half a cosine from the base rate to eta_min in T_max steps, and back again. */
#include <math.h>

#include "trainer/schedules/schedule.h"

struct cosine {
    int64_t T_max;
    double eta_min;
};
#define P struct cosine

static const struct mm_param params[] = {
    MM_INT(P, T_max, .required = true, .min = 1, .max = 1e9, .help = "steps from the highest to the lowest rate"),
    MM_DOUBLE(P, eta_min, .min = 0, .max = 1e3, .help = "lowest rate"),
    MM_IGNORED("optimizer", .help = "there is one optimizer"),
    MM_PARAMS_END,
};

static double rate(const void *self, const struct mm_schedule_point *point)
{
    const P *p = self;
    double angle = M_PI * (double)point->index / (double)p->T_max;
    return p->eta_min + (point->base - p->eta_min) * (1.0 + cos(angle)) / 2.0;
}

const struct mm_schedule mm_schedule_cosine = {
    .name = "CosineAnnealingLR",
    .summary = "half a cosine down to eta_min, then up again",
    .params = params,
    .params_size = sizeof(P),
    .rate = rate,
    .example = "{\"T_max\": 100, \"eta_min\": 1e-6}",
};
