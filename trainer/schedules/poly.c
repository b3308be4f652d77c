/* torch.optim.lr_scheduler.PolynomialLR: base (1 - i / total_iters)^power, then it stays. */
#include <math.h>

#include "trainer/schedules/schedule.h"

struct poly {
    int64_t total_iters;
    double power;
};
#define P struct poly

static const struct mm_param params[] = {
    MM_INT(P, total_iters, .def = 5, .min = 1, .max = 1e9, .help = "steps until the rate is 0"),
    MM_DOUBLE(P, power, .def = 1, .min = 0, .max = 100, .help = "power of the decay"),
    MM_IGNORED("optimizer", .help = "there is one optimizer"),
    MM_PARAMS_END,
};

static double rate(const void *self, const struct mm_schedule_point *point)
{
    const P *p = self;
    int64_t index = point->index < p->total_iters ? point->index : p->total_iters;
    return point->base * pow(1.0 - (double)index / (double)p->total_iters, p->power);
}

const struct mm_schedule mm_schedule_poly = {
    .name = "PolynomialLR",
    .summary = "polynomial decay to 0",
    .params = params,
    .params_size = sizeof(P),
    .rate = rate,
    .example = "{\"total_iters\": 100, \"power\": 0.9}",
};
