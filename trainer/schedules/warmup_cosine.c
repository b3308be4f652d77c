/* MONAI's WarmupCosineSchedule: linear warm-up, then a cosine that goes on beyond t_total. */
#include <math.h>

#include "trainer/schedules/schedule.h"

struct warmup_cosine {
    int64_t warmup_steps, t_total;
    double cycles, end_lr, warmup_multiplier;
};
#define P struct warmup_cosine

static const struct mm_param params[] = {
    MM_INT(P, warmup_steps, .required = true, .min = 0, .max = 1e9, .help = "steps of the warm-up"),
    MM_INT(P, t_total, .required = true, .min = 1, .max = 1e9, .help = "steps in all"),
    MM_DOUBLE(P, cycles, .def = 0.5, .min = 0, .max = 1e6, .help = "whole cosines after the warm-up"),
    MM_DOUBLE(P, end_lr, .min = 0, .max = 1, .help = "lowest factor of the base rate"),
    MM_DOUBLE(P, warmup_multiplier, .min = 0, .max = 1, .help = "first factor of the base rate"),
    MM_IGNORED("optimizer", .help = "there is one optimizer"),
    MM_PARAMS_END,
};

static double rate(const void *self, const struct mm_schedule_point *point)
{
    const P *p = self;
    if (point->index < p->warmup_steps) {
        double done = (double)point->index / (double)p->warmup_steps;
        return point->base * (p->warmup_multiplier + (1.0 - p->warmup_multiplier) * done);
    }
    int64_t rest = p->t_total - p->warmup_steps;
    double progress = (double)(point->index - p->warmup_steps) / (double)(rest > 1 ? rest : 1);
    return point->base * fmax(p->end_lr, 0.5 * (1.0 + cos(2.0 * M_PI * p->cycles * progress)));
}

const struct mm_schedule mm_schedule_warmup_cosine = {
    .name = "WarmupCosineSchedule",
    .summary = "linear warm-up, then a cosine",
    .params = params,
    .params_size = sizeof(P),
    .rate = rate,
    .example = "{\"warmup_steps\": 10, \"t_total\": 300}",
};
