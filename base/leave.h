/* Threads that may be left behind. A system call on a source that went away (a network share) may never return, and no
 * thread can be ended from outside. So calls that may block for ever are marked, and while a thread is in one its owner
 * may leave it behind: should the call return after all, the thread sleeps for ever instead of coming back. It touches
 * nothing any more, so what it worked on may be freed; its stack and what it had allocated for itself are lost. */
#ifndef MM_BASE_LEAVE_H
#define MM_BASE_LEAVE_H

#include <stdbool.h>

struct mm_leave { /* zeroed; of one thread; lives as long as it does, for ever when it was left behind */
    _Atomic int state;
};

void mm_leave_allow(struct mm_leave *leave); /* for the calling thread */
/* Around a call that may block; on threads that may not be left behind, nothing. They do not nest. */
void mm_leave_enter(void);
void mm_leave_exit(void); /* keeps errno */
/* True: it is in such a call, and will never come back. False: it is not, ask again later. */
bool mm_leave_behind(struct mm_leave *leave);

#endif
