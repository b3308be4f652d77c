/* Volumes of any strides laid flat: every type, every way to turn, sizes beyond a tile and not multiples of one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "image/rescale.h"
#include "tests/image/waves.h"

static struct mm_arena arena;

static const int permutations[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

static void compare(const unsigned char *flat, const struct mm_volume *v, enum mm_type type)
{
    size_t width = mm_type_bytes(type), at = 0;
    unsigned char one[8];
    for (int c = 0; c < v->channels; c++)
        for (int z = 0; z < v->size[2]; z++)
            for (int y = 0; y < v->size[1]; y++)
                for (int x = 0; x < v->size[0]; x++, at += width) {
                    const unsigned char *from = mm_volume_row(v, c, z, y);
                    from += x * v->stride[0] * (ptrdiff_t)mm_type_bytes(v->type);
                    mm_convert(one, type, from, v->type, 1, 1);
                    if (memcmp(one, flat + at, width) != 0)
                        fail_msg("%s to %s: voxel %d %d %d", mm_type_name(v->type), mm_type_name(type), x, y, z);
                }
    assert_int_equal(flat[at], 0xA5);
}

/* Element by element, as one would without thinking of speed; `shift` bytes from the beginning of a line. */
static void check(const struct mm_volume *v, enum mm_type type, size_t shift)
{
    size_t bytes = mm_volume_voxels(v) * (size_t)v->channels * mm_type_bytes(type);
    for (int past = 0; past < 2; past++) {
        unsigned char *flat = mm_arena_alloc(&arena, shift + bytes + 1);
        flat += shift;
        flat[bytes] = 0xA5;
        if (past)
            mm_volume_flatten_past(flat, type, v);
        else
            mm_volume_flatten(flat, type, v);
        compare(flat, v, type);
    }
}

static void turns_of_parts(enum mm_type from, enum mm_type to)
{
    static const struct mm_box boxes[] = {{{1, 2, 3}, {67, 66, 3}}, {{0, 0, 1}, {70, 1, 8}}, {{3, 1, 0}, {1, 34, 9}}};
    const struct mm_volume *v = wave_volume(&arena, from, 3, 2, 70, 69, 10);
    for (size_t b = 0; b < sizeof boxes / sizeof *boxes; b++)
        for (int p = 0; p < 6; p++)
            for (unsigned flips = 0; flips < 8; flips++) {
                const struct mm_volume *part = mm_volume_view_box(&arena, v, &boxes[b]);
                check(mm_volume_view_turned(&arena, part, permutations[p], flips), to, 0);
            }
    mm_arena_reset(&arena);
}

/* Sizes whose rows are whole lines, or make lines together, of which some go past the cache: cubes in memory that begins
 * with a line, in the middle of one, and anywhere. */
static void cubes_of(enum mm_type type, int size, size_t shift)
{
    const struct mm_box box = {{3, 2, 1}, {size, size, 5}};
    const struct mm_volume *v = wave_volume(&arena, type, 3, 2, size + 5, size + 3, 7);
    for (int p = 0; p < 6; p++)
        for (unsigned flips = 0; flips < 8; flips++)
            check(mm_volume_view_turned(&arena, mm_volume_view_box(&arena, v, &box), permutations[p], flips), type,
                  shift);
    mm_arena_reset(&arena);
}

static void lines_keep_their_values(void **state)
{
    (void)state;
    static const int sizes[] = {16, 20, 48, 64, 96};
    static const size_t shifts[] = {0, 16, 32, 5};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t k = 0; k < sizeof shifts / sizeof *shifts; k++) {
            cubes_of(MM_U8, sizes[i], shifts[k]);
            cubes_of(MM_F32, sizes[i], shifts[k] / 4 * 4);
        }
}

static void all_types_keep_their_values(void **state)
{
    (void)state;
    for (int type = 0; type < MM_TYPE_COUNT; type++)
        turns_of_parts((enum mm_type)type, (enum mm_type)type);
}

static void what_waits_for_rescaling_is_rescaled(void **state)
{
    (void)state;
    const struct mm_box box = {{1, 2, 3}, {64, 64, 4}};
    const struct mm_volume *v = wave_volume(&arena, MM_F32, 3, 1, 70, 69, 10);
    const struct mm_volume *part = mm_volume_view_box(&arena, v, &box);
    const struct mm_volume *waiting = mm_volume_rescale_later(&arena, part, 1.5, -2);
    float *flat = mm_arena_alloc(&arena, mm_volume_bytes(part)),
          *plain = mm_arena_alloc(&arena, mm_volume_bytes(part));
    mm_volume_flatten_past(flat, MM_F32, waiting);
    mm_volume_flatten(plain, MM_F32, part);
    for (size_t i = 0; i < mm_volume_voxels(part); i++)
        assert_true(flat[i] == plain[i] * 1.5F + -2.0F);
    mm_arena_reset(&arena);
}

static void all_types_become_floats(void **state)
{
    (void)state;
    for (int type = 0; type < MM_TYPE_COUNT; type++)
        turns_of_parts((enum mm_type)type, MM_F32);
}

static void other_types_convert_as_rows_do(void **state)
{
    (void)state;
    turns_of_parts(MM_F32, MM_U8);
    turns_of_parts(MM_I16, MM_F64);
}

static void a_view_of_a_view_is_the_part_of_the_part(void **state)
{
    (void)state;
    const struct mm_volume *v = wave_volume(&arena, MM_I16, 3, 1, 12, 11, 10);
    const struct mm_box outer = {{2, 3, 1}, {9, 7, 8}}, inner = {{1, 2, 3}, {4, 4, 4}}, both = {{3, 5, 4}, {4, 4, 4}};
    const struct mm_volume *part = mm_volume_view_box(&arena, mm_volume_view_box(&arena, v, &outer), &inner);
    assert_true(wave_difference(part, mm_volume_crop(&arena, v, &both, 0)) == 0);
    for (int i = 0; i < 16; i++)
        assert_true(part->affine[i] == mm_volume_crop(&arena, v, &both, 0)->affine[i]);
    assert_true(part->shared);
    mm_arena_reset(&arena);
}

static int set_up(void **state)
{
    (void)state;
    mm_arena_init(&arena, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mm_arena_done(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_types_keep_their_values),
        cmocka_unit_test(lines_keep_their_values),
        cmocka_unit_test(what_waits_for_rescaling_is_rescaled),
        cmocka_unit_test(all_types_become_floats),
        cmocka_unit_test(other_types_convert_as_rows_do),
        cmocka_unit_test(a_view_of_a_view_is_the_part_of_the_part),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
