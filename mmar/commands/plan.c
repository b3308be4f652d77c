/* mmar plan */
#include "mmar/project.h"
#include "mmar/report.h"

struct plan_options {
    struct mm_mmar_options mmar;
};

static enum mm_status run(const struct mm_command_call *call, struct mm_error *err)
{
    enum mm_status s;
    const struct plan_options *o = call->options;
    struct mm_project *project;
    struct mm_training *training;
    struct mm_text text;
    if (MM_TRY(s, mm_project_read(call->arena, &o->mmar, call->arg_count ? call->args[0] : NULL,
                                  "config/config_train.json", &project, err)))
        return s;
    const char *unused = project->problems->errors ? NULL : mm_project_unused(call->arena, project);
    if (unused) {
        puts(unused);
        return MM_OK;
    }
    if (MM_TRY(s, mm_project_training(call->arena, project, mm_project_parts(project), &training, err)))
        return s;
    mm_text_init(&text, 1 << 20);
    if ((s = mm_report_plan(call->arena, training, &text, err)) == MM_OK)
        fputs(text.bytes, stdout);
    mm_text_done(&text);
    return s;
}

const struct mm_command mm_command_plan = {
    .name = "plan",
    .args = "[MMAR]",
    .summary = "show the chain with its cached prefix, the cache plan, the network and its cost",
    .args_min = 0,
    .args_max = 1,
    .options_size = sizeof(struct plan_options),
    .takes_mmar = true,
    .run = run,
    .examples = "  mmar plan spleen\n  mmar plan spleen --set train.image_pipeline.args.num_cache_objects=16\n",
};
