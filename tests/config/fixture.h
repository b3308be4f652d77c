/* Reading a config from texts: each test has a folder with config.json and, where given, environment.json. */
#ifndef MM_TESTS_CONFIG_FIXTURE_H
#define MM_TESTS_CONFIG_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"
#include "tests/support/scratch.h"

struct fixture {
    struct scratch *scratch;
    struct mm_arena *arena;
    struct mm_problems problems;
    struct mm_error err;
    struct mm_config *config;
};

/* `environment` may be NULL; `sets` ends with NULL and may be NULL. */
static inline enum mm_status read_config(struct fixture *f, void **state, const char *text, const char *environment,
                                         const char *const *sets)
{
    *f = (struct fixture){.scratch = *state};
    f->arena = &f->scratch->arena;
    scratch_file(f->scratch, "config.json", text, strlen(text));
    if (environment)
        scratch_file(f->scratch, "environment.json", environment, strlen(environment));
    size_t count = 0;
    while (sets && sets[count])
        count++;
    const struct mm_config_sources sources = {.root = f->scratch->folder,
                                              .config = "config.json",
                                              .environment = environment ? "environment.json" : NULL,
                                              .sets = sets,
                                              .set_count = count};
    mm_problems_init(&f->problems, f->arena);
    return mm_config_read(f->arena, &sources, &f->config, &f->problems, &f->err);
}

/* Reads, and fails the test with what is wrong. */
static inline void read_good(struct fixture *f, void **state, const char *text, const char *environment,
                             const char *const *sets)
{
    if (read_config(f, state, text, environment, sets) != MM_OK) {
        mm_problems_fail(&f->problems, MM_ERR_CONFIG, &f->err);
        fail_msg("%s", f->err.text);
    }
}

/* Reads what must be refused with exactly this error first; its path may be NULL. */
static inline void read_bad(struct fixture *f, void **state, const char *text, const char *const *sets,
                            const char *path, const char *error)
{
    assert_int_equal(read_config(f, state, text, NULL, sets), MM_ERR_CONFIG);
    assert_true(f->problems.errors > 0);
    assert_string_equal(f->problems.items[0].text, error);
    if (path)
        assert_string_equal(f->problems.items[0].place.path, path);
}

/* A value of the resolved tree as compact JSON; `path` is one to three member names. */
static inline const char *value_text(struct fixture *f, const char *a, const char *b, const char *c)
{
    const cJSON *node = mm_json_get(f->config->root, a);
    node = b ? mm_json_get(node, b) : node;
    node = c ? mm_json_get(node, c) : node;
    return node ? mm_json_print(f->arena, node, MM_JSON_COMPACT) : "(none)";
}

/* "A B C": the names of a list. */
static inline const char *names_of(struct fixture *f, const struct mm_components *list)
{
    char *names = mm_arena_text(f->arena, "");
    for (size_t i = 0; i < list->count; i++)
        names = mm_arena_format(f->arena, "%s%s%s", names, i ? " " : "", list->items[i].name);
    return names;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_setup, scratch_teardown)

#endif
