/* Replays a plateau policy; see plateau_rule.h. */
#include "trainer/schedules/plateau_rule.h"

#include <math.h>

static bool is_better(const struct mm_plateau *p, double value, double best)
{
    if (isinf(best)) /* nothing yet */
        return p->highest ? value > best : value < best;
    double margin = p->relative ? best * p->threshold : p->threshold;
    return p->highest ? value > best + margin : value < best - margin;
}

double mm_plateau_rate(const struct mm_plateau *p, const struct mm_schedule_point *point)
{
    double rate = point->base, best = p->highest ? -INFINITY : INFINITY;
    int64_t bad = 0, cooling = 0;
    for (size_t i = 0; point->metrics && i < point->metric_count && (int64_t)i < point->index; i++) {
        bool better = is_better(p, point->metrics[i], best);
        best = better ? point->metrics[i] : best;
        bad = better ? 0 : bad + 1;
        if (cooling > 0) {
            cooling--;
            bad = 0;
        }
        if (bad > p->patience) {
            double lower = fmax(rate * p->factor, p->min_lr);
            rate = rate - lower > p->eps ? lower : rate;
            cooling = p->cooldown;
            bad = 0;
        }
    }
    return rate;
}
