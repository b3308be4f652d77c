/* Correlation tap by tap, a row at a time. Source of the kernels: MONAI 1.6.1 networks/layers/simplelayers.py. */
#include "transforms/kernel_filter.h"

#include "base/vectors.h"
#include "transforms/median.h"
#include "transforms/voxels.h"

enum mm_status mm_kernel_filter_check(const struct mm_kernel_filter *filter, struct mm_error *err)
{
    bool is_gauss = strcmp(filter->kernel, "gauss") == 0;
    if (is_gauss && filter->sigma.count == 0)
        return mm_fail(err, MM_ERR_CONFIG, "kernel gauss needs a sigma");
    if (!is_gauss && filter->kernel_size % 2 == 0)
        return mm_fail(err, MM_ERR_CONFIG, "kernel_size is %d: kernel %s needs an odd one", (int)filter->kernel_size,
                       filter->kernel);
    if (strcmp(filter->kernel, "median") == 0 && filter->kernel_size / 2 > MM_MEDIAN_RADIUS_MAX)
        return mm_fail(err, MM_ERR_CONFIG, "kernel_size is %d: of medians at most %d", (int)filter->kernel_size,
                       2 * MM_MEDIAN_RADIUS_MAX + 1);
    return MM_OK;
}

/* A kernel is `around` wherever it is not 0, but for its middle. */
struct kernel {
    int half[3]; /* it reaches that far to each side */
    bool is_ball;
    float around, middle;
};

static float weight_at(const struct kernel *kernel, int dx, int dy, int dz)
{
    if (dx == 0 && dy == 0 && dz == 0)
        return kernel->middle;
    return kernel->is_ball && dx * dx + dy * dy + dz * dz > kernel->half[0] * kernel->half[0] ? 0 : kernel->around;
}

static struct kernel make_kernel(const char *name, int size, int rank)
{
    struct kernel kernel = {.half = {size / 2, size / 2, rank == 3 ? size / 2 : 0}, .around = 1, .middle = 1};
    kernel.is_ball = strcmp(name, "elliptical") == 0 || strcmp(name, "sharpen") == 0;
    float sum = 0;
    for (int dz = -kernel.half[2]; dz <= kernel.half[2]; dz++)
        for (int dy = -kernel.half[1]; dy <= kernel.half[1]; dy++)
            for (int dx = -kernel.half[0]; dx <= kernel.half[0]; dx++)
                sum += weight_at(&kernel, dx, dy, dz);
    if (strcmp(name, "laplace") == 0 || strcmp(name, "sharpen") == 0) {
        kernel.around = -1;
        kernel.middle = kernel.is_ball ? sum : sum - 1;
    }
    return kernel;
}

MM_VECTORS static void add_row(float *restrict to, const float *restrict from, float weight, int n)
{
    for (int i = 0; i < n; i++)
        to[i] += weight * from[i];
}

/* Adds input row (z, y) to the output row, at each shift dx of the kernel's. */
static void add_shifts(const struct kernel *kernel, float *to, const float *from, int n, int dy, int dz)
{
    for (int dx = -kernel->half[0]; dx <= kernel->half[0]; dx++) {
        float weight = weight_at(kernel, dx, dy, dz);
        int first = dx < 0 ? -dx : 0, last = dx > 0 ? n - dx : n;
        if (weight != 0 && first < last)
            add_row(to + first, from + first + dx, weight, last - first);
    }
}

static void correlate(const struct kernel *kernel, const struct mm_volume *from, int c, struct mm_volume *to)
{
    const int *n = from->size;
    for (int z = 0; z < n[2]; z++)
        for (int y = 0; y < n[1]; y++)
            for (int dz = -kernel->half[2]; dz <= kernel->half[2]; dz++)
                for (int dy = -kernel->half[1]; dy <= kernel->half[1]; dy++)
                    if (z + dz >= 0 && z + dz < n[2] && y + dy >= 0 && y + dy < n[1])
                        add_shifts(kernel, mm_volume_row(to, c, z, y), mm_volume_row(from, c, z + dz, y + dy), n[0],
                                   dy, dz);
}

static enum mm_status smooth(const struct mm_kernel_filter *filter, struct mm_sample *sample, struct mm_field *field,
                             struct mm_error *err)
{
    enum mm_status s;
    struct mm_volume *v;
    double sigma[3];
    if (MM_TRY(s, mm_voxels_write_float(sample, field, &v, err)) ||
        MM_TRY(s, mm_spatial_doubles(&filter->sigma, "sigma", v->rank, 0, sigma, err)))
        return s;
    return mm_smooth_to(v, sigma, filter->truncated, filter->approx, err);
}

static enum mm_status find_medians(const struct mm_kernel_filter *filter, struct mm_sample *sample,
                                   struct mm_field *field, struct mm_error *err)
{
    enum mm_status s;
    struct mm_volume *v;
    int half = (int)filter->kernel_size / 2;
    if (MM_TRY(s, mm_voxels_write_float(sample, field, &v, err)))
        return s;
    return mm_median(v, (const int[3]){half, half, v->rank == 3 ? half : 0}, err);
}

enum mm_status mm_kernel_filter_apply(const struct mm_kernel_filter *filter, struct mm_sample *sample,
                                      struct mm_field *field, struct mm_error *err)
{
    if (strcmp(filter->kernel, "gauss") == 0)
        return smooth(filter, sample, field, err);
    if (strcmp(filter->kernel, "median") == 0)
        return find_medians(filter, sample, field, err);
    enum mm_status s;
    const struct mm_volume *image;
    struct mm_volume *to;
    if (MM_TRY(s, mm_voxels_read(sample, field, &image, err)) ||
        MM_TRY(s, mm_voxels_make(sample, image, MM_F32, 0, &to, err)))
        return s;
    if (image->type != MM_F32 && !(image = mm_volume_convert(sample->arena, image, MM_F32)))
        return mm_fail_memory(err, "an image as float32");
    const struct kernel kernel = make_kernel(filter->kernel, (int)filter->kernel_size, image->rank);
    for (int c = 0; c < image->channels; c++)
        correlate(&kernel, image, c, to);
    mm_field_put(sample, field, to);
    return MM_OK;
}
