/* Cropping and padding. Lines padded by numpy.pad 2.4 for every mode. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "image/volume.h"
#include "tests/image/waves.h"

static struct mm_arena arena;

static int setup(void **state)
{
    (void)state;
    mm_arena_init(&arena, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    mm_arena_done(&arena);
    return 0;
}

/* 3 7 1 8 with three before and six after. */
static const struct {
    enum mm_pad_mode mode;
    int16_t line[13];
} lines[] = {
    {MM_PAD_CONSTANT, {9, 9, 9, 3, 7, 1, 8, 9, 9, 9, 9, 9, 9}},
    {MM_PAD_EDGE, {3, 3, 3, 3, 7, 1, 8, 8, 8, 8, 8, 8, 8}},
    {MM_PAD_REFLECT, {8, 1, 7, 3, 7, 1, 8, 1, 7, 3, 7, 1, 8}},
    {MM_PAD_SYMMETRIC, {1, 7, 3, 3, 7, 1, 8, 8, 1, 7, 3, 3, 7}},
    {MM_PAD_WRAP, {7, 1, 8, 3, 7, 1, 8, 3, 7, 1, 8, 3, 7}},
    {MM_PAD_MINIMUM, {1, 1, 1, 3, 7, 1, 8, 1, 1, 1, 1, 1, 1}},
    {MM_PAD_MAXIMUM, {8, 8, 8, 3, 7, 1, 8, 8, 8, 8, 8, 8, 8}},
    {MM_PAD_MEAN, {5, 5, 5, 3, 7, 1, 8, 5, 5, 5, 5, 5, 5}},
};
#define LINES (sizeof lines / sizeof *lines)

static void lines_are_padded_as_numpy_does(void **state)
{
    (void)state;
    static const int16_t line[4] = {3, 7, 1, 8};
    for (size_t i = 0; i < LINES; i++) {
        for (int axis = 0; axis < 3; axis++) {
            int size[3] = {1, 1, 1};
            struct mm_box box = {{0, 0, 0}, {1, 1, 1}};
            size[axis] = 4;
            box.start[axis] = -3;
            box.size[axis] = 13;
            struct mm_volume *v = mm_volume_make(&arena, MM_I16, 3, 1, size);
            memcpy(v->data, line, sizeof line);
            struct mm_volume *p = mm_volume_pad(&arena, v, &box, lines[i].mode, 9);
            assert_int_equal(p->size[axis], 13);
            assert_memory_equal(p->data, lines[i].line, sizeof lines[i].line);
            assert_true(p->affine[4 * axis + 3] == -3);
        }
    }
}

static void a_line_of_one_reflects_to_itself(void **state)
{
    (void)state;
    const int size[3] = {1, 1, 1};
    const struct mm_box box = {{-2, 0, 0}, {5, 1, 1}};
    struct mm_volume *v = mm_volume_make(&arena, MM_U8, 2, 1, size);
    mm_volume_set(v, 0, 0, 0, 0, 42);
    assert_true(mm_volume_get(mm_volume_pad(&arena, v, &box, MM_PAD_REFLECT, 0), 0, 0, 0, 4) == 42);
}

/* numpy pads axis by axis: corners of `maximum` see what was padded before. */
static void corners_combine_the_axes(void **state)
{
    (void)state;
    struct mm_volume *v = wave_volume(&arena, MM_F64, 3, 2, 4, 3, 3);
    const struct mm_box box = {{-1, -2, -1}, {6, 6, 6}};
    double most = 0;
    for (int z = 0; z < 3; z++) {
        for (int y = 0; y < 3; y++) {
            for (int x = 0; x < 4; x++)
                most = fmax(most, mm_volume_get(v, 1, z, y, x));
        }
    }
    struct mm_volume *p = mm_volume_pad(&arena, v, &box, MM_PAD_MAXIMUM, 0);
    assert_true(mm_volume_get(p, 1, 0, 0, 0) == most && mm_volume_get(p, 1, 5, 5, 5) == most);
    assert_true(mm_volume_get(p, 1, 1, 2, 1) == mm_volume_get(v, 1, 0, 0, 0));
}

static void check_crop(const struct mm_volume *v, const struct mm_box *box, double fill)
{
    struct mm_volume *c = mm_volume_crop(&arena, v, box, fill);
    assert_non_null(c);
    for (int ch = 0; ch < v->channels; ch++) {
        for (int z = 0; z < box->size[2]; z++) {
            for (int y = 0; y < box->size[1]; y++) {
                for (int x = 0; x < box->size[0]; x++) {
                    int sx = x + box->start[0], sy = y + box->start[1], sz = z + box->start[2];
                    bool inside =
                        sx >= 0 && sy >= 0 && sz >= 0 && sx < v->size[0] && sy < v->size[1] && sz < v->size[2];
                    double expected = inside ? mm_volume_get(v, ch, sz, sy, sx) : fill;
                    assert_true(mm_volume_get(c, ch, z, y, x) == expected);
                }
            }
        }
    }
}

static void crops_take_the_box_in_every_type_and_layout(void **state)
{
    (void)state;
    static const struct mm_box boxes[] = {{{0, 0, 0}, {6, 5, 4}},   {{1, 2, 1}, {3, 2, 2}},
                                          {{-2, 3, -1}, {5, 4, 9}}, {{-9, -9, -9}, {4, 4, 4}},
                                          {{7, 0, 0}, {2, 5, 4}},   {{-1, -1, 0}, {8, 7, 4}}};
    for (int type = 0; type < MM_TYPE_COUNT; type++) {
        struct mm_volume *v = wave_volume(&arena, (enum mm_type)type, 3, 2, 6, 5, 4);
        for (size_t i = 0; i < sizeof boxes / sizeof *boxes; i++) {
            check_crop(v, &boxes[i], 7);
            check_crop(wave_interleave(&arena, v), &boxes[i], 7);
        }
    }
}

static void the_affine_moves_with_the_corner(void **state)
{
    (void)state;
    struct mm_volume *v = wave_volume(&arena, MM_U8, 3, 1, 6, 5, 4);
    const struct mm_box box = {{2, -1, 1}, {2, 2, 2}};
    v->affine[0] = -2;
    v->affine[3] = 50;
    struct mm_volume *c = mm_volume_crop(&arena, v, &box, 0);
    assert_true(c->affine[3] == 46 && c->affine[7] == -1 && c->affine[11] == 1 && c->affine[0] == -2);
}

static void an_empty_box_is_refused(void **state)
{
    (void)state;
    struct mm_volume *v = wave_volume(&arena, MM_U8, 3, 1, 2, 2, 2);
    const struct mm_box empty = {{0, 0, 0}, {2, 0, 2}}, negative = {{0, 0, 0}, {-1, 1, 1}};
    assert_null(mm_volume_crop(&arena, v, &empty, 0));
    assert_null(mm_volume_crop(&arena, v, &negative, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_padded_as_numpy_does),
        cmocka_unit_test(a_line_of_one_reflects_to_itself),
        cmocka_unit_test(corners_combine_the_axes),
        cmocka_unit_test(crops_take_the_box_in_every_type_and_layout),
        cmocka_unit_test(the_affine_moves_with_the_corner),
        cmocka_unit_test(an_empty_box_is_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
