/* The softmax form of the focal loss: -alpha (1 - p)^gamma log p of the target's class, averaged over all channels; see focal_rule.h. */
#include <math.h>

#include "trainer/losses/focal_rule.h"

/* One tile of one item in the softmax form: the channels that count, `area` apart. */
struct softmax_tile {
    const struct mm_pixel_rule *rule;
    struct mm_voxel_target target;
    size_t first, counted, area;
    float log_sum[MM_TILE];
};

static struct softmax_tile softmax_tile_of(const struct mm_pixel_rule *rule, const struct mm_loss_call *call)
{
    size_t classes = (size_t)call->prediction->dim[1], first = rule->background || classes == 1 ? 0 : 1;
    return (struct softmax_tile){.rule = rule,
                                 .target = mm_voxel_target_of(call, rule->onehot),
                                 .first = first,
                                 .counted = classes - first,
                                 .area = mm_voxels_area(call->prediction)};
}

static void sum_exp(struct softmax_tile *s, const float *x, size_t length)
{
    float buffer[MM_TILE], top[MM_TILE], sum[MM_TILE] = {0}, e[MM_TILE];
    memcpy(top, mm_tile_read(x, length, buffer), sizeof(top));
    for (size_t c = 1; c < s->counted; c++) {
        const float *in = mm_tile_read(x + c * s->area, length, buffer);
        for (int i = 0; i < MM_TILE; i++)
            top[i] = in[i] > top[i] ? in[i] : top[i];
    }
    for (size_t c = 0; c < s->counted; c++) {
        const float *in = mm_tile_read(x + c * s->area, length, buffer);
        for (int i = 0; i < MM_TILE; i++)
            e[i] = in[i] - top[i];
        mm_tile_exp(e);
        for (int i = 0; i < MM_TILE; i++)
            sum[i] += e[i];
    }
    for (int i = 0; i < MM_TILE; i++)
        s->log_sum[i] = top[i] + mm_tile_log(sum[i]);
}

/* loss = -k (1 - p)^gamma log p and h = d loss / d log p = k (gamma (1 - p)^(gamma - 1) p log p - (1 - p)^gamma), k = alpha w t. */
static void softmax_class(const struct softmax_tile *s, const float *x, const float *t, size_t class, float *loss,
                          float *h, float *p)
{
    const struct mm_pixel_rule *rule = s->rule;
    float gamma = (float)rule->gamma, log_p[MM_TILE], q[MM_TILE], power[MM_TILE];
    double alpha = isnan(rule->alpha) || s->first > 0 ? 1.0 : class == 0 ? 1.0 - rule->alpha : rule->alpha;
    float k = (float)(alpha * mm_pixel_weight(rule, s->counted, class));
    for (int i = 0; i < MM_TILE; i++)
        log_p[i] = x[i] - s->log_sum[i];
    for (int i = 0; i < MM_TILE; i++)
        log_p[i] = log_p[i] < 0.0f ? log_p[i] : 0.0f;
    memcpy(p, log_p, sizeof(log_p));
    mm_tile_exp(p);
    for (int i = 0; i < MM_TILE; i++)
        q[i] = 1.0f - p[i];
    for (int i = 0; i < MM_TILE; i++)
        q[i] = q[i] > 1e-30f ? q[i] : 1e-30f;
    for (int i = 0; i < MM_TILE; i++)
        power[i] = gamma * mm_tile_log(q[i]);
    mm_tile_exp(power);
    for (int i = 0; i < MM_TILE; i++) {
        loss[i] = -k * t[i] * power[i] * log_p[i];
        h[i] = k * t[i] * power[i] * (gamma / q[i] * p[i] * log_p[i] - 1.0f);
    }
}

void mm_focal_softmax_forward(const struct mm_pixel_rule *rule, const struct mm_loss_call *call, float *y)
{
    struct softmax_tile s = softmax_tile_of(rule, call);
    size_t items = (size_t)call->prediction->dim[0], classes = s.target.classes;
    float x_buffer[MM_TILE], t_buffer[MM_TILE], loss[MM_TILE], h[MM_TILE], p[MM_TILE];
    double total = 0;
    for (size_t n = 0; n < items; n++)
        for (size_t v = 0; v < s.area; v += MM_TILE) {
            size_t length = s.area - v;
            const float *x = call->x + (n * classes + s.first) * s.area + v;
            sum_exp(&s, x, length);
            for (size_t c = 0; c < s.counted; c++) {
                softmax_class(&s, mm_tile_read(x + c * s.area, length, x_buffer),
                              mm_voxel_target_tile(&s.target, n, c + s.first, v, length, t_buffer), c, loss, h, p);
                total += mm_pixel_sum(loss, length);
                if (!mm_voxels_reduces(rule->reduction))
                    mm_tile_write(y + (n * s.counted + c) * s.area + v, length, loss);
            }
        }
    if (mm_voxels_reduces(rule->reduction))
        y[0] = (float)(total / mm_pixel_divisor(rule, items * s.counted * s.area, s.area));
}

/* dx_c = d (h_c - p_c sum_k h_k) with d the upstream gradient of each element; dx holds d h, then the result. */
static void softmax_back_tile(struct softmax_tile *s, const struct mm_loss_call *call, size_t n, size_t v,
                              double factor)
{
    float x_buffer[MM_TILE], t_buffer[MM_TILE], d_buffer[MM_TILE], loss[MM_TILE], h[MM_TILE], p[MM_TILE],
        sum[MM_TILE] = {0};
    size_t length = s->area - v, at = (n * s->target.classes + s->first) * s->area + v;
    const float *x = call->x + at;
    bool one = mm_voxels_reduces(s->rule->reduction);
    sum_exp(s, x, length);
    for (int pass = 0; pass < 2; pass++)
        for (size_t c = 0; c < s->counted; c++) {
            softmax_class(s, mm_tile_read(x + c * s->area, length, x_buffer),
                          mm_voxel_target_tile(&s->target, n, c + s->first, v, length, t_buffer), c, loss, h, p);
            const float *dy =
                one ? NULL : mm_tile_read(call->dy + (n * s->counted + c) * s->area + v, length, d_buffer);
            for (int i = 0; i < MM_TILE; i++)
                h[i] *= (float)factor * (one ? call->dy[0] : dy[i]);
            for (int i = 0; i < MM_TILE && pass == 0; i++)
                sum[i] += h[i];
            for (int i = 0; i < MM_TILE && pass == 1; i++)
                h[i] -= p[i] * sum[i];
            if (pass == 1)
                mm_tile_write(call->dx + at + c * s->area, length, h);
        }
}

void mm_focal_softmax_backward(const struct mm_pixel_rule *rule, const struct mm_loss_call *call)
{
    struct softmax_tile s = softmax_tile_of(rule, call);
    size_t items = (size_t)call->prediction->dim[0];
    double factor = 1.0 / mm_pixel_divisor(rule, items * s.counted * s.area, s.area);
    memset(call->dx, 0, mm_voxels_count(call->prediction) * sizeof(float));
    for (size_t n = 0; n < items; n++)
        for (size_t v = 0; v < s.area; v += MM_TILE)
            softmax_back_tile(&s, call, n, v, factor);
}
