/* Losses, optimizers, schedules and metrics. */
#include <math.h>

#include "base/hash.h"
#include "golden.h"
#include "trainer/losses/loss.h"
#include "trainer/metrics/metric.h"
#include "trainer/optimizers/optimizer.h"
#include "trainer/schedules/schedule.h"

/* (n, c, spatial...) of a file in our order; anything without spatial axes has d = h = w = 1. */
static struct mm_desc desc_of(const struct mm_st_tensor *t)
{
    int64_t s[3] = {1, 1, 1}; /* x, y, z */
    for (int i = 2; i < t->rank && i < 5; i++)
        s[i - 2] = t->dim[i];
    return mm_desc_make(t->rank == 4 ? 2 : 3, t->rank > 0 ? t->dim[0] : 1, t->rank > 1 ? t->dim[1] : 1, s[2], s[1],
                        s[0]);
}

static float *ours(struct golden_case *c, const char *name, struct mm_desc *desc)
{
    size_t count;
    const struct mm_st_tensor *t = golden_tensor(c, name);
    float *values = t ? golden_floats(c, name, &count) : NULL;
    if (!values)
        return NULL;
    *desc = desc_of(t);
    return t->rank > 2 ? golden_to_ours(c->arena, values, t->dim, t->rank, 2) : values;
}

/* The target; torch's class indices come without the channel axis that ours have. */
static float *target_of(struct golden_case *c, struct mm_desc *desc)
{
    const struct mm_st_tensor *t = golden_tensor(c, "in.target"), *logits = golden_tensor(c, "in.logits");
    size_t count;
    if (!t || !logits || t->rank != logits->rank - 1)
        return ours(c, "in.target", desc);
    float *values = golden_floats(c, "in.target", &count);
    struct mm_st_tensor with_channel = {.rank = logits->rank, .dim = {t->dim[0], 1}};
    for (int i = 1; i < t->rank; i++)
        with_channel.dim[i + 1] = t->dim[i];
    *desc = desc_of(&with_channel);
    return values && t->rank > 1 ? golden_to_ours(c->arena, values, with_channel.dim, with_channel.rank, 2) : values;
}

/* d value: 1, or for a loss without reduction the fill rule's weights by the name "loss_weight". */
static float *upstream(struct golden_case *c, int64_t count)
{
    float *dy = mm_arena_array(c->arena, float, (size_t)count + 1);
    uint64_t hash = mm_fnv1a("loss_weight", 11);
    for (int64_t i = 0; dy && i < count; i++)
        dy[i] = count == 1 ? 1.0f : (float)(2 * golden_uniform(hash, (uint64_t)i) - 1);
    return dy;
}

enum golden_result golden_loss(struct golden_case *c)
{
    struct mm_desc prediction, target, value;
    struct mm_error err = {.status = MM_OK};
    const struct mm_loss *loss = c->component.name ? mm_loss_find(c->component.name) : NULL;
    void *self;
    size_t n;
    if (!loss)
        return GOLDEN_SKIPPED;
    if (!golden_params(c, loss->params, loss->params_size, NULL, &self))
        return GOLDEN_FAILED;
    float *x = ours(c, "in.logits", &prediction), *t = target_of(c, &target);
    if (!x || !t)
        return GOLDEN_FAILED;
    if ((loss->check && loss->check(c->arena, self, &err) != MM_OK) ||
        loss->shape(self, &prediction, &target, &value, &err) != MM_OK)
        return golden_fail(c, "%s", err.text);
    size_t count = (size_t)mm_desc_count(&value);
    float *y = mm_arena_array(c->arena, float, count),
          *dx = mm_arena_array(c->arena, float, (size_t)mm_desc_count(&prediction));
    struct mm_loss_call call = {self, &prediction, &target, &value, x, t, y, upstream(c, (int64_t)count), dx, NULL};
    call.saved =
        mm_arena_alloc(c->arena, (loss->saved_bytes ? loss->saved_bytes(self, &prediction, &target) : 0) + 1);
    loss->forward(&call);
    loss->backward(&call);
    const float *expected = golden_floats(c, "out.loss", &n);
    if (expected && n == count)
        golden_compare(c, "loss", y, expected, n, c->rtol, c->atol, 0);
    else
        golden_fail(c, "loss has %zu values, reference %zu", count, n);
    const struct mm_st_tensor *g = golden_tensor(c, "out.grad_logits");
    expected = golden_floats(c, "out.grad_logits", &n);
    if (g && expected)
        golden_compare(c, "grad_logits", g->rank > 2 ? golden_from_ours(c->arena, dx, g->dim, g->rank, 2) : dx,
                       expected, n, c->rtol, c->atol, 0);
    return c->failed ? GOLDEN_FAILED : GOLDEN_PASSED;
}

static void run_updates(struct golden_case *c, const struct mm_optimizer *optimizer, const void *self, double lr,
                        const char *parameter)
{
    size_t n, gradients, steps;
    const float *start = golden_floats(c, mm_arena_format(c->arena, "in.param_%s", parameter), &n);
    const float *grad = golden_floats(c, mm_arena_format(c->arena, "in.grad_%s", parameter), &gradients);
    const float *expected = golden_floats(c, mm_arena_format(c->arena, "out.%s", parameter), &steps);
    if (!start || !grad || !expected || !n)
        return;
    float *w = mm_arena_array(c->arena, float, n), *got = mm_arena_array(c->arena, float, gradients);
    struct mm_update u = {.lr = lr, .n = n, .w = w};
    memcpy(w, start, n * sizeof *w);
    for (size_t s = 0; s < optimizer->slots; s++)
        u.slot[s] = mm_arena_array(c->arena, float, n);
    for (size_t i = 0; i * n < gradients; i++) {
        u.step = (int64_t)i + 1;
        u.g = grad + i * n;
        optimizer->update(self, &u);
        memcpy(got + i * n, w, n * sizeof *w);
    }
    golden_compare(c, parameter, got, expected, gradients, c->rtol, c->atol, 0);
}

enum golden_result golden_optimizer(struct golden_case *c)
{
    const struct mm_optimizer *optimizer = c->component.name ? mm_optimizer_find(c->component.name) : NULL;
    const cJSON *entry;
    struct mm_error err = {.status = MM_OK};
    void *self;
    double lr;
    if (!optimizer)
        return GOLDEN_SKIPPED;
    if (!golden_params(c, optimizer->params, optimizer->params_size, NULL, &self))
        return GOLDEN_FAILED;
    if (optimizer->check && optimizer->check(self, &err) != MM_OK)
        return golden_fail(c, "%s", err.text);
    memcpy(&lr, (const char *)self + optimizer->lr_offset, sizeof lr);
    if (isnan(lr))
        lr = optimizer->default_lr;
    cJSON_ArrayForEach (entry, golden_inputs(c))
        if (mm_text_starts(entry->string, "param_"))
            run_updates(c, optimizer, self, lr, entry->string + strlen("param_"));
    return c->failed ? GOLDEN_FAILED : GOLDEN_PASSED;
}

enum golden_result golden_schedule(struct golden_case *c)
{
    const struct mm_schedule *schedule = c->component.name ? mm_schedule_find(c->component.name) : NULL;
    const cJSON *reference = mm_json_get(c->json, "lr_double"), *item;
    struct mm_schedule_common common = {0};
    const struct mm_param_target also = {mm_schedule_common_params, &common};
    struct mm_error err = {.status = MM_OK};
    void *self;
    size_t metric_count = 0;
    if (!schedule)
        return GOLDEN_SKIPPED;
    if (!golden_params(c, schedule->params, schedule->params_size, &also, &self))
        return GOLDEN_FAILED;
    if (schedule->check && schedule->check(self, &err) != MM_OK)
        return golden_fail(c, "%s", err.text);
    const float *metric =
        mm_safetensors_find(c->file, "in.metric") ? golden_floats(c, "in.metric", &metric_count) : NULL;
    double *metrics = mm_arena_array(c->arena, double, metric_count + 1);
    for (size_t i = 0; i < metric_count; i++)
        metrics[i] = (double)metric[i];
    struct mm_schedule_point point = {.base = golden_number(c->json, "initial_lr", NAN),
                                      .total = cJSON_GetArraySize(reference),
                                      .metrics = metrics};
    cJSON_ArrayForEach (item, reference) {
        point.metric_count = metric_count ? (size_t)point.index : 0;
        double got = schedule->rate(self, &point);
        if (fabs(got - item->valuedouble) > 1e-12 + 1e-9 * fabs(item->valuedouble))
            golden_fail(c, "value %lld: got %.17g, reference %.17g", (long long)point.index, got, item->valuedouble);
        point.index++;
    }
    return c->failed ? GOLDEN_FAILED : GOLDEN_PASSED;
}

/* Masks as bytes, x fastest, one item. */
static uint8_t *masks_of(struct golden_case *c, const char *name, struct mm_desc *desc)
{
    float *values = ours(c, name, desc);
    size_t count = values ? (size_t)mm_desc_count(desc) : 0;
    uint8_t *bytes = mm_arena_array(c->arena, uint8_t, count + 1);
    for (size_t i = 0; values && i < count; i++)
        bytes[i] = values[i] > 0.5f;
    return values ? bytes : NULL;
}

static void spacing_of(struct golden_case *c, double spacing[3])
{
    const cJSON *given = mm_json_get(mm_json_get(mm_json_get(c->json, "config"), "call_args"), "spacing"), *item;
    int i = 0;
    spacing[0] = spacing[1] = spacing[2] = 1;
    cJSON_ArrayForEach (item, given)
        if (i < 3)
            spacing[i++] = item->valuedouble;
}

/* First class compared: the reference leaves the background out of its per-item values, ours may keep a column for it. */
static void compare_items(struct golden_case *c, const double *values, size_t cases, size_t width)
{
    size_t n;
    const float *expected = golden_floats(c, "out.per_item", &n);
    float *got = mm_arena_array(c->arena, float, cases *width + 1);
    if (!expected)
        return;
    for (size_t i = 0; i < cases * width; i++)
        got[i] = (float)values[i];
    if (n == cases * width)
        golden_compare(c, "per_item", got, expected, n, c->rtol, c->atol, 0);
    else
        golden_fail(c, "per_item: %zu values, reference %zu", cases * width, n);
}

enum golden_result golden_metric(struct golden_case *c)
{
    const struct mm_metric *metric = c->component.name ? mm_metric_find(c->component.name) : NULL;
    struct mm_desc desc;
    struct mm_metric_common common = {0};
    const struct mm_param_target also = {mm_metric_common_params, &common};
    struct mm_error err = {.status = MM_OK};
    void *self;
    size_t n;
    if (!metric)
        return GOLDEN_SKIPPED;
    if (!golden_params(c, metric->params, metric->params_size, &also, &self))
        return GOLDEN_FAILED;
    const uint8_t *prediction = masks_of(c, "in.y_pred", &desc), *truth = masks_of(c, "in.y", &desc);
    if (!prediction || !truth)
        return GOLDEN_FAILED;
    if (metric->check && metric->check(self, &err) != MM_OK)
        return golden_fail(c, "%s", err.text);
    struct mm_metric_case item = {.classes = (int)desc.dim[1],
                                  .rank = desc.spatial,
                                  .size = {(int)desc.dim[4], (int)desc.dim[3], (int)desc.dim[2]}};
    spacing_of(c, item.spacing);
    size_t width = metric->values(self, item.classes), cases = (size_t)desc.dim[0],
           stride = (size_t)(mm_desc_area(&desc) * desc.dim[1]);
    double *values = mm_arena_array(c->arena, double, cases *width + 1);
    for (size_t i = 0; i < cases; i++) {
        item.prediction = prediction + i * stride;
        item.truth = truth + i * stride;
        if (metric->measure(self, c->arena, &item, values + i * width, &err) != MM_OK)
            return golden_fail(c, "%s", err.text);
    }
    compare_items(c, values, cases, width);
    if (!mm_safetensors_find(c->file, "out.aggregate"))
        return c->failed ? GOLDEN_FAILED : GOLDEN_PASSED;
    const float *expected = golden_floats(c, "out.aggregate", &n);
    float got = (float)metric->aggregate(self, values, cases, width);
    if (expected && n == 1)
        golden_compare(c, "aggregate", &got, expected, 1, c->rtol, c->atol, 0);
    return c->failed ? GOLDEN_FAILED : GOLDEN_PASSED;
}
