/* An MMAR folder opened by a command: root, config, environment, --set; and how its problems reach the user. */
#ifndef MM_MMAR_PROJECT_H
#define MM_MMAR_PROJECT_H

#include "config/config.h"
#include "mmar/command.h"
#include "trainer/training.h"

struct mm_project {
    const char *root;
    struct mm_config *config;
    struct mm_problems *problems; /* warnings and errors so far */
};

/* `positional`: the MMAR given as an argument, or NULL; -m counts the same (both is a usage error). Reads config and environment;
 * errors of the config come back as one MM_ERR_CONFIG with all texts. `default_config`: "config/config_train.json". An evaluation file
 * that says nothing about the model has that of config_train.json beside it. */
enum mm_status mm_project_open(struct mm_arena *arena, const struct mm_mmar_options *options, const char *positional,
                               const char *default_config, struct mm_project **out, struct mm_error *err);
/* The same for a checker, which goes on after errors (they stay in project->problems) and takes files of every kind; fails only where
 * nothing could be read. */
enum mm_status mm_project_read(struct mm_arena *arena, const struct mm_mmar_options *options, const char *positional,
                               const char *default_config, struct mm_project **out, struct mm_error *err);
/* One sentence about a file that is recognised and has no use here; NULL for those that have. */
const char *mm_project_unused(struct mm_arena *arena, const struct mm_project *project);
/* The parts of a training that the file describes: all, or of an evaluation file the validation, and the model where it is known. */
unsigned mm_project_parts(const struct mm_project *project);
/* The training of a project, warnings printed; all errors as one. */
enum mm_status mm_project_training(struct mm_arena *arena, struct mm_project *project, unsigned parts,
                                   struct mm_training **out, struct mm_error *err);
/* A file inside the MMAR. */
char *mm_project_path(struct mm_arena *arena, const struct mm_project *project, const char *relative);

#endif
