/* The tests' fault in reading. */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/file_internal.h"
#include "base/leave.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* over what follows */
static struct mm_file_fault current;
static unsigned long changes;
static _Atomic bool is_set; /* so that reading costs nothing without */

void mm_file_fault_set(const struct mm_file_fault *fault)
{
    pthread_mutex_lock(&mutex);
    current = fault ? *fault : (struct mm_file_fault){.part = NULL};
    changes++;
    pthread_mutex_unlock(&mutex);
    is_set = fault != NULL;
}

static struct mm_file_fault now(unsigned long *change)
{
    pthread_mutex_lock(&mutex);
    struct mm_file_fault fault = current;
    *change = changes;
    pthread_mutex_unlock(&mutex);
    return fault;
}

static void wait_for(const struct mm_file_fault *fault, unsigned long change)
{
    unsigned long later = change;
    mm_leave_enter();
    for (unsigned ms = 0; ms < fault->delay_ms && later == change; ms++) {
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        (void)now(&later);
    }
    mm_leave_exit();
}

bool mm_file_fault_meets(const char *path, size_t *size)
{
    unsigned long change;
    if (!is_set)
        return true;
    struct mm_file_fault fault = now(&change);
    if (!fault.part || !strstr(path, fault.part))
        return true;
    wait_for(&fault, change);
    if (fault.size && fault.size < *size)
        *size = fault.size;
    errno = fault.error_number;
    return fault.error_number == 0;
}
