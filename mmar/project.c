/* Opening an MMAR folder for a command. */
#include "mmar/project.h"

#include "base/file.h"
#include "base/log.h"
#include "mmar/relatives.h"

static enum mm_status choose_root(const struct mm_mmar_options *options, const char *positional, const char **root,
                                  struct mm_error *err)
{
    if (options->mmar && positional && strcmp(options->mmar, positional))
        return mm_fail(err, MM_ERR_USAGE, "two MMAR folders: \"%s\" by -m and \"%s\"", options->mmar, positional);
    *root = positional ? positional : options->mmar ? options->mmar : ".";
    if (!**root)
        return mm_fail(err, MM_ERR_USAGE, "the name of the MMAR folder is empty");
    if (!mm_file_is_folder(*root))
        return mm_fail(err, mm_file_exists(*root) ? MM_ERR_USAGE : MM_ERR_IO, "%s: %s", *root,
                       mm_file_exists(*root) ? "is not a folder: an archive is unpacked first with mmar unpack"
                                             : "no such folder");
    return MM_OK;
}

static void print_warnings(struct mm_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++) {
        const struct mm_problem *p = &problems->items[i];
        if (p->severity != MM_SEVERITY_WARNING)
            continue;
        if (p->place.file)
            mm_warn("warning: %s:%d: %s", p->place.file, p->place.line, p->text);
        else
            mm_warn("warning: %s", p->text);
    }
}

static enum mm_status read_config(struct mm_arena *arena, const struct mm_mmar_options *options, const char *root,
                                  const char *file, struct mm_config **out, struct mm_problems *problems,
                                  struct mm_error *err)
{
    const struct mm_config_sources sources = {
        .root = root,
        .config = file,
        .environment = options->environment,
        .environment_optional = true,
        .sets = options->set.items,
        .set_count = options->set.count,
        .propose = mm_relatives,
    };
    return mm_config_read(arena, &sources, out, problems, err);
}

/* The --set options that are variables: a path into one config need not be one into another. */
static struct mm_mmar_options variables_only(struct mm_arena *arena, const struct mm_mmar_options *options)
{
    struct mm_mmar_options out = *options;
    const char **items = mm_arena_array(arena, const char *, options->set.count + 1);
    size_t count = 0;
    for (size_t i = 0; items && i < options->set.count; i++)
        if (strcspn(options->set.items[i], ".[") > strcspn(options->set.items[i], "="))
            items[count++] = options->set.items[i];
    out.set = (struct mm_strings){count, items};
    return out;
}

/* The network of an evaluation file is that of the training beside it; what else is wrong with that file is not asked. */
static void borrow_model(struct mm_arena *arena, const struct mm_mmar_options *options, struct mm_project *project)
{
    struct mm_problems problems;
    struct mm_config *training = NULL;
    struct mm_config *config = project->config;
    const char *file = mm_file_join(arena, mm_file_folder(arena, config->file), "config_train.json");
    if (config->kind != MM_CONFIG_EVALUATION || config->validate.model || !file || !mm_file_exists(file))
        return;
    const struct mm_mmar_options own = variables_only(arena, options);
    mm_problems_init(&problems, arena);
    read_config(arena, &own, NULL, file, &training, &problems, NULL);
    if (!training)
        return;
    config->train.model = training->train.model;
    config->train.pipeline = training->train.pipeline;
}

enum mm_status mm_project_read(struct mm_arena *arena, const struct mm_mmar_options *options, const char *positional,
                               const char *default_config, struct mm_project **out, struct mm_error *err)
{
    enum mm_status s;
    struct mm_project *project = mm_arena_new(arena, struct mm_project);
    struct mm_problems *problems = mm_arena_new(arena, struct mm_problems);
    if (!project || !problems)
        return mm_fail_memory(err, "the project");
    mm_problems_init(problems, arena);
    project->problems = problems;
    if (MM_TRY(s, choose_root(options, positional, &project->root, err)))
        return s;
    s = read_config(arena, options, project->root, options->config ? options->config : default_config,
                    &project->config, problems, err);
    if (s == MM_ERR_CONFIG && problems->errors)
        s = project->config ? MM_OK : mm_problems_fail(problems, MM_ERR_CONFIG, err);
    if (s != MM_OK)
        return s;
    borrow_model(arena, options, project);
    *out = project;
    return MM_OK;
}

enum mm_status mm_project_open(struct mm_arena *arena, const struct mm_mmar_options *options, const char *positional,
                               const char *default_config, struct mm_project **out, struct mm_error *err)
{
    enum mm_status s;
    struct mm_project *project;
    if (MM_TRY(s, mm_project_read(arena, options, positional, default_config, &project, err)))
        return s;
    if (project->problems->errors)
        return mm_problems_fail(project->problems, MM_ERR_CONFIG, err);
    const char *unused = mm_project_unused(arena, project);
    if (unused)
        return mm_fail(err, MM_ERR_CONFIG, "%s", unused);
    *out = project;
    return MM_OK;
}

const char *mm_project_unused(struct mm_arena *arena, const struct mm_project *project)
{
    const struct mm_config *config = project->config;
    if (mm_config_kind_is_used(config->kind))
        return NULL;
    return mm_arena_format(arena, "%s: %s: recognised, not used by this program", config->file,
                           mm_config_kind_text(config->kind));
}

unsigned mm_project_parts(const struct mm_project *project)
{
    const struct mm_config *config = project->config;
    const cJSON *train = config->train.node;
    if (config->kind == MM_CONFIG_TRAINING && !(config->train.model && cJSON_GetArraySize(train) == 1))
        return MM_PART_ALL;
    return MM_PART_VALID | (config->train.model || config->validate.model ? MM_PART_MODEL : 0);
}

enum mm_status mm_project_training(struct mm_arena *arena, struct mm_project *project, unsigned parts,
                                   struct mm_training **out, struct mm_error *err)
{
    enum mm_status s = mm_training_read(arena, project->config, project->root, parts, out, project->problems, err);
    if (project->problems->errors)
        return mm_problems_fail(project->problems, s == MM_OK ? MM_ERR_CONFIG : s, err);
    if (s == MM_OK)
        print_warnings(project->problems);
    return s;
}

char *mm_project_path(struct mm_arena *arena, const struct mm_project *project, const char *relative)
{
    return mm_file_join(arena, project->root, relative);
}
