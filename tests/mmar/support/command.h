/* The program's commands, run within a test. */
#ifndef MM_TESTS_MMAR_SUPPORT_COMMAND_H
#define MM_TESTS_MMAR_SUPPORT_COMMAND_H

#include "base/arena.h"
#include "base/error.h"

/* `words`: "pull", "https://...", "-o", ..., NULL: parsed and run as main does; its answer goes nowhere. */
enum mm_status run_command(struct mm_arena *arena, const char *const *words, struct mm_error *err);
#define RUN(arena, err, ...) run_command(arena, (const char *const[]){__VA_ARGS__, NULL}, err)

#endif
