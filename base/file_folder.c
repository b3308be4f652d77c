/* Folders: making, listing in natural order, removing. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/file_internal.h"

/* So that a new name survives a power cut. File systems that cannot do it say EINVAL; that is no failure. */
enum mm_status mm_file_sync_folder(const char *path, struct mm_error *err)
{
    enum mm_status s = MM_OK;
    int file =
        mm_file_hook_fails(MM_FILE_OPEN_FOLDER, path, NULL) ? -1 : open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0)
        return mm_file_failed(err, path, "open");
    if ((mm_file_hook_fails(MM_FILE_SYNC_FOLDER, path, NULL) || fsync(file) != 0) && errno != EINVAL)
        s = mm_file_failed(err, path, "sync");
    close(file);
    return s;
}

enum mm_status mm_file_sync_parent(const char *path, struct mm_error *err)
{
    size_t length = (size_t)(mm_file_name(path) - path);
    char *folder = mm_alloc(length + 2);
    if (!folder)
        return mm_fail_memory(err, "a file name");
    memcpy(folder, length ? path : ".", length ? length : 1);
    enum mm_status s = mm_file_sync_folder(folder, err);
    mm_free(folder);
    return s;
}

static enum mm_status make_one(const char *path, struct mm_error *err)
{
    if (mm_file_is_folder(path))
        return MM_OK;
    if (!mm_file_hook_fails(MM_FILE_MAKE_FOLDER, path, NULL) && mkdir(path, 0777) == 0)
        return mm_file_sync_parent(path, err);
    int reason = errno;
    if (mm_file_is_folder(path))
        return MM_OK;
    errno = reason == EEXIST ? ENOTDIR : reason;
    return mm_file_failed(err, path, "create the folder");
}

enum mm_status mm_file_make_folder(const char *path, struct mm_error *err)
{
    size_t length = strlen(path);
    char *part = mm_alloc(length + 1);
    if (!part)
        return mm_fail_memory(err, "a file name");
    enum mm_status s = MM_OK;
    for (size_t i = 1; i <= length && s == MM_OK; i++) {
        bool is_end = i == length, is_step = path[i] == '/' && path[i - 1] != '/';
        if (is_end || is_step) {
            memcpy(part, path, i);
            part[i] = '\0';
            s = make_one(part, err);
        }
    }
    mm_free(part);
    return s;
}

/* Removing. ------------------------------------------------------------------------------------------------------ */

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static bool remove_at(int folder, const char *name);

/* Everything in the folder whose descriptor this is; closes it. False with errno. */
static bool remove_content(int file)
{
    DIR *stream = fdopendir(file);
    if (!stream) {
        close(file);
        return false;
    }
    bool is_good = true;
    for (struct dirent *entry; is_good;) {
        errno = 0;
        entry = readdir(stream);
        if (!entry) {
            is_good = errno == 0;
            break;
        }
        if (!is_dots(entry->d_name))
            is_good = remove_at(dirfd(stream), entry->d_name);
    }
    int reason = errno;
    closedir(stream);
    errno = reason;
    return is_good;
}

/* O_NOFOLLOW: a link to a folder is removed, not entered. */
static bool remove_at(int folder, const char *name)
{
    int file = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (file >= 0)
        return remove_content(file) && unlinkat(folder, name, AT_REMOVEDIR) == 0;
    if (errno != ENOTDIR && errno != ELOOP)
        return false;
    return unlinkat(folder, name, 0) == 0;
}

enum mm_status mm_file_remove_tree(const char *path, struct mm_error *err)
{
    struct stat about;
    if (lstat(path, &about) != 0 && errno == ENOENT)
        return MM_OK;
    return remove_at(AT_FDCWD, path) ? MM_OK : mm_file_failed(err, path, "remove");
}

/* Listing. ------------------------------------------------------------------------------------------------------- */

/* Numbers by value: leading zeros off, then the longer is the larger. Moves both behind their digits. */
static int compare_numbers(const char **a, const char **b)
{
    *a += strspn(*a, "0");
    *b += strspn(*b, "0");
    size_t n = strspn(*a, "0123456789"), m = strspn(*b, "0123456789");
    int order = n != m ? (n < m ? -1 : 1) : memcmp(*a, *b, n);
    *a += n;
    *b += m;
    return order;
}

int mm_file_compare(const char *a, const char *b)
{
    const char *x = a, *y = b;
    while (*x && *y) {
        if (isdigit((unsigned char)*x) && isdigit((unsigned char)*y)) {
            int order = compare_numbers(&x, &y);
            if (order)
                return order;
        } else if (*x != *y) {
            break;
        } else {
            x++;
            y++;
        }
    }
    if (*x != *y)
        return (unsigned char)*x < (unsigned char)*y ? -1 : 1;
    return strcmp(a, b); /* "n1" and "n01" are equal so far */
}

static int compare_items(const void *a, const void *b)
{
    return mm_file_compare(*(const char *const *)a, *(const char *const *)b);
}

/* Doubles an array of names that is full. */
static char **grow(struct mm_arena *arena, char **names, size_t count)
{
    if (count && (count & (count - 1)))
        return names;
    char **larger = mm_arena_array(arena, char *, count ? count * 2 : 1);
    if (larger && count)
        memcpy(larger, names, count * sizeof *names);
    return larger;
}

static enum mm_status read_names(struct mm_arena *arena, DIR *stream, const char *path, char ***names, size_t *count,
                                 struct mm_error *err)
{
    for (;;) {
        errno = 0;
        struct dirent *entry = mm_file_hook_fails(MM_FILE_LIST, path, NULL) ? NULL : readdir(stream);
        if (!entry)
            return errno ? mm_file_failed(err, path, "list") : MM_OK;
        if (is_dots(entry->d_name))
            continue;
        *names = grow(arena, *names, *count);
        if (!*names || !((*names)[*count] = mm_arena_text(arena, entry->d_name)))
            return mm_fail_memory(err, "the list of a folder");
        ++*count;
    }
}

enum mm_status mm_file_list(struct mm_arena *arena, const char *path, char ***names, size_t *count,
                            struct mm_error *err)
{
    *names = NULL;
    *count = 0;
    DIR *stream = mm_file_hook_fails(MM_FILE_LIST, path, NULL) ? NULL : opendir(path);
    if (!stream)
        return mm_file_failed(err, path, "list");
    enum mm_status s = read_names(arena, stream, path, names, count, err);
    closedir(stream);
    if (s == MM_OK && *count)
        qsort(*names, *count, sizeof **names, compare_items);
    return s;
}
