/* Scores of a network over the validation list: in training space, and on each image's own grid. */
#include "trainer/evaluate.h"

#include "cache/whole.h"

#include <math.h>

#include "image/affine.h"

static struct mm_scores *scores_make(struct mm_arena *arena, size_t cases)
{
    struct mm_scores *scores = mm_arena_new(arena, struct mm_scores);
    if (scores)
        scores->items = mm_arena_array(arena, struct mm_case_score, cases);
    return scores && scores->items ? scores : NULL;
}

/* How many classes a metric sees: one class alone is seen with what is not that class as its background. */
static int classes_of(const struct mm_training *training, const struct mm_metric_use *use)
{
    return use->only_class >= 0 ? 2 : training->prediction.classes;
}

/* The masks of one class and of everything else; a class that the model does not have is empty. */
static const uint8_t *one_class(struct mm_arena *scratch, const uint8_t *masks, int classes, int class, size_t voxels)
{
    uint8_t *out = mm_arena_alloc(scratch, 2 * voxels);
    for (size_t i = 0; out && i < voxels; i++) {
        out[voxels + i] = class < classes ? masks[(size_t) class * voxels + i] : 0;
        out[i] = !out[voxels + i];
    }
    return out;
}

static enum mm_status measure(const struct mm_training *training, struct mm_arena *arena, struct mm_arena *scratch,
                              const struct mm_metric_use *use, struct mm_metric_case item, double **values,
                              struct mm_error *err)
{
    enum mm_status s;
    size_t voxels = (size_t)item.size[0] * (size_t)item.size[1] * (size_t)item.size[2];
    *values = mm_arena_array(arena, double, use->metric->values(use->self, classes_of(training, use)) + 1);
    if (use->only_class >= 0) {
        item.prediction = one_class(scratch, item.prediction, item.classes, use->only_class, voxels);
        item.truth = one_class(scratch, item.truth, item.classes, use->only_class, voxels);
        item.classes = 2;
    }
    if (!*values || !item.prediction || !item.truth)
        return mm_fail_memory(err, "the scores");
    if (MM_TRY(s, use->metric->measure(use->self, scratch, &item, *values, err)))
        return mm_fail_in(err, "%s", use->name);
    return MM_OK;
}

/* All metrics of one case from prediction and truth on one grid. */
static enum mm_status score_case(const struct mm_training *training, struct mm_arena *arena, struct mm_arena *scratch,
                                 const struct mm_volume *prediction, const struct mm_volume *truth, double loss,
                                 struct mm_case_score *score, struct mm_error *err)
{
    enum mm_status s;
    int classes = training->prediction.classes;
    uint8_t *masks[2];
    struct mm_metric_case item = {.classes = classes, .rank = truth->rank, .loss = loss};
    if (!mm_volume_same_size(prediction, truth))
        return mm_fail(err, MM_ERR_DATA, "label is %dx%dx%d, prediction %dx%dx%d", truth->size[0], truth->size[1],
                       truth->size[2], prediction->size[0], prediction->size[1], prediction->size[2]);
    if (MM_TRY(s, mm_class_masks(scratch, prediction, classes, &masks[0], err)))
        return mm_fail_in(err, "prediction");
    if (MM_TRY(s, mm_class_masks(scratch, truth, classes, &masks[1], err)))
        return mm_fail_in(err, "label");
    item.prediction = masks[0];
    item.truth = masks[1];
    memcpy(item.size, truth->size, sizeof item.size);
    mm_affine_spacing(truth->affine, item.spacing);
    for (size_t m = 0; m < training->metric_count; m++)
        if (MM_TRY(s, measure(training, arena, scratch, &training->metrics[m], item, &score->values[m], err)))
            return s;
    return MM_OK;
}

static double mean_of(const double *values, size_t cases, size_t stride)
{
    double sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < cases; i++)
        if (!isnan(values[i * stride])) {
            sum += values[i * stride];
            n++;
        }
    return n ? sum / (double)n : NAN;
}

static enum mm_status total(const struct mm_training *training, struct mm_arena *arena, struct mm_scores *scores,
                            struct mm_error *err)
{
    for (size_t m = 0; m < training->metric_count; m++) {
        const struct mm_metric_use *use = &training->metrics[m];
        size_t width = use->metric->values(use->self, classes_of(training, use));
        double *rows = mm_arena_array(arena, double, scores->cases *width + 1);
        if (!rows)
            return mm_fail_memory(err, "the scores");
        for (size_t i = 0; i < scores->cases; i++)
            memcpy(rows + i * width, scores->items[i].values[m], width * sizeof *rows);
        scores->totals[m] = use->metric->aggregate(use->self, rows, scores->cases, width);
        if (m)
            continue;
        scores->class_count = width;
        scores->class_means = mm_arena_array(arena, double, width + 1);
        if (!scores->class_means)
            return mm_fail_memory(err, "the scores");
        for (size_t v = 0; v < width; v++)
            scores->class_means[v] = mean_of(rows + v, scores->cases, width);
    }
    return MM_OK;
}

static const char *source_of(const struct mm_source *source, size_t item, const char *field)
{
    const struct mm_entry *entry = mm_item_get(&source->list->items[item], field);
    return entry && entry->kind == MM_ENTRY_PATHS && entry->count ? entry->paths[0] : "item";
}

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
        s = score_case(training, arena, scratch, pred->volume, label->volume, loss, score, err);
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
    struct mm_scores *scores = scores_make(arena, training->validation->list->count);
    if (!scores)
        return mm_fail_memory(err, "the scores");
    mm_arena_init(&scratch, NULL);
    for (size_t i = 0; i < training->validation->list->count && s == MM_OK; i++) {
        struct mm_case_score *score = &scores->items[scores->cases];
        bool is_left_out = false;
        mm_arena_reset(&scratch);
        score->source = source_of(training->validation, i, training->prediction.image_field);
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
        s = total(training, arena, scores, err);
    *out = scores;
    return s;
}

/* The label of an item on its own grid: loaded, and through the chain's steps that change label values but not the grid. */
static enum mm_status own_truth(const struct mm_training *training, const struct mm_chain *values,
                                struct mm_sample *sample, struct mm_volume **out, struct mm_error *err)
{
    enum mm_status s;
    struct mm_field *field;
    if (MM_TRY(s, mm_chain_run(values, 0, values->count, sample, NULL, err)) ||
        MM_TRY(s, mm_sample_volume(sample, training->prediction.label_field, &field, err)))
        return s;
    *out = field->volume;
    return MM_OK;
}

struct evaluation {
    struct mm_network *network;
    const struct mm_training *training;
    const struct mm_chain *image_chain, *label_chain;
    const struct mm_evaluate_options *options;
};

static enum mm_status evaluate_item(const struct evaluation *e, size_t index, struct mm_arena *arena,
                                    struct mm_arena *scratch, struct mm_case_score *score, struct mm_error *err)
{
    enum mm_status s;
    const struct mm_item *item = &e->training->validation->list->items[index];
    struct mm_sample *image, *label;
    struct mm_volume *prediction, *truth;
    if (MM_TRY(s, mm_sample_from_item(scratch, item, (uint32_t)index, &image, err)) ||
        MM_TRY(s, mm_sample_from_item(scratch, item, (uint32_t)index, &label, err)))
        return s;
    mm_sample_remove(image, e->training->prediction.label_field); /* so that no file is decoded twice */
    mm_sample_remove(label, e->training->prediction.image_field);
    if (MM_TRY(s, mm_chain_run(e->image_chain, 0, e->image_chain->count, image, NULL, err)) ||
        MM_TRY(s, mm_predict_on_file_grid(e->network, e->training, image, &prediction, err)) ||
        MM_TRY(s, own_truth(e->training, e->label_chain, label, &truth, err)) ||
        MM_TRY(s, score_case(e->training, arena, scratch, prediction, truth, NAN, score, err)))
        return s;
    return e->options->each ? e->options->each(e->options->context, index, image, prediction, truth, err) : MM_OK;
}

enum mm_status mm_evaluate(struct mm_network *network, const struct mm_training *training, struct mm_arena *arena,
                           const struct mm_evaluate_options *options, struct mm_scores **out, struct mm_error *err)
{
    enum mm_status s = MM_OK;
    const struct mm_source *source = training->validation;
    struct evaluation e = {network, training,
                           mm_chain_narrow(arena, source->chain, training->prediction.image_field, false),
                           mm_chain_narrow(arena, source->chain, training->prediction.label_field, true), options};
    struct mm_scores *scores = scores_make(arena, source->list->count);
    struct mm_arena scratch;
    if (!e.image_chain || !e.label_chain || !scores)
        return mm_fail_memory(err, "the evaluation");
    mm_arena_init(&scratch, NULL);
    for (size_t i = 0; i < source->list->count && s == MM_OK; i++) {
        mm_arena_reset(&scratch);
        scores->items[i].source = source_of(source, i, training->prediction.image_field);
        if (MM_TRY(s, evaluate_item(&e, i, arena, &scratch, &scores->items[i], err)))
            mm_fail_in(err, "%s", scores->items[i].source);
        else if (options->interrupted && options->interrupted())
            s = mm_fail(err, MM_INTERRUPTED, "interrupted");
        scores->cases = i + 1;
    }
    mm_arena_done(&scratch);
    if (s == MM_OK)
        s = total(training, arena, scores, err);
    *out = scores;
    return s;
}
