/* The pass over elements of the elementwise losses; see pixel.h. */
#include "trainer/losses/pixel.h"

#include <math.h>

struct extent {
    size_t items, classes, first, counted, area;
};

static struct extent extent_of(const struct mm_pixel_rule *rule, const struct mm_desc *prediction)
{
    struct extent e = {.items = (size_t)prediction->dim[0],
                       .classes = (size_t)prediction->dim[1],
                       .area = mm_voxels_area(prediction)};
    e.first = rule->background || e.classes == 1 ? 0 : 1;
    e.counted = e.classes - e.first;
    return e;
}

enum mm_status mm_pixel_shape(const struct mm_pixel_rule *rule, const struct mm_desc *prediction,
                              const struct mm_desc *target, struct mm_desc *value, struct mm_error *err)
{
    enum mm_status status;
    if (MM_TRY(status, mm_voxels_check(prediction, target, rule->onehot, err)))
        return status;
    struct extent e = extent_of(rule, prediction);
    if (e.counted > 1 && rule->weight.count > 1 && rule->weight.count != e.counted)
        return mm_fail(err, MM_ERR_CONFIG,
                       "weight has %zu values, expected one for each of the %zu classes that count",
                       rule->weight.count, e.counted);
    if (rule->pos_weight.count > 1 && rule->pos_weight.count != e.counted)
        return mm_fail(err, MM_ERR_CONFIG, "pos_weight has %zu values, expected one or %zu", rule->pos_weight.count,
                       e.counted);
    *value = mm_voxels_scalar();
    if (!mm_voxels_reduces(rule->reduction)) {
        *value = *prediction;
        value->dim[1] = (int64_t)e.counted;
    }
    return MM_OK;
}

double mm_pixel_weight(const struct mm_pixel_rule *rule, size_t counted, size_t class)
{
    if (rule->weight.count == 0 || counted == 1)
        return 1.0;
    return rule->weight.items[rule->weight.count == 1 ? 0 : class];
}

double mm_pixel_divisor(const struct mm_pixel_rule *rule, size_t count, size_t area)
{
    if (strcmp(rule->reduction, "mean") == 0)
        return (double)count;
    return rule->sum_of_means && mm_voxels_reduces(rule->reduction) ? (double)area : 1.0;
}

double mm_pixel_sum(float *loss, size_t length)
{
    if (length < MM_TILE)
        memset(loss + length, 0, (MM_TILE - length) * sizeof(float));
    return mm_tile_sum(loss);
}

void mm_pixel_forward(const struct mm_pixel_rule *rule, const struct mm_loss_call *call, float *y)
{
    struct extent e = extent_of(rule, call->prediction);
    struct mm_voxel_target target = mm_voxel_target_of(call, rule->onehot);
    float x_buffer[MM_TILE], t_buffer[MM_TILE], loss[MM_TILE], slope[MM_TILE];
    double total = 0;
    for (size_t n = 0; n < e.items; n++)
        for (size_t c = e.first; c < e.classes; c++) {
            float weight = (float)mm_pixel_weight(rule, e.counted, c - e.first);
            const float *x = call->x + (n * e.classes + c) * e.area;
            float *out = mm_voxels_reduces(rule->reduction) ? NULL : y + (n * e.counted + c - e.first) * e.area;
            for (size_t v = 0; v < e.area; v += MM_TILE) {
                size_t length = e.area - v;
                rule->tile(rule, c - e.first, mm_tile_read(x + v, length, x_buffer),
                           mm_voxel_target_tile(&target, n, c, v, length, t_buffer), loss, slope);
                for (int i = 0; i < MM_TILE; i++)
                    loss[i] *= weight;
                total += mm_pixel_sum(loss, length);
                if (out)
                    mm_tile_write(out + v, length, loss);
            }
        }
    if (mm_voxels_reduces(rule->reduction))
        y[0] = (float)(total / mm_pixel_divisor(rule, e.items * e.counted * e.area, e.area));
}

void mm_pixel_backward(const struct mm_pixel_rule *rule, const struct mm_loss_call *call, double scale, bool add)
{
    struct extent e = extent_of(rule, call->prediction);
    struct mm_voxel_target target = mm_voxel_target_of(call, rule->onehot);
    bool one = mm_voxels_reduces(rule->reduction);
    double divisor = mm_pixel_divisor(rule, e.items * e.counted * e.area, e.area);
    float x_buffer[MM_TILE], t_buffer[MM_TILE], d_buffer[MM_TILE], loss[MM_TILE], slope[MM_TILE];
    if (!add)
        memset(call->dx, 0, mm_voxels_count(call->prediction) * sizeof(float));
    for (size_t n = 0; n < e.items; n++)
        for (size_t c = e.first; c < e.classes; c++) {
            double factor =
                scale * mm_pixel_weight(rule, e.counted, c - e.first) / divisor * (one ? call->dy[0] : 1.0);
            size_t at = (n * e.classes + c) * e.area;
            for (size_t v = 0; v < e.area; v += MM_TILE) {
                size_t length = e.area - v;
                rule->tile(rule, c - e.first, mm_tile_read(call->x + at + v, length, x_buffer),
                           mm_voxel_target_tile(&target, n, c, v, length, t_buffer), loss, slope);
                for (int i = 0; i < MM_TILE; i++)
                    slope[i] *= (float)factor;
                if (!one) {
                    const float *dy =
                        mm_tile_read(call->dy + (n * e.counted + c - e.first) * e.area + v, length, d_buffer);
                    for (int i = 0; i < MM_TILE; i++)
                        slope[i] *= dy[i];
                }
                const float *old = mm_tile_read(call->dx + at + v, length, d_buffer);
                for (int i = 0; i < MM_TILE; i++)
                    slope[i] += old[i];
                mm_tile_write(call->dx + at + v, length, slope);
            }
        }
}

/* (1 - t) x + w (log(1 + exp(-|x|)) + max(-x, 0)), w = 1 + (pos_weight - 1) t; slope (1 - t) - w sigmoid(-x). */
void mm_pixel_bce(const struct mm_pixel_rule *rule, size_t class, const float *x, const float *t, float *loss,
                  float *slope)
{
    double given = rule->pos_weight.count ? rule->pos_weight.items[rule->pos_weight.count == 1 ? 0 : class] : 1.0;
    float more = (float)(given - 1.0), e[MM_TILE], below[MM_TILE];
    for (int i = 0; i < MM_TILE; i++)
        e[i] = -fabsf(x[i]);
    mm_tile_exp(e);
    for (int i = 0; i < MM_TILE; i++)
        below[i] = x[i] < 0.0f ? -x[i] : 0.0f;
    for (int i = 0; i < MM_TILE; i++)
        slope[i] = x[i] < 0.0f ? 1.0f : e[i];
    for (int i = 0; i < MM_TILE; i++) {
        float w = 1.0f + more * t[i];
        loss[i] = (1.0f - t[i]) * x[i] + w * (mm_tile_log(1.0f + e[i]) + below[i]);
        slope[i] = (1.0f - t[i]) - w * slope[i] / (1.0f + e[i]);
    }
}
