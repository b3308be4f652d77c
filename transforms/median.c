/* Hoare's selection in a window about each voxel. */
#include "transforms/median.h"

#include "transforms/voxels.h"

/* The value of that rank (0 = least) of n values, which are reordered (Hoare's selection). */
static float ranked(float *x, int n, int rank)
{
    for (int low = 0, high = n - 1; low < high;) {
        float pivot = x[rank];
        int i = low, j = high;
        while (i <= j) {
            while (x[i] < pivot)
                i++;
            while (pivot < x[j])
                j--;
            if (i <= j) {
                float swapped = x[i];
                x[i++] = x[j];
                x[j--] = swapped;
            }
        }
        low = j < rank ? i : low;
        high = rank < i ? j : high;
    }
    return x[rank];
}

static int clamped(int at, int n)
{
    return at < 0 ? 0 : at < n ? at : n - 1;
}

/* Collects the window about (x, y, z); returns how many values. */
static int window(const float *channel, const int size[3], const int radius[3], const int at[3], float *out)
{
    int n = 0;
    for (int dz = -radius[2]; dz <= radius[2]; dz++)
        for (int dy = -radius[1]; dy <= radius[1]; dy++) {
            size_t line =
                (size_t)clamped(at[2] + dz, size[2]) * (size_t)size[1] + (size_t)clamped(at[1] + dy, size[1]);
            const float *row = channel + line * (size_t)size[0];
            for (int dx = -radius[0]; dx <= radius[0]; dx++)
                out[n++] = row[clamped(at[0] + dx, size[0])];
        }
    return n;
}

static void filter(const float *from, float *to, const int size[3], const int radius[3], float *values)
{
    for (int z = 0; z < size[2]; z++)
        for (int y = 0; y < size[1]; y++)
            for (int x = 0; x < size[0]; x++) {
                int n = window(from, size, radius, (const int[3]){x, y, z}, values);
                *to++ = ranked(values, n, n / 2);
            }
}

enum mm_status mm_median(struct mm_volume *v, const int radius[3], struct mm_error *err)
{
    size_t voxels = mm_volume_voxels(v);
    size_t count = (size_t)(2 * radius[0] + 1) * (size_t)(2 * radius[1] + 1) * (size_t)(2 * radius[2] + 1);
    float *from = mm_alloc_raw((voxels + count) * sizeof *from);
    if (!from)
        return mm_fail_memory(err, "a copy of an image");
    for (int c = 0; c < v->channels; c++) {
        memcpy(from, mm_voxels_floats(v, c), voxels * sizeof *from);
        filter(from, mm_voxels_floats(v, c), v->size, radius, from + voxels);
    }
    mm_free(from);
    return MM_OK;
}
