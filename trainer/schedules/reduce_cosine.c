/* Clara Train 3: half a cosine over the whole run. Its source is not public; rate 0.5, the default, is the usual cosine to 0, and other
 * rates reduce the base rate by 2 rate in all. */
#include <math.h>

#include "trainer/schedules/schedule.h"

struct reduce_cosine {
    double rate;
};
#define P struct reduce_cosine

static const struct mm_param params[] = {
    MM_DOUBLE(P, rate, .def = 0.5, .min = 0, .max = 0.5,
              .help = "half of what the whole run takes off, as a share of the base rate"),
    MM_IGNORED("optimizer", .help = "there is one optimizer"),
    MM_PARAMS_END,
};

static double rate(const void *self, const struct mm_schedule_point *point)
{
    const P *p = self;
    double done = point->total > 0 ? (double)point->index / (double)point->total : 0.0;
    return point->base * (1.0 - p->rate * (1.0 - cos(M_PI * (done < 1.0 ? done : 1.0))));
}

const struct mm_schedule mm_schedule_reduce_cosine = {
    .name = "ReduceCosine",
    .summary = "half a cosine over the whole run",
    .notes = "Clara's formula is not public: rate 0.5 falls to 0, smaller ones to base (1 - 2 rate).",
    .params = params,
    .params_size = sizeof(P),
    .rate = rate,
    .example = "{\"rate\": 0.5}",
};
