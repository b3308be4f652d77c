/* torch.optim.lr_scheduler.MultiStepLR: a factor at each milestone; one listed twice counts twice. */
#include <math.h>

#include "trainer/schedules/schedule.h"

struct multi_step {
    struct mm_ints milestones;
    double gamma;
};
#define P struct multi_step

static const struct mm_param params[] = {
    MM_INTS(P, milestones, .required = true, .min = 0, .max = 1e9, .count_min = 1,
            .help = "steps at which the rate falls"),
    MM_DOUBLE(P, gamma, .def = 0.1, .min = 0, .max = 10, .help = "multiplies the rate each time"),
    MM_IGNORED("optimizer", .help = "there is one optimizer"),
    MM_PARAMS_END,
};

static double rate(const void *self, const struct mm_schedule_point *point)
{
    const P *p = self;
    int passed = 0;
    for (size_t i = 0; i < p->milestones.count; i++)
        passed += p->milestones.items[i] <= point->index;
    return point->base * pow(p->gamma, passed);
}

const struct mm_schedule mm_schedule_multi_step = {
    .name = "MultiStepLR",
    .summary = "the rate falls by a factor at each milestone",
    .params = params,
    .params_size = sizeof(P),
    .rate = rate,
    .example = "{\"milestones\": [40, 80], \"gamma\": 0.5}",
};
