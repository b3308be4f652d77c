/* The peaks of a map of probabilities, each with the box about it taken out before the next is looked for (MONAI ProbNMS). Voxels above the
 * threshold are visited from the most probable down; those that a box has covered are passed over. */
#include <stdlib.h>

#include "transforms/smooth.h"
#include "transforms/transform.h"
#include "transforms/voxels.h"

struct prob_nms {
    int64_t spatial_dims;
    struct mm_doubles sigma;
    double prob_threshold;
    struct mm_ints box_size;
};
#define P struct prob_nms

static const struct mm_param params[] = {
    MM_INT(P, spatial_dims, .def = 2, .min = 2, .max = 3, .help = "axes of the map"),
    MM_DOUBLES(P, sigma, .def_text = "[0]", .min = 0, .max = MM_SMOOTH_SIGMA_MAX, .count_min = 1, .count_max = 3,
               .unit = "voxel", .help = "of a Gaussian that smooths the map first"),
    MM_DOUBLE(P, prob_threshold, .def = 0.5, .min = 0, .max = 1e6, .help = "peaks are above it"),
    MM_INTS(P, box_size, .def_text = "[48]", .min = 1, .max = 1 << 16, .count_min = 1, .count_max = 3,
            .unit = "voxel", .help = "size of the box, one for all axes or one an axis"),
    MM_PARAMS_END};

struct peak {
    float value;
    uint64_t order; /* of the voxel where x is slowest: among equals the first counts, as in numpy.argmax */
    int at[3];
};

static int by_value(const void *a, const void *b)
{
    const struct peak *p = a, *q = b;
    if (p->value != q->value)
        return p->value < q->value ? 1 : -1;
    return (p->order > q->order) - (p->order < q->order);
}

/* All voxels above the threshold; `peaks` NULL: only counts them. */
static size_t collect(const struct mm_volume *v, double threshold, struct peak *peaks)
{
    const float *x = v->data;
    const int *n = v->size;
    size_t count = 0, nx = (size_t)n[0], ny = (size_t)n[1];
    for (size_t i = 0; i < mm_volume_voxels(v); i++) {
        if (!((double)x[i] > threshold))
            continue;
        struct peak peak = {.value = x[i], .at = {(int)(i % nx), (int)(i / nx % ny), (int)(i / nx / ny)}};
        peak.order =
            ((uint64_t)peak.at[0] * (uint64_t)n[1] + (uint64_t)peak.at[1]) * (uint64_t)n[2] + (uint64_t)peak.at[2];
        if (peaks)
            peaks[count] = peak;
        count++;
    }
    return count;
}

/* Marks the box about the voxel: box / 2 below, the rest from it on. */
static void cover(uint8_t *covered, const struct mm_volume *v, const int at[3], const int box[3])
{
    int low[3], high[3];
    for (int a = 0; a < 3; a++) {
        low[a] = at[a] - box[a] / 2 > 0 ? at[a] - box[a] / 2 : 0;
        high[a] = at[a] - box[a] / 2 + box[a] < v->size[a] ? at[a] - box[a] / 2 + box[a] : v->size[a];
    }
    for (int z = low[2]; z < high[2]; z++)
        for (int y = low[1]; y < high[1]; y++)
            memset(covered + ((size_t)z * (size_t)v->size[1] + (size_t)y) * (size_t)v->size[0] + low[0], 1,
                   (size_t)(high[0] - low[0]));
}

/* Writes probability and place of each peak that stands; returns how many numbers. */
static size_t select_peaks(const struct mm_volume *v, const int box[3], const struct peak *peaks, size_t count,
                           uint8_t *covered, double *numbers)
{
    size_t written = 0;
    for (size_t i = 0; i < count; i++) {
        const int *at = peaks[i].at;
        if (covered[((size_t)at[2] * (size_t)v->size[1] + (size_t)at[1]) * (size_t)v->size[0] + (size_t)at[0]])
            continue;
        numbers[written++] = (double)peaks[i].value;
        for (int a = 0; a < v->rank; a++)
            numbers[written++] = at[a];
        cover(covered, v, at, box);
    }
    return written;
}

static enum mm_status find_peaks(struct mm_arena *arena, struct mm_arena *scratch, const struct mm_volume *v,
                                 double threshold, const int box[3], struct mm_field *out, struct mm_error *err)
{
    size_t count = collect(v, threshold, NULL);
    struct peak *peaks = mm_arena_array(scratch, struct peak, count);
    uint8_t *covered = mm_arena_array(scratch, uint8_t, mm_volume_voxels(v));
    double *numbers = mm_arena_array(scratch, double, count *(1 + (size_t)v->rank)), *kept = NULL;
    if (peaks && covered && numbers) {
        collect(v, threshold, peaks);
        qsort(peaks, count, sizeof *peaks, by_value);
        out->count = select_peaks(v, box, peaks, count, covered, numbers);
        kept = mm_arena_array(arena, double, out->count);
    }
    if (!kept)
        return mm_fail_memory(err, "the peaks of a map");
    memcpy(kept, numbers, out->count * sizeof *kept);
    out->numbers = kept;
    return MM_OK;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *v;
    struct mm_field *to, found = {.count = 0};
    double sigma[3];
    int box[3];
    if (MM_TRY(s, mm_voxels_write_float(sample, field, &v, err)) ||
        MM_TRY(s, mm_spatial_doubles(&p->sigma, "sigma", v->rank, 0, sigma, err)) ||
        MM_TRY(s, mm_spatial_ints(&p->box_size, "box_size", v->rank, 1, box, err)))
        return s;
    if (v->channels != 1 || v->rank != p->spatial_dims)
        return mm_fail(err, MM_ERR_DATA,
                       "a map of %d channels and %d axes: one channel and %d axes (spatial_dims) are needed",
                       v->channels, v->rank, (int)p->spatial_dims);
    if ((sigma[0] > 0 || sigma[1] > 0 || sigma[2] > 0) && MM_TRY(s, mm_smooth(v, sigma, "erf", err)))
        return s;
    struct mm_arena scratch;
    mm_arena_init(&scratch, sample->arena->budget);
    s = find_peaks(sample->arena, &scratch, v, p->prob_threshold, box, &found, err);
    mm_arena_done(&scratch);
    if (s || MM_TRY(s, mm_sample_add(sample, field->name, MM_FIELD_NUMBER, &to, err)))
        return s;
    to->numbers = found.numbers;
    to->count = found.count;
    return MM_OK;
}

const struct mm_transform mm_transform_prob_nms = {
    .name = "ProbNMS",
    .summary = "find the peaks of a map of probabilities, one to a box",
    .notes =
        "The map becomes numbers: the probability of each peak and its voxel x, y[, z], the most probable first.",
    .params = params,
    .params_size = sizeof(P),
    .each = each,
    .example =
        "{\"name\": \"ProbNMSd\", \"args\": {\"keys\": \"image\", \"spatial_dims\": 3, \"prob_threshold\": 0.9, "
        "\"box_size\": 8}}",
};
