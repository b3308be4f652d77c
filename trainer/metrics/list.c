/* The table of metrics, from list.h. */
#include "trainer/metrics/list.h"

#include <string.h>

#include "base/names.h"
#include "trainer/metrics/metric.h"

#define EXTERN(name) extern const struct mm_metric mm_metric_##name;
MM_METRICS(EXTERN)
#undef EXTERN

#define ENTRY(name) &mm_metric_##name,
const struct mm_metric *const mm_metrics[] = {MM_METRICS(ENTRY) NULL};
#undef ENTRY

const struct mm_metric *mm_metric_find(const char *name)
{
    for (size_t i = 0; mm_metrics[i]; i++)
        if (strcmp(mm_metrics[i]->name, name) == 0 ||
            (mm_metrics[i]->aliases && mm_names_contain(mm_metrics[i]->aliases, name)))
            return mm_metrics[i];
    return NULL;
}
