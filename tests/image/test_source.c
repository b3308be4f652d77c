/* The first bytes of files, plain and gzip. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "image/gzip.h"
#include "image/source.h"
#include "tests/support/scratch.h"

static struct mm_error err;

static void first_bytes_are_those_inside(void **state)
{
    struct scratch *scratch = *state;
    unsigned char bytes[50000], start[700], *packed;
    struct mm_source source;
    size_t size;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 7 + i / 300);
    assert_int_equal(mm_gzip_pack(&scratch->arena, bytes, sizeof bytes, &packed, &size, &err), MM_OK);
    const char *plain = scratch_file(scratch, "plain", bytes, sizeof bytes);
    const char *gzip = scratch_file(scratch, "gzip", packed, size), *tiny = scratch_file(scratch, "tiny", bytes, 5);
    assert_int_equal(mm_source_peek(plain, start, sizeof start, &source, &err), MM_OK);
    assert_true(source.got == sizeof start && source.file_bytes == sizeof bytes && !source.is_gzip);
    assert_memory_equal(start, bytes, source.got);
    memset(start, 0, sizeof start);
    assert_int_equal(mm_source_peek(gzip, start, sizeof start, &source, &err), MM_OK);
    assert_true(source.got == sizeof start && source.file_bytes == size && source.is_gzip);
    assert_memory_equal(start, bytes, source.got);
    assert_int_equal(mm_source_peek(tiny, start, sizeof start, &source, &err), MM_OK);
    assert_int_equal(source.got, 5);
}

static void what_cannot_be_opened_is_named(void **state)
{
    struct scratch *scratch = *state;
    unsigned char start[10];
    struct mm_source source;
    char *path = scratch_path(scratch, "absent");
    assert_int_equal(mm_source_peek(path, start, sizeof start, &source, &err), MM_ERR_IO);
    assert_non_null(strstr(err.text, "absent"));
    assert_int_equal(mm_source_peek(scratch->folder, start, sizeof start, &source, &err), MM_ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(first_bytes_are_those_inside, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_opened_is_named, scratch_setup, scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
