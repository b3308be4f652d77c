/* The JSON reader: what it takes, what it refuses and where, and that its tree is what cJSON's getters expect. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "base/json.h"
#include "tests/support/scratch.h"

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

/* The tree invariants that cJSON's functions rely on. */
static void check_links(const cJSON *parent)
{
    const cJSON *last = NULL;
    for (const cJSON *child = parent->child; child; last = child, child = child->next) {
        if (child != parent->child)
            assert_ptr_equal(child->prev, last);
        assert_ptr_equal(((const struct mm_json_node *)child)->parent, parent);
        assert_int_equal(child->string != NULL, cJSON_IsObject(parent));
        check_links(child);
    }
    if (parent->child)
        assert_ptr_equal(parent->child->prev, last);
}

static void a_tree_reads_with_cjson(void **state)
{
    (void)state;
    const cJSON *json =
        parse("{\"name\": \"Scale\", \"args\": {\"size\": [96, 96.5, -1e2], \"on\": true, \"off\": false, "
              "\"none\": null, \"empty\": {}, \"list\": []}}");
    check_links(json);
    assert_string_equal(cJSON_GetObjectItemCaseSensitive(json, "name")->valuestring, "Scale");
    const cJSON *args = mm_json_get(json, "args");
    assert_int_equal(cJSON_GetArraySize(args), 6);
    const cJSON *size = mm_json_get(args, "size");
    assert_int_equal(cJSON_GetArrayItem(size, 0)->valueint, 96);
    assert_true(cJSON_GetArrayItem(size, 1)->valuedouble == 96.5);
    assert_true(cJSON_GetArrayItem(size, 2)->valuedouble == -100);
    assert_true(cJSON_IsTrue(mm_json_get(args, "on")) && cJSON_IsFalse(mm_json_get(args, "off")));
    assert_true(cJSON_IsNull(mm_json_get(args, "none")));
    assert_null(mm_json_get(args, "empty")->child);
    assert_null(mm_json_get(args, "list")->child);
    assert_null(mm_json_get(args, "absent"));
    assert_null(mm_json_get(size, "name"));
    assert_null(mm_json_get(NULL, "name"));
}

static void scalars_are_texts_too(void **state)
{
    (void)state;
    assert_true(cJSON_IsTrue(parse(" \t\r\n true \n")));
    assert_true(cJSON_IsNull(parse("null")));
    assert_string_equal(parse("\"\"")->valuestring, "");
    assert_true(parse("0")->valuedouble == 0);
}

static void strings_are_decoded(void **state)
{
    (void)state;
    static const struct {
        const char *text, *value;
    } cases[] = {
        {"\"a\\\"b\\\\c\\/d\"", "a\"b\\c/d"},
        {"\"\\b\\f\\n\\r\\t\"", "\b\f\n\r\t"},
        {"\"\\u0041\\u00e9\\u20AC\\ud83d\\uDE00\"", "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"},
        {"\"\\u0001\\u007f\\uFFFF\"", "\x01\x7F\xEF\xBF\xBF"},
        {"\"\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80 \xF4\x8F\xBF\xBF\"",
         "\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80 \xF4\x8F\xBF\xBF"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(parse(cases[i].text)->valuestring, cases[i].value);
}

static void integers_are_exact_within_64_bits(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_integer;
        int64_t integer;
        int valueint;
    } cases[] = {
        {"0", true, 0, 0},
        {"-0", true, 0, 0},
        {"9007199254740993", true, 9007199254740993, INT32_MAX}, /* no double */
        {"9223372036854775807", true, INT64_MAX, INT32_MAX},
        {"-9223372036854775808", true, INT64_MIN, INT32_MIN},
        {"9223372036854775808", false, 0, INT32_MAX},
        {"-9223372036854775809", false, 0, INT32_MIN},
        {"3.0", false, 0, 3},
        {"1e3", false, 0, 1000},
        {"-2147483649", true, -2147483649, INT32_MIN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const cJSON *json = parse(cases[i].text);
        int64_t integer = 0;
        assert_int_equal(mm_json_int(json, &integer), cases[i].is_integer);
        assert_int_equal(integer, cases[i].integer);
        assert_int_equal(json->valueint, cases[i].valueint);
    }
}

static void doubles_are_the_nearest(void **state)
{
    (void)state;
    assert_true(parse("0.1")->valuedouble == 0.1);
    assert_true(parse("1.7976931348623157e308")->valuedouble == 1.7976931348623157e308);
    assert_true(parse("4.9e-324")->valuedouble == 4.9e-324);
    assert_true(parse("1e-999")->valuedouble == 0);
    assert_true(signbit(parse("-0.0")->valuedouble));
    assert_true(parse("1E+2")->valuedouble == 100);
}

static void every_value_knows_its_place(void **state)
{
    (void)state;
    const cJSON *json = parse("{\n  \"a\": [1,\r\n\t22],\n  \"b\":\n\"x\\n\"}");
    const struct mm_json_node *a = (const struct mm_json_node *)mm_json_get(json, "a");
    const struct mm_json_node *second = (const struct mm_json_node *)cJSON_GetArrayItem(&a->json, 1);
    const struct mm_json_node *b = (const struct mm_json_node *)mm_json_get(json, "b");
    assert_int_equal(a->line, 2);
    assert_int_equal(a->column, 8);
    assert_int_equal(a->length, 9);
    assert_int_equal(a->key_line, 2);
    assert_int_equal(a->key_column, 3);
    assert_int_equal(second->line, 3);
    assert_int_equal(second->column, 2);
    assert_int_equal(second->length, 2);
    assert_int_equal(b->line, 5);
    assert_int_equal(b->column, 1);
    assert_int_equal(b->length, 5);
    assert_int_equal(b->key_line, 4);
}

/* Each with the error it must give; "%s" of parse's name is t. */
static void bad_texts_are_refused_where_they_are_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"", "t:1:1: expected a value, found the end of the text"},
        {"  \n ", "t:2:2: expected a value, found the end of the text"},
        {"\xEF\xBB\xBF{}", "t:1:1: starts with a byte order mark; save it as plain UTF-8"},
        {"{} {}", "t:1:4: expected nothing after the value, found '{'"},
        {"{}\n\nx", "t:3:1: expected nothing after the value, found 'x'"},
        {"[1,]", "t:1:4: expected a value, found ']'"},
        {"[,1]", "t:1:2: expected a value, found ','"},
        {"[1 2]", "t:1:4: expected ',' or ']', found '2'"},
        {"[1", "t:1:3: expected ',' or ']', found the end of the text"},
        {"[", "t:1:2: expected a value, found the end of the text"},
        {"]", "t:1:1: expected a value, found ']'"},
        {"{\"a\": 1,}", "t:1:9: expected a name in quotes (no comma before '}'), found '}'"},
        {"{,}", "t:1:2: expected a name in quotes or '}', found ','"},
        {"{a: 1}", "t:1:2: expected a name in quotes or '}', found 'a'"},
        {"{\"a\" 1}", "t:1:6: expected ':', found '1'"},
        {"{\"a\"}", "t:1:5: expected ':', found '}'"},
        {"{\"a\":}", "t:1:6: expected a value, found '}'"},
        {"{\"a\": 1 \"b\": 2}", "t:1:9: expected ',' or '}', found '\"'"},
        {"{\"a\": 1", "t:1:8: expected ',' or '}', found the end of the text"},
        {"{\n \"a\": 1,\n \"b\": 2,\n \"a\": 3}", "t:4:2: duplicate key \"a\", first on line 2"},
        {"{\"a\": 1, \"\\u0061\": 2}", "t:1:10: duplicate key \"a\", first on line 1"},
        {"{\"c\": 1, \"b\": 1, \"b\": 1, \"c\": 1, \"b\": 2}", "t:1:18: duplicate key \"b\", first on line 1"},
        {"{\"x\": {\"a\": 1, \"a\": 2}}", "t:1:16: duplicate key \"a\", first on line 1"},
        {"// x\n1", "t:1:1: expected a value, found '/': JSON has no comments"},
        {"[1, /* x */ 2]", "t:1:5: expected a value, found '/': JSON has no comments"},
        {"{\"a\": 1 // x\n}", "t:1:9: expected ',' or '}', found '/': JSON has no comments"},
        {"NaN", "t:1:1: expected a value, found 'N'"},
        {"Infinity", "t:1:1: expected a value, found 'I'"},
        {"-Infinity", "t:1:2: expected a digit, found 'I'"},
        {"True", "t:1:1: expected a value, found 'T'"},
        {"truex", "t:1:1: expected a value, found 't'"},
        {"tru", "t:1:1: expected a value, found 't'"},
        {"nul", "t:1:1: expected a value, found 'n'"},
        {"true1", "t:1:5: expected nothing after the value, found '1'"},
        {"'a'", "t:1:1: expected a value, found '''"},
        {"01", "t:1:1: a number must not start with 0"},
        {"-01", "t:1:1: a number must not start with 0"},
        {"00", "t:1:1: a number must not start with 0"},
        {"+1", "t:1:1: expected a value, found '+'"},
        {".5", "t:1:1: expected a value, found '.'"},
        {"-", "t:1:2: expected a digit, found the end of the text"},
        {"--1", "t:1:2: expected a digit, found '-'"},
        {"1.", "t:1:3: expected a digit after the decimal point, found the end of the text"},
        {"1.e5", "t:1:3: expected a digit after the decimal point, found 'e'"},
        {"1e", "t:1:3: expected a digit in the exponent, found the end of the text"},
        {"1e+", "t:1:4: expected a digit in the exponent, found the end of the text"},
        {"[1.5.2]", "t:1:5: expected the end of the number, found '.'"},
        {"0x10", "t:1:2: expected the end of the number, found 'x'"},
        {"[1, 2f]", "t:1:6: expected the end of the number, found 'f'"},
        {"1e309", "t:1:1: the number is too large for a double"},
        {"[0, -1e999]", "t:1:5: the number is too large for a double"},
        {"\"abc", "t:1:1: the string that starts here has no end"},
        {"[\"abc\\\"]", "t:1:2: the string that starts here has no end"},
        {"\"\\", "t:1:1: the string that starts here has no end"},
        {"\"a\nb\"", "t:1:3: a string must not contain a line break; write \\n"},
        {"\"a\tb\"", "t:1:3: a string must not contain a control character; write \\uXXXX"},
        {"\"a\x1F\"", "t:1:3: a string must not contain a control character; write \\uXXXX"},
        {"\"\\x41\"", "t:1:2: unknown escape in a string; allowed are \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX"},
        {"\"\\u12\"", "t:1:6: expected four hexadecimal digits after \\u, found '\"'"},
        {"\"\\u12G4\"", "t:1:6: expected four hexadecimal digits after \\u, found 'G'"},
        {"\"\\u0000\"", "t:1:2: \\u0000 is not allowed in a string"},
        {"\"\\ud800\"", "t:1:2: a surrogate stands alone in a string"},
        {"\"\\udc00\"", "t:1:2: a surrogate stands alone in a string"},
        {"\"\\ud800\\ud800\"", "t:1:2: a surrogate stands alone in a string"},
        {"\"\\ud800x\"", "t:1:2: a surrogate stands alone in a string"},
        {"\"\\ud800\\n\"", "t:1:2: a surrogate stands alone in a string"},
        {"\"a\x80\"", "t:1:3: bytes that are not UTF-8"},        /* continuation alone   */
        {"\"\xC0\xAF\"", "t:1:2: bytes that are not UTF-8"},     /* overlong '/'         */
        {"\"\xE0\x80\xAF\"", "t:1:2: bytes that are not UTF-8"}, /* overlong, three bytes */
        {"\"\xF0\x80\x80\xAF\"", "t:1:2: bytes that are not UTF-8"},
        {"\"\xED\xA0\x80\"", "t:1:2: bytes that are not UTF-8"},     /* surrogate            */
        {"\"\xF4\x90\x80\x80\"", "t:1:2: bytes that are not UTF-8"}, /* above U+10FFFF   */
        {"\"\xF8\x88\x80\x80\x80\"", "t:1:2: bytes that are not UTF-8"},
        {"\"\xC3\"", "t:1:2: bytes that are not UTF-8"},
        {"\"\xFF\"", "t:1:2: bytes that are not UTF-8"},
        {"[1]\xC3\xA9", "t:1:4: expected nothing after the value, found byte 0xC3"},
        {"\x0B"
         "1",
         "t:1:1: expected a value, found byte 0x0B"},
        {"\xC2\xA0"
         "1",
         "t:1:1: expected a value, found byte 0xC2"}, /* no-break space is no white space here */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cJSON *json;
        struct mm_error err = {0};
        assert_int_equal(mm_json_parse(&arena, "t", cases[i].text, strlen(cases[i].text), &json, &err),
                         MM_ERR_CONFIG);
        assert_string_equal(err.text, cases[i].error);
    }
}

static void a_nul_byte_is_refused(void **state)
{
    (void)state;
    cJSON *json;
    struct mm_error err;
    assert_int_equal(mm_json_parse(&arena, "t", "\"a\0b\"", 5, &json, &err), MM_ERR_CONFIG);
    assert_string_equal(err.text, "t:1:3: a string must not contain a control character; write \\uXXXX");
    assert_int_equal(mm_json_parse(&arena, "t", "1\0", 2, &json, &err), MM_ERR_CONFIG);
    assert_string_equal(err.text, "t:1:2: expected nothing after the value, found byte 0x00");
}

static void only_the_given_length_is_read(void **state)
{
    (void)state;
    cJSON *json;
    struct mm_error err;
    assert_int_equal(mm_json_parse(&arena, "t", "12345", 2, &json, &err), MM_OK);
    assert_true(json->valuedouble == 12);
    assert_int_equal(mm_json_parse(&arena, "t", "[1]x", 3, &json, &err), MM_OK);
}

static char *nested(size_t depth)
{
    char *text = mm_arena_alloc(&arena, 2 * depth + 1);
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    return text;
}

static void depth_64_is_the_last(void **state)
{
    (void)state;
    check_links(parse(nested(64)));
    cJSON *json;
    struct mm_error err;
    const char *text = nested(65);
    assert_int_equal(mm_json_parse(&arena, "t", text, strlen(text), &json, &err), MM_ERR_CONFIG);
    assert_string_equal(err.text, "t:1:65: nested deeper than 64");
    text = nested(1000000);
    assert_int_equal(mm_json_parse(&arena, "t", text, strlen(text), &json, &err), MM_ERR_CONFIG);
}

static void large_texts_take_linear_work(void **state)
{
    (void)state;
    enum { COUNT = 200000 };
    struct mm_text text;
    mm_text_init(&text, MM_JSON_SIZE_MAX);
    mm_text_add(&text, "{\"list\": [0");
    for (int i = 1; i < COUNT; i++)
        mm_text_format(&text, ",%d", i);
    mm_text_add(&text, "], \"map\": {\"\": 0");
    for (int i = 1; i < COUNT; i++)
        mm_text_format(&text, ",\n\"k%d\":%d", i, i);
    mm_text_add(&text, "}}");
    const cJSON *json = parse(text.bytes);
    check_links(json);
    assert_int_equal(cJSON_GetArraySize(mm_json_get(json, "list")), COUNT);
    assert_int_equal(mm_json_get(json, "list")->child->prev->valueint, COUNT - 1);
    assert_int_equal(mm_json_get(json, "map")->child->prev->valueint, COUNT - 1);
    /* The last key again. */
    text.length -= 2;
    mm_text_format(&text, ",\"k%d\":0}}", COUNT / 2);
    cJSON *bad;
    struct mm_error err;
    assert_int_equal(mm_json_parse(&arena, "t", text.bytes, text.length, &bad, &err), MM_ERR_CONFIG);
    assert_non_null(strstr(err.text, "duplicate key \"k100000\", first on line 100001"));
    mm_text_done(&text);
}

static void too_large_is_refused_before_reading(void **state)
{
    (void)state;
    cJSON *json;
    struct mm_error err;
    assert_int_equal(mm_json_parse(&arena, "t", "", MM_JSON_SIZE_MAX + 1u, &json, &err), MM_ERR_CONFIG);
    assert_string_equal(err.text, "t:1:1: 16777217 bytes, JSON of at most 16777216 is read");
}

static void too_many_values_are_refused(void **state)
{
    (void)state;
    char *text = mm_arena_alloc(&arena, 2 * MM_JSON_VALUES_MAX + 2);
    for (size_t i = 0; i < MM_JSON_VALUES_MAX; i++)
        memcpy(text + 1 + 2 * i, "0,", 2);
    text[0] = '[';
    text[2 * MM_JSON_VALUES_MAX - 2] = ']'; /* one zero less: with the array itself as many as may be */
    cJSON *json;
    struct mm_error err;
    assert_int_equal(mm_json_parse(&arena, "t", text, 2 * MM_JSON_VALUES_MAX - 1, &json, &err), MM_OK);
    text[2 * MM_JSON_VALUES_MAX - 2] = ',';
    text[2 * MM_JSON_VALUES_MAX] = ']';
    assert_int_equal(mm_json_parse(&arena, "t", text, 2 * MM_JSON_VALUES_MAX + 1, &json, &err), MM_ERR_CONFIG);
    assert_string_equal(err.text, "t:1:2097152: more than 1048576 values");
}

/* Any allocation may fail: an error each time, nothing lost, and in the end it works. */
static void every_allocation_may_fail(void **state)
{
    (void)state;
    static const char text[] = "{\"a\": [1, \"x\", {\"b\": null}], \"c\": true}";
    enum mm_status s = MM_ERR_MEMORY;
    for (uint64_t n = 1; s != MM_OK; n++) {
        struct mm_arena own;
        mm_arena_init(&own, NULL);
        own.chunk_size = 256; /* so that many allocations reach the hook */
        cJSON *json;
        struct mm_error err = {0};
        mm_memory_fail_at(n);
        s = mm_json_parse(&own, "t", text, sizeof text - 1, &json, &err);
        mm_memory_fail_at(0);
        if (s != MM_OK)
            assert_int_equal(s, MM_ERR_MEMORY);
        else
            assert_true(n > 5);
        mm_arena_done(&own);
    }
}

static void files_are_read_under_their_path(void **state)
{
    struct scratch *scratch = *state;
    cJSON *json;
    struct mm_error err;
    const char *path = scratch_file(scratch, "a.json", "{\"a\": 1}\n", 9);
    assert_int_equal(mm_json_read(&scratch->arena, path, &json, &err), MM_OK);
    assert_string_equal(mm_json_place(&scratch->arena, json->child).file, path);
    path = scratch_file(scratch, "b.json", "{\n", 2);
    assert_int_equal(mm_json_read(&scratch->arena, path, &json, &err), MM_ERR_CONFIG);
    assert_int_equal(strncmp(err.text, path, strlen(path)), 0);
    assert_int_equal(mm_json_read(&scratch->arena, scratch_path(scratch, "absent.json"), &json, &err), MM_ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_tree_reads_with_cjson, setup, teardown),
        cmocka_unit_test_setup_teardown(scalars_are_texts_too, setup, teardown),
        cmocka_unit_test_setup_teardown(strings_are_decoded, setup, teardown),
        cmocka_unit_test_setup_teardown(integers_are_exact_within_64_bits, setup, teardown),
        cmocka_unit_test_setup_teardown(doubles_are_the_nearest, setup, teardown),
        cmocka_unit_test_setup_teardown(every_value_knows_its_place, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_texts_are_refused_where_they_are_wrong, setup, teardown),
        cmocka_unit_test_setup_teardown(a_nul_byte_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(only_the_given_length_is_read, setup, teardown),
        cmocka_unit_test_setup_teardown(depth_64_is_the_last, setup, teardown),
        cmocka_unit_test_setup_teardown(large_texts_take_linear_work, setup, teardown),
        cmocka_unit_test_setup_teardown(too_large_is_refused_before_reading, setup, teardown),
        cmocka_unit_test_setup_teardown(too_many_values_are_refused, setup, teardown),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test_setup_teardown(files_are_read_under_their_path, scratch_setup, scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
