/* SIGINT and SIGTERM set a flag that long work asks (mm_interrupted); a second one ends the program at once. */
#ifndef MM_MMAR_INTERRUPT_H
#define MM_MMAR_INTERRUPT_H

#include "mmar/command.h"

void mm_interrupt_install(void);

#endif
