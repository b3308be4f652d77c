/* mmar evaluate */
#include <math.h>

#include "base/file.h"
#include "base/log.h"
#include "image/format.h"
#include "mmar/model.h"
#include "mmar/report.h"

struct evaluate_options {
    struct mm_mmar_options mmar;
    const char *model, *backend, *list;
    int64_t threads, overlays;
    bool write;
};
#define P        struct evaluate_options
#define LIST_KEY "data_list_key"

static const struct mm_param options[] = {
    MM_STRING(P, model,
              .help = "weights to evaluate (default: models/model.safetensors, the best by the key metric)"),
    MM_STRING(P, list, .help = "key of the datalist to evaluate (default: the validation list)"),
    MM_INT(P, overlays, .def = 4, .min = 0, .max = 10000, .help = "cases drawn as PNG into eval/"),
    MM_BOOL(P, write, .help = "write every prediction into eval/"),
    MM_INT(P, threads, .min = 0, .max = 1024, .help = "compute threads (default: the processors there are)"),
    MM_STRING(P, backend, .def_text = "auto", .help = "where to compute: auto, onednn, cpu, reference"),
    MM_PARAMS_END};

struct sink {
    struct mm_arena *arena;
    const struct evaluate_options *options;
    const char *folder;
};

static void progress(void *context, size_t done, size_t count, double seconds_left)
{
    (void)context;
    char left[32];
    mm_progress("evaluating %zu/%zu, %s left", done, count, mm_text_seconds(left, sizeof left, seconds_left));
}

static void warn_left_out(void *context, const struct mm_case_left_out *left_out)
{
    (void)context;
    mm_warn("warning: not scored: %s", left_out->cause);
}

static enum mm_status each(void *context, size_t index, const struct mm_sample *sample,
                           const struct mm_volume *prediction, const struct mm_volume *truth, struct mm_error *err)
{
    enum mm_status s;
    const struct sink *sink = context;
    const struct mm_field *image = mm_sample_find(sample, "image");
    if (sink->options->write) {
        const char *name = mm_arena_format(sample->arena, "%s/prediction_%03zu%s", sink->folder, index + 1,
                                           image->source ? mm_format_extension(image->source) : ".nii.gz");
        if (MM_TRY(s, mm_image_write(name, prediction, err)))
            return s;
    }
    if ((int64_t)index >= sink->options->overlays || !image->source)
        return MM_OK;
    struct mm_volume *original;
    const char *path = mm_arena_format(sample->arena, "%s/overlay_%03zu.png", sink->folder, index + 1);
    if (MM_TRY(s, mm_image_read(sample->arena, image->source, &original, err)))
        return s;
    return mm_report_overlay(sample->arena, path, original, prediction, truth, err);
}

static void print_table(const struct mm_training *t, const struct mm_scores *scores, const cJSON *json)
{
    const cJSON *classes = mm_json_get(json, "classes"), *item;
    for (size_t m = 0; m < t->metric_count; m++)
        if (t->metrics[m].metric->needs_loss)
            printf(
                "%-24s -       the loss is known while training only: it is of the network's grid, not the images'\n",
                t->metrics[m].name);
        else
            printf("%-24s %.4f%s\n", t->metrics[m].name, scores->totals[m],
                   t->metrics[m].is_key ? "  (key metric)" : "");
    cJSON_ArrayForEach (item, classes)
        printf("  %-22s %.4f\n", item->string, cJSON_IsNumber(item) ? item->valuedouble : NAN);
    printf("%-24s %zu, on each image's own grid\n", "cases", scores->cases);
    for (size_t i = 0; i < scores->left_out_count; i++)
        printf("%-24s %s\n", i ? "" : "not scored", scores->left_out[i].source);
}

static enum mm_status fail_left_out(const struct mm_scores *scores, struct mm_error *err)
{
    if (!scores->left_out_count)
        return MM_OK;
    return mm_fail(err, MM_ERR_DATA, "the scores are of %zu of %zu cases: %zu could not be scored (see above)",
                   scores->cases, scores->cases + scores->left_out_count, scores->left_out_count);
}

static enum mm_status score(const struct mm_command_call *call, struct mm_model_use *use, struct mm_error *err)
{
    enum mm_status s;
    struct mm_scores *scores;
    cJSON *json;
    const struct mm_training *t = use->training;
    const char *eval = mm_project_path(call->arena, use->project,
                                       mm_config_text(use->project->config, "MMAR_EVAL_OUTPUT_PATH", "eval"));
    struct sink sink = {call->arena, call->options, eval};
    const struct mm_evaluate_options how = {.interrupted = mm_interrupted,
                                            .each = each,
                                            .left_out = warn_left_out,
                                            .progress = progress,
                                            .context = &sink,
                                            .waiting = mm_note_wait};
    if (MM_TRY(s, mm_file_make_folder(eval, err)))
        return s;
    s = mm_evaluate(use->network, t, call->arena, &how, &scores, err);
    mm_progress_end(false);
    if (s != MM_OK || MM_TRY(s, mm_report_scores(call->arena, use->project, t, scores, use->weights, &json, err)))
        return s;
    mm_note("evaluated %s on list \"%s\" of %s: tables in %s", use->weights, t->validation->pipeline->data_list_key,
            t->validation->list->file, eval);
    if (call->json && MM_TRY(s, mm_command_print_json(call->arena, json, err)))
        return s;
    if (!call->json)
        print_table(t, scores, json);
    return fail_left_out(scores, err);
}

/* The list, whatever dialect the configuration has: of its own pipeline, or, where it has none, that of the variable. */
static enum mm_status choose_list(struct mm_arena *arena, struct mm_config *config, const char *list,
                                  struct mm_error *err)
{
    const struct mm_component *pipeline = config->validate.pipeline;
    struct mm_component *own = mm_arena_new(arena, struct mm_component);
    cJSON *value = mm_json_text(arena, list);
    if (!list || !pipeline)
        return MM_OK;
    cJSON *args = pipeline->args ? mm_json_copy(arena, pipeline->args) : mm_json_object(arena);
    cJSON *old = (cJSON *)mm_json_get(args, LIST_KEY);
    if (!own || !args || !value)
        return mm_fail_memory(err, "the list's name");
    if (old)
        mm_json_replace(old, value);
    else
        mm_json_add(arena, args, LIST_KEY, value);
    *own = *pipeline;
    own->args = args;
    config->validate.pipeline = own;
    return MM_OK;
}

static enum mm_status run(const struct mm_command_call *call, struct mm_error *err)
{
    enum mm_status s;
    const struct evaluate_options *o = call->options;
    struct mm_project *project;
    struct mm_model_use use = {0};
    const struct mm_model_choice choice = {o->model, o->backend, o->threads};
    struct mm_mmar_options where = o->mmar;
    if (o->list &&
        MM_TRY(s, mm_mmar_set(call->arena, &where, mm_arena_format(call->arena, "DATA_LIST_KEY=%s", o->list), err)))
        return s;
    if (MM_TRY(s, mm_project_open(call->arena, &where, call->arg_count ? call->args[0] : NULL,
                                  "config/config_train.json", &project, err)) ||
        MM_TRY(s, choose_list(call->arena, project->config, o->list, err)))
        return s;
    s = mm_model_open(call->arena, project, MM_PART_MODEL | MM_PART_VALID, &choice, &use, err);
    if (s == MM_OK && !use.training->validation)
        s = mm_fail(err, MM_ERR_CONFIG, "%s: has no validate.image_pipeline: nothing to evaluate on",
                    project->config->file);
    if (s == MM_OK)
        s = score(call, &use, err);
    mm_model_close(&use);
    return s;
}

const struct mm_command mm_command_evaluate = {
    .name = "evaluate",
    .args = "[MMAR]",
    .summary = "score the trained model on each image's own grid",
    .args_min = 0,
    .args_max = 1,
    .options = options,
    .options_size = sizeof(struct evaluate_options),
    .takes_mmar = true,
    .has_json = true,
    .run = run,
    .notes =
        "Predictions are carried back to the grid of each image file and compared with its label as it is stored.\n"
        "Writes eval/metrics.csv, eval/metrics.json and overlay PNGs. Metrics of the loss (NegLoss) have a value "
        "while training only.\n"
        "A case that cannot be read or scored ends the command; with on_bad_item \"skip\" in validate.image_pipeline "
        "it "
        "is listed as not\n"
        "scored, the others are scored, and the exit code is 4.",
    .examples =
        "  mmar evaluate spleen\n  mmar evaluate spleen --json\n  mmar evaluate spleen --list test --overlays 20\n",
};
