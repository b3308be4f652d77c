/* Weights held against a configuration's network. */
#include "mmar/fit.h"

enum mm_status mm_fit(struct mm_arena *arena, const struct mm_mmar_options *mmar, const char *weights,
                      struct mm_training **training, struct mm_weights_report *found, struct mm_error *err)
{
    enum mm_status s;
    struct mm_project *project;
    if (MM_TRY(s, mm_project_open(arena, mmar, NULL, "config/config_train.json", &project, err)))
        return s;
    s = mm_training_read(arena, project->config, project->root, MM_PART_MODEL, training, project->problems, err);
    if (project->problems->errors)
        return mm_problems_fail(project->problems, s == MM_OK ? MM_ERR_CONFIG : s, err);
    return s == MM_OK ? mm_weights_compare(arena, (*training)->graph, weights, found, err) : s;
}
