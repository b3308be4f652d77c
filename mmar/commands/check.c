/* mmar check */
#include "mmar/lint.h"

struct check_options {
    struct mm_mmar_options mmar;
    bool strict, full, no_data;
};
#define P struct check_options

static const struct mm_param options[] = {MM_BOOL(P, strict, .help = "arguments without effect here are errors"),
                                          MM_BOOL(P, full, .help = "read every label, not a sample of them"),
                                          MM_BOOL(P, no_data, .help = "look at the configuration only"),
                                          MM_PARAMS_END};

static cJSON *findings_json(struct mm_arena *arena, const struct mm_problems *problems)
{
    static const char *const names[] = {"error", "warning", "note"};
    cJSON *list = mm_json_array(arena);
    for (size_t i = 0; i < problems->count; i++) {
        const struct mm_problem *p = &problems->items[i];
        cJSON *row = mm_json_object(arena);
        mm_json_add(arena, row, "severity", mm_json_text(arena, names[p->severity]));
        if (p->place.file) {
            mm_json_add(arena, row, "file", mm_json_text(arena, p->place.file));
            mm_json_add(arena, row, "line", mm_json_integer(arena, p->place.line));
        }
        if (p->place.path)
            mm_json_add(arena, row, "path", mm_json_text(arena, p->place.path));
        mm_json_add(arena, row, "text", mm_json_text(arena, p->text));
        mm_json_append(list, row);
    }
    return list;
}

static size_t count(const struct mm_problems *problems, enum mm_severity severity)
{
    size_t n = 0;
    for (size_t i = 0; i < problems->count; i++)
        n += problems->items[i].severity == severity;
    return n;
}

static enum mm_status answer(const struct mm_command_call *call, const struct mm_problems *problems,
                             const struct mm_lint_data_result *data, struct mm_error *err)
{
    enum mm_status s;
    if (call->json) {
        cJSON *json = mm_json_object(call->arena);
        mm_json_add(call->arena, json, "good", mm_json_bool(call->arena, !problems->errors));
        mm_json_add(call->arena, json, "findings", findings_json(call->arena, problems));
        if (MM_TRY(s, mm_command_print_json(call->arena, json, err)))
            return s;
    } else {
        struct mm_text text;
        mm_text_init(&text, 1 << 20);
        mm_problems_print(&text, problems);
        fputs(text.bytes, stdout);
        mm_text_done(&text);
        printf("%zu items, %zu files, %zu labels read: %zu errors, %zu warnings, %zu notes\n", data->items,
               data->files, data->labels_read, problems->errors, count(problems, MM_SEVERITY_WARNING),
               count(problems, MM_SEVERITY_NOTE));
        if (problems->dropped)
            printf("and %zu findings more\n", problems->dropped);
    }
    return problems->errors ? MM_NO : MM_OK;
}

/* The notes of reading a config are its arguments without effect. */
static enum mm_status refuse_notes(struct mm_problems *problems, struct mm_error *err)
{
    for (size_t i = 0; i < problems->count; i++)
        if (problems->items[i].severity == MM_SEVERITY_NOTE) {
            problems->items[i].severity = MM_SEVERITY_ERROR;
            problems->errors++;
        }
    return mm_problems_fail(problems, MM_ERR_CONFIG, err);
}

/* A file that has its place in an MMAR and no use here. */
static enum mm_status recognised(const struct mm_command_call *call, const struct mm_config *config,
                                 const char *sentence, struct mm_error *err)
{
    if (!call->json) {
        puts(sentence);
        return MM_OK;
    }
    cJSON *json = mm_json_object(call->arena);
    mm_json_add(call->arena, json, "good", mm_json_bool(call->arena, true));
    mm_json_add(call->arena, json, "kind", mm_json_text(call->arena, mm_config_kind_text(config->kind)));
    mm_json_add(call->arena, json, "findings", mm_json_array(call->arena));
    return mm_command_print_json(call->arena, json, err);
}

static void lint(const struct mm_command_call *call, const struct mm_training *training,
                 struct mm_lint_data_result *data, struct mm_problems *problems)
{
    const struct check_options *o = call->options;
    mm_lint_training(training, problems);
    if (o->no_data)
        return;
    if (training->train)
        mm_lint_data(call->arena, training, training->train, o->full, data, problems);
    if (training->validation)
        mm_lint_data(call->arena, training, training->validation, o->full, data, problems);
    if (!problems->errors)
        mm_lint_batch(training, problems);
}

static enum mm_status run(const struct mm_command_call *call, struct mm_error *err)
{
    enum mm_status s;
    const struct check_options *o = call->options;
    struct mm_project *project;
    struct mm_training *training;
    struct mm_lint_data_result data = {0};
    if (MM_TRY(s, mm_project_read(call->arena, &o->mmar, call->arg_count ? call->args[0] : NULL,
                                  "config/config_train.json", &project, err)))
        return s;
    struct mm_problems *problems = project->problems;
    const char *unused = mm_project_unused(call->arena, project);
    if (unused && !problems->errors)
        return recognised(call, project->config, unused, err);
    s = mm_training_read(call->arena, project->config, project->root, mm_project_parts(project), &training, problems,
                         err);
    if (problems->errors)
        return mm_problems_fail(problems, s == MM_OK ? MM_ERR_CONFIG : s, err);
    if (s != MM_OK && !(s == MM_ERR_IO && o->no_data))
        return s;
    if (!training->model)
        mm_problem(problems, MM_SEVERITY_NOTE, NULL,
                   "the model is not known: this file names none, and there is no config_train.json beside it");
    else if (!(mm_project_parts(project) & MM_PART_TRAIN) && project->config->kind == MM_CONFIG_TRAINING)
        mm_problem(problems, MM_SEVERITY_NOTE, project->config->train.node,
                   "nothing trains here: there is a model, and no loss, optimizer and data; mmar infer works");
    if (o->strict && MM_TRY(s, refuse_notes(problems, err)))
        return s;
    lint(call, training, &data, problems);
    return answer(call, problems, &data, err);
}

const struct mm_command mm_command_check = {
    .name = "check",
    .args = "[MMAR]",
    .summary = "lint the configuration and the data before hours are spent",
    .args_min = 0,
    .args_max = 1,
    .options = options,
    .options_size = sizeof(struct check_options),
    .takes_mmar = true,
    .has_json = true,
    .run = run,
    .notes = "Exit code 0: nothing wrong (warnings may be printed); 1: training would fail on the data; 3: the "
             "configuration cannot be used.",
    .examples = "  mmar check spleen\n  mmar check spleen --full --json\n",
};
