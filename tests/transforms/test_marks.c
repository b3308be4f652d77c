/* Marks and bounds of foreground against loops that look at each voxel, in all types, in views and in several channels. */
#include <math.h>

#include "chains.h"
#include "transforms/foreground.h"
#include "transforms/marks.h"

/* About one voxel in `rarity` is not 0, some of them below 0 where the type allows it. */
static struct mm_volume *speckles(struct mm_arena *arena, enum mm_type type, uint32_t rarity, uint32_t seed)
{
    const int size[3] = {70, 9, 8};
    struct mm_volume *v = mm_volume_make(arena, type, 3, 3, size);
    for (int i = 0; i < 3 * 70 * 9 * 8; i++) {
        seed = seed * 1664525 + 1013904223;
        double value = seed >> 8 & 1 ? 3 : -2;
        if ((seed >> 12) % rarity == 0)
            mm_volume_set(v, i / 5040, i / 630 % 8, i / 70 % 9, i % 70, value);
    }
    return v;
}

static void expect_bounds(const struct mm_volume *v, const struct mm_ints *channels)
{
    int low[3] = {v->size[0], v->size[1], v->size[2]}, high[3] = {-1, -1, -1};
    for (int c = 0; c < v->channels; c++)
        for (int z = 0; (!channels->count || c == channels->items[0]) && z < v->size[2]; z++)
            for (int y = 0; y < v->size[1]; y++)
                for (int x = 0; x < v->size[0]; x++) {
                    const int at[3] = {x, y, z};
                    for (int a = 0; a < 3 && mm_volume_get(v, c, z, y, x) > 0; a++) {
                        low[a] = at[a] < low[a] ? at[a] : low[a];
                        high[a] = at[a] > high[a] ? at[a] : high[a];
                    }
                }
    struct mm_foreground found;
    struct mm_error err = {0};
    assert_int_equal(mm_foreground_find(v, channels, &found, &err), high[0] < 0 ? MM_ERR_DATA : MM_OK);
    if (high[0] >= 0) {
        assert_memory_equal(found.low, low, sizeof low);
        assert_memory_equal(found.high, high, sizeof high);
    }
}

static void bounds_of_all_types(void **state)
{
    struct bench *b = *state;
    static const int turned[3] = {2, 0, 1};
    static const int64_t second = 1;
    for (int type = 0; type < MM_TYPE_COUNT; type++)
        for (uint32_t rarity = 3; rarity < 40000; rarity *= 5) {
            const struct mm_volume *v = speckles(&b->arena, (enum mm_type)type, rarity, rarity);
            expect_bounds(v, &(struct mm_ints){0});
            expect_bounds(v, &(struct mm_ints){1, &second});
            expect_bounds(mm_volume_view_turned(&b->arena, v, turned, 5), &(struct mm_ints){0});
        }
}

static void marks_are_listed(void **state)
{
    struct bench *b = *state;
    for (int type = 0; type < MM_TYPE_COUNT; type++)
        for (uint32_t rarity = 1; rarity < 2000; rarity *= 6) {
            const struct mm_volume *v = speckles(&b->arena, (enum mm_type)type, rarity, 7 * rarity);
            for (int stride = -1; stride <= 3; stride += 2) {
                uint8_t marks[300] = {0};
                uint32_t numbers[301], *end, expected[300];
                size_t count = 0, bytes = mm_type_bytes(v->type), n = 300;
                const unsigned char *first = (const unsigned char *)v->data + (stride < 0 ? 299 * bytes : 0);
                for (size_t i = 0; i < n; i++) {
                    size_t at = stride < 0 ? n - 1 - i : i * (size_t)stride;
                    if (mm_volume_get(v, 0, (int)(at / 630), (int)(at / 70 % 9), (int)(at % 70)) != 0)
                        expected[count++] = (uint32_t)(1000 + i);
                }
                mm_marks_add(marks, first, v->type, n, stride);
                mm_marks_add(marks, first, v->type, n, stride);
                assert_int_equal(mm_marks_count(marks, n), count);
                end = mm_marks_list(marks, n, 1000, numbers);
                assert_int_equal(end - numbers, count);
                assert_memory_equal(numbers, expected, count * sizeof *expected);
            }
        }
}

static void ends_of_rows(void **state)
{
    (void)state;
    float row[700] = {0};
    row[3] = -1;
    row[4] = NAN;
    assert_int_equal(mm_marks_first(row, MM_F32, 0, 700, 1), 700);
    assert_int_equal(mm_marks_last(row, MM_F32, 0, 700, 1), -1);
    row[300] = row[310] = 1;
    assert_int_equal(mm_marks_first(row, MM_F32, 0, 700, 1), 300);
    assert_int_equal(mm_marks_last(row, MM_F32, 0, 700, 1), 310);
    assert_int_equal(mm_marks_first(row, MM_F32, 301, 310, 1), 310);
    assert_int_equal(mm_marks_last(row, MM_F32, 311, 700, 1), 310);
    assert_int_equal(mm_marks_last(row, MM_F32, 5, 5, 1), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(bounds_of_all_types),
        BENCH_TEST(marks_are_listed),
        BENCH_TEST(ends_of_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
