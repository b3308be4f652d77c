/* The passphrase of a private key: the first line of the file that MMAR_PASSPHRASE_FILE names, else asked for on the terminal, unseen. */
#ifndef MM_MMAR_SIGNING_PASSPHRASE_H
#define MM_MMAR_SIGNING_PASSPHRASE_H

#include <stddef.h>

#include "base/error.h"

/* For the key in the file `key`; `buffer` is OpenSSL's, which wipes it. MM_ERR_USAGE: nobody is there to be asked. */
enum mm_status mm_passphrase(const char *key, char *buffer, size_t size, int *length, struct mm_error *err);

#endif
