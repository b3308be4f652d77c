/* What the registry tests of the families share: parameters from JSON text, and the rules every member keeps. */
#ifndef MM_TESTS_TRAINER_COMPONENT_H
#define MM_TESTS_TRAINER_COMPONENT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <string.h>

#include "base/params.h"

/* Reads arguments; NULL and the problems as text in err when they are refused. */
static inline void *component_try(struct mm_arena *arena, const struct mm_param *table, size_t size, const char *args,
                                  struct mm_error *err)
{
    cJSON *json;
    struct mm_problems problems;
    mm_problems_init(&problems, arena);
    assert_int_equal(mm_json_parse(arena, "args", args, strlen(args), &json, err), MM_OK);
    void *self = mm_arena_alloc(arena, size);
    const struct mm_param_target target = {table, self};
    assert_non_null(self);
    if (mm_params_read(arena, &target, 1, json, json, &problems) == MM_OK)
        return self;
    mm_problems_fail(&problems, MM_ERR_CONFIG, err);
    return NULL;
}

static inline void *component_read(struct mm_arena *arena, const struct mm_param *table, size_t size,
                                   const char *args)
{
    struct mm_error err = {0};
    void *self = component_try(arena, table, size, args, &err);
    if (!self)
        fail_msg("%s: %s", args, err.text);
    return self;
}

/* Name, summary and example as every family has them; an unknown argument is refused by its name. */
static inline void component_keeps_rules(struct mm_arena *arena, const char *name, const char *summary,
                                         const char *example, const struct mm_param *table, size_t size)
{
    struct mm_error err = {0};
    assert_true(isupper((unsigned char)*name));
    assert_true(strlen(summary) > 10 && summary[strlen(summary) - 1] != '.');
    assert_true(islower((unsigned char)summary[0]) || isupper((unsigned char)summary[1]) || strchr(summary, ' '));
    component_read(arena, table, size, example);
    assert_null(component_try(arena, table, size, "{\"surely_not_there\": 1}", &err));
    assert_non_null(strstr(err.text, "surely_not_there"));
    for (const struct mm_param *p = table; p->type != MM_PARAM_END_OF_TABLE; p++) {
        if (!p->help || !*p->help)
            fail_msg("%s: parameter %s has no help", name, p->name);
        for (const struct mm_param *q = p + 1; q->type != MM_PARAM_END_OF_TABLE; q++)
            assert_string_not_equal(p->name, q->name);
    }
}

#endif
