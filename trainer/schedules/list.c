/* The table of schedules, from list.h. */
#include "trainer/schedules/list.h"

#include <string.h>

#include "base/names.h"
#include "trainer/schedules/schedule.h"

#define EXTERN(name) extern const struct mm_schedule mm_schedule_##name;
MM_SCHEDULES(EXTERN)
#undef EXTERN

#define ENTRY(name) &mm_schedule_##name,
const struct mm_schedule *const mm_schedules[] = {MM_SCHEDULES(ENTRY) NULL};
#undef ENTRY

const struct mm_schedule *mm_schedule_find(const char *name)
{
    for (size_t i = 0; mm_schedules[i]; i++)
        if (strcmp(mm_schedules[i]->name, name) == 0 ||
            (mm_schedules[i]->aliases && mm_names_contain(mm_schedules[i]->aliases, name)))
            return mm_schedules[i];
    return NULL;
}
