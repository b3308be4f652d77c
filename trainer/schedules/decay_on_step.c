/* Clara Train 3: the rate times decay_ratio every decay_freq steps of training. */
#include <math.h>

#include "trainer/schedules/schedule.h"

struct decay_on_step {
    double decay_ratio;
    int64_t decay_freq;
};
#define P struct decay_on_step

static const struct mm_param params[] = {
    MM_DOUBLE(P, decay_ratio, .required = true, .min = 0, .max = 10, .help = "multiplies the rate each time"),
    MM_INT(P, decay_freq, .required = true, .min = 1, .max = 1e9, .help = "steps between reductions"),
    MM_IGNORED("optimizer", .help = "there is one optimizer"),
    MM_PARAMS_END,
};

static double rate(const void *self, const struct mm_schedule_point *point)
{
    const P *p = self;
    return point->base * pow(p->decay_ratio, (double)(point->index / p->decay_freq));
}

const struct mm_schedule mm_schedule_decay_on_step = {
    .name = "DecayOnStep",
    .summary = "the rate falls by a ratio every so many training steps",
    .notes = "Counts optimizer steps unless by says otherwise.",
    .params = params,
    .params_size = sizeof(P),
    .rate = rate,
    .by_step = true,
    .example = "{\"decay_ratio\": 0.5, \"decay_freq\": 1000}",
};
