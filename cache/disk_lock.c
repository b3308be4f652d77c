/* Claims: a file per key, locked by flock. The lock goes when its process dies, however it dies; the file then stays, unlocked, and whoever
 * takes it next knows by it that something was left. Locks are those of an open file, so threads exclude each other like processes. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "cache/disk_internal.h"

void mm_disk_remove_temporaries(const char *folder, const char *key)
{
    struct mm_arena arena;
    char **names, *sub, *start;
    size_t count;
    mm_arena_init(&arena, NULL);
    sub = mm_arena_format(&arena, "%s/%.2s", folder, key);
    start = mm_arena_format(&arena, ".%s.mmc.tmp-", key);
    if (sub && start && !mm_file_list(&arena, sub, &names, &count, NULL))
        for (size_t i = 0; i < count; i++) {
            const char *path = mm_text_starts(names[i], start) ? mm_file_join(&arena, sub, names[i]) : NULL;
            if (path)
                unlink(path);
        }
    mm_arena_done(&arena);
}

/* The lock's file, made when it is not there. */
static int open_lock(const char *path, bool *was_there)
{
    *was_there = false;
    int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0 && errno == EEXIST) {
        *was_there = true;
        file = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    }
    return file;
}

/* A file that was removed between open and lock is nobody's lock. */
static enum mm_disk_lock lock_file(int file)
{
    struct stat about;
    if (flock(file, LOCK_EX | LOCK_NB))
        return errno == EWOULDBLOCK ? MM_DISK_LOCK_BUSY : MM_DISK_LOCK_NONE;
    if (fstat(file, &about))
        return MM_DISK_LOCK_NONE;
    return about.st_nlink ? MM_DISK_LOCK_HELD : MM_DISK_LOCK_BUSY;
}

enum mm_disk_lock mm_disk_lock_take(const char *folder, const char *key, int *lock)
{
    struct mm_arena arena;
    bool was_there = false;
    enum mm_disk_lock got = MM_DISK_LOCK_NONE;
    mm_arena_init(&arena, NULL);
    const char *path = mm_disk_folder_path(&arena, folder, key, ".lock");
    int file = path ? open_lock(path, &was_there) : -1;
    if (file >= 0)
        got = lock_file(file);
    else if (path && errno == ENOENT && was_there)
        got = MM_DISK_LOCK_BUSY; /* removed by its holder just now */
    mm_arena_done(&arena);
    if (file >= 0 && got != MM_DISK_LOCK_HELD)
        close(file);
    *lock = got == MM_DISK_LOCK_HELD ? file : -1;
    if (got == MM_DISK_LOCK_HELD && was_there)
        mm_disk_remove_temporaries(folder, key);
    return got;
}

void mm_disk_lock_release(const char *folder, const char *key, int lock)
{
    struct mm_arena arena;
    if (lock < 0)
        return;
    mm_arena_init(&arena, NULL);
    const char *path = mm_disk_folder_path(&arena, folder, key, ".lock");
    if (path)
        unlink(path); /* while it is locked: nobody can have taken it */
    close(lock);
    mm_arena_done(&arena);
}
