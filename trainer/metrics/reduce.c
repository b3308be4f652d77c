/* Reductions and counts of the metrics; see reduce.h. */
#include "trainer/metrics/reduce.h"

#include <math.h>
#include <string.h>

/* Mean or sum of values[i * step] that are numbers; NaN when none is. */
static double fold(const double *values, size_t count, size_t step, bool mean)
{
    double sum = 0;
    size_t numbers = 0;
    for (size_t i = 0; i < count; i++)
        if (!isnan(values[i * step])) {
            sum += values[i * step];
            numbers++;
        }
    if (numbers == 0)
        return NAN;
    return mean ? sum / (double)numbers : sum;
}

/* The inner fold of each line, then the mean of the lines. Lines are cases, or classes when `by_class`. */
static double fold_lines(const double *values, size_t cases, size_t count, bool by_class, bool mean)
{
    double sum = 0;
    size_t lines = by_class ? count : cases, numbers = 0;
    for (size_t i = 0; i < lines; i++) {
        double line = by_class ? fold(values + i, cases, count, mean) : fold(values + i * count, count, 1, mean);
        if (!isnan(line)) {
            sum += line;
            numbers++;
        }
    }
    return numbers ? sum / (double)numbers : NAN;
}

double mm_metric_reduce(const char *reduction, const double *values, size_t cases, size_t count)
{
    if (strcmp(reduction, "sum") == 0)
        return fold(values, cases * count, 1, false);
    bool mean = strncmp(reduction, "sum", 3) != 0, by_class = strstr(reduction, "_batch") != NULL;
    return fold_lines(values, cases, count, by_class, mean);
}

int mm_metric_first(bool include_background, int classes)
{
    return include_background || classes == 1 ? 0 : 1;
}

size_t mm_metric_voxels(const struct mm_metric_case *item)
{
    return (size_t)item->size[0] * (size_t)item->size[1] * (size_t)(item->rank == 3 ? item->size[2] : 1);
}

struct mm_metric_counts mm_metric_count(const struct mm_metric_case *item, int class)
{
    struct mm_metric_counts counts = {.voxels = mm_metric_voxels(item)};
    const uint8_t *p = item->prediction + (size_t) class * counts.voxels,
                  *t = item->truth + (size_t) class * counts.voxels;
    for (size_t i = 0; i < counts.voxels; i++) {
        counts.prediction += p[i] != 0;
        counts.truth += t[i] != 0;
        counts.both += p[i] != 0 && t[i] != 0;
    }
    return counts;
}
