/* Shared updates; see rules.h. Element by element in double, stored as float. */
#include "trainer/optimizers/rules.h"

#include <math.h>

enum mm_status mm_optimizer_check_betas(const struct mm_doubles *betas, struct mm_error *err)
{
    for (size_t i = 0; i < betas->count; i++)
        if (betas->items[i] >= 1.0)
            return mm_fail(err, MM_ERR_CONFIG, "betas[%zu] (%g) must be below 1", i, betas->items[i]);
    return MM_OK;
}

/* `amsgrad` is a constant where this is called, so that the usual loop has no branch. */
static inline void adam_elements(const struct mm_adam *a, const struct mm_update *u, bool amsgrad)
{
    double root = 1.0 / sqrt(1.0 - pow(a->beta2, (double)u->step)),
           step = u->lr / (1.0 - pow(a->beta1, (double)u->step));
    double l2 = a->decoupled ? 0.0 : a->weight_decay, keep = a->decoupled ? 1.0 - u->lr * a->weight_decay : 1.0;
    double beta1 = a->beta1, beta2 = a->beta2, eps = a->eps;
    float *restrict w = u->w, *restrict m = u->slot[0], *restrict v = u->slot[1], *restrict top = u->slot[2];
    const float *restrict gradient = u->g;
    for (size_t i = 0, n = u->n; i < n; i++) {
        double g = gradient[i] + l2 * w[i];
        double first = beta1 * m[i] + (1.0 - beta1) * g, second = beta2 * v[i] + (1.0 - beta2) * g * g;
        m[i] = (float)first;
        v[i] = (float)second;
        if (amsgrad) {
            top[i] = v[i] > top[i] ? v[i] : top[i];
            second = top[i];
        }
        w[i] = (float)(keep * w[i] - step * first / (sqrt(second) * root + eps));
    }
}

void mm_adam_update(const struct mm_adam *adam, const struct mm_update *u)
{
    if (adam->amsgrad)
        adam_elements(adam, u, true);
    else
        adam_elements(adam, u, false);
}

void mm_sgd_update(const struct mm_sgd *s, const struct mm_update *u)
{
    float *buffer = u->slot[0];
    for (size_t i = 0; i < u->n; i++) {
        double g = (s->maximize ? -u->g[i] : u->g[i]) + s->weight_decay * u->w[i];
        if (s->momentum != 0) {
            double b = u->step == 1 ? g : s->momentum * buffer[i] + (1.0 - s->dampening) * g;
            buffer[i] = (float)b;
            g = s->nesterov ? g + s->momentum * b : b;
        }
        u->w[i] = (float)(u->w[i] - u->lr * g);
    }
}

void mm_novograd_update(const struct mm_novograd *o, const struct mm_update *u)
{
    float *m = u->slot[0], *second = u->slot[1];
    double norm = 0, share = o->grad_averaging ? 1.0 - o->beta1 : 1.0;
    for (size_t i = 0; i < u->n; i++)
        norm += (double)u->g[i] * u->g[i];
    double v = second[0] == 0.0f ? norm : o->beta2 * second[0] + (1.0 - o->beta2) * norm;
    second[0] = (float)v;
    if (o->amsgrad) {
        v = fmax(v, u->slot[2][0]);
        u->slot[2][0] = (float)v;
    }
    double scale = 1.0 / (sqrt(v) + o->eps);
    for (size_t i = 0; i < u->n; i++) {
        double g = (u->g[i] * scale + o->weight_decay * u->w[i]) * share;
        m[i] = (float)(o->beta1 * m[i] + g);
        u->w[i] = (float)(u->w[i] - u->lr * m[i]);
    }
}
