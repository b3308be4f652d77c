/* A folder of its own for one test, removed at its end. */
#ifndef MM_TESTS_SUPPORT_SCRATCH_H
#define MM_TESTS_SUPPORT_SCRATCH_H

#include "base/arena.h"

/* CMocka setup and teardown: *state becomes a struct scratch. */
struct scratch {
    struct mm_arena arena;
    char *folder;
};
int scratch_setup(void **state);
int scratch_teardown(void **state);

/* Before the tests run: folders in memory, where there is such a place, for tests that sync thousands of times. */
void scratch_in_memory(void);

/* "folder/name" */
char *scratch_path(struct scratch *scratch, const char *name);
/* Writes a file there and returns its path. */
char *scratch_file(struct scratch *scratch, const char *name, const void *bytes, size_t size);

#endif
