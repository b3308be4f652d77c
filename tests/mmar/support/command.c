/* Commands within a test. */
#include "tests/mmar/support/command.h"

#include <fcntl.h>
#include <unistd.h>

#include "mmar/options.h"

enum mm_status run_command(struct mm_arena *arena, const char *const *words, struct mm_error *err)
{
    enum mm_status s;
    struct mm_options options;
    const struct mm_command *command = mm_command_find(words[0]);
    int count = 0;
    while (words[count])
        count++;
    if (!command)
        mm_bug("there is no command %s", words[0]);
    *err = (struct mm_error){.status = MM_OK};
    if (MM_TRY(s, mm_options_parse(arena, command, count - 1, (char **)(uintptr_t)(words + 1), &options, err)))
        return s;
    const struct mm_command_call call = {arena, options.object, options.args, options.arg_count, options.json};
    fflush(stdout);
    int kept = dup(STDOUT_FILENO), nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(nowhere, STDOUT_FILENO);
    s = command->run(&call, err);
    fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    close(nowhere);
    close(kept);
    return s;
}
