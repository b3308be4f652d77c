/* Intensities through a random rising curve (MONAI RandHistogramShift). Draws: 1 happens or not, 2 the number of control
 * points, then the height of each but the first and the last. */
#include "transforms/intensity.h"
#include "transforms/transform.h"

#define POINTS_MAX 1000

struct rand_histogram_shift {
    struct mm_ints num_control_points;
    double prob;
};
#define P struct rand_histogram_shift

static const struct mm_param params[] = {
    MM_INTS(P, num_control_points, .def_text = "[10]", .min = 3, .max = POINTS_MAX, .count_min = 1, .count_max = 2,
            .help = "points of the curve, or the range of their number"),
    MM_DOUBLE(P, prob, .def = 0.1, .min = 0, .max = 1, .help = "probability of doing it"), MM_PARAMS_END};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    (void)arena;
    const struct mm_ints *points = &((const P *)self)->num_control_points;
    if (points->count == 2 && points->items[0] > points->items[1])
        return mm_fail(err, MM_ERR_CONFIG, "num_control_points: %lld is above %lld", (long long)points->items[0],
                       (long long)points->items[1]);
    return MM_OK;
}

static bool is_random(const void *self)
{
    const P *p = self;
    return p->prob > 0;
}

/* Heights of evenly spaced points from 0 to 1; each is moved between its neighbours, in order. */
static int draw_curve(const P *p, struct mm_random *random, double curve[POINTS_MAX])
{
    const struct mm_ints *range = &p->num_control_points;
    int64_t least = range->items[0], most = range->items[range->count - 1];
    int n = (int)least + (int)mm_random_below(random, (uint32_t)(most - least + 1));
    for (int i = 0; i < n; i++)
        curve[i] = (double)i / (n - 1);
    for (int i = 1; i < n - 1; i++)
        curve[i] = mm_random_uniform(random, curve[i - 1], curve[i + 1]);
    return n;
}

static void bend(float *x, size_t count, const double *curve, int n)
{
    float low, high;
    mm_intensity_bounds(x, count, &low, &high);
    double range = (double)high - (double)low;
    for (size_t i = 0; range > 0 && i < count; i++) {
        double at = ((double)x[i] - (double)low) / range * (n - 1);
        if (!(at >= 0))
            continue; /* NaN */
        int k = at < n - 2 ? (int)at : n - 2;
        x[i] = (float)((curve[k] + (curve[k + 1] - curve[k]) * (at - k)) * range + (double)low);
    }
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *v;
    struct mm_random random;
    double curve[POINTS_MAX];
    mm_step_random(step, context, &random);
    if (!mm_step_happens(&random, p->prob))
        return MM_OK;
    if (MM_TRY(s, mm_voxels_write_float(sample, field, &v, err)))
        return s;
    int n = draw_curve(p, &random, curve);
    struct mm_voxels_parts all = mm_voxels_split(v, false);
    bend(all.data, all.length, curve, n);
    return MM_OK;
}

const struct mm_transform mm_transform_rand_histogram_shift = {
    .name = "RandHistogramShift",
    .summary = "map intensities by a random rising curve, with a probability",
    .notes = "Least and greatest intensity of all channels stay.",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM | MM_IN_PLACE,
    .check = check,
    .is_random = is_random,
    .each = each,
    .example = "{\"name\": \"RandHistogramShiftd\", \"args\": {\"keys\": \"image\", \"prob\": 0.5}}",
};
