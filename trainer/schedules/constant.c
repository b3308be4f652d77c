/* torch.optim.lr_scheduler.ConstantLR: a factor for the first steps, then the base rate. */
#include "trainer/schedules/schedule.h"

struct constant {
    double factor;
    int64_t total_iters;
};
#define P struct constant

static const struct mm_param params[] = {
    MM_DOUBLE(P, factor, .def = 1.0 / 3.0, .min = 0, .max = 1, .help = "multiplies the rate at first"),
    MM_INT(P, total_iters, .def = 5, .min = 0, .max = 1e9, .help = "steps until the factor ends"),
    MM_IGNORED("optimizer", .help = "there is one optimizer"),
    MM_PARAMS_END,
};

static double rate(const void *self, const struct mm_schedule_point *point)
{
    const P *p = self;
    return point->index < p->total_iters ? point->base * p->factor : point->base;
}

const struct mm_schedule mm_schedule_constant = {
    .name = "ConstantLR",
    .summary = "a factor for the first steps, then the base rate",
    .params = params,
    .params_size = sizeof(P),
    .rate = rate,
    .example = "{\"factor\": 0.25, \"total_iters\": 6}",
};
