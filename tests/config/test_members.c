/* Components inside a component: what is a member, refs from and into them, how deep and how many. */
#include "tests/config/fixture.h"

/* "A, B C, ": the names of each member. */
static const char *members_of(struct fixture *f, const struct mm_component *component)
{
    char *names = mm_arena_text(f->arena, "");
    for (size_t i = 0; i < component->member_count; i++)
        names = mm_arena_format(f->arena, "%s%s%s", names, i ? ", " : "", names_of(f, &component->members[i]));
    return names;
}

static void items_are_members(void **state)
{
    static const char *const cases[][2] = {
        {"[{\"name\": \"A\"}, {\"name\": \"B\"}]", "A, B"},
        {"[[{\"name\": \"A\"}, [{\"name\": \"B\"}]], {\"name\": \"C\"}]", "A B, C"},
        {"[{\"name\": \"Compose\", \"args\": {\"transforms\": [{\"name\": \"A\"}, {\"name\": \"B\"}]}}]", "A B"},
        {"[{\"name\": \"A\", \"disabled\": true}, {\"name\": \"B\"}]", "B"},
        {"[[{\"name\": \"A\", \"disabled\": true}], {\"name\": \"B\"}, []]", ", B, "},
        {"{\"name\": \"A\"}", "A"},
        {"[{\"path\": \"monai.transforms.Flipd\"}]", "Flipd"},
        {"[{\"ref\": \"in\"}, {\"ref\": \"behind\"}, {\"name\": \"A#in\"}]", "A, Z, A"},
        {"[]", ""},
        {"5", ""},
    };
    struct fixture f;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[1024];
        snprintf(text, sizeof text,
                 "{\"train\": {\"pre_transforms\": [{\"name\": \"Some#s\", \"args\": {\"transforms\": %s}}, "
                 "{\"name\": \"Z#behind\"}]}}",
                 cases[i][0]);
        read_good(&f, state, text, NULL, NULL);
        const struct mm_component *owner = &f.config->train.pre_transforms.items[0];
        assert_string_equal(owner->name, "Some");
        assert_string_equal(members_of(&f, owner), cases[i][1]);
        assert_int_equal(f.config->train.pre_transforms.items[1].member_count, 0);
    }
}

static void members_can_be_referred_to(void **state)
{
    struct fixture f;
    static const char *const sets[] = {"deep.args.a=7", NULL};
    read_good(&f, state,
              "{\"train\": {\"pre_transforms\": [{\"name\": \"Some\", \"args\": {\"transforms\": [[{\"name\": "
              "\"Other\", \"args\": {\"transforms\": [{\"name\": \"A#deep\", \"args\": {\"a\": 1}}]}}], {\"name\": "
              "\"Once\"}]}}, {\"name\": \"Off\", \"disabled\": true, \"args\": {\"transforms\": [{\"name\": "
              "\"Once\"}]}}]}, \"validate\": {\"pre_transforms\": [{\"ref\": \"deep\"}, {\"ref\": \"Some\"}, "
              "{\"ref\": \"Once\"}]}}",
              NULL, sets);
    const struct mm_component *items = f.config->validate.pre_transforms.items;
    assert_string_equal(items[0].name, "A");
    assert_int_equal(mm_json_get(items[0].args, "a")->valueint, 7);
    assert_string_equal(members_of(&f, &items[1]), "Other, Once");
    assert_string_equal(members_of(&f, &items[1].members[0].items[0]), "A");
    assert_string_equal(items[2].name, "Once");
}

static void wrong_members_are_told_where_they_stand(void **state)
{
    struct fixture f;
    read_bad(&f, state,
             "{\"train\": {\"pre_transforms\": [{\"name\": \"Some\", \"args\": {\"transforms\": [{\"name\": \"A\"}, "
             "[{\"path\": \"my.Python\"}], 5]}}]}}",
             NULL, "train.pre_transforms[0].args.transforms[1][0].path",
             "Python components cannot run here, got string \"my.Python\"");
    assert_string_equal(f.problems.items[1].place.path, "train.pre_transforms[0].args.transforms[2]");
    assert_int_equal(f.problems.errors, 2);
    assert_int_equal(f.config->train.pre_transforms.items[0].member_count, 3); /* so that weights still fit */
}

#define TOO_DEEP "Some lies in other components 8 deep, which is as deep as they may lie: does it contain itself?"

static void depth_is_bounded(void **state)
{
    struct fixture f;
    read_bad(&f, state,
             "{\"train\": {\"pre_transforms\": [{\"name\": \"Some#a\", \"args\": {\"transforms\": [{\"name\": "
             "\"A\"}, {\"ref\": \"a\"}]}}]}}",
             NULL, "train.pre_transforms[0]", TOO_DEEP);
    struct mm_text text;
    mm_text_init(&text, 1 << 16);
    mm_text_add(&text, "{\"train\": {\"pre_transforms\": [");
    for (int i = 0; i < 8; i++)
        mm_text_add(&text, "{\"name\": \"Some\", \"args\": {\"transforms\": [");
    mm_text_add(&text, "{\"name\": \"A\"}");
    for (int i = 0; i < 8; i++)
        mm_text_add(&text, "]}}");
    mm_text_add(&text, "]}}");
    read_good(&f, state, text.bytes, NULL, NULL);
    mm_text_done(&text);
}

/* Seven times ten times ... ten: refs make much of little. */
static void number_is_bounded(void **state)
{
    struct fixture f;
    struct mm_text text;
    mm_text_init(&text, 1 << 16);
    mm_text_add(&text, "{\"train\": {\"pre_transforms\": [{\"name\": \"A#c0\"}");
    for (int i = 1; i < 8; i++) {
        mm_text_format(&text, ", {\"name\": \"Some#c%d\", \"args\": {\"transforms\": [", i);
        for (int k = 0; k < 10; k++)
            mm_text_format(&text, "%s{\"ref\": \"c%d\"}", k ? ", " : "", i - 1);
        mm_text_add(&text, "]}}");
    }
    mm_text_add(&text, "]}}");
    assert_int_equal(read_config(&f, state, text.bytes, NULL, NULL), MM_ERR_CONFIG);
    assert_non_null(strstr(f.problems.items[0].text, "there are more than 4096 components inside others"));
    mm_text_done(&text);
}

static void lists_stand_alone_too(void **state)
{
    struct scratch *scratch = *state;
    struct mm_problems problems;
    struct mm_components list;
    cJSON *json;
    const char *text = "[{\"name\": \"A\"}, {\"name\": \"B\", \"args\": {\"transforms\": [{\"ref\": \"A\"}]}}]";
    assert_int_equal(mm_json_parse(&scratch->arena, "test", text, strlen(text), &json, NULL), MM_OK);
    mm_problems_init(&problems, &scratch->arena);
    assert_int_equal(mm_components_read(&scratch->arena, json, &list, &problems), MM_ERR_CONFIG);
    assert_string_equal(problems.items[0].text, "there is no component \"A\" to refer to");
    assert_int_equal(list.count, 2);
    assert_int_equal(list.items[1].member_count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(items_are_members), TEST(members_can_be_referred_to), TEST(wrong_members_are_told_where_they_stand),
        TEST(depth_is_bounded),  TEST(number_is_bounded),          TEST(lists_stand_alone_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
