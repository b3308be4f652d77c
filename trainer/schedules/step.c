/* torch.optim.lr_scheduler.StepLR: a factor every step_size steps. */
#include <math.h>

#include "trainer/schedules/schedule.h"

struct step {
    int64_t step_size;
    double gamma;
};
#define P struct step

static const struct mm_param params[] = {
    MM_INT(P, step_size, .required = true, .min = 1, .max = 1e9, .help = "steps between reductions"),
    MM_DOUBLE(P, gamma, .def = 0.1, .min = 0, .max = 10, .help = "multiplies the rate each time"),
    MM_IGNORED("optimizer", .help = "there is one optimizer"),
    MM_PARAMS_END,
};

static double rate(const void *self, const struct mm_schedule_point *point)
{
    const P *p = self;
    return point->base * pow(p->gamma, (double)(point->index / p->step_size));
}

const struct mm_schedule mm_schedule_step = {
    .name = "StepLR",
    .summary = "the rate falls by a factor every so many steps",
    .params = params,
    .params_size = sizeof(P),
    .rate = rate,
    .example = "{\"step_size\": 5000, \"gamma\": 0.1}",
};
