/* Datalists: what items may hold, paths, labels, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "config/datalist.h"
#include "tests/support/scratch.h"

static struct mm_problems problems;
static struct mm_datalist *list;
static struct mm_error err;

static enum mm_status read(void **state, const char *text, const char *key, const char *base)
{
    struct scratch *scratch = *state;
    const char *path = scratch_file(scratch, "dataset.json", text, strlen(text));
    mm_problems_init(&problems, &scratch->arena);
    return mm_datalist_read(&scratch->arena, path, key, base, &list, &problems, &err);
}

static void items_hold_paths_numbers_and_text(void **state)
{
    assert_int_equal(read(state,
                          "{\"training\": [{\"image\": \"./a/Case 1.nii.gz\", \"label\": \"l.nii.gz\", \"id\": "
                          "\"p1\", \"fold\": 2, \"__x\": 1, \"z\": null},"
                          " {\"image\": [\"t1.nii\", \"/abs/t2.nii\"], \"label\": 1}, {\"image\": \"a.png\", "
                          "\"label\": [0, 1, 0.5]}, \"bare.nii\"],"
                          " \"validation\": [5]}",
                          "training", "/data"),
                     MM_OK);
    assert_int_equal(list->count, 4);
    const struct mm_entry *entry = mm_item_get(&list->items[0], "image");
    assert_int_equal(entry->kind, MM_ENTRY_PATHS);
    assert_int_equal(entry->count, 1);
    assert_string_equal(entry->paths[0], "/data/a/Case 1.nii.gz");
    assert_string_equal(mm_item_get(&list->items[0], "label")->paths[0], "/data/l.nii.gz");
    entry = mm_item_get(&list->items[0], "id");
    assert_int_equal(entry->kind, MM_ENTRY_TEXT);
    assert_string_equal(entry->paths[0], "p1");
    entry = mm_item_get(&list->items[0], "fold");
    assert_int_equal(entry->kind, MM_ENTRY_NUMBERS);
    assert_true(entry->numbers[0] == 2);
    assert_int_equal(list->items[0].count, 4);
    entry = mm_item_get(&list->items[1], "image");
    assert_int_equal(entry->count, 2);
    assert_string_equal(entry->paths[1], "/abs/t2.nii");
    assert_true(mm_item_get(&list->items[1], "label")->numbers[0] == 1);
    entry = mm_item_get(&list->items[2], "label");
    assert_int_equal(entry->count, 3);
    assert_true(entry->numbers[2] == 0.5);
    assert_string_equal(mm_item_get(&list->items[3], "image")->paths[0], "/data/bare.nii");
    assert_null(mm_item_get(&list->items[3], "label"));
    assert_int_equal(problems.count, 0);
}

static void rows_of_numbers_follow_each_other(void **state)
{
    assert_int_equal(
        read(state, "{\"t\": [{\"image\": \"a\", \"foreground\": [[1, 2, 3], [4, 5, 6.5]]}]}", "t", "/d"), MM_OK);
    const struct mm_entry *entry = mm_item_get(&list->items[0], "foreground");
    assert_int_equal(entry->kind, MM_ENTRY_NUMBERS);
    assert_int_equal(entry->count, 6);
    assert_true(entry->numbers[3] == 4 && entry->numbers[5] == 6.5);
    assert_int_equal(read(state, "{\"t\": [{\"image\": \"a\", \"foreground\": [[1, 2, 3], [4, 5]]}]}", "t", "/d"),
                     MM_OK);
    assert_null(mm_item_get(&list->items[0], "foreground")); /* noted, not read */
    assert_int_equal(problems.count, 1);
}

static void paths_are_relative_to_the_datalist_without_a_base(void **state)
{
    struct scratch *scratch = *state;
    assert_int_equal(read(state, "{\"training\": [{\"image\": \"a.nii\"}]}", "training", NULL), MM_OK);
    assert_string_equal(mm_item_get(&list->items[0], "image")->paths[0], scratch_path(scratch, "a.nii"));
    assert_string_equal(list->file, scratch_path(scratch, "dataset.json"));
}

static void the_same_file_may_come_many_times(void **state)
{
    assert_int_equal(read(state, "{\"t\": [{\"image\": \"a\"}, {\"image\": \"a\"}, {\"image\": \"a\"}]}", "t", "/d"),
                     MM_OK);
    assert_int_equal(list->count, 3);
}

static void labels_are_named_by_value(void **state)
{
    static const char *const texts[] = {
        "{\"labels\": {\"0\": \"background\", \"2\": \"tumour\"}, \"t\": [{\"image\": \"a\"}]}",
        "{\"labels\": {\"tumour\": 2, \"background\": 0}, \"t\": [{\"image\": \"a\"}]}",
    };
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(read(state, texts[i], "t", "/d"), MM_OK);
        assert_int_equal(list->label_count, 3);
        assert_string_equal(list->label_names[0], "background");
        assert_null(list->label_names[1]);
        assert_string_equal(list->label_names[2], "tumour");
    }
    assert_int_equal(read(state,
                          "{\"labels\": {\"x\": \"y\", \"-1\": \"z\", \"99999999999\": \"w\", \"1\": \"one\"}, "
                          "\"t\": [{\"image\": \"a\"}]}",
                          "t", "/d"),
                     MM_OK);
    assert_int_equal(list->label_count, 2);
    assert_int_equal(problems.count, 3);
    assert_int_equal(problems.errors, 0);
    assert_int_equal(read(state, "{\"labels\": 5, \"t\": [{\"image\": \"a\"}]}", "t", "/d"), MM_OK);
    assert_int_equal(list->label_count, 0);
}

static void other_keys_are_skipped_with_one_note(void **state)
{
    assert_int_equal(
        read(state,
             "{\"t\": [{\"image\": \"a\", \"meta\": {\"age\": 5}}, {\"image\": \"a\", \"meta\": {}, \"ok\": true}]}",
             "t", "/d"),
        MM_OK);
    assert_int_equal(problems.count, 1);
    assert_int_equal(problems.items[0].severity, MM_SEVERITY_NOTE);
    assert_string_equal(problems.items[0].text, "meta is neither path nor number and is not read");
    assert_int_equal(list->items[1].count, 1);
}

static void wrong_lists_are_refused(void **state)
{
    static const struct {
        const char *text, *path, *error;
    } cases[] = {
        {"[]", NULL, "expected an object with lists, got an array"},
        {"{\"training\": [], \"name\": \"x\", \"validation\": [1]}", NULL,
         "there is no list \"t\"; there are training, validation"},
        {"{}", NULL, "there is no list \"t\""},
        {"{\"t\": []}", "t", "expected a list of items, got an empty one"},
        {"{\"t\": {}}", "t", "expected a list of items, got an object"},
        {"{\"t\": [5]}", "t[0]", "expected an item such as {\"image\": ...}, got number 5"},
        {"{\"t\": [{}]}", "t[0]", "an item without an image"},
        {"{\"t\": [{\"image\": []}]}", "t[0].image",
         "expected a path, a number, or a list of them, got an empty array"},
        {"{\"t\": [{\"image\": \"\"}]}", "t[0].image",
         "expected a path, a number, or a list of them, got string \"\""},
        {"{\"t\": [{\"image\": [\"a\", 1]}]}", "t[0].image",
         "expected a path, a number, or a list of them, got an array"},
        {"{\"t\": [{\"image\": \"a\", \"label\": [1, \"a\"]}]}", "t[0].label",
         "expected a path, a number, or a list of them, got an array"},
        {"{\"t\": [{\"image\": \"a\"}, {\"image\": {\"x\": 1}}]}", "t[1].image",
         "expected a path, a number, or a list of them, got an object"},
        {"{\"t\": [{\"image\": true}]}", "t[0].image", "expected a path, a number, or a list of them, got true"},
        {"{\"t\": [\"\"]}", "t[0]", "expected a path, a number, or a list of them, got string \"\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(read(state, cases[i].text, "t", "/d"), MM_ERR_CONFIG);
        assert_null(list);
        assert_string_equal(problems.items[0].text, cases[i].error);
        if (cases[i].path)
            assert_string_equal(problems.items[0].place.path, cases[i].path);
        assert_non_null(problems.items[0].place.file);
    }
    assert_int_equal(read(state, "{", "t", "/d"), MM_ERR_CONFIG);
    assert_int_equal(problems.errors, 1);
}

static void a_missing_file_is_an_io_error(void **state)
{
    struct scratch *scratch = *state;
    mm_problems_init(&problems, &scratch->arena);
    assert_int_equal(
        mm_datalist_read(&scratch->arena, scratch_path(scratch, "absent.json"), "t", NULL, &list, &problems, &err),
        MM_ERR_IO);
    assert_non_null(strstr(err.text, "absent.json: cannot open: No such file or directory"));
}

static void memory_may_run_out_anywhere(void **state)
{
    static const char text[] =
        "{\"labels\": {\"0\": \"x\"}, \"t\": [{\"image\": [\"a\", \"b\"], \"label\": 1, \"id\": \"x\"}, \"bare\"]}";
    struct scratch *scratch = *state;
    const char *path = scratch_file(scratch, "dataset.json", text, sizeof text - 1);
    enum mm_status s = MM_ERR_MEMORY;
    for (uint64_t n = 1; s != MM_OK; n++) {
        struct mm_arena arena;
        mm_arena_init(&arena, NULL);
        arena.chunk_size = 256;
        mm_problems_init(&problems, &arena);
        mm_memory_fail_at(n);
        s = mm_datalist_read(&arena, path, "t", NULL, &list, &problems, &err);
        mm_memory_fail_at(0);
        assert_true(s == MM_OK || s == MM_ERR_MEMORY);
        mm_arena_done(&arena);
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(items_hold_paths_numbers_and_text),
        TEST(rows_of_numbers_follow_each_other),
        TEST(paths_are_relative_to_the_datalist_without_a_base),
        TEST(the_same_file_may_come_many_times),
        TEST(labels_are_named_by_value),
        TEST(other_keys_are_skipped_with_one_note),
        TEST(wrong_lists_are_refused),
        TEST(a_missing_file_is_an_io_error),
        TEST(memory_may_run_out_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
