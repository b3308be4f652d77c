/* How much of this process is in memory. */
#ifndef MM_TESTS_SUPPORT_RESIDENT_H
#define MM_TESTS_SUPPORT_RESIDENT_H

#include <stdint.h>

uint64_t resident_bytes(void); /* 0 where the system does not say */

#endif
