/* Shared by privacy.c and privacy_scan.c only. */
#ifndef MM_MMAR_ARCHIVE_PRIVACY_INTERNAL_H
#define MM_MMAR_ARCHIVE_PRIVACY_INTERNAL_H

#include "base/json.h"

/* Does it name a place of one machine: absolute, in a home folder, on a drive, or above the MMAR? */
bool mm_privacy_is_local(const char *value);
/* The node behind this one, in the order of the text; NULL behind the last. For trees that were read. */
const cJSON *mm_privacy_next(const cJSON *node);

#endif
