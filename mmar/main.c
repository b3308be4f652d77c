/* mmar: finds the command, runs it, prints the error once, and turns the status into the exit code. */
#include <errno.h>

#include "base/log.h"
#include "base/names.h"
#include "base/trace.h"
#include "base/version.h"
#include "mmar/interrupt.h"
#include "mmar/options.h"

static enum mm_status unknown_command(const char *name, struct mm_error *err)
{
    struct mm_nearest nearest;
    char hint[128];
    mm_nearest_init(&nearest, name);
    for (const struct mm_command *const *c = mm_commands; *c; c++)
        mm_nearest_offer(&nearest, (*c)->name);
    return mm_fail(err, MM_ERR_USAGE, "unknown command \"%s\"%s (see mmar help)", name,
                   mm_nearest_hint(&nearest, hint, sizeof hint));
}

static enum mm_status show_help(const struct mm_command *command)
{
    struct mm_text text;
    mm_text_init(&text, 1 << 20);
    mm_command_page(&text, command);
    fputs(text.bytes, stdout);
    mm_text_done(&text);
    return MM_OK;
}

static enum mm_status run(struct mm_arena *arena, int argc, char **argv, struct mm_error *err)
{
    enum mm_status s;
    const char *name = argc > 1 ? argv[1] : "help";
    if (!strcmp(name, "--help") || !strcmp(name, "-h"))
        name = "help";
    if (!strcmp(name, "--version")) {
        printf("mmar %s\n", MM_VERSION);
        return MM_OK;
    }
    const struct mm_command *command = mm_command_find(name);
    if (!command)
        return unknown_command(name, err);
    struct mm_options options;
    if (MM_TRY(s, mm_options_parse(arena, command, argc > 2 ? argc - 2 : 0, argv + 2, &options, err)))
        return s;
    mm_log_set((enum mm_log_level)options.verbosity);
    if (options.help)
        return show_help(command);
    const struct mm_command_call call = {arena, options.object, options.args, options.arg_count, options.json};
    return command->run(&call, err);
}

/* stdout may be a full disk: an answer that did not arrive is no success. */
static enum mm_status close_stdout(enum mm_status status, struct mm_error *err)
{
    bool bad = fflush(stdout) || ferror(stdout);
    if (bad && (status == MM_OK || status == MM_NO))
        return mm_fail(err, MM_ERR_IO, "cannot write the answer: %s", strerror(errno));
    return status;
}

int main(int argc, char **argv)
{
    struct mm_arena arena;
    struct mm_error err = {.status = MM_OK};
    if (mm_trace_init())
        return mm_status_exit_code(MM_ERR_USAGE);
    mm_interrupt_install();
    mm_arena_init(&arena, NULL);
    enum mm_status status = close_stdout(run(&arena, argc, argv, &err), &err);
    mm_progress_end(true);
    if (err.text[0] && status != MM_OK)
        fprintf(stderr, "mmar: %s%s", err.text, mm_text_ends(err.text, "\n") ? "" : "\n");
    mm_arena_done(&arena);
    return mm_status_exit_code(status);
}
