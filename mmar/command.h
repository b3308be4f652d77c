/* The contract of a command.
 *
 * Adding a command:
 *   1. copy mmar/commands/verify.c; its options are a table, its work `run`; end the file with mm_command_<name>;
 *   2. its line in mmar/list.h (in the order of a user's life with a model: help shows them so);
 *   3. at least one folder under tests/cases/ with a wrong use of it; `make check` and `make docs`; tests/e2e/test_examples.sh
 *      runs its examples where the names in them exist.
 *
 * stdout is the answer, stderr is talk. A command returns a status; main prints the error once and turns it into the exit code. */
#ifndef MM_MMAR_COMMAND_H
#define MM_MMAR_COMMAND_H

#include <stdio.h>

#include "base/params.h"

struct mm_command_call {
    struct mm_arena *arena;  /* run: until exit */
    const void *options;     /* the parsed table */
    const char *const *args; /* positional      */
    size_t arg_count;
    bool json; /* --json: the answer as JSON */
};

struct mm_command {
    const char *name, *args, *summary; /* args: "[MMAR] INPUT..." as usage shows it */
    int args_min, args_max;            /* positional; -1 = any number */
    const struct mm_param *options;    /* NULL: none of its own */
    size_t options_size;
    bool takes_mmar; /* has -m -c -e --set: struct mm_mmar_options comes first in its options struct */
    bool has_json;
    enum mm_status (*run)(const struct mm_command_call *call, struct mm_error *err);
    const char *notes;    /* further lines of `mmar help NAME`; NULL */
    const char *examples; /* lines of shell */
};

extern const struct mm_command *const mm_commands[]; /* NULL-terminated */
const struct mm_command *mm_command_find(const char *name);

/* First member of the options of commands that work on an MMAR: -m FOLDER, -c CONFIG, -e ENVIRONMENT, --set k=v [k=v ...]. */
struct mm_mmar_options {
    const char *mmar;
    const char *config;
    const char *environment;
    struct mm_strings set;
};
extern const struct mm_param mm_mmar_params[];
/* Adds a --set of the program's own ("epochs=5"), so that it reads and fails as the user's would. `set` is in the arena. */
enum mm_status mm_mmar_set(struct mm_arena *arena, struct mm_mmar_options *options, const char *set,
                           struct mm_error *err);

/* SIGINT or SIGTERM arrived. */
bool mm_interrupted(void);

/* The answer on stdout as indented JSON with a newline. */
enum mm_status mm_command_print_json(struct mm_arena *arena, const cJSON *json, struct mm_error *err);

#endif
