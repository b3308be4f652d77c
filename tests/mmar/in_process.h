/* Commands run in this process, as main runs them; what they say is not looked at. */
#ifndef MM_TESTS_MMAR_IN_PROCESS_H
#define MM_TESTS_MMAR_IN_PROCESS_H

#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "mmar/options.h"

#define IN_PROCESS_WORDS 32

static inline void in_process_silence(int saved[2])
{
    int null = open("/dev/null", O_WRONLY);
    for (int i = 0; i < 2; i++) {
        fflush(i ? stderr : stdout);
        saved[i] = dup(STDOUT_FILENO + i);
        dup2(null, STDOUT_FILENO + i);
    }
    close(null);
}

static inline void in_process_speak(const int saved[2])
{
    for (int i = 0; i < 2; i++) {
        fflush(i ? stderr : stdout);
        dup2(saved[i], STDOUT_FILENO + i);
        close(saved[i]);
    }
}

/* Its name and its words. */
static inline enum mm_status in_process_words(const char *const *words, struct mm_error *err)
{
    enum mm_status s;
    struct mm_arena arena;
    struct mm_options options;
    int count = 0, saved[2];
    const struct mm_command *command = mm_command_find(words[0]);
    *err = (struct mm_error){.status = MM_OK};
    while (words[count + 1])
        count++;
    mm_arena_init(&arena, NULL);
    in_process_silence(saved);
    if ((s = mm_options_parse(&arena, command, count, (char **)(words + 1), &options, err)) == MM_OK)
        s = command->run(&(struct mm_command_call){&arena, options.object, options.args, options.arg_count, false},
                         err);
    in_process_speak(saved);
    mm_arena_done(&arena);
    return s;
}

/* The words of a line, between blanks; "@" in front of a word stands for the folder. */
static inline enum mm_status in_process(const char *folder, const char *line, struct mm_error *err)
{
    struct mm_arena arena;
    const char *words[IN_PROCESS_WORDS] = {0};
    size_t count = 0;
    char *save = NULL;
    mm_arena_init(&arena, NULL);
    for (char *word = strtok_r(mm_arena_text(&arena, line), " ", &save); word && count < IN_PROCESS_WORDS - 1;
         word = strtok_r(NULL, " ", &save))
        words[count++] = *word == '@' ? mm_arena_format(&arena, "%s%s", folder, word + 1) : word;
    enum mm_status s = in_process_words(words, err);
    mm_arena_done(&arena);
    return s;
}

#endif
