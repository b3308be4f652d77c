/* Variables: order, substitution, its bounds, and the warning about those without use. */
#include "tests/config/fixture.h"

static void later_sources_win(void **state)
{
    static const char text[] =
        "{\"a\": 1, \"b\": 1, \"c\": 1, \"train\": {\"x\": [\"{a}\", \"{b}\", \"{c}\", \"{d}\", \"{e}\"]}}";
    static const char environment[] = "{\"b\": 2, \"c\": 2, \"d\": 2}";
    static const char *const sets[] = {"c=3", "d=3", "e=3", NULL};
    struct fixture f;
    read_good(&f, state, text, environment, sets);
    assert_string_equal(value_text(&f, "train", "x", NULL), "[1,2,3,3,3]");
    assert_string_equal(value_text(&f, "b", NULL, NULL), "2");
    assert_int_equal(mm_config_variable(f.config, "c")->valueint, 3);
    assert_int_equal(mm_config_variable(f.config, "d")->valueint, 3);
    assert_int_equal(mm_config_variable(f.config, "e")->valueint, 3);
    assert_null(mm_config_variable(f.config, "f"));
}

static void whole_strings_keep_the_type(void **state)
{
    struct fixture f;
    read_good(
        &f, state,
        "{\"t\": true, \"n\": 2.5, \"s\": \"x\", \"l\": [1, {\"k\": \"{s}\"}], \"z\": null,"
        " \"train\": {\"x\": {\"t\": \"{t}\", \"n\": \"{n}\", \"s\": \"{s}\", \"l\": \"{l}\", \"z\": \"{z}\"}}}",
        NULL, NULL);
    assert_string_equal(value_text(&f, "train", "x", NULL),
                        "{\"t\":true,\"n\":2.5,\"s\":\"x\",\"l\":[1,{\"k\":\"x\"}],\"z\":null}");
}

static void parts_become_text(void **state)
{
    struct fixture f;
    read_good(&f, state,
              "{\"dir\": \"{MMAR_ROOT}/models\", \"n\": 16, \"b\": false, \"r\": 0.1,"
              " \"train\": {\"x\": [\"{dir}/a\", \"{n}{n}\", \"-{b}-{r}\", \"{ n }\", \"{\", \"{}\", \"{1}\", "
              "\"a{b\", \"{a.b}\", \"{{n}}\"]}}",
              "{\"MMAR_ROOT\": \"/m\"}", NULL);
    assert_string_equal(
        value_text(&f, "train", "x", NULL),
        "[\"/m/models/a\",\"1616\",\"-false-0.1\",\"{ n }\",\"{\",\"{}\",\"{1}\",\"a{b\",\"{a.b}\",\"{16}\"]");
    assert_string_equal(mm_config_text(f.config, "dir", NULL), "/m/models");
    assert_string_equal(mm_config_text(f.config, "n", "otherwise"), "otherwise");
    assert_string_equal(mm_config_text(f.config, "MMAR_CKPT_DIR", NULL), "models");
}

static void a_value_from_a_variable_is_blamed_where_it_was_written(void **state)
{
    struct fixture f;
    read_good(&f, state, "{\"train\": {\"model\": {\"name\": \"M\", \"args\": {\"n\": \"{N}\"}}}}",
              "{\n\n  \"N\": 5}", NULL);
    struct mm_place place = mm_json_place(f.arena, mm_json_get(f.config->train.model->args, "n"));
    assert_int_equal(place.line, 3);
    assert_non_null(strstr(place.file, "environment.json"));
    assert_string_equal(place.path, "train.model.args.n");
}

static void unknown_names_are_errors(void **state)
{
    struct fixture f;
    read_bad(&f, state, "{\"learning_rate\": 1, \"train\": {\"x\": \"{learning_rat}\"}}", NULL, "train.x",
             "there is no variable {learning_rat}, did you mean learning_rate?");
    read_bad(&f, state, "{\"train\": {\"x\": \"a/{DATASET_JSON}\"}}", NULL, "train.x",
             "there is no variable {DATASET_JSON}");
    read_bad(&f, state, "{\"epochs\": \"{NOTHING}\", \"train\": {}}", NULL, "epochs",
             "there is no variable {NOTHING}");
    assert_int_equal(f.problems.errors, 1);
    read_bad(&f, state, "{\"train\": {\"x\": \"{train}\"}}", NULL, "train.x", "there is no variable {train}");
    read_bad(&f, state, "{\"l\": [1], \"train\": {\"x\": \"a{l}\"}}", NULL, "train.x",
             "{l} is an array and cannot stand inside a string");
}

static void circles_are_shown(void **state)
{
    struct fixture f;
    read_bad(&f, state, "{\"a\": \"{a}\", \"train\": {}}", NULL, "a",
             "variables name each other in a circle: {a} -> {a}");
    assert_int_equal(f.problems.errors, 1);
    read_bad(&f, state, "{\"a\": \"x{b}\", \"b\": [\"{c}\"], \"c\": \"{b}\", \"train\": {\"x\": \"{a}\"}}", NULL, "c",
             "variables name each other in a circle: {b} -> {c} -> {b}");
}

static void nesting_is_bounded(void **state)
{
    struct fixture f;
    static const char chain[] = "{\"v1\": \"{v2}\", \"v2\": \"{v3}\", \"v3\": \"{v4}\", \"v4\": \"{v5}\", \"v5\": "
                                "\"{v6}\", \"v6\": \"{v7}\", "
                                "\"v7\": \"{v8}\", \"v8\": %s, \"v9\": 1, \"train\": {\"x\": \"{v1}\"}}";
    char text[512];
    snprintf(text, sizeof text, chain, "5");
    read_good(&f, state, text, NULL, NULL);
    assert_string_equal(value_text(&f, "train", "x", NULL), "5");
    snprintf(text, sizeof text, chain, "\"{v9}\"");
    read_bad(&f, state, text, NULL, "v8", "variables are nested more than 8 deep at {v9}");
}

static void growth_is_bounded(void **state)
{
    struct fixture f;
    struct mm_text text;
    mm_text_init(&text, 100000);
    mm_text_add(&text, "{\"a0\": \"0123456789abcdef\"");
    for (int i = 1; i < 8; i++) {
        mm_text_format(&text, ", \"a%d\": [", i);
        for (int k = 0; k < 40; k++)
            mm_text_format(&text, "%s\"{a%d}\"", k ? "," : "", i - 1);
        mm_text_add(&text, "]");
    }
    mm_text_add(&text, ", \"train\": {\"x\": \"{a7}\"}}");
    read_bad(&f, state, text.bytes, NULL, NULL, "with this, variables have grown to more than 64 MiB");
    assert_true(f.arena->bytes < (256u << 20));
    mm_text_done(&text);

    mm_text_add(&text, "{\"a\": \"");
    for (int i = 0; i < 1000; i++)
        mm_text_add(&text, "0123456789");
    mm_text_add(&text, "\", \"train\": {\"x\": \"{a}{a}{a}{a}{a}{a}{a}\"}}");
    read_bad(&f, state, text.bytes, NULL, "train.x", "longer than 65536 bytes with its variables");
    mm_text_done(&text);
}

static void unused_variables_are_warnings(void **state)
{
    struct fixture f;
    read_good(&f, state,
              "{\"epoch\": 5, \"mine\": 1, \"my_lr\": 2, \"use_amp\": false, \"__x\": 1, \"train\": {\"iteration\": "
              "\"{my_lr}\"}}",
              "{\"ELSEWHERE\": 1}", (const char *const[]){"my_Ir=3", NULL});
    assert_int_equal(f.problems.count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(f.problems.items[i].severity, MM_SEVERITY_WARNING);
    assert_string_equal(f.problems.items[0].text, "the variable epoch is used nowhere, did you mean epochs?");
    assert_string_equal(f.problems.items[1].text, "the variable mine is used nowhere");
    assert_string_equal(f.problems.items[2].text, "the variable my_Ir is used nowhere, did you mean my_lr?");
    assert_string_equal(f.problems.items[2].place.file, "--set");
}

static void comments_are_gone_everywhere(void **state)
{
    struct fixture f;
    read_good(&f, state,
              "{\"__a\": \"{NOPE}\", \"train\": {\"__model\": {\"name\": 5}, \"x\": [{\"___y\": 1, \"z\": 2}]}}",
              NULL, NULL);
    assert_string_equal(mm_json_print(f.arena, f.config->root, MM_JSON_COMPACT), "{\"train\":{\"x\":[{\"z\":2}]}}");
}

static void too_many_variables_are_refused(void **state)
{
    struct fixture f;
    struct mm_text text;
    mm_text_init(&text, 1 << 20);
    for (int i = 0; i < 5000; i++)
        mm_text_format(&text, "%c\"v%d\": 1", i ? ',' : '{', i);
    mm_text_add(&text, "}");
    read_bad(&f, state, text.bytes, NULL, NULL, "5000 members, at most 4096 are read");
    mm_text_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(later_sources_win),
        TEST(whole_strings_keep_the_type),
        TEST(parts_become_text),
        TEST(a_value_from_a_variable_is_blamed_where_it_was_written),
        TEST(unknown_names_are_errors),
        TEST(circles_are_shown),
        TEST(nesting_is_bounded),
        TEST(growth_is_bounded),
        TEST(unused_variables_are_warnings),
        TEST(comments_are_gone_everywhere),
        TEST(too_many_variables_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
