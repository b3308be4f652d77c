/* Clara's handlers and writers: what they do is done here without them, or not at all. They are recognised, kept in the config, and each
 * is told about once. */
#ifndef MM_TRAINER_HANDLERS_H
#define MM_TRAINER_HANDLERS_H

#include "config/config.h"

void mm_handlers_check(const struct mm_stage *stage, struct mm_problems *problems);

#endif
