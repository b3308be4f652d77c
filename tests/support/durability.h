/* What becomes of a folder when a step of writing fails, when the program is killed at it, or when the power goes: the old state or the
 * new one, never a mixture. */
#ifndef MM_TESTS_SUPPORT_DURABILITY_H
#define MM_TESTS_SUPPORT_DURABILITY_H

#include <stdbool.h>

#include "base/error.h"
#include "tests/support/scratch.h"

struct durable {
    const char *name;
    /* Makes the old state in the folder, which is empty then; NULL: it stays empty. */
    void (*prepare)(struct scratch *scratch, const char *folder);
    enum mm_status (*run)(struct scratch *scratch, const char *folder, struct mm_error *err);
    /* Is the new state in the folder, whole? */
    bool (*is_new)(struct scratch *scratch, const char *folder);
    bool keeps_parts; /* NAME.part and its record may stay, for the next run to go on */
    bool two_steps;   /* of two files the first may be there alone after a kill: the next run adds the other */
};

/* Every step fails, with ENOSPC, EIO or EROFS; then every step is the last of a process that is killed, after which the same is run
 * again; then the order of steps is held to what a power cut asks for. The folder is "out" in the scratch folder. */
void durability_hold(struct scratch *scratch, const struct durable *durable);

#endif
