/* Who may be left behind, and the gate behind each call that may block. */
#include "base/leave.h"

#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

enum state { RUNNING, IN_CALL, LEFT };

static _Thread_local struct mm_leave *own;

void mm_leave_allow(struct mm_leave *leave)
{
    own = leave;
}

void mm_leave_enter(void)
{
    if (own)
        atomic_store(&own->state, IN_CALL);
}

void mm_leave_exit(void)
{
    int expected = IN_CALL;
    if (!own || atomic_compare_exchange_strong(&own->state, &expected, RUNNING))
        return;
    for (;;)
        pause();
}

bool mm_leave_behind(struct mm_leave *leave)
{
    int expected = IN_CALL;
    return atomic_compare_exchange_strong(&leave->state, &expected, LEFT);
}
