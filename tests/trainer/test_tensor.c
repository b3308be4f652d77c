/* Sizes and texts of tensor descriptions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "trainer/tensor.h"

static void test_sizes(void **state)
{
    struct mm_desc desc = mm_desc_make(3, 2, 17, 3, 4, 5);
    (void)state;
    assert_int_equal(mm_desc_count(&desc), 2 * 17 * 60);
    assert_int_equal(mm_desc_area(&desc), 60);
    assert_int_equal(mm_desc_elements(&desc), 2 * 17 * 60);
    assert_int_equal(mm_desc_bytes(&desc), 4 * 2 * 17 * 60);
    desc = mm_desc_with(desc, MM_LAYOUT_CHANNELS_LAST);
    assert_int_equal(mm_desc_elements(&desc), 2 * 17 * 60);
    desc = mm_desc_with(desc, MM_LAYOUT_BLOCKED16);
    assert_int_equal(mm_desc_elements(&desc), 2 * 32 * 60);
    assert_int_equal(mm_desc_count(&desc), 2 * 17 * 60);
    desc.dtype = MM_DT_BF16;
    assert_int_equal(mm_desc_bytes(&desc), 2 * 2 * 32 * 60);
    desc = mm_desc_vector(7);
    assert_int_equal(mm_desc_count(&desc), 7);
    /* more elements than 32 bits count */
    desc = mm_desc_make(3, 4, 512, 128, 256, 256);
    assert_true(mm_desc_bytes(&desc) == (size_t)1 << 36);
}

static void test_shapes(void **state)
{
    const struct mm_desc a = mm_desc_make(2, 1, 3, 1, 4, 5), b = mm_desc_with(a, MM_LAYOUT_BLOCKED16);
    const struct mm_desc c = mm_desc_make(2, 1, 3, 1, 5, 4);
    (void)state;
    assert_true(mm_desc_same_shape(&a, &b));
    assert_false(mm_desc_same_shape(&a, &c));
}

static void expect_text(struct mm_desc desc, const char *expected)
{
    char text[96], tiny[6];
    assert_string_equal(mm_desc_text(&desc, text, sizeof text), expected);
    assert_int_equal(strncmp(mm_desc_text(&desc, tiny, sizeof tiny), expected, sizeof tiny - 1),
                     0); /* cut, not overrun */
}

static void test_texts(void **state)
{
    (void)state;
    expect_text(mm_desc_make(3, 2, 16, 32, 48, 49), "2x16x32x48x49");
    expect_text(mm_desc_make(2, 2, 16, 1, 48, 49), "2x16x48x49");
    expect_text(mm_desc_make(3, 2, 5, 1, 1, 1), "2x5x1x1x1");
    expect_text(mm_desc_make(0, 2, 5, 1, 1, 1), "2x5");
    expect_text(mm_desc_vector(7), "7");
    expect_text(mm_desc_vector(1), "1");
    expect_text(mm_desc_make(3, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, 1),
                "9223372036854775807x9223372036854775807x9223372036854775807x9223372036854775807x1");
    assert_string_equal(mm_layout_name(MM_LAYOUT_PLAIN), "plain");
    assert_string_equal(mm_layout_name(MM_LAYOUT_BLOCKED16), "blocked16");
    assert_string_equal(mm_layout_name(MM_LAYOUT_CHANNELS_LAST), "channels_last");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
