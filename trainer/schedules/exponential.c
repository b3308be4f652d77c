/* torch.optim.lr_scheduler.ExponentialLR: a factor every step. */
#include <math.h>

#include "trainer/schedules/schedule.h"

struct exponential {
    double gamma;
};
#define P struct exponential

static const struct mm_param params[] = {
    MM_DOUBLE(P, gamma, .required = true, .min = 0, .max = 10, .help = "multiplies the rate each step"),
    MM_IGNORED("optimizer", .help = "there is one optimizer"),
    MM_PARAMS_END,
};

static double rate(const void *self, const struct mm_schedule_point *point)
{
    return point->base * pow(((const P *)self)->gamma, (double)point->index);
}

const struct mm_schedule mm_schedule_exponential = {
    .name = "ExponentialLR",
    .summary = "the rate falls by a factor every step",
    .params = params,
    .params_size = sizeof(P),
    .rate = rate,
    .example = "{\"gamma\": 0.95}",
};
