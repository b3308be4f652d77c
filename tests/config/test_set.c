/* --set: variables, paths, aliases, values of every type, and what is refused. */
#include "tests/config/fixture.h"

static const char text[] =
    "{\"lr\": 1, \"determinism\": {\"random_seed\": 1}, \"train\": {\"optimizer\": {\"name\": \"Adam\"},"
    " \"pre_transforms\": [{\"name\": \"Load\"}, {\"name\": \"Scale#ScaleImg\", \"args\": {\"a_max\": 1, \"size\": "
    "[1, 2]}},"
    " {\"name\": \"Scale#ScaleLb\", \"args\": {\"a_max\": 1}}, {\"name\": \"Twice\"}, {\"name\": \"Twice\"}]}}";

static void set_one(struct fixture *f, void **state, const char *set)
{
    const char *const sets[] = {set, NULL};
    read_good(f, state, text, NULL, sets);
}

static const char *args_of(struct fixture *f, size_t index)
{
    return mm_json_print(f->arena, f->config->train.pre_transforms.items[index].args, MM_JSON_COMPACT);
}

static void values_are_json_else_text(void **state)
{
    static const struct {
        const char *set, *value;
    } cases[] = {
        {"lr=0.5", "0.5"},
        {"lr=true", "true"},
        {"lr=[1, 2]", "[1,2]"},
        {"lr={\"a\": 1}", "{\"a\":1}"},
        {"lr=\"5\"", "\"5\""},
        {"lr=abc", "\"abc\""},
        {"lr=", "\"\""},
        {"lr=a=b", "\"a=b\""},
        {"lr=null", "null"},
        {"lr=007", "\"007\""},
        {"lr=/a/b.json", "\"/a/b.json\""},
    };
    struct fixture f;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        set_one(&f, state, cases[i].set);
        assert_string_equal(value_text(&f, "lr", NULL, NULL), cases[i].value);
    }
}

static void paths_reach_into_the_tree(void **state)
{
    struct fixture f;
    set_one(&f, state, "train.pre_transforms[1].args.a_max=300");
    assert_string_equal(args_of(&f, 1), "{\"a_max\":300,\"size\":[1,2]}");
    set_one(&f, state, "train.pre_transforms[1].args.size[1]=9");
    assert_string_equal(args_of(&f, 1), "{\"a_max\":1,\"size\":[1,9]}");
    set_one(&f, state, "determinism.random_seed=9");
    assert_int_equal(f.config->seed, 9);
    set_one(&f, state, "train.optimizer.args.lr=0.1"); /* neither args nor lr is there */
    assert_string_equal(mm_json_print(f.arena, f.config->train.optimizer->args, MM_JSON_COMPACT), "{\"lr\":0.1}");
    set_one(&f, state, "train.loss={\"name\": \"Dice\"}");
    assert_string_equal(f.config->train.loss->name, "Dice");
    set_one(&f, state, "train.pre_transforms[0].disabled=true");
    assert_string_equal(names_of(&f, &f.config->train.pre_transforms), "Scale Scale Twice Twice");
    set_one(&f, state, "train.pre_transforms[0]={\"name\": \"Other\"}");
    assert_string_equal(f.config->train.pre_transforms.items[0].name, "Other");
}

static void aliases_and_names_start_paths(void **state)
{
    struct fixture f;
    set_one(&f, state, "ScaleImg.args.size=[3]");
    assert_string_equal(args_of(&f, 1), "{\"a_max\":1,\"size\":[3]}");
    assert_string_equal(args_of(&f, 2), "{\"a_max\":1}");
    set_one(&f, state, "Load.args.x=1");
    assert_string_equal(args_of(&f, 0), "{\"x\":1}");
}

static void values_may_contain_variables(void **state)
{
    struct fixture f;
    set_one(&f, state, "train.optimizer.args.lr={lr}");
    assert_string_equal(mm_json_print(f.arena, f.config->train.optimizer->args, MM_JSON_COMPACT), "{\"lr\":1}");
}

static void the_command_line_is_blamed_for_its_values(void **state)
{
    struct fixture f;
    set_one(&f, state, "train.pre_transforms[1].args.a_max=oops");
    const cJSON *node = mm_json_get(f.config->train.pre_transforms.items[1].args, "a_max");
    struct mm_place place = mm_json_place(f.arena, node);
    assert_string_equal(place.file, "--set");
    assert_string_equal(place.path, "train.pre_transforms[1].args.a_max");
}

static void what_leads_nowhere_is_refused(void **state)
{
    static const struct {
        const char *set, *error;
    } cases[] = {
        {"lr", "\"lr\": expected key=value"},
        {"=5", "\"=5\": expected key=value"},
        {"train.optimzer.args.lr=1", "\"train.optimzer.args.lr=1\": there is no optimzer, did you mean optimizer?"},
        {"trian.optimizer=1", "\"trian.optimizer=1\": the config has no trian, did you mean train?"},
        {"ScaleIm.args=1", "\"ScaleIm.args=1\": the config has no ScaleIm, did you mean ScaleImg?"},
        {"Scale.args.a=1",
         "\"Scale.args.a=1\": there are 2 components called Scale; give its place, such as train.pre_transforms[0]"},
        {"Twice.args.a=1",
         "\"Twice.args.a=1\": there are 2 components called Twice; give its place, such as train.pre_transforms[0]"},
        {"train.pre_transforms[9].args.a=1", "\"train.pre_transforms[9].args.a=1\": there is no [9], the list has 5"},
        {"train[0]=1", "\"train[0]=1\": [0] needs an array, there is an object"},
        {"lr.x=1", "\"lr.x=1\": x needs an object, there is a number"},
        {"train..x=1", "\"train..x=1\": a path is names and indices, such as train.pre_transforms[4].args.a_max"},
        {"train.pre_transforms[x]=1",
         "\"train.pre_transforms[x]=1\": a path is names and indices, such as train.pre_transforms[4].args.a_max"},
        {"train.pre_transforms[1=1",
         "\"train.pre_transforms[1=1\": a path is names and indices, such as train.pre_transforms[4].args.a_max"},
        {"train.pre_transforms[1]x=1",
         "\"train.pre_transforms[1]x=1\": a path is names and indices, such as train.pre_transforms[4].args.a_max"},
        {"train.=1", "\"train.=1\": a path is names and indices, such as train.pre_transforms[4].args.a_max"},
        {"lr=\xA4", "\"lr=\xA4\": these bytes are not UTF-8"},
        {"l\xC3=1", "\"l\xC3=1\": these bytes are not UTF-8"},
        {"[0]=1", "\"[0]=1\": a path starts with a name"},
        {".a=1", "\".a=1\": a path starts with a name"},
    };
    struct fixture f;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const sets[] = {cases[i].set, NULL};
        read_bad(&f, state, text, sets, NULL, cases[i].error);
        assert_string_equal(f.problems.items[0].place.file, "--set");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(values_are_json_else_text),
        TEST(paths_reach_into_the_tree),
        TEST(aliases_and_names_start_paths),
        TEST(values_may_contain_variables),
        TEST(the_command_line_is_blamed_for_its_values),
        TEST(what_leads_nowhere_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
