/* Components: names, aliases, refs, disabled ones, Python paths. */
#include "tests/config/fixture.h"

static void names_and_aliases_are_split(void **state)
{
    struct fixture f;
    read_good(&f, state,
              "{\"train\": {\"pre_transforms\": [{\"name\": \"Scale#ScaleImg\", \"args\": {\"a\": 1}, \"rank\": "
              "[1]}, {\"name\": \"Load\"}]}}",
              NULL, NULL);
    const struct mm_component *items = f.config->train.pre_transforms.items;
    assert_string_equal(items[0].name, "Scale");
    assert_string_equal(items[0].alias, "ScaleImg");
    assert_non_null(mm_json_get(items[0].node, "rank"));
    assert_string_equal(items[1].name, "Load");
    assert_null(items[1].alias);
}

static void refs_stand_for_their_component(void **state)
{
    struct fixture f;
    read_good(&f, state,
              "{\"train\": {\"pre_transforms\": [{\"name\": \"Load\"}, {\"name\": \"Scale#Img\", \"args\": {\"a\": "
              "1}}, {\"name\": \"Scale#Lb\"},"
              " {\"name\": \"Plain\"}, {\"name\": \"Plain#other\"}, {\"name\": \"Off#off\", \"disabled\": true}, "
              "{\"ref\": \"later\"}]},"
              " \"validate\": {\"pre_transforms\": [{\"ref\": \"Load\"}, {\"ref\": \"Img\"}, {\"ref\": \"Plain\"}, "
              "{\"ref\": \"off\"},"
              " {\"ref\": \"Lb\", \"disabled\": true}, {\"name\": \"Later#later\"}]}}",
              NULL, NULL);
    assert_string_equal(names_of(&f, &f.config->train.pre_transforms), "Load Scale Scale Plain Plain Later");
    const struct mm_components *list = &f.config->validate.pre_transforms;
    assert_string_equal(names_of(&f, list), "Load Scale Plain Off Later");
    assert_ptr_equal(list->items[1].node, f.config->train.pre_transforms.items[1].node);
    assert_ptr_equal(list->items[1].args, f.config->train.pre_transforms.items[1].args);
    assert_ptr_equal(list->items[2].node, f.config->train.pre_transforms.items[3].node);
}

static void disabled_components_are_dropped(void **state)
{
    struct fixture f;
    read_good(&f, state,
              "{\"off\": true, \"on\": false, \"train\": {\"loss\": {\"name\": \"L\", \"disabled\": true}, "
              "\"pre_transforms\":"
              " [{\"name\": \"A\", \"disabled\": \"{off}\"}, {\"name\": \"B\", \"disabled\": \"{on}\"}, {\"name\": "
              "\"C\", \"disabled\": null},"
              " {\"path\": \"my.Python\", \"disabled\": true}]}}",
              NULL, NULL);
    assert_null(f.config->train.loss);
    assert_string_equal(names_of(&f, &f.config->train.pre_transforms), "B C");
}

static void monai_classes_are_taken_by_name(void **state)
{
    struct fixture f;
    read_good(&f, state,
              "{\"train\": {\"model\": {\"path\": \"monai.networks.nets.unet.UNet\"}, \"pre_transforms\": "
              "[{\"name\": \"label#x\", \"path\": \"monai.transforms.Activationsd\"}]}}",
              NULL, NULL);
    assert_string_equal(f.config->train.model->name, "UNet");
    assert_string_equal(f.config->train.pre_transforms.items[0].name, "Activationsd");
    assert_string_equal(f.config->train.pre_transforms.items[0].alias, "x");
}

static void lists_in_lists_are_one(void **state)
{
    struct fixture f;
    read_good(&f, state,
              "{\"train\": {\"pre_transforms\": [{\"name\": \"A\"}, [{\"name\": \"B#b\"}, [], [{\"name\": \"C\"}]],"
              "{\"name\": \"Compose\", \"args\": {\"transforms\": [{\"ref\": \"b\"}, [{\"name\": \"D\", "
              "\"disabled\": true}]]}},"
              "{\"path\": \"monai.transforms.Compose\", \"disabled\": true, \"args\": {\"transforms\": [{\"name\": "
              "\"E\"}]}},"
              "{\"name\": \"F\"}]}}",
              NULL, NULL);
    const struct mm_components *list = &f.config->train.pre_transforms;
    static const char *const names[] = {"A", "B", "C", "B", "F"};
    assert_int_equal(list->count, 5);
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(list->items[i].name, names[i]);
}

static void wrong_components_are_refused(void **state)
{
    static const struct {
        const char *item, *path, *error;
    } cases[] = {
        {"5", "train.pre_transforms[1]", "expected a component {\"name\": ..., \"args\": {...}}, got number 5"},
        {"{}", "train.pre_transforms[1]", "a component needs a \"name\" or a \"ref\""},
        {"{\"name\": 5}", "train.pre_transforms[1].name", "expected the name of a component, got number 5"},
        {"{\"name\": \"\"}", "train.pre_transforms[1].name", "expected the name of a component, got string \"\""},
        {"{\"name\": \"#a\"}", "train.pre_transforms[1].name", "expected the name of a component, got string \"#a\""},
        {"{\"name\": \"A\", \"args\": [1]}", "train.pre_transforms[1].args",
         "expected an object of arguments, got an array"},
        {"{\"name\": \"A\", \"disabled\": \"true\"}", "train.pre_transforms[1].disabled",
         "expected true or false, got string \"true\""},
        {"{\"path\": \"myTransformation.Mine\", \"name\": \"A\"}", "train.pre_transforms[1].path",
         "Python components cannot run here, got string \"myTransformation.Mine\""},
        {"{\"ref\": 5}", "train.pre_transforms[1].ref", "expected a string, got number 5"},
        {"{\"ref\": \"Lod\"}", "train.pre_transforms[1].ref",
         "there is no component \"Lod\" to refer to, did you mean Load?"},
        {"{\"ref\": \"Else\"}", "train.pre_transforms[1].ref",
         "there is no component \"Else\" to refer to; there are Load, Twice, Twice, a, a"},
        {"{\"ref\": \"Twice\"}", "train.pre_transforms[1].ref",
         "\"Twice\" is the name of several components: train.pre_transforms[2] (line 2), train.pre_transforms[3] "
         "(line 3)"},
        {"{\"ref\": \"a\"}", "train.pre_transforms[1].ref",
         "\"a\" is the alias of several components: train.pre_transforms[4] #a (line 4), train.pre_transforms[5] #a "
         "(line 5)"},
        {"{\"ref\": \"Load\", \"args\": {}}", "train.pre_transforms[1].args",
         "\"args\" cannot stand beside \"ref\": the component is taken as it is"},
    };
    struct fixture f;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[1024];
        snprintf(text, sizeof text,
                 "{\"train\": {\"pre_transforms\": [{\"name\": \"Load\"}, %s,\n{\"name\": \"Twice\"},\n{\"name\": "
                 "\"Twice\"},\n{\"name\": \"X#a\"},\n{\"name\": \"Y#a\"}]}}",
                 cases[i].item);
        read_bad(&f, state, text, NULL, cases[i].path, cases[i].error);
        assert_int_equal(f.problems.errors, 1);
    }
}

static void a_list_is_bounded(void **state)
{
    struct fixture f;
    struct mm_text text;
    mm_text_init(&text, 1 << 20);
    mm_text_add(&text, "{\"train\": {\"pre_transforms\": [");
    for (int i = 0; i < 4097; i++)
        mm_text_format(&text, "%s{\"name\": \"A\"}", i ? "," : "");
    mm_text_add(&text, "]}}");
    read_bad(&f, state, text.bytes, NULL, "train.pre_transforms", "4097 components, at most 4096 are read");
    mm_text_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_and_aliases_are_split),     TEST(refs_stand_for_their_component),
        TEST(disabled_components_are_dropped), TEST(monai_classes_are_taken_by_name),
        TEST(wrong_components_are_refused),    TEST(a_list_is_bounded),
        TEST(lists_in_lists_are_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
