/* torch.optim.lr_scheduler.LinearLR: a factor that goes linearly from start_factor to end_factor. */
#include "trainer/schedules/schedule.h"

struct linear {
    double start_factor, end_factor;
    int64_t total_iters;
};
#define P struct linear

static const struct mm_param params[] = {
    MM_DOUBLE(P, start_factor, .def = 1.0 / 3.0, .min = 0, .exclusive_min = true, .max = 1,
              .help = "multiplies the first rate"),
    MM_DOUBLE(P, end_factor, .def = 1, .min = 0, .max = 1, .help = "multiplies the last rate"),
    MM_INT(P, total_iters, .def = 5, .min = 1, .max = 1e9, .help = "steps from first to last"),
    MM_IGNORED("optimizer", .help = "there is one optimizer"),
    MM_PARAMS_END,
};

static double rate(const void *self, const struct mm_schedule_point *point)
{
    const P *p = self;
    int64_t index = point->index < p->total_iters ? point->index : p->total_iters;
    return point->base *
           (p->start_factor + (p->end_factor - p->start_factor) * (double)index / (double)p->total_iters);
}

const struct mm_schedule mm_schedule_linear = {
    .name = "LinearLR",
    .summary = "a factor that goes linearly from start to end",
    .params = params,
    .params_size = sizeof(P),
    .rate = rate,
    .example = "{\"start_factor\": 0.1, \"total_iters\": 10}",
};
