/* One step of the training. */
#include <math.h>

#include "trainer/batch_fault.h"
#include "trainer/loop_internal.h"

static double rate(const struct loop *l, int64_t epoch, int64_t step)
{
    const struct mm_training *t = l->training;
    if (!t->schedule)
        return t->learning_rate;
    const struct mm_schedule_point point = {
        .base = t->learning_rate,
        .index = t->schedule_by_step ? epoch * l->steps + step : epoch,
        .total = t->schedule_by_step ? t->epochs * l->steps : t->epochs,
        .metrics = t->schedule_by_step ? NULL : l->state.metrics,
        .metric_count = t->schedule_by_step ? 0 : l->state.metric_count,
    };
    return t->schedule->rate(t->schedule_self, &point);
}

/* Says what is wrong when the loss is no number: the batch itself, or the step that was too long. */
static enum mm_status fail_not_finite(const struct loop *l, const struct mm_batch *batch, int64_t epoch, int64_t step,
                                      double norm, struct mm_error *err)
{
    char fault[1024];
    double loss = isnan(l->event.loss) ? NAN : l->event.loss; /* never "-nan" */
    if (mm_batch_fault(l->training, batch, fault, sizeof fault))
        mm_fail(err, MM_ERR_DATA, "the loss is %g: %s", loss, fault);
    else
        mm_fail(err, MM_ERR_DATA, "the loss is %g and the gradient norm %g: lower the learning rate, which is %g",
                loss, isnan(norm) ? NAN : norm, l->event.lr);
    mm_fail_in(err, "epoch %lld step %lld", (long long)epoch + 1, (long long)step + 1);
    return MM_ERR_DATA;
}

enum mm_status mm_loop_step(struct loop *l, const struct mm_batch *batch, int64_t epoch, int64_t step,
                            struct mm_error *err)
{
    enum mm_status s;
    struct mm_desc inputs[2];
    struct mm_network_values hosts[2];
    double norm;
    int64_t global = epoch * l->steps + step;
    double began = mm_clock();
    for (int i = 0; i < 2; i++) {
        const struct mm_batch_tensor *f = &batch->fields[i];
        inputs[i] = mm_desc_make(l->training->graph->spatial, f->dim[0], f->dim[1], f->dim[2], f->dim[3], f->dim[4]);
        hosts[i] = (struct mm_network_values){f->type, f->data};
    }
    l->event.lr = rate(l, epoch, step);
    if (MM_TRY(s, mm_network_step(l->network, l->training->loss_root, inputs, hosts, 2, (uint32_t)global,
                                  &l->event.loss, err)) ||
        MM_TRY(s, mm_network_gradient_norm(l->network, &norm, err)))
        return s;
    if (!isfinite(l->event.loss) || !isfinite(norm))
        return fail_not_finite(l, batch, epoch, step, norm, err);
    if (MM_TRY(s, mm_network_update(l->network, l->event.lr, global + 1, err)))
        return s;
    l->event.epoch = epoch + 1;
    l->event.step = step + 1;
    l->event.step_seconds = mm_clock() - began;
    l->step_seconds += l->event.step_seconds;
    l->loss_sum += l->event.loss;
    return mm_journal_step(&l->journal, &l->event, norm, err);
}
