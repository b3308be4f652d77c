/* The list of commands and what they share. */
#include "mmar/command.h"

#include <errno.h>

#define EXTERN(name) extern const struct mm_command mm_command_##name;
#include "mmar/list.h"
MM_COMMANDS(EXTERN)

#define ENTRY(name) &mm_command_##name,
const struct mm_command *const mm_commands[] = {MM_COMMANDS(ENTRY) NULL};

#define P struct mm_mmar_options
const struct mm_param mm_mmar_params[] = {
    MM_STRING(P, mmar, .help = "-m: the MMAR's folder (default: the current one)"),
    MM_STRING(P, config, .help = "-c: config file, relative to the MMAR"),
    MM_STRING(P, environment, .def_text = "config/environment.json",
              .help = "-e: environment file, relative to the MMAR"),
    MM_STRINGS(P, set, .help = "name=value ...: override variables, or values by path (train.optimizer.args.lr=0.1)"),
    MM_PARAMS_END};

const struct mm_command *mm_command_find(const char *name)
{
    for (const struct mm_command *const *c = mm_commands; *c; c++)
        if (!strcmp((*c)->name, name))
            return *c;
    return NULL;
}

enum mm_status mm_mmar_set(struct mm_arena *arena, struct mm_mmar_options *options, const char *set,
                           struct mm_error *err)
{
    const char **sets = mm_arena_array(arena, const char *, options->set.count + 1);
    if (!sets || !set)
        return mm_fail_memory(err, "the options");
    for (size_t i = 0; i < options->set.count; i++)
        sets[i] = options->set.items[i];
    sets[options->set.count] = set;
    options->set = (struct mm_strings){options->set.count + 1, sets};
    return MM_OK;
}

enum mm_status mm_command_print_json(struct mm_arena *arena, const cJSON *json, struct mm_error *err)
{
    const char *text = json ? mm_json_print(arena, json, MM_JSON_INDENTED) : NULL;
    if (!text)
        return mm_fail_memory(err, "the answer");
    if (printf("%s\n", text) < 0)
        return mm_fail(err, MM_ERR_IO, "cannot write the answer: %s", strerror(errno));
    return MM_OK;
}
