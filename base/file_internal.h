/* Shared by the .c files of base/file.h only: system calls that the test hook can make fail. */
#ifndef MM_BASE_FILE_INTERNAL_H
#define MM_BASE_FILE_INTERNAL_H

#include <stdbool.h>

#include "base/error.h"

/* Counts one operation; true, with errno set, when it is the one that must fail. Asked before each system call. */
bool mm_file_hook_fails(void);
/* MM_ERR_IO "<path>: cannot <what>: <the system's reason>" from errno. */
enum mm_status mm_file_failed(struct mm_error *err, const char *path, const char *what);

#endif
