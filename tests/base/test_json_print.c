/* Printing: the three styles, exact numbers, and that what is printed reads back as what it was. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/random.h"

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
    if (mm_json_parse(&arena, "t", text, strlen(text), &json, &err) != MM_OK)
        fail_msg("%s: %s", text, err.text);
    return json;
}

static void styles(void **state)
{
    (void)state;
    const cJSON *json =
        parse("{\"b\": [1, 2.50, \"x\"], \"a\": {\"z\": [], \"y\": {}, \"B\": [[1], {\"k\": null}]}, \"\": true}");
    assert_string_equal(mm_json_print(&arena, json, MM_JSON_COMPACT),
                        "{\"b\":[1,2.5,\"x\"],\"a\":{\"z\":[],\"y\":{},\"B\":[[1],{\"k\":null}]},\"\":true}");
    assert_string_equal(mm_json_print(&arena, json, MM_JSON_CANONICAL),
                        "{\"\":true,\"a\":{\"B\":[[1],{\"k\":null}],\"y\":{},\"z\":[]},\"b\":[1,2.5,\"x\"]}");
    assert_string_equal(mm_json_print(&arena, json, MM_JSON_INDENTED), "{\n"
                                                                       "  \"b\": [1, 2.5, \"x\"],\n"
                                                                       "  \"a\": {\n"
                                                                       "    \"z\": [],\n"
                                                                       "    \"y\": {},\n"
                                                                       "    \"B\": [\n"
                                                                       "      [1],\n"
                                                                       "      {\n"
                                                                       "        \"k\": null\n"
                                                                       "      }\n"
                                                                       "    ]\n"
                                                                       "  },\n"
                                                                       "  \"\": true\n"
                                                                       "}");
    assert_null(mm_json_print(&arena, NULL, MM_JSON_COMPACT));
}

/* Width of the longest line of {"key": [0, 0, ...]} with `count` zeros. */
static size_t widest_line(int count, size_t *lines)
{
    cJSON *root = mm_json_object(&arena);
    cJSON *list = mm_json_add(&arena, root, "key", mm_json_array(&arena));
    for (int i = 0; i < count; i++)
        mm_json_append(list, mm_json_integer(&arena, 0));
    const char *text = mm_json_print(&arena, root, MM_JSON_INDENTED);
    size_t widest = 0;
    *lines = 0;
    for (size_t length; *text; text += length + (text[length] == '\n'), ++*lines) {
        length = strcspn(text, "\n");
        widest = length > widest ? length : widest;
    }
    return widest;
}

static void short_arrays_stay_on_one_line_of_100(void **state)
{
    (void)state;
    size_t lines;
    /* 2 spaces, `"key": [`, 30 zeros with 29 separators, `]` = 99; one zero more would pass 100. */
    assert_int_equal(widest_line(30, &lines), 99);
    assert_int_equal(lines, 3);
    widest_line(31, &lines);
    assert_int_equal(lines, 3 + 32);
}

static void integers_and_doubles_are_exact(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "9223372036854775807", "-9223372036854775808", "9007199254740993",        "0.1", "-1.5e-07", "1e+20",
        "3.14159265358979",    "0.30000000000000004",  "1.7976931348623157e+308",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_string_equal(mm_json_print(&arena, parse(texts[i]), MM_JSON_COMPACT), texts[i]);
}

static void random_doubles_read_back_the_same(void **state)
{
    (void)state;
    struct mm_random random;
    mm_random_init(&random, 1, MM_RANDOM_SYNTHESIS, 0, 0, 0);
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = (uint64_t)mm_random_u32(&random) << 32 | mm_random_u32(&random);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        const char *text = mm_json_print(&arena, mm_json_number(&arena, value), MM_JSON_COMPACT);
        assert_true(parse(text)->valuedouble == value);
    }
}

static void strings_are_escaped_and_read_back(void **state)
{
    (void)state;
    const char *text =
        mm_json_print(&arena, mm_json_text(&arena, "a\"\\/\b\f\n\r\t\x01\x1F\x7F\xC3\xA9"), MM_JSON_COMPACT);
    assert_string_equal(text, "\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7F\xC3\xA9\"");
    assert_string_equal(parse(text)->valuestring, "a\"\\/\b\f\n\r\t\x01\x1F\x7F\xC3\xA9");
}

static void the_canonical_form_does_not_depend_on_the_text(void **state)
{
    (void)state;
    const char *a = mm_json_print(&arena, parse("{\"x\": 1.0, \"a\": \"\\u00e9\"}"), MM_JSON_CANONICAL);
    const char *b = mm_json_print(&arena, parse("{\n\"a\":\"\xC3\xA9\",\"x\":1}"), MM_JSON_CANONICAL);
    assert_string_equal(a, b);
}

static void large_flat_arrays_print(void **state)
{
    (void)state;
    cJSON *list = mm_json_array(&arena);
    for (int i = 0; i < 100000; i++)
        mm_json_append(list, mm_json_integer(&arena, i));
    const char *text = mm_json_print(&arena, list, MM_JSON_INDENTED);
    assert_int_equal(cJSON_GetArraySize(parse(text)), 100000);
}

static void no_memory_gives_null(void **state)
{
    (void)state;
    const cJSON *json = parse("{\"b\": 1, \"a\": 2}");
    const char *text = NULL;
    for (uint64_t n = 1; !text; n++) {
        struct mm_arena own;
        mm_arena_init(&own, NULL);
        mm_memory_fail_at(n);
        text = mm_json_print(&own, json, MM_JSON_CANONICAL);
        mm_memory_fail_at(0);
        if (text) {
            assert_int_equal(n, 4); /* text, sorted members, chunk */
            assert_string_equal(text, "{\"a\":2,\"b\":1}");
        }
        mm_arena_done(&own);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(styles, setup, teardown),
        cmocka_unit_test_setup_teardown(short_arrays_stay_on_one_line_of_100, setup, teardown),
        cmocka_unit_test_setup_teardown(integers_and_doubles_are_exact, setup, teardown),
        cmocka_unit_test_setup_teardown(random_doubles_read_back_the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(strings_are_escaped_and_read_back, setup, teardown),
        cmocka_unit_test_setup_teardown(the_canonical_form_does_not_depend_on_the_text, setup, teardown),
        cmocka_unit_test_setup_teardown(large_flat_arrays_print, setup, teardown),
        cmocka_unit_test_setup_teardown(no_memory_gives_null, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
