/* Unpacking: everything goes into a hidden folder beside the target, which takes the target's name when all of it has been checked and
 * is on the disk: each file, each folder, then the name. Whatever goes wrong, that folder is removed and the target is as it was. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "mmar/archive/archive.h"

struct unpacker {
    struct mm_arena *arena;
    const char *folder;
    struct mm_file_writer file;
    const char *path;
};

/* rwx of the user, group and others that the umask leaves. */
static mode_t allowed(mode_t mode)
{
    mode_t mask = umask(0);
    umask(mask);
    return mode & ~mask;
}

static enum mm_status begin(void *context, const char *name, uint64_t size, bool executable, struct mm_error *err)
{
    enum mm_status s;
    struct unpacker *u = context;
    (void)size;
    u->path = mm_file_join(u->arena, u->folder, name);
    const char *folder = u->path ? mm_file_folder(u->arena, u->path) : NULL;
    if (!folder)
        return mm_fail_memory(err, "a file name");
    if (MM_TRY(s, mm_file_make_folder(folder, err)) || MM_TRY(s, mm_file_writer_open(&u->file, u->path, err)))
        return s;
    if (executable && fchmod(fileno(u->file.stream), allowed(0777)) != 0)
        return mm_fail(err, MM_ERR_IO, "%s: cannot make it executable: %s", u->path, strerror(errno));
    return MM_OK;
}

static enum mm_status piece(void *context, const void *bytes, size_t size, struct mm_error *err)
{
    struct unpacker *u = context;
    return mm_file_writer_write(&u->file, bytes, size) == MM_OK
               ? MM_OK
               : mm_fail(err, u->file.error.status, "%s", u->file.error.text);
}

static enum mm_status end(void *context, struct mm_error *err)
{
    struct unpacker *u = context;
    return mm_file_writer_commit(&u->file, err);
}

static enum mm_status unpack_into(struct mm_arena *arena, const char *file, const char *folder,
                                  struct mm_archive_progress *progress, cJSON **manifest, struct mm_error *err)
{
    struct unpacker u = {.arena = arena, .folder = folder};
    const struct mm_archive_visitor visitor = {begin, piece, end, &u, progress, "unpacking"};
    enum mm_status s = mm_archive_read(arena, file, &visitor, manifest, err);
    mm_file_writer_abandon(&u.file);
    return s == MM_OK ? mm_manifest_restore(arena, *manifest, folder, err) : s;
}

enum mm_status mm_unpack_target(struct mm_arena *arena, const char *target, const char **out, struct mm_error *err)
{
    enum mm_status s;
    struct stat about, here;
    char **names;
    size_t count, length = strlen(target);
    while (length > 1 && target[length - 1] == '/')
        length--;
    if (!length)
        return mm_fail(err, MM_ERR_USAGE, "the folder to unpack into has no name");
    *out = mm_arena_textn(arena, target, length);
    if (!*out)
        return mm_fail_memory(err, "a file name");
    if (lstat(*out, &about) != 0)
        return errno == ENOENT ? MM_OK : mm_fail(err, MM_ERR_IO, "%s: %s", *out, strerror(errno));
    if (!S_ISDIR(about.st_mode))
        return mm_fail(err, MM_ERR_USAGE, "%s: exists already: nothing was changed", *out);
    if (stat(".", &here) == 0 && here.st_dev == about.st_dev && here.st_ino == about.st_ino)
        return mm_fail(err, MM_ERR_USAGE, "%s: is the current folder, which cannot be replaced: name a new one",
                       *out);
    if (MM_TRY(s, mm_file_list(arena, *out, &names, &count, err)))
        return s;
    return count ? mm_fail(err, MM_ERR_USAGE, "%s: exists already and is not empty: nothing was changed", *out)
                 : MM_OK;
}

/* ".name.tmp-XXXXXX" in the target's folder, for this user only. */
static enum mm_status make_temporary(struct mm_arena *arena, const char *target, char **out, struct mm_error *err)
{
    const char *name = mm_file_name(target);
    char *path = mm_arena_format(arena, "%.*s.%.200s.tmp-XXXXXX", (int)(name - target), target, name);
    if (!path)
        return mm_fail_memory(err, "a file name");
    if (!mkdtemp(path))
        return mm_fail(err, MM_ERR_IO, "%s: cannot create a folder beside it: %s", target, strerror(errno));
    *out = path;
    return MM_OK;
}

enum mm_status mm_unpack(struct mm_arena *arena, const char *file, const char *target,
                         struct mm_archive_progress *progress, cJSON **manifest, struct mm_error *err)
{
    enum mm_status s;
    char *temporary = NULL;
    if (MM_TRY(s, mm_unpack_target(arena, target, &target, err)))
        return s;
    if (MM_TRY(s, make_temporary(arena, target, &temporary, err)))
        return s;
    if (MM_TRY(s, unpack_into(arena, file, temporary, progress, manifest, err)))
        goto done;
    if (chmod(temporary, allowed(0777)) != 0) {
        s = mm_fail(err, MM_ERR_IO, "%s: cannot set its mode: %s", temporary, strerror(errno));
        goto done;
    }
    if (MM_TRY(s, mm_file_sync_folder(temporary, err)))
        goto done;
    s = mm_file_place(temporary, target, false, err);
done:
    if (s != MM_OK)
        mm_file_remove_tree(temporary, NULL);
    return s;
}

enum mm_status mm_unpack_temporary(struct mm_arena *arena, const char *file, struct mm_archive_progress *progress,
                                   const char **temporary, cJSON **manifest, struct mm_error *err)
{
    enum mm_status s;
    const char *base = getenv("TMPDIR");
    char *folder = mm_arena_format(arena, "%s/mmar-XXXXXX", base && *base ? base : "/tmp");
    *temporary = NULL;
    if (!folder)
        return mm_fail_memory(err, "a file name");
    if (!mkdtemp(folder))
        return mm_fail(err, MM_ERR_IO, "%s: cannot create a temporary folder: %s", folder, strerror(errno));
    if (MM_TRY(s, unpack_into(arena, file, mm_file_join(arena, folder, "model"), progress, manifest, err))) {
        mm_file_remove_tree(folder, NULL);
        return s;
    }
    *temporary = folder;
    return MM_OK;
}
