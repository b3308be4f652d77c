#include "mmar/interrupt.h"

#include <signal.h>

static volatile sig_atomic_t arrived;

static void arrive(int number)
{
    (void)number;
    arrived = 1;
}

bool mm_interrupted(void)
{
    return arrived;
}

void mm_interrupt_install(void)
{
    struct sigaction action = {.sa_handler = arrive, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGXFSZ,
           SIG_IGN); /* a file over the limit is an error of write(2), after which nothing half-written stays */
}
