/* What tests do to the disk: one step fails, or the program dies at it, or every step is told. Off, it costs one atomic addition a step. */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>

#include "base/file_internal.h"

static _Atomic uint64_t steps;   /* since start                               */
static _Atomic uint64_t fail_at; /* the step that fails, counted alike; 0: none */
static _Atomic uint64_t die_at;
static _Atomic int fail_error;
static mm_file_watcher *watcher;
static void *watcher_context;

static uint64_t from_now(uint64_t n)
{
    return n ? atomic_load(&steps) + n : 0;
}

void mm_file_fail_at(uint64_t n, int error_number)
{
    atomic_store(&fail_error, error_number);
    atomic_store(&fail_at, from_now(n));
}

void mm_file_die_at(uint64_t n)
{
    atomic_store(&die_at, from_now(n));
}

void mm_file_watch(mm_file_watcher *with, void *context)
{
    watcher_context = context;
    watcher = with;
}

bool mm_file_hook_fails(enum mm_file_step step, const char *path, const char *to)
{
    uint64_t now = atomic_fetch_add(&steps, 1) + 1;
    if (watcher)
        watcher(watcher_context, step, path, to);
    if (now == atomic_load(&die_at))
        raise(SIGKILL);
    if (now != atomic_load(&fail_at))
        return false;
    errno = atomic_load(&fail_error);
    return true;
}
