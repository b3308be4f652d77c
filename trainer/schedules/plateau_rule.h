/* Reducing the rate when a metric stops improving, as torch.optim.lr_scheduler.ReduceLROnPlateau: replayed from the metrics so far,
 * so that a resumed run needs no state. */
#ifndef MM_TRAINER_SCHEDULES_PLATEAU_RULE_H
#define MM_TRAINER_SCHEDULES_PLATEAU_RULE_H

#include "trainer/schedules/schedule.h"

struct mm_plateau {
    bool highest, relative; /* better is higher; threshold is a share of the best */
    double factor, threshold, min_lr, eps;
    int64_t patience, cooldown;
};
double mm_plateau_rate(const struct mm_plateau *plateau, const struct mm_schedule_point *point);

#endif
