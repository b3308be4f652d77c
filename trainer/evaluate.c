/* Scores of a network over the validation list in training space: what chooses the best model while training. */
#include "trainer/evaluate.h"

#include "cache/whole.h"

#include <math.h>

#include "trainer/scores.h"

static bool needs_loss(const struct mm_training *training)
{
    for (size_t m = 0; m < training->metric_count; m++)
        if (training->metrics[m].metric->needs_loss)
            return training->loss != NULL;
    return false;
}

/* The loss of one case's logits against its label, as the training has it for a batch of one; NaN for losses without one
 * figure. */
static enum mm_status loss_of(const struct mm_training *training, struct mm_arena *scratch,
                              const struct mm_volume *logits, const struct mm_volume *label, double *out,
                              struct mm_error *err)
{
    enum mm_status s;
    const struct mm_loss *loss = training->loss;
    const struct mm_volume *target = mm_volume_convert(scratch, label, MM_F32);
    const int *size = logits->size;
    const struct mm_desc prediction = mm_desc_make(logits->rank, 1, logits->channels, size[2], size[1], size[0]);
    const struct mm_desc truth =
        mm_desc_make(logits->rank, 1, label->channels, label->size[2], label->size[1], label->size[0]);
    struct mm_desc value;
    float y = 0;
    *out = NAN;
    if (!target)
        return mm_fail_memory(err, "the label");
    if (MM_TRY(s, loss->shape(training->loss_self, &prediction, &truth, &value, err)))
        return mm_fail_in(err, "%s", loss->name);
    size_t bytes = loss->saved_bytes ? loss->saved_bytes(training->loss_self, &prediction, &truth) : 0;
    void *saved = mm_arena_alloc(scratch, bytes + 1);
    if (!saved)
        return mm_fail_memory(err, "the loss");
    if (mm_desc_count(&value) != 1)
        return MM_OK;
    const struct mm_loss_call call = {.self = training->loss_self,
                                      .prediction = &prediction,
                                      .target = &truth,
                                      .value = &value,
                                      .x = logits->data,
                                      .t = target->data,
                                      .y = &y,
                                      .saved = saved};
    loss->forward(&call);
    *out = (double)y;
    return MM_OK;
}

/* Prediction of a sample, and its loss where a metric needs that. */
static enum mm_status predict_item(struct mm_network *network, const struct mm_training *training,
                                   struct mm_sample *sample, double *loss, struct mm_error *err)
{
    enum mm_status s;
    struct mm_volume *logits;
    struct mm_field *label;
    *loss = NAN;
    if (MM_TRY(s, mm_predict_logits(network, training, sample->arena, sample, &logits, err)))
        return s;
    if (needs_loss(training) && (MM_TRY(s, mm_sample_volume(sample, training->prediction.label_field, &label, err)) ||
                                 MM_TRY(s, loss_of(training, sample->arena, logits, label->volume, loss, err))))
        return s;
    return mm_predict_finish(training, sample, logits, err);
}

/* `*is_left_out`: the loader has no sample of this item. */
static enum mm_status validate_item(struct mm_network *network, const struct mm_training *training,
                                    struct mm_loader *loader, size_t item, struct mm_arena *arena,
                                    struct mm_arena *scratch, struct mm_case_score *score, bool *is_left_out,
                                    struct mm_error *err)
{
    enum mm_status s;
    struct mm_sample *cached, *sample;
    if (MM_TRY(s, mm_loader_sample(loader, (uint32_t)item, scratch, &cached, err)))
        return s;
    *is_left_out = !cached;
    if (!cached)
        return MM_OK;
    struct mm_field *label;
    double loss;
    sample = mm_sample_view(scratch, cached);
    if (!sample)
        s = mm_fail_memory(err, "a sample");
    else if ((s = predict_item(network, training, sample, &loss, err)) == MM_OK &&
             (s = mm_sample_volume(sample, training->prediction.label_field, &label, err)) == MM_OK) {
        const struct mm_field *pred = mm_sample_find(sample, training->prediction.prediction_field);
        s = mm_scores_measure(training, arena, scratch, pred->volume, label->volume, loss, score, err);
    }
    mm_loader_release(loader, (uint32_t)item);
    return s == MM_OK ? MM_OK : mm_fail_in(err, "%s", score->source);
}

enum mm_status mm_validate(struct mm_network *network, const struct mm_training *training, struct mm_loader *loader,
                           struct mm_arena *arena, struct mm_scores **out, bool (*interrupted)(void),
                           struct mm_error *err)
{
    enum mm_status s = MM_OK;
    struct mm_arena scratch;
    struct mm_scores *scores = mm_scores_make(arena, training->validation->list->count);
    if (!scores)
        return mm_fail_memory(err, "the scores");
    mm_arena_init(&scratch, NULL);
    for (size_t i = 0; i < training->validation->list->count && s == MM_OK; i++) {
        struct mm_case_score *score = &scores->items[scores->cases];
        bool is_left_out = false;
        mm_arena_reset(&scratch);
        score->source = mm_scores_source(training->validation, i, training->prediction.image_field);
        s = validate_item(network, training, loader, i, arena, &scratch, score, &is_left_out, err);
        scores->cases += !is_left_out;
        if (s == MM_OK && interrupted && interrupted())
            s = mm_fail(err, MM_INTERRUPTED, "interrupted");
    }
    mm_arena_done(&scratch);
    if (s == MM_OK && !scores->cases)
        s = mm_fail(err, MM_ERR_DATA, "all items of \"%s\" are left out",
                    training->validation->pipeline->data_list_key);
    if (s == MM_OK)
        s = mm_scores_total(training, arena, scores, err);
    *out = scores;
    return s;
}
