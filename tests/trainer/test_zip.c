/* Stored zips: what is read, and that every way to lie about an entry is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/trainer/torch_samples.h"
#include "trainer/zip.h"

struct fixture {
    struct mm_arena arena;
    struct sample s;
    struct mm_zip *zip;
    struct mm_error err;
};

static int set_up(void **state)
{
    struct fixture *f = mm_alloc(sizeof(*f));
    mm_arena_init(&f->arena, NULL);
    const struct sample_entry entries[] = {{"b/one", "1", 1, 0}, {"a/two", "two", 3, 0}, {"none", "", 0, 0}};
    sample_zip(&f->s, entries, 3);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    mm_arena_done(&f->arena);
    mm_free(f);
    return 0;
}

static enum mm_status parse(struct fixture *f)
{
    return mm_zip_parse(&f->arena, f->s.bytes, f->s.size, &f->zip, &f->err);
}

static void refused(struct fixture *f, const char *why)
{
    assert_int_equal(parse(f), MM_ERR_DATA);
    if (!strstr(f->err.text, why))
        fail_msg("\"%s\" does not say \"%s\"", f->err.text, why);
}

static void test_entries_are_found_by_name(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(parse(f), MM_OK);
    assert_int_equal(f->zip->count, 3);
    assert_memory_equal(mm_zip_find(f->zip, "a/two")->data, "two", 3);
    assert_int_equal(mm_zip_find(f->zip, "none")->size, 0);
    assert_null(mm_zip_find(f->zip, "two"));
}

static void test_any_cut_is_refused(void **state)
{
    struct fixture *f = *state;
    for (size_t whole = f->s.size; f->s.size-- > 0;) {
        assert_true(f->s.size < whole);
        assert_int_equal(parse(f), MM_ERR_DATA);
    }
}

static void test_a_flipped_byte_of_data_is_refused(void **state)
{
    struct fixture *f = *state;
    unsigned char *at = memchr(f->s.bytes, '1', f->s.size);
    *at ^= 1;
    refused(f, "b/one is damaged");
}

static void test_compressed_entries_are_refused(void **state)
{
    struct fixture *f = *state;
    f->s.size = 0;
    sample_zip(&f->s, &(struct sample_entry){"x", "abc", 3, 8}, 1);
    refused(f, "x is compressed (method 8)");
}

static void test_duplicate_names_are_refused(void **state)
{
    struct fixture *f = *state;
    f->s.size = 0;
    sample_zip(&f->s, (struct sample_entry[]){{"x", "abc", 3, 0}, {"x", "abd", 3, 0}}, 2);
    refused(f, "the entry x is there twice");
}

static void test_overlapping_entries_are_refused(void **state)
{
    struct fixture *f = *state;
    struct sample inner = {.size = 0};
    sample_zip(&inner, &(struct sample_entry){"x", "abc", 3, 0}, 1);
    f->s.size = 0;
    const struct sample_entry outer = {"o", inner.bytes, inner.size, 0};
    sample_zip(&f->s, (struct sample_entry[]){outer, {"x", "abc", 3, 0}}, 2);
    /* the second entry's offset, last four bytes of its record, now names the header inside the first one's data */
    unsigned char *record = f->s.bytes + f->s.size - 22 - 5;
    memcpy(record, (unsigned char[4]){31, 0, 0, 0}, 4);
    refused(f, "overlap");
}

static void test_lying_headers_are_refused(void **state)
{
    struct fixture *f = *state;
    unsigned char *local = f->s.bytes + 30; /* the first entry's name in its local header */
    *local = 'c';
    refused(f, "says otherwise");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_entries_are_found_by_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_any_cut_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_flipped_byte_of_data_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_compressed_entries_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_duplicate_names_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_overlapping_entries_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lying_headers_are_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
