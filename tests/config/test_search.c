/* AutoML's definitions: good ones pass and stay, each malformed one is an error at its place. */
#include "tests/config/fixture.h"

static void good_definitions_are_kept(void **state)
{
    struct fixture f;
    read_good(
        &f, state,
        "{\"lr\": 1, \"search\": [{\"domain\": \"lr\", \"args\": [\"lr\"], \"type\": \"float\", \"targets\": [0.1, "
        "1]}, {\"domain\": \"net\", \"args\": [\"a\", \"b\"], \"type\": \"enum\", \"targets\": [[true, false], "
        "[false, "
        "true]]}], \"train\": {\"pre_transforms\": [{\"name\": \"X\", \"args\": {\"p\": \"{lr}\"}, \"search\": "
        "[{\"domain\": \"transform\", \"type\": \"float\", \"args\": [\"p#mine\"], \"targets\": [0, 0.8]}]}, "
        "{\"name\": "
        "\"Y\", \"apply\": {\"p\": \"mine\", \"@disabled\": \"a\"}}]}}",
        NULL, NULL);
    assert_non_null(mm_json_get(f.config->train.pre_transforms.items[0].node, "search"));
    assert_non_null(mm_json_get(f.config->train.pre_transforms.items[1].node, "apply"));
}

static void malformed_ones_are_errors(void **state)
{
    static const struct {
        const char *component, *text;
    } rows[] = {
        {"\"search\": [1]", "expected a search"},
        {"\"search\": [{\"domain\": \"moon\", \"type\": \"float\", \"args\": \"p\", \"targets\": [0, 1]}]",
         "\"domain\""},
        {"\"search\": [{\"domain\": \"lr\", \"type\": \"int\", \"args\": \"p\", \"targets\": [0, 1]}]", "\"type\""},
        {"\"search\": [{\"domain\": \"lr\", \"type\": \"float\", \"targets\": [0, 1]}]", "\"args\""},
        {"\"search\": [{\"domain\": \"lr\", \"type\": \"float\", \"args\": [\"p\"], \"targets\": [1, 0]}]",
         "[least, greatest]"},
        {"\"search\": [{\"domain\": \"lr\", \"type\": \"float\", \"args\": [\"p\"]}]", "[least, greatest]"},
        {"\"search\": [{\"domain\": \"lr\", \"type\": \"enum\", \"args\": [\"p\", \"q\"], \"targets\": [[1]]}]",
         "2 values"},
        {"\"search\": [{\"domain\": \"lr\", \"type\": \"enum\", \"args\": [\"p\"], \"targets\": []}]",
         "a list of choices"},
        {"\"apply\": {\"p\": \"nowhere\"}", "no search has the alias \"nowhere\""},
        {"\"apply\": [\"p\"]", "an object of arguments"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture f;
        char text[512];
        snprintf(text, sizeof text, "{\"train\": {\"pre_transforms\": [{\"name\": \"X\", %s}]}}", rows[i].component);
        assert_int_equal(read_config(&f, state, text, NULL, NULL), MM_ERR_CONFIG);
        if (f.problems.errors != 1 || !strstr(f.problems.items[0].text, rows[i].text))
            fail_msg("%s: %zu errors, \"%s\"", rows[i].component, f.problems.errors,
                     f.problems.count ? f.problems.items[0].text : "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(good_definitions_are_kept),
        TEST(malformed_ones_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
