/* The command line: `mmar <command> [positional] [options]`. Long options come from the command's table ("--epochs 5", "--epochs=5",
 * "--resume" for bools, "--no-cache" names an option no_cache; dashes and underscores are one), short ones are -m -c -e -o -C -q -v -h.
 * `--` ends options. `--set` takes all following words that look like k=v, as Clara's scripts give them. */
#ifndef MM_MMAR_OPTIONS_H
#define MM_MMAR_OPTIONS_H

#include "mmar/command.h"

struct mm_options {
    const struct mm_command *command;
    void *object; /* the command's options struct */
    const char **args;
    size_t arg_count;
    bool json, help;
    int verbosity; /* -q: -1, -v: 1 */
};

/* argv without the program's name and the command. MM_ERR_USAGE names the option, what was found and what is allowed. */
enum mm_status mm_options_parse(struct mm_arena *arena, const struct mm_command *command, int argc, char **argv,
                                struct mm_options *out, struct mm_error *err);
/* The page of `mmar help NAME` for a command. */
void mm_command_page(struct mm_text *text, const struct mm_command *command);

#endif
