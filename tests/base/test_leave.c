/* A thread that a system call holds up can be left behind, and never comes back; one that runs cannot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "base/leave.h"

struct guest {
    struct mm_leave leave;
    int pipe[2];
    atomic_int reached; /* 1: about to call, 2: back from it */
};

static void *read_a_byte(void *argument)
{
    struct guest *guest = argument;
    char byte;
    mm_leave_allow(&guest->leave);
    mm_leave_enter();
    guest->reached = 1;
    ssize_t n = read(guest->pipe[0], &byte, 1);
    mm_leave_exit();
    guest->reached = n == 1 ? 2 : 3;
    return NULL;
}

static void start(struct guest *guest, pthread_t *thread)
{
    assert_int_equal(pipe(guest->pipe), 0);
    assert_int_equal(pthread_create(thread, NULL, read_a_byte, guest), 0);
    while (guest->reached < 1)
        nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
}

static void test_a_thread_in_a_call_is_left_for_good(void **state)
{
    (void)state;
    static struct guest guest; /* lives as long as the thread: for ever */
    pthread_t thread;
    start(&guest, &thread);
    assert_true(mm_leave_behind(&guest.leave));
    assert_int_equal(write(guest.pipe[1], "x", 1), 1);
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL); /* time to come back, if it did */
    assert_int_equal(guest.reached, 1);
    pthread_detach(thread);
}

static void test_a_thread_that_runs_is_not_left(void **state)
{
    (void)state;
    struct guest guest = {.reached = 0};
    pthread_t thread;
    assert_false(mm_leave_behind(&guest.leave));
    start(&guest, &thread);
    assert_int_equal(write(guest.pipe[1], "x", 1), 1);
    while (guest.reached < 2)
        nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
    assert_false(mm_leave_behind(&guest.leave));
    pthread_join(thread, NULL);
    close(guest.pipe[0]);
    close(guest.pipe[1]);
    mm_leave_enter(); /* not a thread that may be left: nothing happens */
    mm_leave_exit();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_thread_in_a_call_is_left_for_good),
        cmocka_unit_test(test_a_thread_that_runs_is_not_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
