/* The format DICOM, by the program dcm2niix: a folder that holds one series, or one file. DICOM is not decoded here; the
 * program makes a NIfTI file of it in a private folder, which is read and removed. So a header costs as much as the
 * voxels: convert a data set once for training. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/leave.h"
#include "base/text.h"
#include "base/threads.h"
#include "image/format.h"
#include "image/nifti_internal.h"

#define LOG_NAME        "log.txt"
#define LOG_MAX         ((size_t)1 << 20)
#define SECONDS_DEFAULT 600
#define EXIT_NONE       2 /* dcm2niix: kEXIT_NO_VALID_FILES_FOUND */

extern char **environ;
extern const struct mm_format mm_format_nifti;

static bool probe(const unsigned char *bytes, size_t size, const char *path)
{
    (void)path;
    return size >= 132 && memcmp(bytes + 128, "DICM", 4) == 0; /* PS3.10, 7.1 */
}

/* One conversion: what is in `scratch` names things in `folder`. */
struct conversion {
    struct mm_arena scratch;
    char *folder; /* NULL until it is made */
    char *source, *log;
};

static enum mm_status fail_spawn(int error, struct mm_error *err)
{
    if (error == ENOENT)
        return mm_fail(err, MM_ERR_DATA,
                       "DICOM is read through the program dcm2niix, which is not installed: install the package "
                       "dcm2niix, or convert the series to NIfTI");
    return mm_fail(err, MM_ERR_IO, "dcm2niix: cannot start: %s", strerror(error));
}

/* The program's output goes to the log; no shell reads the arguments. */
static enum mm_status start_program(struct conversion *c, char *const *arguments, pid_t *process,
                                    struct mm_error *err)
{
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error)
        return mm_fail_memory(err, "a process");
    if (!(error = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)) &&
        !(error = posix_spawn_file_actions_addopen(&actions, 1, c->log, O_WRONLY | O_CREAT | O_TRUNC, 0600)) &&
        !(error = posix_spawn_file_actions_adddup2(&actions, 1, 2)))
        error = posix_spawnp(process, arguments[0], &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error ? fail_spawn(error, err) : MM_OK;
}

/* Its last words, for the message. */
static const char *last_line(struct conversion *c)
{
    unsigned char *bytes;
    size_t size;
    if (mm_file_read(&c->scratch, c->log, LOG_MAX, &bytes, &size, NULL))
        return "it left no message";
    char *text = (char *)bytes, *end = text + strlen(text);
    while (end > text && (end[-1] == '\n' || end[-1] == '\r'))
        *--end = '\0';
    char *start = strrchr(text, '\n');
    return start ? start + 1 : text;
}

/* How long a conversion may take; a source that does not answer is no reason to wait for ever. */
static double seconds_allowed(void)
{
    const char *text = getenv("MMAR_DICOM_SECONDS");
    char *end = NULL;
    double seconds = text ? strtod(text, &end) : 0;
    return text && end != text && !*end && seconds > 0 ? seconds : SECONDS_DEFAULT;
}

static void pause_a_little(double seconds)
{
    struct timespec t = {.tv_nsec = (long)(seconds * 1e9)};
    mm_leave_enter();
    nanosleep(&t, NULL);
    mm_leave_exit();
}

/* False when it has not ended by then. */
static bool ends_within(pid_t process, double seconds, int *outcome, enum mm_status *s, struct mm_error *err)
{
    double until = mm_clock() + seconds;
    for (double pause = 0.001;; pause = pause < 0.05 ? 2 * pause : pause) {
        pid_t ended = waitpid(process, outcome, WNOHANG);
        if (ended < 0 && errno != EINTR)
            *s = mm_fail(err, MM_ERR_IO, "dcm2niix: cannot wait for it: %s", strerror(errno));
        if (ended > 0 || *s != MM_OK)
            return true;
        if (mm_clock() > until)
            return false;
        pause_a_little(pause);
    }
}

/* Nobody waits for one that not even being killed ends (its source does not answer). */
static enum mm_status stop(pid_t process, char *const *arguments, double seconds, struct mm_error *err)
{
    int outcome;
    enum mm_status s = MM_OK;
    struct mm_text command;
    kill(process, SIGKILL);
    ends_within(process, 1, &outcome, &s, NULL);
    mm_text_init(&command, 1024);
    for (size_t i = 0; arguments[i]; i++)
        mm_text_format(&command, "%s%s", i ? " " : "", arguments[i]);
    s = mm_fail(
        err, MM_ERR_DATA,
        "dcm2niix did not end within %g s and was stopped (MMAR_DICOM_SECONDS sets another time); it ran as: %s",
        seconds, command.bytes);
    mm_text_done(&command);
    return s;
}

static enum mm_status convert(struct conversion *c, bool is_folder, struct mm_error *err)
{
    /* no BIDS file, not packed, all in this one folder, only this file when it is one */
    char *const arguments[] = {"dcm2niix", "-b", "n",  "-z",      "n",       "-d", "0", "-s", is_folder ? "n" : "y",
                               "-f",       "i",  "-o", c->folder, c->source, NULL};
    pid_t process;
    int outcome = 0;
    double seconds = seconds_allowed();
    enum mm_status s;
    if (MM_TRY(s, start_program(c, arguments, &process, err)))
        return s;
    if (!ends_within(process, seconds, &outcome, &s, err))
        return stop(process, arguments, seconds, err);
    if (s != MM_OK || (WIFEXITED(outcome) && WEXITSTATUS(outcome) == 0))
        return s;
    if (WIFEXITED(outcome) && WEXITSTATUS(outcome) == EXIT_NONE)
        return mm_fail(err, MM_ERR_DATA, "dcm2niix finds no DICOM image %s", is_folder ? "in this folder" : "in it");
    return mm_fail(err, MM_ERR_DATA, "dcm2niix could not convert it (%s %d): %s",
                   WIFEXITED(outcome) ? "exit status" : "signal",
                   WIFEXITED(outcome) ? WEXITSTATUS(outcome) : WTERMSIG(outcome), last_line(c));
}

/* The one volume. Where dcm2niix corrected a tilted gantry or uneven slices it leaves both; the corrected one counts. */
static enum mm_status find_volume(struct conversion *c, char **path, struct mm_error *err)
{
    char **names;
    const char *plain = NULL, *corrected = NULL;
    size_t count, plain_count = 0, corrected_count = 0;
    enum mm_status s;
    if (MM_TRY(s, mm_file_list(&c->scratch, c->folder, &names, &count, err)))
        return s;
    for (size_t i = 0; i < count; i++) {
        if (!mm_text_ends(names[i], ".nii"))
            continue;
        bool is_corrected = strstr(names[i], "_Tilt") || strstr(names[i], "_Eq");
        *(is_corrected ? &corrected : &plain) = names[i];
        *(is_corrected ? &corrected_count : &plain_count) += 1;
    }
    if (plain_count == 0 && corrected_count == 0)
        return mm_fail(err, MM_ERR_DATA, "dcm2niix found no image in it: %s", last_line(c));
    if (plain_count > 1 || corrected_count > 1)
        return mm_fail(err, MM_ERR_DATA, "dcm2niix found %zu images in it: give each series a folder of its own",
                       plain_count > corrected_count ? plain_count : corrected_count);
    *path = mm_file_join(&c->scratch, c->folder, corrected ? corrected : plain);
    return *path ? MM_OK : mm_fail_memory(err, "a file name");
}

/* A private folder and the names in it. An absolute source cannot be taken for an option. */
static enum mm_status prepare(struct conversion *c, const char *path, struct mm_error *err)
{
    const char *parent = getenv("TMPDIR");
    char *source = realpath(path, NULL);
    if (!source)
        return mm_fail(err, MM_ERR_IO, "%s: cannot open: %s", path, strerror(errno));
    c->source = mm_arena_text(&c->scratch, source);
    free(source);
    char *folder = mm_arena_format(&c->scratch, "%s/mmar-dicom-XXXXXX", parent && *parent ? parent : "/tmp");
    if (!c->source || !folder)
        return mm_fail_memory(err, "a file name");
    if (!mkdtemp(folder))
        return mm_fail(err, MM_ERR_IO, "%s: cannot create: %s", folder, strerror(errno));
    c->folder = folder;
    c->log = mm_file_join(&c->scratch, folder, LOG_NAME);
    return c->log ? MM_OK : mm_fail_memory(err, "a file name");
}

/* Converts and hands the NIfTI file to either of the two. */
static enum mm_status by_conversion(const char *path, struct mm_image_info *info, struct mm_arena *arena,
                                    struct mm_volume **out, struct mm_error *err)
{
    struct conversion c = {.folder = NULL};
    char *volume;
    enum mm_status s;
    mm_arena_init(&c.scratch, NULL);
    if (MM_TRY(s, prepare(&c, path, err)) || MM_TRY(s, convert(&c, mm_file_is_folder(path), err)) ||
        MM_TRY(s, find_volume(&c, &volume, err)))
        goto done;
    s = info ? mm_format_nifti.header(volume, info, err) : mm_format_nifti.read(arena, volume, out, err);
done:
    if (c.folder && mm_file_remove_tree(c.folder, s ? NULL : err) && s == MM_OK)
        s = MM_ERR_IO;
    mm_arena_done(&c.scratch);
    return s;
}

static enum mm_status read_header(const char *path, struct mm_image_info *info, struct mm_error *err)
{
    return by_conversion(path, info, NULL, NULL, err);
}

static enum mm_status read_series(struct mm_arena *arena, const char *path, struct mm_volume **out,
                                  struct mm_error *err)
{
    return by_conversion(path, NULL, arena, out, err);
}

const struct mm_format mm_format_dicom = {
    .name = "dicom",
    .extensions = ".dicom .dcm",
    .summary = "DICOM, a file or the folder of a series, through the program dcm2niix",
    .probe = probe,
    .header = read_header,
    .read = read_series,
};
