/* Cards: facts in, readable lines out, and no byte of a stranger's text that could steer a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mmar/card.h"
#include "tests/support/scratch.h"

static struct mm_error err;

static const char *card_of(struct scratch *scratch, const char *text)
{
    cJSON *json;
    struct mm_text card;
    assert_int_equal(mm_json_parse(&scratch->arena, "manifest", text, strlen(text), &json, &err), MM_OK);
    mm_text_init(&card, 1 << 20);
    mm_card_print(&card, json, "d1ge57");
    char *copy = mm_arena_text(&scratch->arena, card.bytes);
    mm_text_done(&card);
    return copy;
}

static void all_facts_are_shown(void **state)
{
    struct scratch *scratch = *state;
    const char *card = card_of(
        scratch,
        "{\"format\": 1, \"name\": \"spleen\", \"version\": \"1.0\", \"licence\": \"MIT\", \"authors\": [\"A\", "
        "\"B\"],"
        "\"intended_use\": \"research\", \"data_licences\": [\"CC0\"], \"model\": {\"name\": \"UNet\", "
        "\"parameters\": 123},"
        "\"inputs\": {\"channels\": 1, \"spatial_dims\": 3}, \"outputs\": {\"channels\": 2},"
        "\"training\": {\"epochs\": 5, \"seconds\": 75, \"metric\": \"mean_dice\", \"best_metric\": 0.91234, "
        "\"best_epoch\": 4,"
        "\"program\": \"mmar 0.1.0\", \"backend\": \"cpu\", \"seed\": \"7\"}, \"metrics\": {\"mean_dice\": 0.9},"
        "\"data\": {\"training\": 32, \"validation\": 9, \"labels\": {\"0\": \"background\", \"1\": \"spleen\"}},"
        "\"parent\": {\"kind\": \"archive\", \"name\": \"other\", \"manifest_sha256\": \"abcd\", \"licence\": "
        "\"CC-BY\"},"
        "\"files\": [{\"path\": \"docs/a\", \"size\": 2048, \"sha256\": \"\"}]}");
    assert_string_equal(
        card, "name          spleen\n"
              "version       1.0\n"
              "licence       MIT\n"
              "authors       A, B\n"
              "intended use  research\n"
              "data licences CC0\n"
              "model         UNet, 123 parameters, 3D, 1 in, 2 out\n"
              "training      5 epochs in 1 min 15 s, best mean_dice 0.9123 after epoch 4; mmar 0.1.0, cpu, seed 7\n"
              "evaluation    mean_dice 0.9\n"
              "data          32 training, 9 validation; labels 0 background, 1 spleen\n"
              "fine-tuned of archive other (licence CC-BY) abcd\n"
              "files         1, 2 KiB unpacked\n"
              "manifest      d1ge57\n");
}

static void missing_and_strange_facts_are_no_trouble(void **state)
{
    struct scratch *scratch = *state;
    assert_non_null(strstr(card_of(scratch, "{}"), "none stated: ask before you use it"));
    card_of(scratch, "{\"name\": 7, \"licence\": {}, \"authors\": [[[\"x\"]]], \"model\": [], \"training\": \"x\", "
                     "\"metrics\": 3, \"data\": [1],"
                     "\"parent\": {\"parent\": {\"parent\": 1}}, \"files\": [{\"size\": \"x\"}, 3], \"inputs\": "
                     "null, \"origin\": []}");
}

static void nothing_steers_the_terminal(void **state)
{
    struct scratch *scratch = *state;
    const char *card = card_of(scratch, "{\"name\": \"a\\u001b[31mred\\u0007\\u007f\\u009b\\u202e\\u2066z\\n\\rfake "
                                        "line\", \"metrics\": {\"x\\u001b]0;t\": 1},"
                                        "\"licence\": \"Stra\\u00dfe \\u65e5\\u672c\"}");
    for (const char *c = card; *c; c++)
        assert_true((unsigned char)*c >= ' ' || *c == '\n');
    assert_non_null(strstr(card, "name          a [31mred     z  fake line\n"));
    assert_non_null(strstr(card, "Stra\xc3\x9f"
                                 "e \xe6\x97\xa5\xe6\x9c\xac"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        T(all_facts_are_shown),
        T(missing_and_strange_facts_are_no_trouble),
        T(nothing_steers_the_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
