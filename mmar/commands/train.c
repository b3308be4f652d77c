/* mmar train */
#include <math.h>

#include "base/file.h"
#include "base/log.h"
#include "mmar/parent.h"
#include "mmar/progress_line.h"
#include "mmar/project.h"
#include "mmar/report.h"
#include "mmar/run_record.h"
#include "trainer/freeze.h"
#include "trainer/loop.h"
#include "trainer/weights.h"

struct train_options {
    struct mm_mmar_options mmar;
    struct mm_strings freeze;
    bool resume, partial, dry_run, no_cache, require_signature;
    const char *from, *backend, *axes, *key;
    int64_t epochs, threads, loader_threads;
};
#define P struct train_options

static const struct mm_param options[] = {
    MM_BOOL(P, resume, .help = "continue from models/checkpoint.safetensors"),
    MM_STRING(P, from, .help = "fine-tune: start from the weights of an archive (.mmar) or a .safetensors file"),
    MM_BOOL(P, partial, .help = "with --from: start from the tensors that fit, though it is another model's file"),
    MM_VOUCH_PARAMS(P),
    MM_CHOICE(P, axes, .choices = "zyx xyz yx", .help = "order of kernel axes in a --from file that does not say it"),
    MM_STRINGS(P, freeze, .help = "leave parameters as they are, by name: model.0.*,*.bias (shell patterns)"),
    MM_BOOL(P, dry_run, .help = "read everything, print the plan, train nothing"),
    MM_BOOL(P, no_cache, .help = "prepare every sample anew (changes no bit of the result)"),
    MM_INT(P, epochs, .min = 0, .max = 1e6, .help = "override the config's epochs"),
    MM_INT(P, threads, .min = 0, .max = 1024, .help = "compute threads (default: the processors there are)"),
    MM_INT(P, loader_threads, .min = 0, .max = 1024, .help = "loader threads (default: num_workers of the config)"),
    MM_STRING(P, backend, .def_text = "auto", .help = "where to compute: auto, onednn, cpu, reference"),
    MM_PARAMS_END};

static void report_step(const struct mm_loop_event *e, const char *left)
{
    mm_progress("epoch %lld/%lld  step %lld/%lld  loss %.4f  %.0f ms (wait %.0f ms)  %s left", (long long)e->epoch,
                (long long)e->epochs, (long long)e->step, (long long)e->steps, e->loss, e->step_seconds * 1e3,
                e->wait_seconds * 1e3, left);
}

/* ", 3 late" where there are any. */
static void add_count(struct mm_text *text, uint32_t count, const char *what)
{
    if (count)
        mm_text_format(text, ", %u %s", count, what);
}

static void report_cache(const struct mm_loop_event *e, struct mm_text *text)
{
    char bytes[32], wait[32], least[32];
    const struct mm_loader_stats *c = e->cache;
    double share = e->epoch_seconds > 0 ? 100 * c->wait_seconds / e->epoch_seconds : 0;
    mm_text_format(text, "wait %s, %.0f %%", mm_text_seconds(wait, sizeof wait, c->wait_seconds), share);
    if (e->wait_floor_seconds > 0)
        mm_text_format(text, " (at least %s)", mm_text_seconds(least, sizeof least, e->wait_floor_seconds));
    mm_text_format(text, "  cache %s", mm_text_bytes(bytes, sizeof bytes, (double)c->bytes));
    add_count(text, c->hits, "hits");
    add_count(text, c->prepared, "prepared");
    add_count(text, c->replaced, "replaced");
    add_count(text, c->late, "late");
    add_count(text, c->quarantined, "quarantined");
    add_count(text, c->not_kept, "without room");
    add_count(text, c->disk_hits, "from disk");
    add_count(text, c->disk_written, "to disk");
}

static void report(void *context, const struct mm_loop_event *e)
{
    (void)context;
    char eta[32], metric[48] = "";
    struct mm_text cache;
    const char *left = isfinite(e->eta_seconds) ? mm_text_seconds(eta, sizeof eta, e->eta_seconds) : "?";
    if (!e->cache) {
        report_step(e, left);
        return;
    }
    if (e->validated)
        snprintf(metric, sizeof metric, "  metric %.4f%s", e->metric, e->best ? " (best)" : "");
    mm_text_init(&cache, 4096);
    report_cache(e, &cache);
    mm_progress_end(false);
    mm_note("epoch %lld/%lld  loss %.4f%s  lr %.3g  %s  %s left", (long long)e->epoch, (long long)e->epochs, e->loss,
            metric, e->lr, cache.bytes, left);
    mm_text_done(&cache);
}

/* Of a dry run an item is measured beforehand; a training tells what its first items took. */
static enum mm_status print_plan(struct mm_arena *arena, const struct mm_project *project,
                                 const struct mm_training *training, const struct train_options *o,
                                 struct mm_error *err)
{
    enum mm_status s;
    struct mm_text text;
    const struct mm_plan_question request = {
        .folder = mm_project_path(arena, project, mm_config_text(project->config, "MMAR_CKPT_DIR", "models")),
        .loader_threads = (unsigned)o->loader_threads,
        .measures = o->dry_run};
    mm_text_init(&text, 1 << 20);
    if ((s = mm_report_plan(arena, training, &request, &text, NULL, err)) == MM_OK)
        mm_note("%s", text.bytes);
    mm_text_done(&text);
    return s;
}

/* Initial weights: Philox, and with --from those of the file over them. */
static enum mm_status start_weights(struct mm_arena *arena, struct mm_network *network,
                                    const struct mm_training *training, const struct train_options *o,
                                    const struct mm_parent *parent, struct mm_error *err)
{
    enum mm_status s;
    struct mm_weights_report found = {0};
    if (MM_TRY(s, mm_network_initialise(network, training->seed, err)) || !parent->weights)
        return s;
    const enum mm_axes axes = o->axes && !strcmp(o->axes, "xyz") ? MM_AXES_XYZ : MM_AXES_ZYX;
    const struct mm_weights_transfer how = {.name = o->from,
                                            .axes = o->axes ? &axes : NULL,
                                            .classes = training->model->out_channels(training->model_self),
                                            .partial = o->partial};
    s = mm_weights_transfer(arena, network, parent->weights, &how, &found, err);
    if (s == MM_OK || found.loaded)
        mm_report_transfer(&found, s == MM_OK);
    return s == MM_OK || !found.loaded || o->partial
               ? s
               : mm_fail(err, s,
                         "%s (give the model of the config the arguments of that one, or "
                         "--partial to start from what fits)",
                         err->text);
}

static enum mm_status run_loop(struct mm_arena *arena, struct mm_project *project, const struct mm_training *training,
                               struct mm_network *network, const struct train_options *o, struct mm_error *err)
{
    enum mm_status s;
    struct mm_loop_result result;
    char took[32];
    const char *folder = mm_project_path(arena, project, mm_config_text(project->config, "MMAR_CKPT_DIR", "models"));
    const struct mm_loop_options options_of_loop = {.folder = folder,
                                                    .resume = o->resume,
                                                    .no_cache = o->no_cache,
                                                    .loader_threads = (unsigned)o->loader_threads,
                                                    .interrupted = mm_interrupted,
                                                    .report = report};
    s = mm_loop_run(network, training, &options_of_loop, &result, err);
    mm_progress_end(true);
    if (s != MM_OK)
        return s;
    mm_note("trained %lld epochs in %s (waited %.1f s for data)", (long long)training->epochs,
            mm_text_seconds(took, sizeof took, result.seconds), result.wait_seconds);
    if (!isnan(result.best_metric))
        mm_note("best metric %.4f after epoch %lld: %s/model.safetensors", result.best_metric,
                (long long)result.best_epoch, folder);
    if (MM_TRY(s, mm_run_record_write(arena, project, training, &result, o->backend, err)))
        return s;
    if (MM_TRY(s, mm_report_curves(arena, project, folder, err)) || !result.left_out)
        return s;
    return mm_fail(err, MM_ERR_DATA,
                   "the model is trained, but %u item%s could not be prepared and %s left out (see above)",
                   result.left_out, result.left_out == 1 ? "" : "s", result.left_out == 1 ? "was" : "were");
}

static enum mm_status open_and_run(const struct mm_command_call *call, struct mm_project *project,
                                   struct mm_training *training, struct mm_parent *parent, struct mm_error *err)
{
    enum mm_status s;
    const struct train_options *o = call->options;
    struct mm_pool *pool = NULL;
    struct mm_network *network = NULL;
    const char *folder =
        mm_project_path(call->arena, project, mm_config_text(project->config, "MMAR_CKPT_DIR", "models"));
    if (MM_TRY(s, mm_file_make_folder(folder, err)))
        return s;
    if (MM_TRY(s, mm_pool_open(o->threads ? (unsigned)o->threads : mm_threads_available(), &pool, err)))
        return s;
    const struct mm_network_options how = {.backend = o->backend, .pool = pool, .seed = training->seed};
    if ((s = mm_network_open(training->graph, &how, &network, err)) == MM_OK &&
        (s = start_weights(call->arena, network, training, o, parent, err)) == MM_OK &&
        (o->resume || (s = mm_parent_record(call->arena, project, parent, err)) == MM_OK))
        s = run_loop(call->arena, project, training, network, o, err);
    mm_network_close(network);
    mm_pool_close(pool);
    return s;
}

static enum mm_status freeze(struct mm_training *training, const struct mm_strings *patterns, struct mm_error *err)
{
    size_t frozen = 0, count = training->graph->param_count;
    for (size_t i = 0; i < patterns->count; i++) {
        size_t more = mm_graph_freeze(training->graph, patterns->items[i]);
        if (!more)
            return mm_fail(err, MM_ERR_USAGE,
                           "--freeze %s: no parameter (that is not frozen yet) has such a name, as %s has",
                           patterns->items[i], count ? training->graph->params[0].name : "none");
        frozen += more;
    }
    size_t learned = mm_graph_learned(training->graph);
    if (patterns->count && !learned)
        return mm_fail(err, MM_ERR_USAGE, "--freeze leaves nothing to train");
    if (frozen)
        mm_note("frozen: %zu parameters, %zu are trained", frozen, learned);
    return MM_OK;
}

static enum mm_status run(const struct mm_command_call *call, struct mm_error *err)
{
    enum mm_status s;
    const struct train_options *o = call->options;
    struct mm_project *project;
    struct mm_training *training;
    struct mm_parent parent = {0};
    struct mm_progress_line line;
    struct mm_archive_progress progress = mm_progress_line(&line);
    const struct mm_vouch ask = {o->key, o->require_signature};
    if (o->partial && !o->from)
        return mm_fail(err, MM_ERR_USAGE, "--partial says how much of --from must fit: it needs --from");
    if (o->resume && o->from)
        return mm_fail(err, MM_ERR_USAGE,
                       "--resume and --from exclude each other: a resumed run keeps its own weights");
    struct mm_mmar_options where = o->mmar;
    if (o->epochs && MM_TRY(s, mm_mmar_set(call->arena, &where,
                                           mm_arena_format(call->arena, "epochs=%lld", (long long)o->epochs), err)))
        return s;
    if (MM_TRY(s, mm_project_open(call->arena, &where, call->arg_count ? call->args[0] : NULL,
                                  "config/config_train.json", &project, err)) ||
        MM_TRY(s, mm_project_training(call->arena, project, MM_PART_ALL, &training, err)))
        return s;
    if (MM_TRY(s, freeze(training, &o->freeze, err)) ||
        MM_TRY(s, print_plan(call->arena, project, training, o, err)) || o->dry_run)
        return s;
    if (o->from)
        s = mm_parent_open(call->arena, o->from, &ask, &progress, &parent, err);
    mm_progress_end(false);
    if (s != MM_OK)
        return s;
    s = open_and_run(call, project, training, &parent, err);
    mm_parent_close(&parent);
    return s;
}

const struct mm_command mm_command_train = {
    .name = "train",
    .args = "[MMAR]",
    .summary = "train the model of an MMAR",
    .args_min = 0,
    .args_max = 1,
    .options = options,
    .options_size = sizeof(struct train_options),
    .takes_mmar = true,
    .run = run,
    .notes =
        "Writes models/model.safetensors (best by the key metric), final_model.safetensors, "
        "checkpoint.safetensors and train.jsonl,\n"
        "and eval/curves.png. Ctrl-C writes a checkpoint and exits 130; --resume goes on and ends with the same "
        "bits.\n"
        "Items left out (on_bad_item \"skip\") are listed at the end, and the exit code is 4 then, though the model "
        "is there.",
    .examples = "  mmar train spleen\n  mmar train spleen --set epochs=5 learning_rate=0.001\n  mmar train spleen "
                "--from other_lab.mmar\n",
};
