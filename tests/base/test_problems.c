/* Findings: how they read, what happens when there are many, and the one error that comes out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/problems.h"

static struct mm_arena arena;
static struct mm_problems problems;

static int setup(void **state)
{
    (void)state;
    mm_arena_init(&arena, NULL);
    mm_problems_init(&problems, &arena);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    mm_arena_done(&arena);
    return 0;
}

static void check_print(const char *expected)
{
    struct mm_text text;
    mm_text_init(&text, 100000);
    mm_problems_print(&text, &problems);
    assert_string_equal(text.bytes, expected);
    mm_text_done(&text);
}

static void a_problem_points_at_the_users_text(void **state)
{
    (void)state;
    static const char source[] = "{\n  \"args\": {\"a_max\": \"200\"}\n}";
    cJSON *json;
    assert_int_equal(mm_json_parse(&arena, "config/a.json", source, sizeof source - 1, &json, NULL), MM_OK);
    const cJSON *node = mm_json_get(mm_json_get(json, "args"), "a_max");
    mm_problem(&problems, MM_SEVERITY_ERROR, node, "expected a number, got %s", "string \"200\"");
    mm_problem(&problems, MM_SEVERITY_WARNING, NULL, "no place");
    mm_problem_at(&problems, MM_SEVERITY_NOTE, (struct mm_place){.file = "a.nii"}, "is 2D");
    static const char error[] = "config/a.json:2: args.a_max: expected a number, got string \"200\"\n"
                                "     2 |   \"args\": {\"a_max\": \"200\"}\n"
                                "       |                     ^~~~~";
    char all[512];
    snprintf(all, sizeof all, "%s\nwarning: no place\na.nii: note: is 2D\n", error);
    check_print(all);
    struct mm_error err;
    assert_int_equal(mm_problems_fail(&problems, MM_ERR_CONFIG, &err), MM_ERR_CONFIG);
    assert_string_equal(err.text, error);
    assert_int_equal(mm_problems_fail(&problems, MM_ERR_DATA, NULL), MM_ERR_DATA);
}

static void warnings_are_no_failure(void **state)
{
    (void)state;
    struct mm_error err = {.text = "untouched"};
    mm_problem(&problems, MM_SEVERITY_WARNING, NULL, "x");
    assert_int_equal(mm_problems_fail(&problems, MM_ERR_CONFIG, &err), MM_OK);
    assert_string_equal(err.text, "untouched");
}

/* A component that is referred to is read twice. */
static void the_same_finding_counts_once(void **state)
{
    (void)state;
    static const char source[] = "{\"a\": 1, \"b\": 1}";
    cJSON *json;
    assert_int_equal(mm_json_parse(&arena, "a.json", source, sizeof source - 1, &json, NULL), MM_OK);
    for (int i = 0; i < 2; i++) {
        mm_problem(&problems, MM_SEVERITY_ERROR, mm_json_get(json, "a"), "wrong");
        mm_problem(&problems, MM_SEVERITY_ERROR, mm_json_get(json, "b"), "wrong");
        mm_problem_at(&problems, MM_SEVERITY_WARNING, (struct mm_place){.file = "a.nii"}, "is 2D");
    }
    assert_int_equal(problems.count, 3);
    assert_int_equal(problems.errors, 2);
    assert_int_equal(problems.dropped, 0);
}

static void the_table_is_bounded_and_errors_come_first(void **state)
{
    (void)state;
    mm_problem(&problems, MM_SEVERITY_ERROR, NULL, "e0");
    for (int i = 0; i < 30; i++)
        mm_problem(&problems, MM_SEVERITY_WARNING, NULL, "w%d", i);
    assert_int_equal(problems.count, MM_PROBLEMS_MAX);
    assert_int_equal(problems.dropped, 11);
    mm_problem(&problems, MM_SEVERITY_ERROR, NULL, "e1");
    mm_problem(&problems, MM_SEVERITY_ERROR, NULL, "e2");
    assert_int_equal(problems.errors, 3);
    assert_int_equal(problems.dropped, 13);
    assert_string_equal(problems.items[0].text, "e0");
    assert_string_equal(problems.items[17].text, "w16");
    assert_string_equal(problems.items[18].text, "e1");
    assert_string_equal(problems.items[19].text, "e2");
    for (int i = 3; i < 40; i++)
        mm_problem(&problems, MM_SEVERITY_ERROR, NULL, "e%d", i);
    assert_int_equal(problems.errors, 40);
    assert_int_equal(problems.count, MM_PROBLEMS_MAX);
    for (int i = 0; i < MM_PROBLEMS_MAX; i++)
        assert_int_equal(problems.items[i].severity, MM_SEVERITY_ERROR);
    struct mm_error err;
    mm_problems_fail(&problems, MM_ERR_CONFIG, &err);
    assert_string_equal(err.text + strlen(err.text) - 12, "\nand 20 more");
}

static void an_error_holds_whole_problems_only(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++)
        mm_problem(&problems, MM_SEVERITY_ERROR, NULL, "%0800d", i);
    struct mm_error err;
    mm_problems_fail(&problems, MM_ERR_CONFIG, &err);
    assert_true(strlen(err.text) + 400 < sizeof err.text);
    assert_non_null(strstr(err.text, "0003\nand 6 more"));
}

static void no_memory_still_counts(void **state)
{
    (void)state;
    struct mm_budget none;
    mm_budget_init(&none, 1);
    struct mm_arena poor;
    mm_arena_init(&poor, &none);
    mm_problems_init(&problems, &poor);
    mm_problem(&problems, MM_SEVERITY_ERROR, NULL, "x");
    struct mm_error err;
    assert_int_equal(mm_problems_fail(&problems, MM_ERR_CONFIG, &err), MM_ERR_CONFIG);
    mm_arena_done(&poor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_problem_points_at_the_users_text, setup, teardown),
        cmocka_unit_test_setup_teardown(warnings_are_no_failure, setup, teardown),
        cmocka_unit_test_setup_teardown(the_same_finding_counts_once, setup, teardown),
        cmocka_unit_test_setup_teardown(the_table_is_bounded_and_errors_come_first, setup, teardown),
        cmocka_unit_test_setup_teardown(an_error_holds_whole_problems_only, setup, teardown),
        cmocka_unit_test_setup_teardown(no_memory_still_counts, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
