/* Validation and the best model. */
#include <math.h>

#include "trainer/evaluate.h"
#include "trainer/loop_internal.h"
#include "trainer/weights.h"

const struct mm_metric_use *mm_loop_key_metric(const struct mm_training *training)
{
    for (size_t m = 0; m < training->metric_count; m++)
        if (training->metrics[m].is_key)
            return &training->metrics[m];
    return NULL;
}

static bool better(const struct mm_metric_use *key, double value, double best)
{
    if (isnan(value))
        return false;
    return isnan(best) || (key->metric->higher_is_better ? value > best : value < best);
}

enum mm_status mm_loop_validate(struct loop *l, int64_t epoch, struct mm_error *err)
{
    enum mm_status s;
    struct mm_arena arena;
    struct mm_scores *scores = NULL;
    const struct mm_metric_use *key = mm_loop_key_metric(l->training);
    mm_arena_init(&arena, NULL);
    if (MM_TRY(s,
               mm_validate(l->network, l->training, l->validation, &arena, &scores, l->options->interrupted, err))) {
        mm_arena_done(&arena);
        return s == MM_INTERRUPTED ? s : mm_fail_in(err, "validation after epoch %lld", (long long)epoch + 1);
    }
    l->event.metric = l->state.last_metric = scores->totals[key - l->training->metrics];
    mm_arena_done(&arena);
    l->event.validated = true;
    l->event.best = better(key, l->event.metric, l->state.best_metric);
    if (!l->event.best)
        return MM_OK;
    l->state.best_metric = l->event.metric;
    l->state.best_epoch = epoch + 1;
    return mm_weights_save(l->network, l->best_path, NULL, false, err);
}

bool mm_loop_validates(const struct loop *l, int64_t epoch)
{
    const struct mm_training *t = l->training;
    return l->validation &&
           ((epoch + 1) % (t->valid_interval > 0 ? t->valid_interval : 1) == 0 || epoch + 1 == t->epochs);
}
