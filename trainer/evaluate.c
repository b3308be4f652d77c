/* Scores of a network over the validation list: in training space, and on each image's own grid. */
#include "trainer/evaluate.h"

#include <math.h>

#include "image/affine.h"

static struct mm_scores *scores_make(struct mm_arena *arena, size_t cases)
{
    struct mm_scores *scores = mm_arena_new(arena, struct mm_scores);
    if (scores)
        scores->items = mm_arena_array(arena, struct mm_case_score, cases);
    return scores && scores->items ? scores : NULL;
}

/* All metrics of one case from prediction and truth on one grid. */
static enum mm_status score_case(const struct mm_training *training, struct mm_arena *arena, struct mm_arena *scratch,
                                 const struct mm_volume *prediction, const struct mm_volume *truth,
                                 struct mm_case_score *score, struct mm_error *err)
{
    enum mm_status s;
    int classes = training->prediction.classes;
    uint8_t *masks[2];
    struct mm_metric_case item = {.classes = classes, .rank = truth->rank};
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
    for (size_t m = 0; m < training->metric_count; m++) {
        const struct mm_metric_use *use = &training->metrics[m];
        score->values[m] = mm_arena_array(arena, double, use->metric->values(use->self, classes) + 1);
        if (!score->values[m])
            return mm_fail_memory(err, "the scores");
        if (MM_TRY(s, use->metric->measure(use->self, scratch, &item, score->values[m], err)))
            return mm_fail_in(err, "%s", use->name);
    }
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
        size_t width = use->metric->values(use->self, training->prediction.classes);
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

static enum mm_status validate_item(struct mm_network *network, const struct mm_training *training,
                                    struct mm_loader *loader, size_t item, struct mm_arena *arena,
                                    struct mm_arena *scratch, struct mm_case_score *score, struct mm_error *err)
{
    enum mm_status s;
    struct mm_sample *cached, *sample;
    if (MM_TRY(s, mm_loader_sample(loader, (uint32_t)item, scratch, &cached, err)))
        return s;
    struct mm_field *label;
    sample = mm_sample_view(scratch, cached);
    if (!sample)
        s = mm_fail_memory(err, "a sample");
    else if ((s = mm_predict_sample(network, training, sample, err)) == MM_OK &&
             (s = mm_sample_volume(sample, training->prediction.label_field, &label, err)) == MM_OK) {
        const struct mm_field *pred = mm_sample_find(sample, training->prediction.prediction_field);
        s = score_case(training, arena, scratch, pred->volume, label->volume, score, err);
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
        mm_arena_reset(&scratch);
        scores->items[i].source = source_of(training->validation, i, training->prediction.image_field);
        s = validate_item(network, training, loader, i, arena, &scratch, &scores->items[i], err);
        scores->cases = i + 1;
        if (s == MM_OK && interrupted && interrupted())
            s = mm_fail(err, MM_INTERRUPTED, "interrupted");
    }
    mm_arena_done(&scratch);
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
        MM_TRY(s, score_case(e->training, arena, scratch, prediction, truth, score, err)))
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
