/* Parameter tables: defaults, every type read from JSON and from text, every refusal with its words. */
#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/params.h"

struct sample {
    bool clip;
    int64_t count;
    double a_min, sigma, free;
    const char *name, *mode, *either;
    struct mm_ints size;
    struct mm_doubles pixdim;
    struct mm_strings fields;
    const cJSON *loss;
    int64_t workers;
};
#define P struct sample

static const struct mm_param table[] = {
    MM_BOOL(P, clip, .def = 1, .help = "clamp"),
    MM_INT(P, count, .def = 3, .min = 1, .max = 10, .help = "how many", .aliases = "n number"),
    MM_DOUBLE(P, a_min, .required = true, .min = -10, .max = 10.5),
    MM_DOUBLE(P, sigma, .def = 1, .exclusive_min = true),
    MM_DOUBLE(P, free, .def = 0.5),
    MM_STRING(P, name),
    MM_CHOICE(P, mode, .choices = "nearest bilinear", .def_text = "bilinear"),
    MM_STRING(P, either, .choices = "a b", .def_text = "a"),
    MM_INTS(P, size, .def_text = "[64]", .min = 1, .max = 65536, .count_min = 1, .count_max = 3),
    MM_DOUBLES(P, pixdim, .count_min = 3, .count_max = 3),
    MM_STRINGS(P, fields, .def_text = "[\"image\", \"label\"]", .count_min = 1),
    MM_JSON(P, loss, .def_text = "{\"name\": \"Dice\"}"),
    MM_INT(P, workers, .def = 4, .no_effect = true, .help = "threads are chosen here"),
    MM_IGNORED("verbose"),
    MM_PARAMS_END,
};

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

static cJSON *parse(const char *text)
{
    cJSON *json = NULL;
    struct mm_error err = {0};
    if (mm_json_parse(&arena, "t", text, strlen(text), &json, &err) != MM_OK)
        fail_msg("%s: %s", text, err.text);
    return json;
}

static enum mm_status read(struct sample *sample, const char *text)
{
    memset(sample, 0, sizeof *sample);
    mm_problems_init(&problems, &arena);
    const struct mm_param_target target = {table, sample};
    return mm_params_read(&arena, &target, 1, text ? parse(text) : NULL, NULL, &problems);
}

static void defaults_fill_what_is_absent_or_null(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"a_min\": 1}",
        "{\"a_min\": 1, \"clip\": null, \"count\": null, \"size\": null, \"loss\": null, \"__comment\": {\"x\": 1}, "
        "\"__count\": 7}",
    };
    for (size_t i = 0; i < 2; i++) {
        struct sample s;
        assert_int_equal(read(&s, texts[i]), MM_OK);
        assert_int_equal(problems.count, 0);
        assert_true(s.clip);
        assert_int_equal(s.count, 3);
        assert_true(s.a_min == 1 && s.sigma == 1 && s.free == 0.5);
        assert_null(s.name);
        assert_string_equal(s.mode, "bilinear");
        assert_string_equal(s.either, "a");
        assert_int_equal(s.size.count, 1);
        assert_int_equal(s.size.items[0], 64);
        assert_int_equal(s.pixdim.count, 0);
        assert_int_equal(s.fields.count, 2);
        assert_string_equal(s.fields.items[1], "label");
        assert_string_equal(mm_json_get(s.loss, "name")->valuestring, "Dice");
        assert_int_equal(s.workers, 4);
    }
}

static void every_type_is_read(void **state)
{
    (void)state;
    struct sample s;
    assert_int_equal(
        read(&s, "{\"clip\": false, \"count\": 10, \"a_min\": -10, \"sigma\": 1e-9, \"free\": 7, \"name\": \"x\","
                 " \"mode\": \"nearest\", \"either\": \"b\", \"size\": [96, 96, 1], \"pixdim\": [1, 1.5, 2e0],"
                 " \"fields\": \"image\", \"loss\": [1]}"),
        MM_OK);
    assert_false(s.clip);
    assert_int_equal(s.count, 10);
    assert_true(s.a_min == -10 && s.sigma == 1e-9 && s.free == 7);
    assert_string_equal(s.name, "x");
    assert_string_equal(s.mode, "nearest");
    assert_string_equal(s.either, "b");
    assert_int_equal(s.size.count, 3);
    assert_int_equal(s.size.items[2], 1);
    assert_true(s.pixdim.items[1] == 1.5);
    assert_int_equal(s.fields.count, 1);
    assert_string_equal(s.fields.items[0], "image");
    assert_true(cJSON_IsArray(s.loss));
}

static void whole_numbers_are_integers_however_written(void **state)
{
    (void)state;
    struct sample s;
    assert_int_equal(read(&s, "{\"a_min\": 0, \"count\": 3.0, \"size\": [1e2]}"), MM_OK);
    assert_int_equal(s.count, 3);
    assert_int_equal(s.size.items[0], 100);
}

static void lists_come_in_three_spellings(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"a_min\": 0, \"size\": [32, 64], \"pixdim\": [1, 2.5, 3]}",
        "{\"a_min\": 0, \"size\": \"32,64\", \"pixdim\": \" 1, 2.5 ,3e0\"}",
    };
    struct sample s;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(read(&s, texts[i]), MM_OK);
        assert_int_equal(s.size.count, 2);
        assert_int_equal(s.size.items[0], 32);
        assert_int_equal(s.size.items[1], 64);
        assert_true(s.pixdim.items[0] == 1 && s.pixdim.items[1] == 2.5 && s.pixdim.items[2] == 3);
    }
    assert_int_equal(read(&s, "{\"a_min\": 0, \"size\": 32}"), MM_OK);
    assert_int_equal(s.size.count, 1);
    assert_int_equal(s.size.items[0], 32);
}

static void aliases_stand_for_the_name(void **state)
{
    (void)state;
    struct sample s;
    assert_int_equal(read(&s, "{\"a_min\": 0, \"number\": 5}"), MM_OK);
    assert_int_equal(s.count, 5);
    assert_int_equal(read(&s, "{\"a_min\": 0, \"number\": 5, \"n\": null}"), MM_OK);
    assert_int_equal(read(&s, "{\"a_min\": 0, \"number\": 5, \"count\": 5}"), MM_ERR_CONFIG);
    assert_string_equal(problems.items[0].text, "number and count are two names of one parameter");
    assert_ptr_equal(mm_params_find(table, "n"), mm_params_find(table, "count"));
    assert_null(mm_params_find(table, "n number"));
    assert_null(mm_params_find(table, ""));
    assert_null(mm_params_find(NULL, "n"));
}

static void what_has_no_effect_is_noted(void **state)
{
    (void)state;
    struct sample s;
    assert_int_equal(read(&s, "{\"a_min\": 0, \"workers\": 8, \"verbose\": [\"anything\"]}"), MM_OK);
    assert_int_equal(problems.count, 2);
    assert_int_equal(problems.items[0].severity, MM_SEVERITY_NOTE);
    assert_string_equal(problems.items[0].text, "workers has no effect here: threads are chosen here");
    assert_string_equal(problems.items[1].text, "verbose has no effect here");
    assert_int_equal(s.workers, 8);
    assert_int_equal(read(&s, "{\"a_min\": 0, \"workers\": \"x\"}"), MM_ERR_CONFIG);
}

static void wrong_values_are_refused_by_name_and_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *path, *error;
    } cases[] = {
        {"{\"a_min\": \"200\"}", "a_min", "expected a number, got string \"200\""},
        {"{\"a_min\": true}", "a_min", "expected a number, got true"},
        {"{\"a_min\": [1]}", "a_min", "expected a number, got an array"},
        {"{\"a_min\": -10.5}", "a_min", "must be at least -10, got -10.5"},
        {"{\"a_min\": 10.6}", "a_min", "must be at most 10.5, got 10.6"},
        {"{\"a_min\": 0, \"count\": 0}", "count", "must be at least 1, got 0"},
        {"{\"a_min\": 0, \"n\": 11}", "n", "must be at most 10, got 11"},
        {"{\"a_min\": 0, \"count\": 2.5}", "count", "expected an integer, got number 2.5"},
        {"{\"a_min\": 0, \"count\": \"2\"}", "count", "expected an integer, got string \"2\""},
        {"{\"a_min\": 0, \"count\": 9223372036854775808}", "count",
         "expected an integer, got number 9.223372036854776e+18"},
        {"{\"a_min\": 0, \"sigma\": 0}", "sigma", "must be above 0, got 0"},
        {"{\"a_min\": 0, \"sigma\": -1}", "sigma", "must be above 0, got -1"},
        {"{\"a_min\": 0, \"clip\": 1}", "clip", "expected true or false, got number 1"},
        {"{\"a_min\": 0, \"clip\": \"true\"}", "clip", "expected true or false, got string \"true\""},
        {"{\"a_min\": 0, \"name\": 5}", "name", "expected a string, got number 5"},
        {"{\"a_min\": 0, \"mode\": \"linear\"}", "mode",
         "must be one of nearest, bilinear; got \"linear\", did you mean bilinear?"},
        {"{\"a_min\": 0, \"mode\": \"cubic\"}", "mode", "must be one of nearest, bilinear; got \"cubic\""},
        {"{\"a_min\": 0, \"mode\": \"nearest bilinear\"}", "mode",
         "must be one of nearest, bilinear; got \"nearest bilinear\""},
        {"{\"a_min\": 0, \"either\": \"\"}", "either", "must be one of a, b; got \"\""},
        {"{\"a_min\": 0, \"size\": [1, 2, 3, 4]}", "size", "expected 1 to 3 values, got 4"},
        {"{\"a_min\": 0, \"size\": []}", "size", "expected 1 to 3 values, got 0"},
        {"{\"a_min\": 0, \"size\": \"\"}", "size", "expected 1 to 3 values, got 0"},
        {"{\"a_min\": 0, \"size\": [1, \"x\"]}", "size[1]", "expected an integer, got string \"x\""},
        {"{\"a_min\": 0, \"size\": [1, 0]}", "size[1]", "must be at least 1, got 0"},
        {"{\"a_min\": 0, \"size\": \"1,0\"}", "size", "must be at least 1, got 0"},
        {"{\"a_min\": 0, \"size\": \"1,x\"}", "size", "expected an integer, got string \"x\""},
        {"{\"a_min\": 0, \"size\": \"1,,2\"}", "size", "expected an integer, got string \"\""},
        {"{\"a_min\": 0, \"size\": \"1,0x2\"}", "size", "expected an integer, got string \"0x2\""},
        {"{\"a_min\": 0, \"size\": {}}", "size", "expected an integer, got an object"},
        {"{\"a_min\": 0, \"pixdim\": [1, 2]}", "pixdim", "expected 3 values, got 2"},
        {"{\"a_min\": 0, \"pixdim\": \"1,nan,2\"}", "pixdim", "expected a number, got string \"nan\""},
        {"{\"a_min\": 0, \"fields\": []}", "fields", "expected at least 1 value, got 0"},
        {"{\"a_min\": 0, \"fields\": [\"a\", 1]}", "fields[1]", "expected a string, got number 1"},
        {"{\"a_mi\": 0}", NULL, "required parameter a_min is missing"},
        {"{\"a_min\": null}", NULL, "required parameter a_min is missing"},
        {"[1]", NULL, "expected an object of parameters, got an array"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sample s;
        assert_int_equal(read(&s, cases[i].text), MM_ERR_CONFIG);
        assert_string_equal(problems.items[0].text, cases[i].error);
        if (cases[i].path)
            assert_string_equal(problems.items[0].place.path, cases[i].path);
        else
            assert_null(problems.items[0].place.path);
    }
}

/* A component that is referred to is read more than once: listed once, refused each time. */
static void what_is_wrong_is_refused_again(void **state)
{
    (void)state;
    struct sample sample = {0};
    struct mm_param_target target = {table, &sample};
    cJSON *json;
    const char *text = "{\"a_min\": 1, \"mode\": \"cubic\"}";
    assert_int_equal(mm_json_parse(&arena, "test", text, strlen(text), &json, NULL), MM_OK);
    for (int i = 0; i < 2; i++)
        assert_int_equal(mm_params_read(&arena, &target, 1, json, json, &problems), MM_ERR_CONFIG);
    assert_int_equal(problems.errors, 1);
    assert_int_equal(problems.count, 1);
}

static void unknown_names_get_a_hint(void **state)
{
    (void)state;
    struct sample s;
    assert_int_equal(read(&s, "{\"a_min\": 0, \"a_mn\": 1, \"nmber\": 2, \"interpolation\": 3}"), MM_ERR_CONFIG);
    assert_int_equal(problems.count, 3);
    assert_string_equal(problems.items[0].text, "unknown parameter \"a_mn\", did you mean a_min?");
    assert_string_equal(problems.items[0].place.path, "a_mn");
    assert_string_equal(problems.items[1].text, "unknown parameter \"nmber\", did you mean number?");
    assert_string_equal(problems.items[2].text, "unknown parameter \"interpolation\"");
    static const struct mm_param small[] = {MM_BOOL(P, clip), MM_INT(P, count), MM_PARAMS_END};
    static const struct mm_param empty[] = {MM_PARAMS_END};
    const struct mm_param_target few = {small, &s}, none = {empty, NULL};
    mm_problems_init(&problems, &arena);
    mm_params_read(&arena, &few, 1, parse("{\"interpolation\": 3}"), NULL, &problems);
    assert_string_equal(problems.items[0].text, "unknown parameter \"interpolation\"; known are clip, count");
    mm_problems_init(&problems, &arena);
    mm_params_read(&arena, &none, 1, parse("{\"x\": 3}"), NULL, &problems);
    assert_string_equal(problems.items[0].text, "unknown parameter \"x\", there are none");
}

static void several_targets_share_the_arguments(void **state)
{
    (void)state;
    static const struct mm_param first[] = {MM_BOOL(P, clip), MM_STRING(P, name), MM_PARAMS_END};
    static const struct mm_param second[] = {MM_INT(P, count), MM_STRING(P, name), MM_PARAMS_END};
    struct sample a = {0}, b = {0};
    const struct mm_param_target targets[] = {{first, &a}, {second, &b}};
    assert_int_equal(
        mm_params_read(&arena, targets, 2, parse("{\"clip\": true, \"count\": 5, \"name\": \"x\"}"), NULL, &problems),
        MM_OK);
    assert_true(a.clip);
    assert_int_equal(b.count, 5);
    assert_string_equal(a.name, "x");
    assert_string_equal(b.name, "x");
}

static void the_component_is_blamed_for_what_is_missing(void **state)
{
    (void)state;
    struct sample s = {0};
    const struct mm_param_target target = {table, &s};
    const cJSON *component = parse("{\"list\":\n [{\"name\": \"Scale\"}]}");
    const cJSON *where = mm_json_get(component, "list")->child;
    assert_int_equal(mm_params_read(&arena, &target, 1, NULL, where, &problems), MM_ERR_CONFIG);
    assert_string_equal(problems.items[0].place.path, "list[0]");
    assert_int_equal(problems.items[0].place.line, 2);
}

static void text_sets_one_parameter(void **state)
{
    (void)state;
    struct sample s = {0};
    struct mm_error err;
    static const struct {
        const char *name, *text, *error; /* NULL: set */
    } cases[] = {
        {"clip", "true", NULL},
        {"clip", "0", NULL},
        {"clip", "yes", "expected true or false, got string \"yes\""},
        {"count", "5", NULL},
        {"count", "5x", "expected an integer, got string \"5x\""},
        {"count", "", "expected an integer, got string \"\""},
        {"count", "11", "must be at most 10, got 11"},
        {"a_min", "-.5", NULL},
        {"a_min", "1e1", NULL},
        {"a_min", "1e999", "expected a number, got string \"1e999\""},
        {"name", "5", NULL},
        {"mode", "cubic", "must be one of nearest, bilinear; got \"cubic\""},
        {"size", "96,96,64", NULL},
        {"size", "96,96,0", "must be at least 1, got 0"},
        {"fields", "image,label", NULL},
        {"loss", "{\"name\": \"Focal\"}", NULL},
        {"loss", "{name}", "loss:1:2: expected a name in quotes or '}', found 'n'"},
        {"verbose", "1", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        err.text[0] = '\0';
        enum mm_status status = mm_params_set(&arena, mm_params_find(table, cases[i].name), &s, cases[i].text, &err);
        assert_int_equal(status != MM_OK, cases[i].error != NULL);
        assert_string_equal(err.text, cases[i].error ? cases[i].error : "");
    }
    assert_false(s.clip);
    assert_int_equal(s.count, 11); /* a refused value may have been written: the caller stops */
    assert_true(s.a_min == 10);
    assert_string_equal(s.name, "5");
    assert_int_equal(s.size.count, 3);
    assert_int_equal(s.fields.count, 2);
    assert_string_equal(s.fields.items[1], "label");
    assert_string_equal(mm_json_get(s.loss, "name")->valuestring, "Focal");
}

static void values_print_as_json_and_read_back(void **state)
{
    (void)state;
    struct sample s;
    assert_int_equal(read(&s, "{\"a_min\": 0.1, \"pixdim\": \"1,2,3\", \"name\": \"x\", \"workers\": 2}"), MM_OK);
    const cJSON *json = mm_params_json(&arena, table, &s);
    const char *text = mm_json_print(&arena, json, MM_JSON_COMPACT);
    assert_string_equal(
        text,
        "{\"clip\":true,\"count\":3,\"a_min\":0.1,\"sigma\":1,\"free\":0.5,\"name\":\"x\",\"mode\":\"bilinear\","
        "\"either\":\"a\",\"size\":[64],\"pixdim\":[1,2,3],\"fields\":[\"image\",\"label\"],"
        "\"loss\":{\"name\":\"Dice\"}}");
    struct sample again;
    assert_int_equal(read(&again, text), MM_OK);
    assert_string_equal(mm_json_print(&arena, mm_params_json(&arena, table, &again), MM_JSON_COMPACT), text);
    assert_int_equal(read(&s, "{\"a_min\": 0, \"pixdim\": [1,2,3]}"), MM_OK);
    s.loss = NULL;
    text = mm_json_print(&arena, mm_params_json(&arena, table, &s), MM_JSON_COMPACT);
    assert_non_null(strstr(text, "\"name\":null"));
    assert_non_null(strstr(text, "\"loss\":null"));
}

static const struct mm_param shown[] = {
    MM_DOUBLE(P, a_min, .required = true, .min = -10, .max = 10.5, .unit = "mm", .help = "start"),
    MM_INTS(P, size, .def_text = "[64]", .min = 1, .max = 65536, .count_max = 3, .help = "crop | patch"),
    MM_CHOICE(P, mode, .choices = "nearest bilinear", .def_text = "bilinear", .help = "how", .aliases = "m interp"),
    MM_DOUBLE(P, sigma, .def = 1, .exclusive_min = true, .help = "width"),
    MM_BOOL(P, clip, .help = "clamp", .no_effect = true),
    MM_STRING(P, name, .help = "title"),
    MM_PARAMS_END,
};

static void tables_show_as_help_and_markdown(void **state)
{
    (void)state;
    struct mm_text text;
    mm_text_init(&text, 10000);
    const struct mm_param *const tables[] = {shown, NULL};
    mm_params_help(&text, tables, 2, MM_SPELLING_CONFIG);
    assert_string_equal(
        text.bytes, "  a_min  number    required  -10 to 10.5                        start [mm]\n"
                    "  size   integers  [64]      at most 3 values, each 1 to 65536  crop | patch\n"
                    "  mode   string    bilinear  nearest, bilinear                  how (also m, interp)\n"
                    "  sigma  number    1         above 0                            width\n"
                    "  clip   boolean   false                                        clamp (accepted, no effect)\n"
                    "  name   string    none                                         title\n");
    mm_text_done(&text);

    static const struct mm_param options[] = {MM_BOOL(P, clip, .help = "clamp"), MM_PARAMS_END};
    const struct mm_param *const command[] = {options};
    mm_text_init(&text, 10000);
    mm_params_help(&text, command, 1, MM_SPELLING_OPTION);
    assert_string_equal(text.bytes, "  --clip  boolean  false  clamp\n");
    mm_text_done(&text);
    const struct mm_param *const both[] = {shown, options, NULL};
    mm_params_markdown(&text, both, 3);
    assert_string_equal(text.bytes,
                        "\n| name | type | default | allowed | what |\n"
                        "|---|---|---|---|---|\n"
                        "| `a_min` | number | required | -10 to 10.5 | start [mm] |\n"
                        "| `size` | integers | [64] | at most 3 values, each 1 to 65536 | crop \\| patch |\n"
                        "| `mode` | string | bilinear | nearest, bilinear | how (also m, interp) |\n"
                        "| `sigma` | number | 1 | above 0 | width |\n"
                        "| `clip` | boolean | false | | clamp (accepted, no effect) |\n"
                        "| `name` | string | none | | title |\n"
                        "| `clip` | boolean | false | | clamp |\n");
    mm_text_done(&text);
    static const struct mm_param none[] = {MM_PARAMS_END};
    const struct mm_param *const empty[] = {none, NULL};
    mm_params_markdown(&text, empty, 2);
    assert_int_equal(text.length, 0);
    mm_text_done(&text);
}

static void memory_may_run_out_anywhere(void **state)
{
    (void)state;
    const cJSON *args = parse("{\"a_min\": 0, \"size\": \"1,2\", \"fields\": [\"a\", \"b\"], \"mode\": \"nearest\"}");
    enum mm_status s = MM_ERR_MEMORY;
    for (uint64_t n = 1; s != MM_OK; n++) {
        struct mm_arena own;
        mm_arena_init(&own, NULL);
        own.chunk_size = 256;
        struct mm_problems found;
        mm_problems_init(&found, &own);
        struct sample sample = {0};
        const struct mm_param_target target = {table, &sample};
        mm_memory_fail_at(n);
        s = mm_params_read(&own, &target, 1, args, NULL, &found);
        mm_memory_fail_at(0);
        assert_true(s == MM_OK || (s == MM_ERR_MEMORY && found.errors > 0));
        mm_arena_done(&own);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(defaults_fill_what_is_absent_or_null, setup, teardown),
        cmocka_unit_test_setup_teardown(every_type_is_read, setup, teardown),
        cmocka_unit_test_setup_teardown(whole_numbers_are_integers_however_written, setup, teardown),
        cmocka_unit_test_setup_teardown(lists_come_in_three_spellings, setup, teardown),
        cmocka_unit_test_setup_teardown(aliases_stand_for_the_name, setup, teardown),
        cmocka_unit_test_setup_teardown(what_has_no_effect_is_noted, setup, teardown),
        cmocka_unit_test_setup_teardown(wrong_values_are_refused_by_name_and_place, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_refused_again, setup, teardown),
        cmocka_unit_test_setup_teardown(unknown_names_get_a_hint, setup, teardown),
        cmocka_unit_test_setup_teardown(several_targets_share_the_arguments, setup, teardown),
        cmocka_unit_test_setup_teardown(the_component_is_blamed_for_what_is_missing, setup, teardown),
        cmocka_unit_test_setup_teardown(text_sets_one_parameter, setup, teardown),
        cmocka_unit_test_setup_teardown(values_print_as_json_and_read_back, setup, teardown),
        cmocka_unit_test_setup_teardown(tables_show_as_help_and_markdown, setup, teardown),
        cmocka_unit_test_setup_teardown(memory_may_run_out_anywhere, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
