/* Scores of cases, whatever grid they were predicted on: measured one by one, then taken together. */
#include "trainer/scores.h"

#include <math.h>

#include "image/affine.h"

struct mm_scores *mm_scores_make(struct mm_arena *arena, size_t cases)
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

enum mm_status mm_scores_measure(const struct mm_training *training, struct mm_arena *arena, struct mm_arena *scratch,
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

enum mm_status mm_scores_total(const struct mm_training *training, struct mm_arena *arena, struct mm_scores *scores,
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

const char *mm_scores_source(const struct mm_source *source, size_t item, const char *field)
{
    const struct mm_entry *entry = mm_item_get(&source->list->items[item], field);
    return entry && entry->kind == MM_ENTRY_PATHS && entry->count ? entry->paths[0] : "item";
}
