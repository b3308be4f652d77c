/* mmar plan */
#include "mmar/project.h"
#include "mmar/report.h"

struct plan_options {
    struct mm_mmar_options mmar;
    bool no_measure;
    double step_ms;
    int64_t loader_threads;
};
#define P struct plan_options

static const struct mm_param options[] = {
    MM_BOOL(P, no_measure, .help = "do not prepare an item to see what loading takes"),
    MM_DOUBLE(P, step_ms, .min = 0, .max = 1e9, .unit = "ms",
              .help = "what a step takes: tells how long an epoch must wait for data"),
    MM_INT(P, loader_threads, .min = 0, .max = 1024, .help = "loader threads (default: num_workers of the config)"),
    MM_PARAMS_END};

static enum mm_status print(const struct mm_command_call *call, const struct mm_project *project,
                            const struct mm_training *training, struct mm_error *err)
{
    const struct plan_options *o = call->options;
    const struct mm_plan_question request = {
        .folder = mm_project_path(call->arena, project, mm_config_text(project->config, "MMAR_CKPT_DIR", "models")),
        .loader_threads = (unsigned)o->loader_threads,
        .step_seconds = o->step_ms / 1e3,
        .measures = !o->no_measure};
    struct mm_text text;
    cJSON *json = NULL;
    mm_text_init(&text, 1 << 20);
    enum mm_status s = mm_report_plan(call->arena, training, &request, &text, call->json ? &json : NULL, err);
    if (s == MM_OK && call->json)
        s = mm_command_print_json(call->arena, json, err);
    else if (s == MM_OK)
        fputs(text.bytes, stdout);
    mm_text_done(&text);
    return s;
}

static enum mm_status run(const struct mm_command_call *call, struct mm_error *err)
{
    enum mm_status s;
    const struct plan_options *o = call->options;
    struct mm_project *project;
    struct mm_training *training;
    if (MM_TRY(s, mm_project_read(call->arena, &o->mmar, call->arg_count ? call->args[0] : NULL,
                                  "config/config_train.json", &project, err)))
        return s;
    const char *unused = project->problems->errors ? NULL : mm_project_unused(call->arena, project);
    if (unused && call->json)
        return mm_fail(err, MM_ERR_CONFIG, "%s", unused);
    if (unused) {
        puts(unused);
        return MM_OK;
    }
    if (MM_TRY(s, mm_project_training(call->arena, project, mm_project_parts(project), &training, err)))
        return s;
    return print(call, project, training, err);
}

const struct mm_command mm_command_plan = {
    .name = "plan",
    .args = "[MMAR]",
    .summary = "show the chain with its cached prefix, the cache plan, the network and its cost",
    .args_min = 0,
    .args_max = 1,
    .options = options,
    .options_size = sizeof(struct plan_options),
    .takes_mmar = true,
    .has_json = true,
    .run = run,
    .notes =
        "The item in the middle of the datalist is prepared once, to tell how long loading takes and how large an "
        "item is. Where the\nmachine chose numbers for this config before (models/resolved.json), those are shown.",
    .examples = "  mmar plan spleen\n  mmar plan spleen --step-ms 120 --loader-threads 4\n  mmar plan spleen --set "
                "train.image_pipeline.args.num_cache_objects=16\n",
};
