/* Strided tensors: copies, byte order, and kernels whose axes are turned. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "trainer/strided.h"

static void test_copy_in_any_order(void **state)
{
    (void)state;
    static const unsigned char bytes[12] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    unsigned char got[12];
    struct mm_strided t = {.dtype = "U8", .rank = 2, .dim = {3, 4}, .data = bytes};
    mm_strided_pack(&t);
    assert_int_equal(t.stride[0], 4);
    mm_strided_copy(&t, got);
    assert_memory_equal(got, bytes, 12);
    t = (struct mm_strided){.dtype = "U8", .rank = 2, .dim = {4, 3}, .stride = {1, 4}, .data = bytes};
    mm_strided_copy(&t, got);
    assert_memory_equal(got, ((unsigned char[12]){0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11}), 12);
    t = (struct mm_strided){.dtype = "I32", .rank = 1, .dim = {3}, .stride = {1}, .data = bytes, .big_endian = true};
    mm_strided_copy(&t, got);
    assert_memory_equal(got, ((unsigned char[12]){3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8}), 12);
    t = (struct mm_strided){.dtype = "I32", .rank = 0, .data = bytes};
    mm_strided_copy(&t, got);
    assert_memory_equal(got, bytes, 4);
}

/* numpy: arange(12, dtype='u1').reshape(1, 1, 1, 3, 4).transpose(0, 1, 4, 3, 2) */
static void test_turned_kernels(void **state)
{
    (void)state;
    static const unsigned char bytes[12] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    unsigned char got[12];
    struct mm_strided t = {.dtype = "U8", .rank = 5, .dim = {1, 1, 1, 3, 4}, .data = bytes}, matrix;
    mm_strided_pack(&t);
    mm_strided_turn(&t);
    assert_int_equal(t.dim[2], 4);
    assert_int_equal(t.dim[4], 1);
    mm_strided_copy(&t, got);
    assert_memory_equal(got, ((unsigned char[12]){0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11}), 12);
    matrix = (struct mm_strided){.dtype = "U8", .rank = 3, .dim = {1, 3, 4}, .data = bytes};
    mm_strided_pack(&matrix);
    mm_strided_turn(&matrix);
    assert_int_equal(matrix.dim[2], 4);
    assert_false(mm_strided_is_kernel(&matrix));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_copy_in_any_order),
                                       cmocka_unit_test(test_turned_kernels)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
