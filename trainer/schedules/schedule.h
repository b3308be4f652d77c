/* The contract of a learning-rate schedule: a pure function, so a resumed run needs no state of it.
 *
 * Adding one: copy schedules/step.c; its line in schedules/list.h (alphabetical); `make check`, `make golden`. */
#ifndef MM_TRAINER_SCHEDULES_SCHEDULE_H
#define MM_TRAINER_SCHEDULES_SCHEDULE_H

#include "base/params.h"

struct mm_schedule_point {
    double base;           /* the optimizer's learning rate                                            */
    int64_t index;         /* how many times the scheduler has stepped: epochs done (or steps, by "by") */
    int64_t total;         /* epochs (or steps) of the whole run: for policies that ask for no length   */
    const double *metrics; /* key metric (or loss) after each index so far: for plateau policies; may be NULL */
    size_t metric_count;
};

struct mm_schedule {
    const char *name, *aliases, *summary, *notes;
    const struct mm_param *params;
    size_t params_size;
    enum mm_status (*check)(const void *self, struct mm_error *err); /* NULL: none */
    double (*rate)(const void *self, const struct mm_schedule_point *point);
    bool by_step; /* counts optimizer steps unless the config's "by" says otherwise; mostly epochs */
    const char *example;
};

/* Read beside the schedule's own table. */
struct mm_schedule_common {
    const char *by; /* "epoch" or "step"; NULL: the schedule's own unit */
};
extern const struct mm_param mm_schedule_common_params[];
extern const struct mm_schedule *const mm_schedules[]; /* NULL-terminated */
const struct mm_schedule *mm_schedule_find(const char *name);

#endif
