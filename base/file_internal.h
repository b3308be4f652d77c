/* Shared by the .c files of base/file.h only: system calls that the test hook can make fail. */
#ifndef MM_BASE_FILE_INTERNAL_H
#define MM_BASE_FILE_INTERNAL_H

#include "base/file.h"

/* Counts one step and tells the watcher; true, with errno set, when it is the one that must fail. Asked before each system call. `to`:
 * the new name of a rename, else NULL. */
bool mm_file_hook_fails(enum mm_file_step step, const char *path, const char *to);
/* mm_file_sync_folder of the folder that holds `path`. */
enum mm_status mm_file_sync_parent(const char *path, struct mm_error *err);
/* What the test's fault, if it is about this path, makes of a read: waits; false with errno set when it must fail. `*size`
 * becomes what the file seems to hold at most. */
bool mm_file_fault_meets(const char *path, size_t *size);
/* MM_ERR_IO "<path>: cannot <what>: <the system's reason>" from errno. */
enum mm_status mm_file_failed(struct mm_error *err, const char *path, const char *what);

#endif
