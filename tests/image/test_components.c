/* Connected components against a plain flood fill that starts at each voxel in scan order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "image/components.h"

#define SIDE_MAX   12
#define VOXELS_MAX (SIDE_MAX * SIDE_MAX * SIDE_MAX)

static struct mm_error err;

static void flood(const uint8_t *mask, const int size[3], int connectivity, int32_t *labels, int32_t label, int start)
{
    static int stack[VOXELS_MAX];
    int depth = 0;
    stack[depth++] = start;
    labels[start] = label;
    while (depth > 0) {
        int at = stack[--depth], x = at % size[0], y = at / size[0] % size[1], z = at / size[0] / size[1];
        for (int n = 0; n < 27; n++) {
            int dx = n % 3 - 1, dy = n / 3 % 3 - 1, dz = n / 9 - 1;
            int nx = x + dx, ny = y + dy, nz = z + dz, next = (nz * size[1] + ny) * size[0] + nx;
            if (abs(dx) + abs(dy) + abs(dz) > connectivity || nx < 0 || ny < 0 || nz < 0 || nx >= size[0] ||
                ny >= size[1] || nz >= size[2] || !mask[next] || labels[next])
                continue;
            labels[next] = label;
            stack[depth++] = next;
        }
    }
}

static void check(const uint8_t *mask, const int size[3], int connectivity)
{
    static int32_t labels[VOXELS_MAX], expected[VOXELS_MAX];
    struct mm_arena scratch;
    int voxels = size[0] * size[1] * size[2];
    int32_t count = -1, expected_count = 0;
    memset(expected, 0, sizeof expected);
    memset(labels, 0xff, sizeof labels);
    for (int i = 0; i < voxels; i++) {
        if (mask[i] && !expected[i])
            flood(mask, size, connectivity, expected, ++expected_count, i);
    }
    mm_arena_init(&scratch, NULL);
    assert_int_equal(mm_components_label(&scratch, mask, size, connectivity, labels, &count, &err), MM_OK);
    mm_arena_done(&scratch);
    assert_int_equal(count, expected_count);
    assert_memory_equal(labels, expected, (size_t)voxels * sizeof *labels);
}

static void random_masks_are_labelled_as_by_flood_fill(void **state)
{
    (void)state;
    static uint8_t mask[VOXELS_MAX];
    struct mm_random random;
    mm_random_init(&random, 1, MM_RANDOM_SYNTHESIS, 0, 0, 0);
    for (int turn = 0; turn < 300; turn++) {
        int size[3];
        for (int a = 0; a < 3; a++)
            size[a] = (int)mm_random_below(&random, SIDE_MAX) + 1;
        if (turn % 4 == 0)
            size[2] = 1;
        uint32_t share = 1 + mm_random_below(&random, 9);
        for (int i = 0; i < size[0] * size[1] * size[2]; i++)
            mask[i] = mm_random_below(&random, 10) < share ? (uint8_t)(1 + i % 255) : 0;
        for (int connectivity = 1; connectivity <= 3; connectivity++)
            check(mask, size, connectivity);
    }
}

static void empty_full_and_diagonal(void **state)
{
    (void)state;
    const int size[3] = {2, 2, 2};
    const uint8_t empty[8] = {0}, full[8] = {1, 1, 1, 1, 1, 1, 1, 1};
    const uint8_t corners[8] = {1, 0, 0, 0, 0, 0, 0, 1}, edges[8] = {1, 0, 0, 0, 0, 1, 0, 0};
    int32_t labels[8], count;
    struct mm_arena scratch;
    mm_arena_init(&scratch, NULL);
    mm_components_label(&scratch, empty, size, 3, labels, &count, &err);
    assert_int_equal(count, 0);
    mm_components_label(&scratch, full, size, 1, labels, &count, &err);
    assert_int_equal(count, 1);
    mm_components_label(&scratch, corners, size, 2, labels, &count, &err);
    assert_int_equal(count, 2);
    mm_components_label(&scratch, corners, size, 3, labels, &count, &err);
    assert_int_equal(count, 1);
    mm_components_label(&scratch, edges, size, 1, labels, &count, &err);
    assert_int_equal(count, 2);
    mm_components_label(&scratch, edges, size, 2, labels, &count, &err);
    assert_int_equal(count, 1);
    mm_arena_done(&scratch);
}

static void no_memory_is_an_error(void **state)
{
    (void)state;
    const int size[3] = {2, 1, 1};
    const uint8_t mask[2] = {1, 0};
    int32_t labels[2], count;
    struct mm_arena scratch;
    mm_arena_init(&scratch, NULL);
    mm_memory_fail_at(1);
    assert_int_equal(mm_components_label(&scratch, mask, size, 1, labels, &count, &err), MM_ERR_MEMORY);
    mm_memory_fail_at(0);
    mm_arena_done(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_masks_are_labelled_as_by_flood_fill),
        cmocka_unit_test(empty_full_and_diagonal),
        cmocka_unit_test(no_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
