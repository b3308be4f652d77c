/* YAML as JSON: scalars as PyYAML 6.0 loads them (each row was held against yaml.safe_load), structures, places, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mmar/foreign/yaml.h"

/* The tree printed, or the error's text. */
static const char *read(struct mm_arena *arena, const char *text)
{
    cJSON *json;
    struct mm_error err = {.status = MM_OK};
    enum mm_status s = mm_yaml_parse(arena, "x.yaml", text, strlen(text), &json, &err);
    assert_true(s == MM_OK || s == MM_ERR_CONFIG);
    return s == MM_OK ? mm_json_print(arena, json, MM_JSON_COMPACT) : mm_arena_text(arena, err.text);
}

struct row {
    const char *text, *expected;
};

static void check(const struct row *rows, size_t count)
{
    struct mm_arena arena;
    mm_arena_init(&arena, NULL);
    for (size_t i = 0; i < count; i++) {
        const char *found = read(&arena, rows[i].text);
        size_t length = strlen(rows[i].expected);
        bool is_whole = !length || rows[i].expected[length - 1] != ' '; /* behind a blank libyaml speaks */
        if (strncmp(found, rows[i].expected, length + is_whole) != 0)
            fail_msg("%s: %s instead of %s", rows[i].text, found, rows[i].expected);
    }
    mm_arena_done(&arena);
}
#define CHECK(rows) check(rows, sizeof(rows) / sizeof *(rows))

static void scalars_are_what_python_makes_of_them(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"[1, -1, +1, 0, 1_000]", "[1,-1,1,0,1000]"},
        {"[010, 0b101, 0x1F, -0x10, 0_7]", "[8,5,31,-16,7]"},
        {"[08, 0b2, 0o7, _1, 1e3, 1e-3, 1.0e3]", "[\"08\",\"0b2\",\"0o7\",\"_1\",\"1e3\",\"1e-3\",\"1.0e3\"]"},
        {"[1.5, .5, 1., -1.5, 1.0e-3, 2.5E+2, 1_0.5]", "[1.5,0.5,1,-1.5,0.001,250,10.5]"},
        {"[-.5, +.5, ., .., -, --]", "[\"-.5\",\"+.5\",\".\",\"..\",\"-\",\"--\"]"},
        {"[yes, No, ON, off, true, FALSE]", "[true,false,true,false,true,false]"},
        {"[y, n, tRue, oN]", "[\"y\",\"n\",\"tRue\",\"oN\"]"},
        {"[~, null, Null, NULL, nULL]", "[null,null,null,null,\"nULL\"]"},
        {"a:", "{\"a\":null}"},
        {"", "null"},
        {"['1', \"yes\", '~', \"\\u00e9\"]", "[\"1\",\"yes\",\"~\",\"\xC3\xA9\"]"},
        {"[2020-01-01, 0:30, 1:70, '1:30', train::dataset]",
         "[\"2020-01-01\",\"0:30\",\"1:70\",\"1:30\",\"train::dataset\"]"},
        {"[9223372036854775807, -9223372036854775808]", "[9223372036854775807,-9223372036854775808]"},
    };
    CHECK(rows);
}

static void structures_are_read(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"network:\n  _target_: UNet\n  channels: [16, 32]\nlr: 0.001\n",
         "{\"network\":{\"_target_\":\"UNet\",\"channels\":[16,32]},\"lr\":0.001}"},
        {"steps:\n- _target_: A\n  keys: image\n- _target_: B\n",
         "{\"steps\":[{\"_target_\":\"A\",\"keys\":\"image\"},{\"_target_\":\"B\"}]}"},
        {"a: '@b'\nb: $torch.device('cuda')\nc: \"%x\" # comment\n",
         "{\"a\":\"@b\",\"b\":\"$torch.device('cuda')\",\"c\":\"%x\"}"},
        {"a: |\n  one\n  two\nb: >-\n  one\n  two\n", "{\"a\":\"one\\ntwo\\n\",\"b\":\"one two\"}"},
        {"{0: background, 0x10: spleen}", "{\"0\":\"background\",\"16\":\"spleen\"}"},
        {"--- {a: 1}\n...\n", "{\"a\":1}"},
        {"a: &name 1", "{\"a\":1}"},
    };
    CHECK(rows);
}

static void what_is_no_config_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"a: &x [1]\nb: *x", "x.yaml:2:4: aliases (*name) are not read: write the value out"},
        {"a: 1\n<<: {b: 1}", "x.yaml:2:1: merge keys (<<) are not read: write the values out"},
        {"a: !!python/object/apply:os.system ['x']", "x.yaml:1:4: tags are not read: write the value without it"},
        {"a: !!str 1", "x.yaml:1:4: tags are not read: write the value without it"},
        {"a: 1\n---\nb: 1", "x.yaml:2:1: a second document begins: a config is one"},
        {"a: 1\nb: 2\na: 3", "x.yaml:3:1: this key is there already"},
        {"yes: 1", "x.yaml:1:1: a key must be text: write it in quotes"},
        {"? [a]\n: 1", "x.yaml:1:3: a key must be text"},
        {"a: .inf", "x.yaml:1:4: .inf is no number that a config can hold"},
        {"a: -.nan", "x.yaml:1:4: -.nan is no number that a config can hold"},
        {"a: 1:30", "x.yaml:1:4: 1:30 is a number to the base 60 in YAML: write it in quotes if it is text"},
        {"a: 9223372036854775808", "x.yaml:1:4: 9223372036854775808 does not fit 64 bits"},
        {"a: 0x_", "x.yaml:1:4: 0x_ is a number without digits"},
        {"a: \"\\0\"", "x.yaml:1:4: a NUL in a text is not allowed"},
        {"a: [1, 2", "x.yaml:2:1: "},
        {"a: 1\n\tb: 2", "x.yaml:2:1: "},
    };
    CHECK(rows);
}

static void what_is_too_much_is_refused(void **state)
{
    (void)state;
    struct mm_arena arena;
    mm_arena_init(&arena, NULL);
    size_t size = MM_YAML_SIZE_MAX + 1;
    char *text = mm_arena_alloc(&arena, size + 1);
    cJSON *json;
    struct mm_error err;
    memset(text, ' ', size);
    assert_int_equal(mm_yaml_parse(&arena, "x.yaml", text, size, &json, &err), MM_ERR_CONFIG);
    assert_string_equal(err.text, "x.yaml: 1048577 bytes of YAML, at most 1048576 are read");
    memset(text, '[', 1000);
    text[1000] = '\0';
    assert_string_equal(read(&arena, text), "x.yaml:1:65: nested too deep");
    struct mm_text many;
    mm_text_init(&many, 1 << 20);
    for (int i = 0; i < 5000; i++)
        mm_text_format(&many, "k%d:\n", i);
    assert_string_equal(read(&arena, many.bytes), "x.yaml:4097:1: too many keys");
    mm_text_done(&many);
    assert_non_null(strstr(read(&arena, "\xFF"), "x.yaml: at byte 0: "));
    mm_arena_done(&arena);
}

/* What is wrong with a value later is told at its place, as it is for JSON. */
static void values_know_their_places(void **state)
{
    (void)state;
    struct mm_arena arena;
    cJSON *json;
    const char text[] = "train:\n  steps:\n  - a\n  - lr: 0.5\n";
    mm_arena_init(&arena, NULL);
    assert_int_equal(mm_yaml_parse(&arena, "x.yaml", text, strlen(text), &json, NULL), MM_OK);
    const cJSON *steps = mm_json_get(mm_json_get(json, "train"), "steps");
    struct mm_place place = mm_json_place(&arena, mm_json_get(cJSON_GetArrayItem(steps, 1), "lr"));
    assert_string_equal(place.file, "x.yaml");
    assert_int_equal(place.line, 4);
    assert_int_equal(place.column, 9);
    assert_string_equal(place.path, "train.steps[1].lr");
    mm_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars_are_what_python_makes_of_them),
        cmocka_unit_test(structures_are_read),
        cmocka_unit_test(what_is_no_config_is_refused_with_its_place),
        cmocka_unit_test(what_is_too_much_is_refused),
        cmocka_unit_test(values_know_their_places),
    };
    return cmocka_run_group_tests_name("yaml", tests, NULL, NULL);
}
