/* Clara Train 3: base (1 - epoch / epochs)^poly_power over the whole run. */
#include <math.h>

#include "trainer/schedules/schedule.h"

struct reduce_poly {
    double poly_power;
};
#define P struct reduce_poly

static const struct mm_param params[] = {
    MM_DOUBLE(P, poly_power, .def = 0.9, .min = 0, .max = 100, .help = "power of the decay"),
    MM_IGNORED("optimizer", .help = "there is one optimizer"),
    MM_PARAMS_END,
};

static double rate(const void *self, const struct mm_schedule_point *point)
{
    const P *p = self;
    double done = point->total > 0 ? (double)point->index / (double)point->total : 0.0;
    return point->base * pow(done < 1.0 ? 1.0 - done : 0.0, p->poly_power);
}

const struct mm_schedule mm_schedule_reduce_poly = {
    .name = "ReducePoly",
    .summary = "polynomial decay to 0 over the whole run",
    .params = params,
    .params_size = sizeof(P),
    .rate = rate,
    .example = "{\"poly_power\": 0.99}",
};
