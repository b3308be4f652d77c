/* What is written to stderr while a test runs. */
#ifndef MM_TESTS_SUPPORT_CAPTURE_H
#define MM_TESTS_SUPPORT_CAPTURE_H

#include <stdbool.h>

/* Sends stderr to a file, or to a terminal of 80 columns. One capture at a time. */
void capture_begin(bool is_tty);
/* Gives stderr back; the text is valid until the next capture. */
const char *capture_end(void);

#endif
