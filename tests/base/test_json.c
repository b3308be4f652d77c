/* Questions to a tree: places, excerpts, and the words messages use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"

static struct mm_arena arena;

static int setup(void **state)
{
    (void)state;
    mm_arena_init(&arena, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    mm_arena_done(&arena);
    return 0;
}

static cJSON *parse(const char *text)
{
    cJSON *json = NULL;
    struct mm_error err = {0};
    if (mm_json_parse(&arena, "config/a.json", text, strlen(text), &json, &err) != MM_OK)
        fail_msg("%s: %s", text, err.text);
    return json;
}

static void a_place_has_file_line_column_and_path(void **state)
{
    (void)state;
    const cJSON *root =
        parse("{\"train\":\n {\"pre_transforms\": [{}, {\"args\": {\"a_max\": 1, \"odd name\": [[2]], \"\": 3}}]}}");
    const cJSON *transforms = mm_json_get(mm_json_get(root, "train"), "pre_transforms");
    const cJSON *args = mm_json_get(cJSON_GetArrayItem(transforms, 1), "args");
    struct mm_place place = mm_json_place(&arena, mm_json_get(args, "a_max"));
    assert_string_equal(place.file, "config/a.json");
    assert_int_equal(place.line, 2);
    assert_int_equal(place.column, 45);
    assert_string_equal(place.path, "train.pre_transforms[1].args.a_max");
    place = mm_json_place(&arena, mm_json_get(args, "odd name")->child->child);
    assert_string_equal(place.path, "train.pre_transforms[1].args[\"odd name\"][0][0]");
    place = mm_json_place(&arena, mm_json_get(args, ""));
    assert_string_equal(place.path, "train.pre_transforms[1].args[\"\"]");
    place = mm_json_place(&arena, root);
    assert_null(place.path);
    assert_int_equal(place.line, 1);
}

static void a_built_node_has_a_path_and_no_file(void **state)
{
    (void)state;
    cJSON *root = mm_json_object(&arena);
    cJSON *value = mm_json_add(&arena, root, "a", mm_json_integer(&arena, 1));
    struct mm_place place = mm_json_place(&arena, value);
    assert_null(place.file);
    assert_int_equal(place.line, 0);
    assert_string_equal(place.path, "a");
    place = mm_json_place(&arena, NULL);
    assert_null(place.file);
    assert_null(place.path);
}

static void check_excerpt(const cJSON *node, const char *expected)
{
    struct mm_text text;
    mm_text_init(&text, 10000);
    mm_json_excerpt(&text, node);
    assert_string_equal(text.bytes, expected);
    mm_text_done(&text);
}

static void an_excerpt_underlines_the_value(void **state)
{
    (void)state;
    const cJSON *root = parse("{\n  \"a_max\": \"200\",\r\n\t\"b\": 7,\n \"list\": [1,\n 2], \"\xC3\xA9\": "
                              "\"\xC3\xA9x\", \"\xE2\x82\xAC\": 5}");
    check_excerpt(mm_json_get(root, "a_max"), "     2 |   \"a_max\": \"200\",\n"
                                              "       |            ^~~~~\n");
    check_excerpt(mm_json_get(root, "b"), "     3 | \t\"b\": 7,\n"
                                          "       | \t     ^\n");
    check_excerpt(mm_json_get(root, "list"), "     4 |  \"list\": [1,\n"
                                             "       |          ^~~\n");
    check_excerpt(mm_json_get(root, "\xC3\xA9"), "     5 |  2], \"\xC3\xA9\": \"\xC3\xA9x\", \"\xE2\x82\xAC\": 5}\n"
                                                 "       |           ^~~~\n");
    check_excerpt(mm_json_get(root, "\xE2\x82\xAC"),
                  "     5 |  2], \"\xC3\xA9\": \"\xC3\xA9x\", \"\xE2\x82\xAC\": 5}\n"
                  "       |                      ^\n");
    check_excerpt(mm_json_object(&arena), "");
    check_excerpt(NULL, "");
}

static void a_long_line_is_shown_around_the_value(void **state)
{
    (void)state;
    struct mm_text text, out;
    mm_text_init(&text, 100000);
    mm_text_init(&out, 10000);
    mm_text_add(&text, "[");
    for (int i = 0; i < 1000; i++)
        mm_text_format(&text, "%d, ", 1000 + i);
    mm_text_add(&text, "\"here\", 1]");
    const cJSON *root = parse(text.bytes);
    mm_json_excerpt(&out, cJSON_GetArrayItem(root, 500));
    assert_true(out.length < 300);
    const char *second = strchr(out.bytes, '\n') + 1;
    const char *value = strstr(out.bytes, "1500"), *mark = strchr(second, '^');
    assert_non_null(value);
    assert_int_equal(value - out.bytes, mark - second);
    assert_int_equal(strncmp(out.bytes, "     1 | ...", 12), 0);
    assert_non_null(strstr(out.bytes, "...\n"));
    assert_string_equal(mark, "^~~~\n");
    mm_text_done(&out);
    mm_json_excerpt(&out, root); /* the value is longer than what is shown */
    assert_true(out.length < 300);
    mm_text_done(&out);
    mm_text_done(&text);
}

static void kinds_and_found_values_read_well(void **state)
{
    (void)state;
    static const struct {
        const char *text, *kind, *found;
    } cases[] = {
        {"\"200\"", "a string", "string \"200\""},
        {"\"a\\n\\\"\"", "a string", "string \"a\\n\\\"\""},
        {"2.50", "a number", "number 2.5"},
        {"7", "a number", "number 7"},
        {"true", "a boolean", "true"},
        {"false", "a boolean", "false"},
        {"null", "null", "null"},
        {"[1]", "an array", "an array"},
        {"{}", "an object", "an object"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const cJSON *json = parse(cases[i].text);
        assert_string_equal(mm_json_kind(json), cases[i].kind);
        assert_string_equal(mm_json_found(&arena, json), cases[i].found);
    }
    assert_string_equal(mm_json_kind(NULL), "nothing");
    assert_string_equal(mm_json_found(&arena, NULL), "nothing");
}

static void a_long_string_is_quoted_in_part(void **state)
{
    (void)state;
    char text[401] = "\"";
    for (size_t i = 1; i + 2 < sizeof text; i += 2)
        memcpy(text + i, "\xC3\xA9", 2);
    text[399] = '"';
    const char *found = mm_json_found(&arena, parse(text));
    assert_true(strlen(found) < 80);
    assert_non_null(strstr(found, "\xC3\xA9...\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_place_has_file_line_column_and_path, setup, teardown),
        cmocka_unit_test_setup_teardown(a_built_node_has_a_path_and_no_file, setup, teardown),
        cmocka_unit_test_setup_teardown(an_excerpt_underlines_the_value, setup, teardown),
        cmocka_unit_test_setup_teardown(a_long_line_is_shown_around_the_value, setup, teardown),
        cmocka_unit_test_setup_teardown(kinds_and_found_values_read_well, setup, teardown),
        cmocka_unit_test_setup_teardown(a_long_string_is_quoted_in_part, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
