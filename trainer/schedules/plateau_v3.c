/* Clara Train 3: the rate times reduction_rate after plateau_count_trigger validations without a better metric. */
#include "trainer/schedules/plateau_rule.h"

struct plateau_v3 {
    int64_t plateau_count_trigger;
    double reduction_rate;
};
#define P struct plateau_v3

static const struct mm_param params[] = {
    MM_INT(P, plateau_count_trigger, .required = true, .min = 1, .max = 1e9,
           .help = "validations without improvement"),
    MM_DOUBLE(P, reduction_rate, .required = true, .min = 0, .max = 1, .help = "multiplies the rate each time"),
    MM_IGNORED("optimizer", .help = "there is one optimizer"),
    MM_PARAMS_END,
};

static double rate(const void *self, const struct mm_schedule_point *point)
{
    const P *p = self;
    struct mm_plateau plateau = {
        .highest = true, .factor = p->reduction_rate, .patience = p->plateau_count_trigger - 1};
    return mm_plateau_rate(&plateau, point);
}

const struct mm_schedule mm_schedule_plateau_v3 = {
    .name = "ReduceOnPlateau",
    .summary = "the rate falls when the key metric stops rising",
    .params = params,
    .params_size = sizeof(P),
    .rate = rate,
    .example = "{\"plateau_count_trigger\": 5, \"reduction_rate\": 0.5}",
};
