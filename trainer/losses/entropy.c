/* Cross entropy over channels; see entropy.h. Reference: torch.nn.functional.cross_entropy. */
#include "trainer/losses/entropy.h"

#include <math.h>

struct header {
    double divisor; /* of the mean; 1 otherwise */
    double unused[7];
};

size_t mm_entropy_bytes(const struct mm_desc *prediction)
{
    return mm_voxels_aligned(sizeof(struct header) +
                             mm_voxels_area(prediction) * (size_t)prediction->dim[0] * sizeof(float));
}

float *mm_entropy_log_sum(void *saved)
{
    return (float *)((struct header *)saved + 1);
}

enum mm_status mm_entropy_shape(const struct mm_entropy *entropy, const struct mm_desc *prediction,
                                const struct mm_desc *target, struct mm_desc *value, struct mm_error *err)
{
    enum mm_status status;
    bool indices = target->dim[1] == 1;
    if (prediction->dim[1] < 2)
        return mm_fail(err, MM_ERR_DATA,
                       "cross entropy needs a prediction of at least 2 classes, got 1: use BCEWithLogitsLoss");
    if (MM_TRY(status, mm_voxels_check(prediction, target, indices, err)))
        return status;
    if (entropy->weight.count && entropy->weight.count != (size_t)prediction->dim[1])
        return mm_fail(err, MM_ERR_CONFIG, "weight has %zu values, expected one for each of the %lld classes",
                       entropy->weight.count, (long long)prediction->dim[1]);
    *value = mm_voxels_reduces(entropy->reduction)
                 ? mm_voxels_scalar()
                 : mm_desc_make(prediction->spatial, prediction->dim[0], 1, prediction->dim[2], prediction->dim[3],
                                prediction->dim[4]);
    return MM_OK;
}

/* What one class of one tile contributes: the coefficient a_c of every voxel. */
struct tile_weights {
    const struct mm_entropy *entropy;
    struct mm_voxel_target target;
    float counted[MM_TILE]; /* 0 where ignored */
};

static double class_weight(const struct mm_entropy *entropy, size_t class)
{
    return entropy->weight.count ? entropy->weight.items[class] : 1.0;
}

static struct tile_weights tile_weights_of(const struct mm_entropy *entropy, const struct mm_loss_call *call)
{
    bool indices = call->target->dim[1] == 1;
    return (struct tile_weights){.entropy = entropy, .target = mm_voxel_target_of(call, indices)};
}

/* Which voxels of the tile count: not the ignored ones, and none past the end. */
static void tile_count(struct tile_weights *w, size_t n, size_t voxel, size_t length)
{
    float buffer[MM_TILE], ignore = (float)w->entropy->ignore_index;
    for (int i = 0; i < MM_TILE; i++)
        w->counted[i] = 1.0f;
    if (w->target.indices) {
        const float *t = mm_tile_read(w->target.t + n * w->target.area + voxel, length, buffer);
        for (int i = 0; i < MM_TILE; i++)
            w->counted[i] = t[i] == ignore ? 0.0f : 1.0f;
    }
    if (length < MM_TILE)
        memset(w->counted + length, 0, (MM_TILE - length) * sizeof(float));
}

/* a_c = counted (own t_c + all) */
struct coefficients {
    float own, all;
};

static struct coefficients coefficients_of(const struct mm_entropy *entropy, size_t class, size_t classes)
{
    double weight = class_weight(entropy, class), smooth = entropy->label_smoothing;
    return (struct coefficients){(float)(weight * (1.0 - smooth)), (float)(weight * smooth / (double)classes)};
}

static void tile_coefficients(const struct tile_weights *w, size_t n, size_t class, size_t voxel, size_t length,
                              float a[MM_TILE])
{
    float buffer[MM_TILE];
    const float *t = mm_voxel_target_tile(&w->target, n, class, voxel, length, buffer);
    struct coefficients k = coefficients_of(w->entropy, class, w->target.classes);
    for (int i = 0; i < MM_TILE; i++)
        a[i] = w->counted[i] * (k.own * t[i] + k.all);
}

/* Losses of one tile, sum_c a_c (log_sum - x_c). `divisor` grows by what the mean divides by, the sum over the counted voxels of the
 * weight of their class (of 1 for probabilities); `stray` by the number of counted voxels whose index is no class. */
static void tile_losses(const struct tile_weights *w, const float *x, const float *log_sum, size_t n, size_t voxel,
                        size_t length, float loss[MM_TILE], double *divisor, double *stray)
{
    float t_buffer[MM_TILE], x_buffer[MM_TILE], l_buffer[MM_TILE], member[MM_TILE], sum[MM_TILE] = {0};
    const float *l = mm_tile_read(log_sum, length, l_buffer);
    double counted = mm_tile_sum(w->counted);
    *stray += w->target.indices ? counted : 0.0;
    *divisor += w->target.indices ? 0.0 : counted;
    for (size_t c = 0; c < w->target.classes; c++) {
        const float *xc = mm_tile_read(x + c * w->target.area, length, x_buffer);
        const float *t = mm_voxel_target_tile(&w->target, n, c, voxel, length, t_buffer);
        struct coefficients k = coefficients_of(w->entropy, c, w->target.classes);
        for (int i = 0; i < MM_TILE; i++) {
            member[i] = w->counted[i] * t[i];
            sum[i] += (k.own * member[i] + k.all * w->counted[i]) * (l[i] - xc[i]);
        }
        double members = w->target.indices ? mm_tile_sum(member) : 0.0;
        *stray -= members;
        *divisor += members * class_weight(w->entropy, c);
    }
    memcpy(loss, sum, sizeof(sum));
}

void mm_entropy_forward(const struct mm_entropy *entropy, const struct mm_loss_call *call, void *saved, float *y)
{
    struct tile_weights w = tile_weights_of(entropy, call);
    const float *log_sum = mm_entropy_log_sum(saved);
    size_t area = w.target.area;
    double total = 0, divisor = 0, stray = 0;
    float loss[MM_TILE];
    for (size_t n = 0; n < (size_t)call->prediction->dim[0]; n++)
        for (size_t v = 0; v < area; v += MM_TILE) {
            tile_count(&w, n, v, area - v);
            tile_losses(&w, call->x + n * w.target.classes * area + v, log_sum + n * area + v, n, v, area - v, loss,
                        &divisor, &stray);
            total += mm_tile_sum(loss);
            if (!mm_voxels_reduces(entropy->reduction))
                mm_tile_write(y + n * area + v, area - v, loss);
        }
    bool mean = strcmp(entropy->reduction, "mean") == 0;
    ((struct header *)saved)->divisor =
        mean && divisor > 0 ? divisor : 1.0; /* nothing counted: 0, where torch gives NaN */
    if (mm_voxels_reduces(entropy->reduction))
        y[0] = (float)(total / ((struct header *)saved)->divisor);
    if (stray > 0)
        y[0] = NAN;
}

/* dx_c = s (A p_c - a_c), A = sum a; s = upstream gradient over divisor. */
static void tile_back(const struct tile_weights *w, const float *p, const float *s, size_t n, size_t voxel,
                      size_t length, bool add, float *dx)
{
    float a[MM_TILE], sum[MM_TILE] = {0}, buffer[MM_TILE], old[MM_TILE], out[MM_TILE];
    for (size_t c = 0; c < w->target.classes; c++) {
        tile_coefficients(w, n, c, voxel, length, a);
        for (int i = 0; i < MM_TILE; i++)
            sum[i] += a[i];
    }
    for (size_t c = 0; c < w->target.classes; c++) {
        const float *pc = mm_tile_read(p + c * w->target.area, length, buffer);
        tile_coefficients(w, n, c, voxel, length, a);
        for (int i = 0; i < MM_TILE; i++)
            out[i] = s[i] * (sum[i] * pc[i] - a[i]);
        if (add) {
            const float *before = mm_tile_read(dx + c * w->target.area, length, old);
            for (int i = 0; i < MM_TILE; i++)
                out[i] += before[i];
        }
        mm_tile_write(dx + c * w->target.area, length, out);
    }
}

void mm_entropy_backward(const struct mm_entropy *entropy, const struct mm_loss_call *call, const void *saved,
                         const float *p, double scale, bool add)
{
    struct tile_weights w = tile_weights_of(entropy, call);
    double divisor = ((const struct header *)saved)->divisor;
    bool one = mm_voxels_reduces(entropy->reduction);
    size_t area = w.target.area;
    float s[MM_TILE], buffer[MM_TILE];
    for (size_t n = 0; n < (size_t)call->prediction->dim[0]; n++)
        for (size_t v = 0; v < area; v += MM_TILE) {
            size_t at = n * w.target.classes * area + v;
            const float *dy = one ? NULL : mm_tile_read(call->dy + n * area + v, area - v, buffer);
            for (int i = 0; i < MM_TILE; i++)
                s[i] = (float)(scale * (one ? call->dy[0] : dy[i]) / divisor);
            tile_count(&w, n, v, area - v);
            tile_back(&w, p + at, s, n, v, area - v, add, call->dx + at);
        }
}
