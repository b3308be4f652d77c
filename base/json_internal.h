/* Shared by the .c files of base/json.h only: the reader's state, its tokens, and what every number node holds. */
#ifndef MM_BASE_JSON_INTERNAL_H
#define MM_BASE_JSON_INTERNAL_H

#include "base/json.h"

struct mm_json_parser {
    struct mm_arena *arena;
    const struct mm_json_source *source;
    const char *at, *end;
    const char *line_start;
    uint32_t line;
    unsigned depth;
    uint32_t values;
    struct mm_error *err;
};

/* A place in the text, kept while what follows it is read. */
struct mm_json_mark {
    const char *at;
    uint32_t line, column;
};

static inline struct mm_json_mark mm_json_mark_here(const struct mm_json_parser *p)
{
    return (struct mm_json_mark){p->at, p->line, (uint32_t)(p->at - p->line_start) + 1};
}

static inline bool mm_json_next_is(const struct mm_json_parser *p, char c)
{
    return p->at < p->end && *p->at == c;
}

/* MM_ERR_CONFIG "name:line:column: <text>". */
enum mm_status mm_json_fail_at(struct mm_json_parser *p, struct mm_json_mark mark, const char *text);
/* The same here, with "expected <what>" and what stands here instead. */
enum mm_status mm_json_fail_expected(struct mm_json_parser *p, const char *what);

/* A whole string, p->at on its opening quote, decoded into the arena. */
enum mm_status mm_json_read_string(struct mm_json_parser *p, char **string);
/* A whole number, p->at on its first byte. */
enum mm_status mm_json_read_number(struct mm_json_parser *p, struct mm_json_node *node);
/* Makes the node a number as cJSON would: valueint is saturated. */
void mm_json_set_number(cJSON *json, double value);

#endif
