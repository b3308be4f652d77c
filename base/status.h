/* The outcomes a function can report: one line each, so that enum, name and text cannot drift. */
#ifndef MM_BASE_STATUS_H
#define MM_BASE_STATUS_H

/* X(enum, exit code of the program, text) */
#define MM_STATUS_MAP(X)                                                                                             \
    X(MM_OK, 0, "ok")                                                                                                \
    X(MM_NO, 1, "ran, and the answer is no")                                                                         \
    X(MM_ERR_USAGE, 2, "usage error")                                                                                \
    X(MM_ERR_CONFIG, 3, "configuration error")                                                                       \
    X(MM_ERR_DATA, 4, "data error")                                                                                  \
    X(MM_ERR_IO, 5, "input or output error")                                                                         \
    X(MM_ERR_MEMORY, 5, "out of memory")                                                                             \
    X(MM_ERR_DEVICE, 5, "device error")                                                                              \
    X(MM_INTERRUPTED, 130, "interrupted")

#define MM_STATUS_ENUM(name, exit_code, text) name,
enum mm_status { MM_STATUS_MAP(MM_STATUS_ENUM) MM_STATUS_COUNT };
#undef MM_STATUS_ENUM

/* The program's exit code for a status (DESIGN.md 5: 0 1 2 3 4 5 130). */
int mm_status_exit_code(enum mm_status status);
const char *mm_status_text(enum mm_status status);

#endif
