/* Holding a piece of work to its durability, by the hook of base/file.h. */
#include "tests/support/durability.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"

#define STEPS_MAX 2000

/* A fork under AddressSanitizer is slow: there every fifth step dies, and the plain build lets every one. */
#if defined(__SANITIZE_ADDRESS__)
#define DIES_EACH 5
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define DIES_EACH 5
#endif
#endif
#ifndef DIES_EACH
#define DIES_EACH 1
#endif

/* States ------------------------------------------------------------------------------------------------------------ */

static bool is_temporary(const char *name)
{
    return strstr(name, ".tmp-") != NULL;
}

static bool is_part(const char *name)
{
    size_t length = strlen(name);
    return (length > 5 && !strcmp(name + length - 5, ".part")) ||
           (length > 10 && !strcmp(name + length - 10, ".part.json"));
}

/* "name digest\n" of everything in the folder; `without` leaves out temporaries and parts. */
static void describe(struct scratch *s, const char *folder, const char *under, bool parts, bool temporaries,
                     struct mm_text *text)
{
    char **names, digest[MM_SHA256_HEX];
    size_t count;
    if (mm_file_list(&s->arena, folder, &names, &count, NULL) != MM_OK)
        return;
    for (size_t i = 0; i < count; i++) {
        const char *path = mm_file_join(&s->arena, folder, names[i]);
        const char *name = mm_arena_format(&s->arena, "%s/%s", under, names[i]);
        if ((!parts && is_part(names[i])) || (!temporaries && is_temporary(names[i])))
            continue;
        if (mm_file_is_folder(path)) {
            mm_text_format(text, "%s/\n", name);
            describe(s, path, name, parts, temporaries, text);
        } else if (mm_sha256_file(path, digest, NULL) == MM_OK)
            mm_text_format(text, "%s %s\n", name, digest);
    }
}

static const char *state_of(struct scratch *s, const char *folder, bool parts, bool temporaries)
{
    struct mm_text text;
    mm_text_init(&text, 1 << 20);
    describe(s, folder, "", parts, temporaries, &text);
    const char *copy = mm_arena_text(&s->arena, text.bytes);
    mm_text_done(&text);
    return copy;
}

static const char *fresh(struct scratch *s, const struct durable *d)
{
    const char *folder = scratch_path(s, "out");
    if (mm_file_remove_tree(folder, NULL) != MM_OK || mkdir(folder, 0777) != 0)
        mm_bug("%s: cannot be made anew", folder);
    if (d->prepare)
        d->prepare(s, folder);
    return folder;
}

/* Failing ----------------------------------------------------------------------------------------------------------- */

static void count_step(void *context, enum mm_file_step step, const char *path, const char *to)
{
    (void)step, (void)path, (void)to;
    ++*(uint64_t *)context;
}

/* False when the work has fewer than `n` steps. */
static bool fail_at(struct scratch *s, const struct durable *d, uint64_t n, int number)
{
    struct mm_error err = {.status = MM_OK};
    char reason[128];
    uint64_t steps = 0;
    const char *folder = fresh(s, d), *before = state_of(s, folder, true, true);
    mm_file_watch(count_step, &steps);
    mm_file_fail_at(n, number);
    enum mm_status status = d->run(s, folder, &err);
    mm_file_fail_at(0, 0);
    mm_file_watch(NULL, NULL);
    const char *after = state_of(s, folder, !d->keeps_parts, true);
    bool is_new = d->is_new(s, folder), is_old = !strcmp(before, after);
    if (steps < n) {
        if (status != MM_OK || !is_new)
            fail_msg("%s: fails by itself: %s", d->name, err.text);
        return false;
    }
    if (strstr(after, ".tmp-"))
        fail_msg("%s: step %d fails, which leaves a temporary: %s", d->name, (int)n, after);
    if (status == MM_OK ? !is_new : !is_new && !is_old)
        fail_msg("%s: step %d fails (%s), which leaves neither the old nor the new: %s", d->name, (int)n, err.text,
                 after);
    if (status != MM_OK && (!strstr(err.text, strerror_r(number, reason, sizeof reason)) || !strchr(err.text, '/')))
        fail_msg("%s: step %d fails, and \"%s\" names no file or no reason", d->name, (int)n, err.text);
    return true;
}

/* Dying ------------------------------------------------------------------------------------------------------------- */

static bool die_at(struct scratch *s, const struct durable *d, uint64_t n)
{
    struct mm_error err = {.status = MM_OK};
    int status;
    const char *folder = fresh(s, d), *before = state_of(s, folder, false, false);
    pid_t child = fork();
    if (child == 0) {
        mm_file_die_at(n);
        _exit(d->run(s, folder, &err) == MM_OK ? 0 : 1);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        mm_bug("cannot fork");
    if (WIFEXITED(status)) {
        assert_int_equal(WEXITSTATUS(status), 0);
        return false;
    }
    const char *after = state_of(s, folder, false, false);
    bool is_new = d->is_new(s, folder);
    if (!is_new && !d->two_steps && strcmp(before, after) != 0)
        fail_msg("%s: killed at step %d, which leaves neither the old nor the new: %s", d->name, (int)n, after);
    if (!is_new && d->run(s, folder, &err) != MM_OK)
        fail_msg("%s: killed at step %d, the next run fails: %s", d->name, (int)n, err.text);
    if (!d->is_new(s, folder))
        fail_msg("%s: killed at step %d, the next run does not mend it", d->name, (int)n);
    return true;
}

/* The power ---------------------------------------------------------------------------------------------------------- */

struct told {
    struct scratch *s;
    size_t count;
    struct {
        enum mm_file_step step;
        const char *path, *to;
    } steps[STEPS_MAX];
};

/* Without slashes at its end. */
static const char *plain(struct told *t, const char *path)
{
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    return mm_arena_textn(&t->s->arena, path, length);
}

static void keep_step(void *context, enum mm_file_step step, const char *path, const char *to)
{
    struct told *t = context;
    if (t->count == STEPS_MAX)
        mm_bug("too many steps");
    t->steps[t->count].step = step;
    t->steps[t->count].path = plain(t, path);
    t->steps[t->count++].to = to ? plain(t, to) : NULL;
}

/* Where, after `from`, that step is taken on that path; `end` when it is not. */
static size_t next_step(const struct told *t, size_t from, size_t end, enum mm_file_step step, const char *path)
{
    while (from < end && (t->steps[from].step != step || strcmp(t->steps[from].path, path) != 0))
        from++;
    return from;
}

static bool lies_in(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    return !strncmp(path, folder, length) && path[length] == '/';
}

/* Up to which step must a name made at step `i` be on the disk: before its folder gets its own name, or the end. */
static size_t deadline(const struct told *t, size_t i, const char *name)
{
    for (size_t k = i + 1; k < t->count; k++)
        if (t->steps[k].step == MM_FILE_RENAME && lies_in(name, t->steps[k].path))
            return k;
    return t->count;
}

/* Content before name, names of content before the folder's. */
static void check_order(struct told *t, const char *work)
{
    size_t renames = 0;
    for (size_t i = 0; i < t->count; i++) {
        enum mm_file_step step = t->steps[i].step;
        const char *path = t->steps[i].path, *made = step == MM_FILE_RENAME ? t->steps[i].to : path;
        if (step == MM_FILE_WRITE && next_step(t, i, deadline(t, i, path), MM_FILE_RENAME, path) < t->count) {
            size_t rename = next_step(t, i, t->count, MM_FILE_RENAME, path);
            if (next_step(t, i, rename, MM_FILE_SYNC, path) == rename)
                fail_msg("%s: %s gets its name before its content is on the disk", work, t->steps[rename].to);
        }
        if (step != MM_FILE_RENAME && step != MM_FILE_MAKE_FOLDER)
            continue;
        renames += step == MM_FILE_RENAME;
        size_t end = deadline(t, i, made);
        if (next_step(t, i, end, MM_FILE_SYNC_FOLDER, mm_file_folder(&t->s->arena, made)) == end)
            fail_msg("%s: the name %s is not on the disk %s", work, made,
                     end < t->count ? "before its folder's is" : "at the end");
    }
    assert_true(renames > 0);
}

void durability_hold(struct scratch *scratch, const struct durable *durable)
{
    static const int numbers[] = {ENOSPC, EIO, EROFS};
    struct mm_error err;
    struct scratch inner = {.folder = scratch->folder};
    for (int dies = 0; dies < 2; dies++) {
        bool more = true;
        for (uint64_t n = 1; more; n += dies ? DIES_EACH : 1) {
            assert_true(n < STEPS_MAX);
            mm_arena_init(&inner.arena, NULL);
            more = dies ? die_at(&inner, durable, n) : fail_at(&inner, durable, n, numbers[n % 3]);
            mm_arena_done(&inner.arena);
            assert_true(more || n > 3);
        }
    }
    const char *folder = fresh(scratch, durable);
    struct told *told = mm_arena_new(&scratch->arena, struct told);
    told->s = scratch;
    mm_file_watch(keep_step, told);
    enum mm_status s = durable->run(scratch, folder, &err);
    mm_file_watch(NULL, NULL);
    assert_int_equal(s, MM_OK);
    check_order(told, durable->name);
}
