/* Lines of an image filtered one by one, each copied with its margins first. Sums are double. */
#include "transforms/line_filter.h"

#include <string.h>

#include "base/memory.h"

/* Where voxel i, which may lie outside a line of n, takes its value from; -1: 0. */
static int source_of(int i, int n, const char *padding)
{
    if (i >= 0 && i < n)
        return i;
    if (strcmp(padding, "replicate") == 0)
        return i < 0 ? 0 : n - 1;
    if (strcmp(padding, "reflect") == 0)
        return i < 0 ? -i : 2 * (n - 1) - i;
    if (strcmp(padding, "circular") == 0)
        return i < 0 ? i + n : i - n;
    return -1;
}

static void filter_line(float *line, size_t step, int n, const struct mm_line_filter *filter, double *wide)
{
    for (int i = -filter->half; i < n + filter->half; i++) {
        int from = source_of(i, n, filter->padding);
        wide[i + filter->half] = from < 0 ? 0 : (double)line[(size_t)from * step];
    }
    for (int i = 0; i < n; i++) {
        double sum = 0;
        for (int k = 0; k <= 2 * filter->half; k++)
            sum += filter->weights[k] * wide[i + k];
        line[(size_t)i * step] = (float)sum;
    }
}

enum mm_status mm_line_filter(struct mm_volume *v, int axis, const struct mm_line_filter *filter,
                              struct mm_error *err)
{
    int n = v->size[axis], b = (axis + 1) % 3, c = (axis + 2) % 3;
    bool mirrors = strcmp(filter->padding, "reflect") == 0, wraps = strcmp(filter->padding, "circular") == 0;
    if ((mirrors && filter->half >= n) || (wraps && filter->half > n))
        return mm_fail(err, MM_ERR_DATA, "axis %d has %d voxels, padding \"%s\" of %d needs more", axis, n,
                       filter->padding, filter->half);
    double *wide = mm_alloc(((size_t)n + 2 * (size_t)filter->half) * sizeof *wide);
    if (!wide)
        return mm_fail_memory(err, "a line of an image");
    for (int channel = 0; channel < v->channels; channel++)
        for (int j = 0; j < v->size[c]; j++)
            for (int i = 0; i < v->size[b]; i++) {
                size_t at = (size_t)channel * v->stride[3] + (size_t)i * v->stride[b] + (size_t)j * v->stride[c];
                filter_line((float *)v->data + at, v->stride[axis], n, filter, wide);
            }
    mm_free(wide);
    return MM_OK;
}
