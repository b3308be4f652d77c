/* Savitzky-Golay smoothing along an axis (MONAI SavitzkyGolaySmooth): each voxel becomes the value at its place of the polynomial that
 * fits the window about it best (Savitzky and Golay 1964). */
#include <math.h>

#include "transforms/line_filter.h"
#include "transforms/transform.h"
#include "transforms/voxels.h"

#define WINDOW_MAX 255
#define ORDER_MAX  10

struct savitzky_golay_smooth {
    int64_t window_length, order, axis;
    const char *mode;
};
#define P struct savitzky_golay_smooth

static const struct mm_param params[] = {
    MM_INT(P, window_length, .required = true, .min = 1, .max = WINDOW_MAX, .unit = "voxel", .help = "odd"),
    MM_INT(P, order, .required = true, .min = 0, .max = ORDER_MAX,
           .help = "of the polynomial, less than window_length"),
    MM_INT(P, axis, .def = 1, .min = 1, .max = 3, .help = "1 = x, 2 = y, 3 = z, as MONAI counts: 0 is the channels"),
    MM_CHOICE(P, mode, .choices = MM_LINE_PADDINGS, .def_text = "zeros", .help = "values outside the image"),
    MM_PARAMS_END};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    (void)arena;
    const P *p = self;
    if (p->window_length % 2 == 0)
        return mm_fail(err, MM_ERR_CONFIG, "window_length is %d: it must be odd, so that the window has a middle",
                       (int)p->window_length);
    if (p->order >= p->window_length)
        return mm_fail(err, MM_ERR_CONFIG, "order, %d, must be less than window_length, %d", (int)p->order,
                       (int)p->window_length);
    return MM_OK;
}

/* Weights by polynomials that are orthonormal on the window: w(i) = sum over k of q_k(i) q_k(0) (Gram and Schmidt, twice). */
static void find_weights(int half, int order, double weights[WINDOW_MAX])
{
    double q[ORDER_MAX + 1][WINDOW_MAX];
    int n = 2 * half + 1;
    memset(weights, 0, (size_t)n * sizeof *weights);
    for (int k = 0; k <= order; k++) {
        for (int i = 0; i < n; i++)
            q[k][i] = k == 0 ? 1 : q[k - 1][i] * (i - half) / (half > 0 ? half : 1);
        for (int pass = 0; pass < 2; pass++)
            for (int j = 0; j < k; j++) {
                double along = 0;
                for (int i = 0; i < n; i++)
                    along += q[k][i] * q[j][i];
                for (int i = 0; i < n; i++)
                    q[k][i] -= along * q[j][i];
            }
        double square = 0;
        for (int i = 0; i < n; i++)
            square += q[k][i] * q[k][i];
        for (int i = 0; i < n; i++)
            q[k][i] /= sqrt(square);
        for (int i = 0; i < n; i++)
            weights[i] += q[k][i] * q[k][half];
    }
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *v;
    if (MM_TRY(s, mm_voxels_write_float(sample, field, &v, err)))
        return s;
    if (p->axis > v->rank)
        return mm_fail(err, MM_ERR_CONFIG, "axis is %d, the image has 1 to %d", (int)p->axis, v->rank);
    double weights[WINDOW_MAX];
    const struct mm_line_filter filter = {(int)p->window_length / 2, weights, p->mode};
    find_weights(filter.half, (int)p->order, weights);
    return mm_line_filter(v, (int)p->axis - 1, &filter, err);
}

const struct mm_transform mm_transform_savitzky_golay_smooth = {
    .name = "SavitzkyGolaySmooth",
    .summary = "smooth along an axis by fitting polynomials",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_IN_PLACE,
    .check = check,
    .each = each,
    .example =
        "{\"name\": \"SavitzkyGolaySmoothd\", \"args\": {\"keys\": \"image\", \"window_length\": 5, \"order\": "
        "2, \"axis\": 1, \"mode\": \"reflect\"}}",
};
