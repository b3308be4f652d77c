/* The sigmoid form of the focal loss; see focal_rule.h. */
#include "trainer/losses/focal_rule.h"

#include <math.h>

/* log(1 + exp(-|u|)) + max(-u, 0) = -log sigmoid(u), and sigmoid(-u). */
static void soft_minus(const float *u, float *value, float *below)
{
    float e[MM_TILE];
    for (int i = 0; i < MM_TILE; i++)
        e[i] = -fabsf(u[i]);
    mm_tile_exp(e);
    for (int i = 0; i < MM_TILE; i++)
        value[i] = u[i] < 0.0f ? -u[i] : 0.0f;
    for (int i = 0; i < MM_TILE; i++)
        below[i] = u[i] < 0.0f ? 1.0f : e[i];
    for (int i = 0; i < MM_TILE; i++) {
        value[i] += mm_tile_log(1.0f + e[i]);
        below[i] /= 1.0f + e[i];
    }
}

/* a (1 - pt)^gamma bce: 1 - pt = sigmoid(u), u = -x (2t - 1); a = alpha t + (1 - alpha) (1 - t). */
void mm_focal_sigmoid_tile(const struct mm_pixel_rule *rule, size_t class, const float *x, const float *t,
                           float *loss, float *slope)
{
    float gamma = (float)rule->gamma, alpha = isnan(rule->alpha) ? 1.0f : (float)rule->alpha;
    float other = isnan(rule->alpha) ? 1.0f : (float)(1.0 - rule->alpha);
    float u[MM_TILE], power[MM_TILE], rest[MM_TILE];
    (void)class;
    mm_pixel_bce(&(struct mm_pixel_rule){0}, 0, x, t, loss, slope);
    for (int i = 0; i < MM_TILE; i++)
        u[i] = -x[i] * (2.0f * t[i] - 1.0f);
    soft_minus(u, power, rest);
    for (int i = 0; i < MM_TILE; i++)
        power[i] *= -gamma;
    mm_tile_exp(power);
    for (int i = 0; i < MM_TILE; i++) {
        float a = (alpha * t[i] + other * (1.0f - t[i])) * power[i];
        slope[i] = a * (slope[i] - gamma * rest[i] * (2.0f * t[i] - 1.0f) * loss[i]);
        loss[i] *= a;
    }
}
