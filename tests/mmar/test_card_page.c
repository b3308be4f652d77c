/* The model card's page: facts between the marks, the person's words around them untouched, and no stranger's markup. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mmar/card_page.h"
#include "tests/support/scratch.h"

#define BEGIN "<!-- mmar card: begin. What stands here is written by the program; write your own above and below. -->"
#define END   "<!-- mmar card: end -->"

static struct mm_error err;

static cJSON *parsed(struct scratch *scratch, const char *text)
{
    cJSON *json;
    assert_int_equal(mm_json_parse(&scratch->arena, "m", text, strlen(text), &json, &err), MM_OK);
    return json;
}

static const char *refreshed(struct scratch *scratch, const char *page, const char *manifest, bool add)
{
    const char *out;
    assert_int_equal(mm_card_refresh(&scratch->arena, page, parsed(scratch, manifest), add, &out, &err), MM_OK);
    return out;
}

static void own_words_stay(void **state)
{
    const char *first =
        refreshed(*state, "# Mine\n\nabove\n" BEGIN "stale" END "below\n", "{\"name\": \"n\"}", false);
    assert_non_null(first);
    assert_memory_equal(first, "# Mine\n\nabove\n" BEGIN "\n", strlen("# Mine\n\nabove\n" BEGIN "\n"));
    assert_non_null(strstr(first, END "below\n"));
    assert_string_equal(strstr(first, END), END "below\n");
    assert_non_null(strstr(first, "| Name | n |\n"));
    assert_null(strstr(first, "stale"));
    assert_null(refreshed(*state, first, "{\"name\": \"n\"}", false)); /* nothing new */
    const char *second = refreshed(*state, first, "{\"name\": \"m\"}", false);
    assert_string_equal(refreshed(*state, second, "{\"name\": \"n\"}", false), first); /* and back */
}

static void pages_without_marks_get_them_only_when_asked(void **state)
{
    static const char *const pages[] = {NULL, "", "# Mine\ntext\n", "text\n", "# Mine"};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        if (pages[i])
            assert_null(refreshed(*state, pages[i], "{}", false));
        const char *page = refreshed(*state, pages[i], "{}", true);
        assert_non_null(page);
        assert_non_null(strstr(page, BEGIN));
        assert_null(refreshed(*state, page, "{}", true));
    }
    const char *page = refreshed(*state, "# Mine\ntext\n", "{}", true);
    assert_memory_equal(page, "# Mine\n\n" BEGIN, strlen("# Mine\n\n" BEGIN));
    assert_non_null(strstr(page, END "\ntext\n"));
}

static void half_marks_are_refused(void **state)
{
    static const char *const pages[] = {"a " BEGIN " b", "a " END " b", END BEGIN};
    struct scratch *scratch = *state;
    const char *out;
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
        assert_int_equal(
            mm_card_refresh(&scratch->arena, pages[i], mm_json_object(&scratch->arena), true, &out, &err),
            MM_ERR_DATA);
}

static void facts_are_told(void **state)
{
    static const char *const told[] = {
        "| Works at a spacing of | 1.5 x 1.5 x 2 mm",
        "| Labels | 0 background, 1 spleen |",
        "| mean_dice | 0.9 |",
        "| Training cases | 32 |",
        "| Took | 1 min 15 s |",
        "| Licences of the data | CC0, CC-BY-4.0 |",
        "| Fine-tuned from | other 2.0, licence MIT, signed by lab, manifest abcd |\n",
        "manifest abcd |\n| which was made from | oldest |",
        "    mmar infer my_model.mmar scan.nii.gz -o out\n",
    };
    const char *page = refreshed(
        *state, NULL,
        "{\"name\": \"my model\", \"data_licences\": [\"CC0\", \"CC-BY-4.0\"], \"inputs\": {\"spatial_dims\": 3, "
        "\"spacing\": [1.5, 1.5, 2]}, \"outputs\": {\"labels\": {\"0\": \"background\", \"1\": \"spleen\"}}, "
        "\"metrics\": {\"mean_dice\": 0.9}, \"data\": {\"training\": 32}, \"training\": {\"seconds\": 75}, "
        "\"parent\": {\"name\": \"other\", \"version\": \"2.0\", \"licence\": \"MIT\", \"signer\": \"lab\", "
        "\"manifest_sha256\": \"abcd\", \"parent\": {\"name\": \"oldest\"}}}",
        true);
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        if (!strstr(page, told[i]))
            fail_msg("lacks %s in:\n%s", told[i], page);
    assert_non_null(strstr(refreshed(*state, NULL, "{}", true), "none stated: ask before you use it"));
}

static void strangers_bring_no_markup(void **state)
{
    const char *page = refreshed(*state, NULL,
                                 "{\"name\": \"a | b <script> [x](y) `c`\\n# d " END
                                 "\", \"model\": 7, \"inputs\": [], \"parent\": {\"parent\": 1}, \"metrics\": []}",
                                 true);
    assert_non_null(
        strstr(page, "| Name | a \\| b \\<script\\> \\[x\\](y) \\`c\\` # d \\<!-- mmar card: end --\\> |\n"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {T(own_words_stay), T(pages_without_marks_get_them_only_when_asked),
                                       T(half_marks_are_refused), T(facts_are_told), T(strangers_bring_no_markup)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
