/* Files: whole reads with a limit, atomic writes (temporary file in the same folder, fsync, rename, fsync of the folder), files that
 * grow from run to run. Errors are MM_ERR_IO with path and the system's reason. */
#ifndef MM_BASE_FILE_H
#define MM_BASE_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/error.h"

/* Whole file into the arena with a NUL behind it (not counted in *size). Larger than `limit` is MM_ERR_DATA. */
enum mm_status mm_file_read(struct mm_arena *arena, const char *path, size_t limit, unsigned char **bytes,
                            size_t *size, struct mm_error *err);

/* The first bytes of a file, at most `capacity`. */
enum mm_status mm_file_read_start(const char *path, void *bytes, size_t capacity, size_t *got, struct mm_error *err);

/* Hands the file's bytes to `piece` in order, some at a time: for files too large to hold. Ends at the first error. */
typedef enum mm_status mm_file_piece(void *context, const void *bytes, size_t size, struct mm_error *err);
enum mm_status mm_file_scan(const char *path, mm_file_piece *piece, void *context, struct mm_error *err);

/* An atomic write in pieces. Between open and commit nothing is visible under `path`. */
struct mm_file_writer {
    char *path, *temporary; /* own memory, freed by commit or abandon */
    FILE *stream;
    unsigned care;         /* of enum mm_file_care                   */
    struct mm_error error; /* first failure: later calls return it   */
};
enum mm_file_care {
    MM_FILE_PRIVATE = 1 << 0, /* readable for the owner only */
    MM_FILE_NEW = 1 << 1,     /* must not be there, even at the time of the commit: MM_ERR_USAGE */
    /* No fsync, so no wait for the medium: after a power cut the file may hold anything. Only for what can be made again and
     * whose reader knows a torn file by its checksum. */
    MM_FILE_UNSYNCED = 1 << 2,
};
enum mm_status mm_file_writer_open_as(struct mm_file_writer *writer, const char *path, unsigned care,
                                      struct mm_error *err);
enum mm_status mm_file_writer_open(struct mm_file_writer *writer, const char *path, struct mm_error *err);
/* As MM_FILE_PRIVATE and MM_FILE_NEW. */
enum mm_status mm_file_writer_open_secret(struct mm_file_writer *writer, const char *path, struct mm_error *err);
enum mm_status mm_file_writer_write(struct mm_file_writer *writer, const void *bytes, size_t size);
/* Flush, fsync, rename, fsync the folder. The writer is closed either way; on failure the temporary file is gone. */
enum mm_status mm_file_writer_commit(struct mm_file_writer *writer, struct mm_error *err);
void mm_file_writer_abandon(struct mm_file_writer *writer); /* accepts a writer that is closed already */
/* open + write + commit. */
enum mm_status mm_file_write(const char *path, const void *bytes, size_t size, struct mm_error *err);

/* Gives a finished and synced file or folder its place: rename, fsync of the folder. `replace` false: something that is there already,
 * but for an empty folder, is MM_ERR_USAGE and stays. */
enum mm_status mm_file_place(const char *temporary, const char *path, bool replace, struct mm_error *err);
enum mm_status mm_file_sync_folder(const char *path, struct mm_error *err);

/* A file that grows from run to run, such as a download, and that one program at a time writes. */
struct mm_file_part {
    const char *path; /* the caller's */
    int file;         /* -1: closed   */
};
/* Opened or made, and locked: MM_ERR_IO when another program holds it. */
enum mm_status mm_file_part_open(struct mm_file_part *part, const char *path, uint64_t *size, struct mm_error *err);
/* Cut to `size` bytes; writing goes on behind them. */
enum mm_status mm_file_part_cut(struct mm_file_part *part, uint64_t size, struct mm_error *err);
enum mm_status mm_file_part_write(struct mm_file_part *part, const void *bytes, size_t size, struct mm_error *err);
enum mm_status mm_file_part_sync(struct mm_file_part *part, struct mm_error *err);
void mm_file_part_close(struct mm_file_part *part); /* accepts one that is closed */

bool mm_file_exists(const char *path);
bool mm_file_is_folder(const char *path);
enum mm_status mm_file_size(const char *path, uint64_t *size, struct mm_error *err);
/* Creates the folder and its parents, each on the disk before the next; fine when it is there. */
enum mm_status mm_file_make_folder(const char *path, struct mm_error *err);
/* Removes a folder and what is in it, never following links. Fine when it is not there. */
enum mm_status mm_file_remove_tree(const char *path, struct mm_error *err);
/* Names in a folder without "." and "..", sorted so that "n2" comes before "n10" (numbers by value, then bytes). */
enum mm_status mm_file_list(struct mm_arena *arena, const char *path, char ***names, size_t *count,
                            struct mm_error *err);
/* "folder/name", or name alone when it is absolute or the folder is NULL or "". In the arena. */
char *mm_file_join(struct mm_arena *arena, const char *folder, const char *name);
const char *mm_file_name(const char *path);                     /* part after the last slash */
char *mm_file_folder(struct mm_arena *arena, const char *path); /* part before it, "." when none */
/* Natural order for qsort-like uses: as mm_file_list sorts. */
int mm_file_compare(const char *a, const char *b);

/* Tests: what becomes of the disk when an operation fails, or the program dies at it. Steps are counted and told in order. */
enum mm_file_step {
    MM_FILE_OPEN,
    MM_FILE_READ,
    MM_FILE_LIST,
    MM_FILE_MAKE_FOLDER,
    MM_FILE_CREATE,
    MM_FILE_WRITE,
    MM_FILE_SYNC,
    MM_FILE_RENAME, /* told with the new name in `to` */
    MM_FILE_OPEN_FOLDER,
    MM_FILE_SYNC_FOLDER
};
/* The n-th step from now on fails with `error_number`, once. 0 = off. */
void mm_file_fail_at(uint64_t n, int error_number);
/* At the n-th step from now on the process kills itself, as kill -9 would. 0 = off. */
void mm_file_die_at(uint64_t n);
/* Is told of each step before it is taken. NULL = off. Not for threads. */
typedef void mm_file_watcher(void *context, enum mm_file_step step, const char *path, const char *to);
void mm_file_watch(mm_file_watcher *watcher, void *context);

/* Tests: a source that is slow, broken or cut short. Holds for files whose path contains `part` that are read whole or
 * from their start. `part` is kept. */
struct mm_file_fault {
    const char *part;
    unsigned delay_ms; /* before each file; ends early when the fault is taken away */
    int error_number;  /* 0: it can be read                                         */
    size_t size;       /* it seems to end there; 0: it does not                     */
};
void mm_file_fault_set(const struct mm_file_fault *fault); /* NULL: none */

#endif
