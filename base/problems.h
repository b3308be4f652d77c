/* Findings about the user's files, collected in one run (up to 20) instead of one at a time. */
#ifndef MM_BASE_PROBLEMS_H
#define MM_BASE_PROBLEMS_H

#include "base/json.h"

#define MM_PROBLEMS_MAX 20

enum mm_severity { MM_SEVERITY_ERROR, MM_SEVERITY_WARNING, MM_SEVERITY_NOTE };

struct mm_problem {
    enum mm_severity severity;
    struct mm_place place;
    const cJSON *node; /* for the excerpt; may be NULL */
    const char *text;
};

struct mm_problems {
    struct mm_arena *arena; /* holds the texts; outlives the collection */
    struct mm_problem items[MM_PROBLEMS_MAX];
    size_t count, errors, dropped; /* dropped: found after the table was full */
    size_t told;                   /* errors, each as often as it was found: does what is read here have one? */
};

void mm_problems_init(struct mm_problems *problems, struct mm_arena *arena);
/* `node` is a node of base/json's (its place is used) or NULL. */
void mm_problem(struct mm_problems *problems, enum mm_severity severity, const cJSON *node, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The same with a place that no JSON node has, such as a file. */
void mm_problem_at(struct mm_problems *problems, enum mm_severity severity, struct mm_place place, const char *format,
                   ...) __attribute__((format(printf, 4, 5)));

/* All items as the user reads them: "file:line: path: text" with excerpt, one after the other. */
void mm_problems_print(struct mm_text *text, const struct mm_problems *problems);
/* MM_OK when there is no error, else `status` with all errors as text in err (the excerpts included). */
enum mm_status mm_problems_fail(const struct mm_problems *problems, enum mm_status status, struct mm_error *err);

#endif
