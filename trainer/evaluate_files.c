/* Scores on each image's own grid: what `mmar evaluate` reports. The loader's threads prepare the images that come next, each with its label as the
 * file has it, while the network works; so every wait for a file has the loader's deadline. */
#include <math.h>

#include "base/threads.h"
#include "cache/whole.h"
#include "trainer/scores.h"

struct evaluation {
    struct mm_network *network;
    const struct mm_training *training;
    const struct mm_evaluate_options *options;
    struct mm_source
        source; /* images through their part of the chain, labels through the steps that change values only */
    struct mm_apart labels;
    struct mm_loader *loader;
    struct mm_arena *arena; /* of the scores */
    struct mm_scores *scores;
    double started;
};

static enum mm_status open_loader(struct evaluation *e, struct mm_error *err)
{
    const struct mm_source *source = e->training->validation;
    const char *image = e->training->prediction.image_field, *label = e->training->prediction.label_field;
    const struct mm_chain *images = mm_chain_narrow(e->arena, source->chain, image, false);
    const char *const fields[] = {image};
    const struct mm_loader_options options = {
        .fields = fields, .field_count = 1, .interrupted = e->options->interrupted, .waiting = e->options->waiting};
    e->labels = (struct mm_apart){mm_chain_narrow(e->arena, source->chain, label, true), label, image};
    if (!images || !e->labels.chain)
        return mm_fail_memory(err, "the evaluation");
    e->source = (struct mm_source){source->pipeline, source->list, images, mm_chain_prefix(images), &e->labels};
    return mm_loader_open_once(e->arena, &e->source, &options, &e->loader, err);
}

/* The label leaves the sample, which becomes one of an image alone. What follows the prefix would be random. */
static enum mm_status score_sample(const struct evaluation *e, struct mm_sample *sample, struct mm_case_score *score,
                                   struct mm_volume **prediction, struct mm_volume **truth, struct mm_error *err)
{
    enum mm_status s;
    const struct mm_prediction_spec *spec = &e->training->prediction;
    struct mm_field *label;
    if (MM_TRY(s, mm_sample_volume(sample, spec->label_field, &label, err)))
        return s;
    *truth = label->volume;
    mm_sample_remove(sample, spec->label_field);
    if (MM_TRY(s, mm_chain_run(e->source.chain, e->source.prefix, e->source.chain->count, sample, NULL, err)) ||
        MM_TRY(s, mm_predict_on_file_grid(e->network, e->training, sample, prediction, err)))
        return s;
    return mm_scores_measure(e->training, e->arena, sample->arena, *prediction, *truth, NAN, score, err);
}

/* Why the loader has no sample of the item. */
static const char *cause_of(struct mm_loader *loader, uint32_t item)
{
    uint32_t found;
    const char *cause;
    for (uint32_t i = 0; mm_loader_quarantined(loader, i, &found, &cause); i++)
        if (found == item)
            return cause;
    return "";
}

static enum mm_status leave_out(struct evaluation *e, size_t item, const char *cause, struct mm_error *err)
{
    struct mm_scores *scores = e->scores;
    const char *source = mm_scores_source(e->training->validation, item, e->training->prediction.image_field);
    char *text = mm_arena_text(e->arena, cause);
    if (!text)
        return mm_fail_memory(err, "the scores");
    scores->left_out[scores->left_out_count++] = (struct mm_case_left_out){(uint32_t)item, source, text};
    if (e->options->left_out)
        e->options->left_out(e->options->context, &scores->left_out[scores->left_out_count - 1]);
    return MM_OK;
}

static void tell(const struct evaluation *e, size_t item)
{
    const struct mm_evaluate_options *options = e->options;
    size_t done = item + 1, count = e->source.list->count;
    if (options->progress)
        options->progress(options->context, done, count,
                          (mm_clock() - e->started) * (double)(count - done) / (double)done);
}

/* A case that cannot be scored is one that cannot be prepared; output that cannot be written is not the case's fault. */
static enum mm_status evaluate_sample(struct evaluation *e, size_t item, const struct mm_sample *prepared,
                                      struct mm_error *err)
{
    enum mm_status s;
    struct mm_volume *prediction, *truth;
    struct mm_case_score *score = &e->scores->items[e->scores->cases];
    struct mm_sample *sample = mm_sample_view(prepared->arena, prepared);
    score->source = mm_scores_source(&e->source, item, e->training->prediction.image_field);
    if (!sample)
        return mm_fail_memory(err, "a sample");
    if (MM_TRY(s, score_sample(e, sample, score, &prediction, &truth, err))) {
        mm_fail_in(err, "%s", score->source);
        return mm_pipeline_skips(e->source.pipeline, s) ? leave_out(e, item, err->text, err) : s;
    }
    e->scores->cases++;
    if (!e->options->each)
        return MM_OK;
    s = e->options->each(e->options->context, item, sample, prediction, truth, err);
    return s ? mm_fail_in(err, "%s", score->source) : MM_OK;
}

static enum mm_status evaluate_item(struct evaluation *e, size_t item, struct mm_arena *scratch, struct mm_error *err)
{
    enum mm_status s;
    struct mm_sample *sample;
    if (MM_TRY(s, mm_loader_sample(e->loader, (uint32_t)item, scratch, &sample, err)))
        return s;
    s = sample ? evaluate_sample(e, item, sample, err) : leave_out(e, item, cause_of(e->loader, (uint32_t)item), err);
    mm_loader_release(e->loader, (uint32_t)item);
    if (s == MM_OK)
        tell(e, item);
    return s;
}

static enum mm_status evaluate_all(struct evaluation *e, struct mm_error *err)
{
    enum mm_status s = MM_OK;
    const struct mm_datalist *list = e->source.list;
    struct mm_scores *scores = e->scores;
    struct mm_arena scratch;
    mm_arena_init(&scratch, NULL);
    for (size_t i = 0; i < list->count && s == MM_OK; i++) {
        mm_arena_reset(&scratch);
        s = evaluate_item(e, i, &scratch, err);
        if (s == MM_OK && e->options->interrupted && e->options->interrupted())
            s = mm_fail(err, MM_INTERRUPTED, "interrupted");
    }
    mm_arena_done(&scratch);
    if (s == MM_OK && !scores->cases)
        s = mm_fail(err, MM_ERR_DATA, "none of the %zu cases of \"%s\" can be scored, the last one: %s", list->count,
                    e->source.pipeline->data_list_key, scores->left_out[scores->left_out_count - 1].cause);
    return s ? s : mm_scores_total(e->training, e->arena, scores, err);
}

enum mm_status mm_evaluate(struct mm_network *network, const struct mm_training *training, struct mm_arena *arena,
                           const struct mm_evaluate_options *options, struct mm_scores **out, struct mm_error *err)
{
    enum mm_status s;
    size_t count = training->validation->list->count;
    struct evaluation e = {
        .network = network, .training = training, .options = options, .arena = arena, .started = mm_clock()};
    e.scores = *out = mm_scores_make(arena, count);
    if (e.scores)
        e.scores->left_out = mm_arena_array(arena, struct mm_case_left_out, count);
    if (!e.scores || !e.scores->left_out)
        return mm_fail_memory(err, "the scores");
    s = open_loader(&e, err);
    if (s == MM_OK)
        s = evaluate_all(&e, err);
    mm_loader_close(e.loader);
    return s;
}
