/* Items named more than once are found, whatever they are made of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "cache/twins.h"
#include "tests/support/scratch.h"

static const struct mm_datalist *list_of(struct scratch *scratch, const char *items)
{
    char *text = mm_arena_format(&scratch->arena, "{\"training\": [%s]}", items);
    const char *path = scratch_file(scratch, "list.json", text, strlen(text));
    struct mm_problems problems;
    struct mm_datalist *list = NULL;
    struct mm_error err = {0};
    mm_problems_init(&problems, &scratch->arena);
    assert_int_equal(mm_datalist_read(&scratch->arena, path, "training", "/data", &list, &problems, &err), MM_OK);
    return list;
}

static void check(void **state, const char *items, const uint32_t *wanted)
{
    const struct mm_datalist *list = list_of(*state, items);
    uint32_t *first = mm_twins_find(list);
    assert_non_null(first);
    for (size_t i = 0; i < list->count; i++)
        assert_int_equal(first[i], wanted[i]);
    mm_free(first);
}

static void equal_items_have_one_first(void **state)
{
    check(state,
          "{\"image\": \"a.nii\", \"label\": \"x.nii\"}, {\"image\": \"b.nii\", \"label\": \"x.nii\"},"
          "{\"image\": \"a.nii\", \"label\": \"x.nii\"}, {\"image\": \"a.nii\", \"label\": \"y.nii\"},"
          "{\"image\": \"b.nii\", \"label\": \"x.nii\"}, {\"image\": \"a.nii\", \"label\": \"x.nii\"}",
          (uint32_t[]){0, 1, 0, 3, 1, 0});
}

static void numbers_texts_and_lists_count(void **state)
{
    check(state,
          "{\"image\": \"a.nii\", \"label\": 1}, {\"image\": \"a.nii\", \"label\": 2}, {\"image\": \"a.nii\", "
          "\"label\": [1]},"
          "{\"image\": \"a.nii\", \"label\": [1, 0]}, {\"image\": [\"a.nii\", \"b.nii\"]}, {\"image\": [\"a.nii\", "
          "\"b.nii\"]},"
          "{\"image\": [\"b.nii\", \"a.nii\"]}, {\"image\": \"a.nii\", \"id\": \"p\"}, {\"image\": \"a.nii\", "
          "\"id\": \"q\"},"
          "{\"image\": \"a.nii\", \"id\": \"p\"}, {\"image\": \"a.nii\"}",
          (uint32_t[]){0, 1, 0, 3, 4, 4, 6, 7, 8, 7, 10});
}

static void one_item_is_its_own(void **state)
{
    check(state, "{\"image\": \"a.nii\"}", (uint32_t[]){0});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(equal_items_have_one_first, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(numbers_texts_and_lists_count, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(one_item_is_its_own, scratch_setup, scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
