/* What every schedule is read with. */
#include "trainer/schedules/schedule.h"

#define P struct mm_schedule_common
const struct mm_param mm_schedule_common_params[] = {
    MM_CHOICE(P, by, .choices = "epoch step",
              .help = "what the schedule counts; the schedule's own unit (mostly epoch) when absent"),
    MM_PARAMS_END,
};
