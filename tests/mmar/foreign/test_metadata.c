/* A bundle's metadata.json: whatever its members' types, the card is one that packs, and nothing is lost without a word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "mmar/archive/manifest_schema.h"
#include "mmar/foreign/foreign.h"
#include "tests/support/scratch.h"

static struct mm_foreign *take(struct scratch *scratch, const char *metadata, cJSON **card)
{
    static const char before[] = "{\"name\": \"mine\", \"version\": \"0.1.0\", \"licence\": \"\", \"authors\": []}";
    struct mm_arena *arena = &scratch->arena;
    struct mm_foreign *f = mm_arena_new(arena, struct mm_foreign);
    struct mm_error err;
    cJSON *json;
    f->notes.arena = f->tree.arena = arena;
    if (mm_json_parse(arena, "configs/metadata.json", metadata, strlen(metadata), &json, &err) != MM_OK)
        fail_msg("%s", err.text);
    f->metadata = json;
    assert_int_equal(mm_file_make_folder(scratch_path(scratch, "docs"), &err), MM_OK);
    assert_int_equal(mm_file_write(scratch_path(scratch, "docs/card.json"), before, strlen(before), &err), MM_OK);
    if (mm_bundle_card(f, scratch->folder, &err) != MM_OK)
        fail_msg("%s", err.text);
    mm_bundle_labels(f);
    assert_int_equal(mm_json_read(arena, scratch_path(scratch, "docs/card.json"), card, &err), MM_OK);
    return f;
}

static bool says(const struct mm_foreign *f, enum mm_note_kind kind, const char *words)
{
    for (size_t i = 0; i < f->notes.count; i++)
        if (f->notes.items[i].kind == kind && strstr(f->notes.items[i].text, words))
            return true;
    return false;
}

static const char *member(struct scratch *scratch, const cJSON *json, const char *name)
{
    return mm_json_print(&scratch->arena, mm_json_get(json, name), MM_JSON_CANONICAL);
}

static void plain_members_are_taken(void **state)
{
    cJSON *card;
    struct mm_foreign *f = take(*state,
                                "{\"name\": \"A\", \"version\": \"1.2\", \"authors\": \"B and C\", \"intended_use\": "
                                "\"tests\", \"network_data_format\": {\"outputs\": {\"pred\": {\"channel_def\": "
                                "{\"0\": \"background\", \"1\": \"spleen\"}}}}}",
                                &card);
    assert_string_equal(member(*state, card, "name"), "\"A\"");
    assert_string_equal(member(*state, card, "version"), "\"1.2\"");
    assert_string_equal(member(*state, card, "authors"), "[\"B and C\"]");
    assert_string_equal(mm_json_print(f->tree.arena, f->labels, MM_JSON_CANONICAL),
                        "{\"0\":\"background\",\"1\":\"spleen\"}");
    assert_false(says(f, MM_NOTE_LEFT, ""));
}

static void other_types_are_brought_into_the_card_or_told_of(void **state)
{
    cJSON *card;
    struct mm_foreign *f =
        take(*state,
             "{\"name\": [\"A\"],\n\"version\": 0.5, \"authors\": [\"B\", {\"name\": \"C\", \"mail\": 1}, 7,"
             " {\"x\": 1}], \"intended_use\": {\"a\": 1}, \"copyright\": \"D\", \"changelog\": {},\n"
             "\"network_data_format\": {\"outputs\": {\"pred\": {\"channel_def\": [\"background\", 3, \"liver\"]},"
             " \"other\": {\"channel_def\": 5}, \"third\": 1}}}",
             &card);
    assert_string_equal(member(*state, card, "name"), "\"mine\"");
    assert_string_equal(member(*state, card, "version"), "\"0.5\"");
    assert_string_equal(member(*state, card, "authors"), "[\"B\",\"C\"]");
    assert_string_equal(mm_json_print(f->tree.arena, f->labels, MM_JSON_CANONICAL),
                        "{\"0\":\"background\",\"2\":\"liver\"}");
    assert_true(says(f, MM_NOTE_LEFT, "metadata.json:1: name: is an array, expected a string: not taken"));
    assert_true(says(f, MM_NOTE_TAKEN, "metadata.json:2: version: is a number, taken as text"));
    assert_true(says(f, MM_NOTE_LEFT, "authors: is a number without a name"));
    assert_true(says(f, MM_NOTE_LEFT, "authors: is an object without a name"));
    assert_true(says(f, MM_NOTE_LEFT, "intended_use: is an object"));
    assert_true(says(f, MM_NOTE_LEFT, "no place for copyright, changelog"));
    assert_true(says(f, MM_NOTE_LEFT, "channel_def: is a number, expected a string"));
    assert_true(says(f, MM_NOTE_LEFT, "channel_def: is no object"));
}

/* The card's members go into a manifest, whose check is packing's. */
static void any_type_of_any_member_packs(void **state)
{
    static const char *const names[] = {"name", "version", "authors", "intended_use", "network_data_format"};
    static const char *const values[] = {"null",
                                         "true",
                                         "3",
                                         "1e300",
                                         "\"\"",
                                         "[]",
                                         "{}",
                                         "[1]",
                                         "[[\"a\"]]",
                                         "{\"a\": 1}",
                                         "{\"name\": []}",
                                         "{\"outputs\": [\"a\", {\"channel_def\": [[]]}]}"};
    struct scratch *scratch = *state;
    struct mm_error err;
    for (size_t n = 0; n < sizeof names / sizeof *names; n++)
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            cJSON *card, *files = mm_json_array(&scratch->arena);
            take(scratch, mm_arena_format(&scratch->arena, "{\"%s\": %s}", names[n], values[v]), &card);
            mm_json_add(&scratch->arena, card, "format", mm_json_integer(&scratch->arena, 1));
            mm_json_add(&scratch->arena, card, "files", files);
            if (mm_manifest_schema_check(&scratch->arena, card, &err) != MM_OK)
                fail_msg("%s: %s: %s", names[n], values[v], err.text);
        }
    cJSON *card;
    assert_true(says(take(scratch, "[1]", &card), MM_NOTE_LEFT, "metadata.json: is an array, expected an object"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        T(plain_members_are_taken),
        T(other_types_are_brought_into_the_card_or_told_of),
        T(any_type_of_any_member_packs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
