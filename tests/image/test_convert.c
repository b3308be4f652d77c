/* Conversion between all pairs of types. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "image/volume.h"
#include "tests/image/waves.h"

/* What each type holds, as double; the limits of 64 bits are not representable and are tested by themselves. */
static const double lowest[MM_TYPE_COUNT] = {0, -128, 0, -32768, 0, -2147483648.0, 0, -9e15, -1e30, -1e300};
static const double highest[MM_TYPE_COUNT] = {255,        127,  65535, 32767, 4294967295.0,
                                              2147483647, 9e15, 9e15,  1e30,  1e300};

static double expect(double value, enum mm_type type)
{
    if (!mm_type_is_integer(type))
        return type == MM_F32 ? (float)value : value;
    if (isnan(value))
        return 0;
    value = value < lowest[type] ? lowest[type] : value > highest[type] ? highest[type] : value;
    double down = floor(value), rest = value - down;
    return rest < 0.5 || (rest == 0.5 && fmod(down, 2) == 0) ? down : down + 1;
}

/* The value as the type of the source holds it goes to every other type. */
static void every_pair_rounds_and_saturates(void **state)
{
    (void)state;
    static const double values[] = {0,     1,      -1,           0.5,          1.5,   2.5,    -0.5,    -1.5,
                                    126.5, 127.4,  200,          254.5,        255.5, -128.6, 32767.5, 65534.5,
                                    70000, -40000, 2147483646.5, 4294967294.5, 1e12,  -1e12,  NAN};
    enum { COUNT = sizeof values / sizeof *values };
    for (int a = 0; a < MM_TYPE_COUNT; a++) {
        for (int b = 0; b < MM_TYPE_COUNT; b++) {
            uint64_t from[COUNT], to[COUNT];
            double stored[COUNT], back[COUNT];
            mm_convert(from, (enum mm_type)a, values, MM_F64, COUNT, 1);
            mm_convert(stored, MM_F64, from, (enum mm_type)a, COUNT, 1);
            mm_convert(to, (enum mm_type)b, from, (enum mm_type)a, COUNT, 1);
            mm_convert(back, MM_F64, to, (enum mm_type)b, COUNT, 1);
            for (int i = 0; i < COUNT; i++) {
                double in = expect(values[i], (enum mm_type)a), out = expect(in, (enum mm_type)b);
                assert_true(stored[i] == in || (isnan(in) && isnan(stored[i])));
                if (!(back[i] == out || (isnan(out) && isnan(back[i]))))
                    fail_msg("%s %.17g to %s gives %.17g, not %.17g", mm_type_name((enum mm_type)a), in,
                             mm_type_name((enum mm_type)b), back[i], out);
            }
        }
    }
}

static void sixty_four_bits_are_exact(void **state)
{
    (void)state;
    const int64_t from[] = {INT64_MIN, -1, 0, 9007199254740993, INT64_MAX};
    const uint64_t expected[] = {0, 0, 0, 9007199254740993, INT64_MAX}, wide[] = {UINT64_MAX, 1ull << 63, 5};
    uint64_t to[5];
    int64_t back[3];
    mm_convert(to, MM_U64, from, MM_I64, 5, 1);
    assert_memory_equal(to, expected, sizeof to);
    mm_convert(back, MM_I64, wide, MM_U64, 3, 1);
    assert_true(back[0] == INT64_MAX && back[1] == INT64_MAX && back[2] == 5);
    const double far[] = {1e19, -1e19, 2e19, NAN, INFINITY};
    mm_convert(to, MM_I64, far, MM_F64, 5, 1);
    assert_true((int64_t)to[0] == INT64_MAX && (int64_t)to[1] == INT64_MIN && to[3] == 0);
    mm_convert(to, MM_U64, far, MM_F64, 5, 1);
    assert_true(to[0] == 10000000000000000000u && to[1] == 0 && to[2] == UINT64_MAX && to[4] == UINT64_MAX);
}

static void strides_pick_every_nth_element(void **state)
{
    (void)state;
    uint16_t from[3000];
    float to[1000];
    uint8_t bytes[1000];
    for (int i = 0; i < 3000; i++)
        from[i] = (uint16_t)i;
    mm_convert(to, MM_F32, from + 1, MM_U16, 1000, 3);
    mm_convert(bytes, MM_U8, from + 1, MM_U16, 1000, 3);
    for (int i = 0; i < 1000; i++) {
        assert_true(to[i] == (float)(3 * i + 1));
        assert_int_equal(bytes[i], 3 * i + 1 > 255 ? 255 : 3 * i + 1);
    }
    mm_convert(to, MM_F32, from + 9, MM_U16, 1000, 0);
    assert_true(to[0] == 9 && to[999] == 9);
}

static void volumes_convert_with_any_strides(void **state)
{
    (void)state;
    struct mm_arena arena;
    mm_arena_init(&arena, NULL);
    struct mm_volume *v = wave_volume(&arena, MM_F32, 3, 2, 9, 4, 3);
    struct mm_volume *a = mm_volume_convert(&arena, v, MM_I16);
    struct mm_volume *b = mm_volume_convert(&arena, wave_interleave(&arena, v), MM_I16);
    assert_true(wave_difference(a, b) == 0);
    assert_true(wave_difference(a, v) <= 0.5);
    assert_true(mm_volume_is_dense(b));
    mm_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_rounds_and_saturates),
        cmocka_unit_test(sixty_four_bits_are_exact),
        cmocka_unit_test(strides_pick_every_nth_element),
        cmocka_unit_test(volumes_convert_with_any_strides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
