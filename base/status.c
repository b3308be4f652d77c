/* The table of statuses, expanded into exit codes and texts. */
#include "base/status.h"

#include "base/error.h"

#define EXIT_CODE(name, exit_code, text) [name] = exit_code,
#define TEXT(name, exit_code, text)      [name] = text,
static const int exit_codes[] = {MM_STATUS_MAP(EXIT_CODE)};
static const char *const texts[] = {MM_STATUS_MAP(TEXT)};

int mm_status_exit_code(enum mm_status status)
{
    if ((unsigned)status >= MM_STATUS_COUNT)
        mm_bug("status %d does not exist", (int)status);
    return exit_codes[status];
}

const char *mm_status_text(enum mm_status status)
{
    if ((unsigned)status >= MM_STATUS_COUNT)
        mm_bug("status %d does not exist", (int)status);
    return texts[status];
}
