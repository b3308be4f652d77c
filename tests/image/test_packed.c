/* Packed volumes: the same voxels, whole and in part, from fewer bytes; and tables that lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <lz4.h>

#include "base/random.h"
#include "image/packed.h"

static struct mm_arena arena;
static struct mm_random numbers;

static int setup(void **state)
{
    (void)state;
    mm_arena_init(&arena, NULL);
    mm_random_init(&numbers, 3, MM_RANDOM_SYNTHESIS, 0, 0, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    mm_arena_done(&arena);
    return 0;
}

/* Bytes that repeat here and there, so that LZ4 finds something, and are noise elsewhere. */
static struct mm_volume *make_volume(enum mm_type type, int rank, int channels, int x, int y, int z)
{
    struct mm_volume *v = mm_volume_make(&arena, type, rank, channels, (const int[3]){x, y, z});
    unsigned char *bytes = v->data;
    size_t count = mm_volume_bytes(v);
    for (size_t i = 0; i < count;) {
        size_t run = 1 + mm_random_below(&numbers, 400);
        bool is_noise = mm_random_below(&numbers, 4) == 0;
        unsigned char value = (unsigned char)mm_random_below(&numbers, 256);
        for (; run && i < count; run--, i++)
            bytes[i] = is_noise ? (unsigned char)mm_random_below(&numbers, 256) : value;
    }
    for (int i = 0; i < 16; i++)
        v->affine[i] = i * 0.5 - 3;
    return v;
}

static struct mm_volume *pack(const struct mm_volume *v)
{
    struct mm_volume *packed;
    assert_int_equal(mm_volume_pack(&arena, v, &packed, NULL), MM_OK);
    return packed;
}

static void assert_same(const struct mm_volume *a, const struct mm_volume *b)
{
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->rank, b->rank);
    assert_int_equal(a->channels, b->channels);
    assert_memory_equal(a->size, b->size, sizeof a->size);
    assert_memory_equal(a->affine, b->affine, sizeof a->affine);
    assert_memory_equal(a->data, b->data, mm_volume_bytes(a));
}

static const int sizes[][5] = {
    /* rank, channels, x, y, z */
    {3, 1, 61, 47, 33}, {3, 3, 17, 19, 23}, {2, 1, 301, 211, 1}, {2, 4, 129, 65, 1},
    {3, 1, 9001, 3, 5}, {3, 2, 1, 1, 4001}, {3, 1, 1, 5003, 1},  {2, 1, 70001, 2, 1},
};
#define SIZES (sizeof sizes / sizeof *sizes)

static struct mm_volume *make_case(enum mm_type type, size_t i)
{
    const int *s = sizes[i];
    return make_volume(type, s[0], s[1], s[2], s[3], s[4]);
}

static void every_type_and_size_comes_back(void **state)
{
    (void)state;
    for (int type = 0; type < MM_TYPE_COUNT; type++) {
        for (size_t i = 0; i < SIZES; i++) {
            struct mm_volume *v = make_case((enum mm_type)type, i), *packed = pack(v), *back;
            assert_non_null(packed);
            assert_null(packed->data);
            assert_false(mm_volume_is_dense(packed));
            assert_true(mm_packed_bytes(packed->packed) <= MM_PACKED_PAYS * mm_volume_bytes(v));
            assert_int_equal(mm_volume_unpack(&arena, packed, &back, NULL), MM_OK);
            assert_same(back, v);
            assert_same(mm_volume_copy(&arena, packed), v);
            assert_same(mm_volume_copy(&arena, mm_volume_view(&arena, packed)), v);
            assert_same(mm_volume_convert(&arena, packed, MM_F32), mm_volume_convert(&arena, v, MM_F32));
            assert_null(pack(packed)); /* nothing to gain twice */
            mm_arena_reset(&arena);
        }
    }
}

/* liblz4 itself reads the blocks: the format is what the header says. */
static void blocks_are_rows_by_lz4(void **state)
{
    (void)state;
    struct mm_volume *v = make_volume(MM_I16, 3, 2, 60, 50, 40), *packed = pack(v);
    const struct mm_packed *p = packed->packed;
    size_t row_bytes = 120, rows = 2 * 40 * 50, at = 0, start = 0;
    char *block = mm_arena_alloc(&arena, p->rows * row_bytes);
    assert_int_equal(p->block_count, (rows + p->rows - 1) / p->rows);
    for (size_t b = 0; b < p->block_count; b++) {
        size_t size = (rows - b * p->rows < p->rows ? rows - b * p->rows : p->rows) * row_bytes;
        assert_int_equal(
            LZ4_decompress_safe((const char *)p->bytes + start, block, (int)(p->ends[b] - start), (int)size), size);
        assert_memory_equal(block, (const char *)v->data + at, size);
        at += size;
        start = (size_t)p->ends[b];
    }
    assert_int_equal(at, mm_volume_bytes(v));
    assert_int_equal(mm_packed_bytes(p), start + p->block_count * sizeof(uint64_t));
}

static void noise_does_not_pay(void **state)
{
    (void)state;
    struct mm_volume *v = mm_volume_make(&arena, MM_F32, 3, 1, (const int[3]){64, 64, 64});
    for (size_t i = 0; i < mm_volume_voxels(v); i++)
        ((uint32_t *)v->data)[i] = mm_random_u32(&numbers);
    assert_null(pack(v));
    memset(v->data, 0, mm_volume_bytes(v) / 8); /* a border of air does not change that */
    assert_null(pack(v));
    memset(v->data, 0, mm_volume_bytes(v) / 2);
    assert_non_null(pack(v));
}

/* A view that is not dense: one channel of two, and every second voxel. */
static void what_is_not_dense_is_packed_as_it_reads(void **state)
{
    (void)state;
    struct mm_volume *v = make_volume(MM_I32, 3, 2, 40, 30, 20), *back;
    struct mm_volume view = *v;
    view.size[0] = 20;
    view.stride[0] = 2;
    view.data = mm_volume_row(v, 1, 0, 0);
    view.channels = 1;
    struct mm_volume *packed = pack(&view);
    assert_non_null(packed);
    assert_int_equal(mm_volume_unpack(&arena, packed, &back, NULL), MM_OK);
    assert_same(back, mm_volume_copy(&arena, &view));
}

static struct mm_box draw_box(const struct mm_volume *v, int reach)
{
    struct mm_box box;
    for (int a = 0; a < 3; a++) {
        int n = v->size[a] < 40 ? v->size[a] : 40;
        box.start[a] = (int)mm_random_below(&numbers, (uint32_t)(v->size[a] + 2 * reach)) - reach;
        box.size[a] = 1 + (int)mm_random_below(&numbers, (uint32_t)(n + reach));
    }
    return box;
}

static void crops_are_those_of_dense_volumes(void **state)
{
    (void)state;
    static const enum mm_type types[] = {MM_U8, MM_I16, MM_F32, MM_F64};
    for (size_t i = 0; i < SIZES; i++) {
        struct mm_arena kept = arena;
        mm_arena_init(&arena, NULL);
        struct mm_volume *v = make_case(types[i % 4], i), *packed = pack(v);
        struct mm_arena volumes = arena;
        arena = kept;
        for (int n = 0; n < 600; n++) {
            struct mm_box box = draw_box(v, n % 3 ? 0 : 9);
            assert_same(mm_volume_crop(&arena, packed, &box, 7), mm_volume_crop(&arena, v, &box, 7));
            enum mm_pad_mode mode = (enum mm_pad_mode)(n % 8);
            assert_same(mm_volume_pad(&arena, packed, &box, mode, 3), mm_volume_pad(&arena, v, &box, mode, 3));
            mm_arena_reset(&arena);
        }
        mm_arena_done(&volumes);
    }
}

/* Only what the crop is, and a block. */
static void a_crop_takes_the_memory_of_a_crop(void **state)
{
    (void)state;
    struct mm_volume *v = make_volume(MM_F32, 3, 1, 160, 160, 120), *packed = pack(v);
    const struct mm_box box = {{30, 40, 50}, {32, 32, 32}};
    struct mm_budget budget;
    struct mm_arena own;
    mm_budget_init(&budget, 0);
    mm_arena_init(&own, &budget);
    assert_non_null(mm_volume_crop(&own, packed, &box, 0));
    assert_true(mm_volume_bytes(v) > 12000000);
    assert_in_range(budget.peak, 32 * 32 * 32 * 4, 32 * 32 * 32 * 4 + (256 << 10));
    mm_arena_done(&own);
    assert_int_equal(budget.used, 0);
}

static void memory_that_is_out_leaves_nothing(void **state)
{
    (void)state;
    struct mm_volume *v = make_volume(MM_I16, 3, 1, 50, 40, 30), *packed = pack(v), *out;
    const struct mm_box box = {{1, 2, 3}, {20, 20, 20}};
    struct mm_budget budget;
    struct mm_arena own;
    mm_budget_init(&budget, 0);
    int failures[3] = {0};
    for (int what = 0; what < 3; what++) {
        for (uint64_t n = 1; n < 12; n++) {
            mm_arena_init(&own, &budget);
            own.chunk_size = 0; /* every allocation is one */
            mm_memory_fail_at(n);
            bool failed = what == 0   ? mm_volume_pack(&own, v, &out, NULL) == MM_ERR_MEMORY
                          : what == 1 ? mm_volume_unpack(&own, packed, &out, NULL) == MM_ERR_MEMORY
                                      : mm_volume_crop(&own, packed, &box, 0) == NULL;
            failures[what] += failed;
            mm_memory_fail_at(0);
            mm_arena_done(&own);
            assert_int_equal(budget.used, 0);
        }
    }
    assert_true(failures[0] > 3 && failures[1] > 1 && failures[2] > 3);
}

/* What a table or a size may say, and be refused for. */
static void tables_that_lie_are_refused(void **state)
{
    (void)state;
    struct mm_volume *good = pack(make_volume(MM_I16, 3, 1, 64, 64, 64)), *out;
    const struct mm_box all = {{0, 0, 0}, {64, 64, 64}};
    size_t count = good->packed->block_count;
    assert_true(count > 4);
    for (int lie = 0; lie < 12; lie++) {
        struct mm_error err = {0};
        struct mm_volume v = *good;
        struct mm_packed packed = *good->packed;
        uint64_t *ends = mm_arena_array(&arena, uint64_t, count);
        memcpy(ends, packed.ends, count * sizeof *ends);
        packed.ends = ends;
        v.packed = &packed;
        switch (lie) {
        case 0:
            packed.rows = 0;
            break;
        case 1:
            packed.rows = UINT32_MAX;
            break;
        case 2:
            packed.rows++;
            break;
        case 3:
            packed.block_count--;
            break;
        case 4:
            v.size[2]--;
            break;
        case 5:
            v.size[2] = INT32_MAX;
            break;
        case 6:
            v.size[0] = 65;
            break;
        case 7:
            v.type = MM_I32;
            break;
        case 8:
            ends[1] = ends[0];
            break;
        case 9:
            ends[1] = ends[count - 1] + 1;
            break;
        case 10:
            ends[2] = ends[1] - 1;
            break;
        case 11:
            ends[1]--;
            break;
        }
        assert_int_equal(mm_volume_unpack(&arena, &v, &out, &err), MM_ERR_DATA);
        assert_non_null(strstr(err.text, "the packed voxels are damaged"));
        if (lie != 4) /* the rows of a smaller volume are there, but for one block */
            assert_null(mm_volume_crop(&arena, &v, &all, 0));
    }
}

/* 64 literals are announced, of which the bytes that are there hold 18. */
static void blocks_end_where_the_bytes_do(void **state)
{
    (void)state;
    const uint64_t ends[] = {66, 20};
    unsigned char *bytes = mm_arena_alloc(&arena, 20);
    bytes[0] = 0xF0;
    bytes[1] = 64 - 15;
    const struct mm_packed packed = {.rows = 1, .block_count = 2, .ends = ends, .bytes = bytes};
    struct mm_volume v = {.type = MM_U8, .rank = 2, .channels = 1, .size = {64, 2, 1}, .packed = &packed};
    const struct mm_box first = {{0, 0, 0}, {64, 1, 1}};
    assert_null(mm_volume_crop(&arena, &v, &first, 0));
}

/* A few bytes cannot make much memory be taken: LZ4 expands 255 times at most. */
static void memory_is_not_taken_for_impossible_sizes(void **state)
{
    (void)state;
    const uint64_t ends[] = {10};
    const unsigned char bytes[10] = {0};
    const struct mm_packed packed = {.rows = 1 << 16, .block_count = 1, .ends = ends, .bytes = bytes};
    struct mm_volume v = {.type = MM_U8, .rank = 3, .channels = 1, .size = {1 << 14, 1 << 14, 4}, .packed = &packed};
    struct mm_volume *out;
    struct mm_budget budget;
    struct mm_arena own;
    mm_budget_init(&budget, 0);
    mm_arena_init(&own, &budget);
    assert_int_equal(mm_volume_unpack(&own, &v, &out, NULL), MM_ERR_DATA);
    assert_int_equal(budget.peak, 0);
    mm_arena_done(&own);
}

/* Any bytes changed: an error, or other voxels, but never anything outside (which the sanitiser would tell). */
static void damaged_bytes_are_survived(void **state)
{
    (void)state;
    const struct mm_box box = {{3, 4, 5}, {40, 30, 20}};
    struct mm_volume *good = pack(make_volume(MM_U16, 3, 2, 50, 40, 30)), *out;
    size_t count = good->packed->block_count, size = (size_t)good->packed->ends[count - 1];
    int refused = 0;
    for (int n = 0; n < 400; n++) {
        struct mm_arena own;
        mm_arena_init(&own, NULL);
        struct mm_volume v = *good;
        struct mm_packed packed = *good->packed;
        unsigned char *bytes = mm_arena_alloc(&own, size);
        memcpy(bytes, packed.bytes, size);
        for (int i = 0; i <= n % 5; i++)
            bytes[mm_random_below(&numbers, (uint32_t)size)] = (unsigned char)mm_random_below(&numbers, 256);
        packed.bytes = bytes;
        v.packed = &packed;
        refused += mm_volume_unpack(&own, &v, &out, NULL) == MM_ERR_DATA;
        mm_volume_crop(&own, &v, &box, 0);
        mm_arena_done(&own);
    }
    assert_true(refused > 40);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_type_and_size_comes_back),
        TEST(blocks_are_rows_by_lz4),
        TEST(noise_does_not_pay),
        TEST(what_is_not_dense_is_packed_as_it_reads),
        TEST(crops_are_those_of_dense_volumes),
        TEST(a_crop_takes_the_memory_of_a_crop),
        TEST(memory_that_is_out_leaves_nothing),
        TEST(tables_that_lie_are_refused),
        TEST(blocks_end_where_the_bytes_do),
        TEST(memory_is_not_taken_for_impossible_sizes),
        TEST(damaged_bytes_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
