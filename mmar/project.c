/* Opening an MMAR folder for a command. */
#include "mmar/project.h"

#include "base/file.h"
#include "base/log.h"

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

enum mm_status mm_project_open(struct mm_arena *arena, const struct mm_mmar_options *options, const char *positional,
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
    const struct mm_config_sources sources = {
        .root = project->root,
        .config = options->config ? options->config : default_config,
        .environment = options->environment,
        .environment_optional = true,
        .sets = options->set.items,
        .set_count = options->set.count,
    };
    s = mm_config_read(arena, &sources, &project->config, problems, err);
    if (s == MM_ERR_CONFIG && problems->errors)
        return mm_problems_fail(problems, MM_ERR_CONFIG, err);
    *out = project;
    return s;
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
