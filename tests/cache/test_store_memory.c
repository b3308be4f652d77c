/* The store in memory: bytes, pins, the budget. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>

#include "cache/store.h"

struct fixture {
    struct mm_arena arena;
    struct mm_budget budget;
    struct mm_store *store;
};

static int open_fixture(void **state, bool packs, const uint32_t *twins)
{
    struct fixture *f = mm_alloc(sizeof *f);
    mm_arena_init(&f->arena, NULL);
    mm_budget_init(&f->budget, 0);
    const struct mm_store_options options = {.budget = &f->budget, .packs = packs, .twins = twins, .item_count = 6};
    assert_int_equal(mm_store_memory.open(&options, &f->store, NULL), MM_OK);
    *state = f;
    return 0;
}

static int setup(void **state)
{
    return open_fixture(state, false, NULL);
}

static int setup_packing(void **state)
{
    return open_fixture(state, true, NULL);
}

/* Items 0, 2 and 5 are the same, and 3 and 4. */
static int setup_twins(void **state)
{
    static const uint32_t twins[6] = {0, 1, 0, 3, 3, 0};
    return open_fixture(state, false, twins);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    mm_store_memory.close(f->store);
    assert_int_equal(f->budget.used, 0); /* nothing is left behind, pinned or not */
    mm_arena_done(&f->arena);
    mm_free(f);
    return 0;
}

static struct mm_sample *make_sample(struct mm_arena *arena, int value)
{
    struct mm_sample *sample = mm_sample_make(arena);
    struct mm_volume *volume = mm_volume_make(arena, MM_I16, 3, 2, (int[3]){5, 4, 3});
    struct mm_field *field;
    mm_volume_set(volume, 1, 2, 3, 4, value);
    assert_int_equal(mm_sample_add(sample, "image", MM_FIELD_VOLUME, &field, NULL), MM_OK);
    mm_field_put(sample, field, volume);
    sample->item = (uint32_t)value;
    return sample;
}

/* An image worth packing, and one that is not. */
static struct mm_sample *make_large(struct mm_arena *arena, int value)
{
    struct mm_sample *sample = make_sample(arena, value);
    struct mm_volume *volume = mm_volume_make(arena, MM_I16, 3, 2, (int[3]){50, 40, 30});
    mm_volume_set(volume, 1, 2, 3, 4, value);
    mm_field_put(sample, &sample->fields[0], volume);
    struct mm_field *field;
    assert_int_equal(mm_sample_add(sample, "small", MM_FIELD_VOLUME, &field, NULL), MM_OK);
    mm_field_put(sample, field, mm_volume_make(arena, MM_U8, 3, 1, (int[3]){5, 4, 3}));
    return sample;
}

static void put(struct fixture *f, uint64_t position, int value)
{
    const struct mm_store_key key = {.position = position, .item = (uint32_t)value};
    struct mm_arena arena;
    mm_arena_init(&arena, NULL);
    assert_int_equal(mm_store_memory.put(f->store, &key, make_sample(&arena, value), NULL), MM_OK);
    mm_arena_done(&arena); /* the store has its own copy */
}

/* Value of the entry, which stays pinned; -1 when there is none. */
static int get(struct fixture *f, uint64_t position)
{
    const struct mm_store_key key = {.position = position};
    struct mm_sample *sample;
    assert_int_equal(mm_store_memory.get(f->store, &key, &f->arena, &sample, NULL), MM_OK);
    if (!sample)
        return -1;
    assert_true(sample->fields[0].volume->shared);
    assert_true(sample->arena == &f->arena);
    return (int)mm_volume_get(sample->fields[0].volume, 1, 2, 3, 4);
}

static void release(struct fixture *f, uint64_t position)
{
    mm_store_memory.release(f->store, &(const struct mm_store_key){.position = position});
}

static void drop(struct fixture *f, uint64_t position)
{
    mm_store_memory.drop(f->store, &(const struct mm_store_key){.position = position});
}

/* All of it, where nothing is packed. */
static uint64_t raw_bytes(struct fixture *f)
{
    struct mm_store_bytes bytes = mm_store_memory.bytes(f->store);
    assert_int_equal(bytes.packed, 0);
    return bytes.raw;
}

static void test_entries_are_found_by_position(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 1000; i++)
        put(f, (uint64_t)i * 7, i);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(get(f, (uint64_t)i * 7), i);
        release(f, (uint64_t)i * 7);
    }
    assert_int_equal(get(f, 1), -1);
    for (int i = 0; i < 1000; i += 2)
        drop(f, (uint64_t)i * 7);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(get(f, (uint64_t)i * 7), i % 2 ? i : -1);
}

/* The same puts, gets and drops as a plain table, with positions that come and go in any order, far apart too. */
static void test_any_order_of_puts_and_drops_is_kept_track_of(void **state)
{
    struct fixture *f = *state;
    bool is_there[400] = {false};
    uint64_t draw = 1;
    for (int i = 0; i < 20000; i++) {
        draw = draw * 6364136223846793005u + 1442695040888963407u;
        unsigned n = (unsigned)(draw >> 33) % 400;
        uint64_t position = n < 200 ? 2 * n : ((uint64_t)1 << 63) + n;
        mm_store_memory.expect(f->store, &(const struct mm_store_key){.position = position}, 1);
        if (draw >> 63)
            put(f, position, (int)n);
        else
            drop(f, position);
        is_there[n] = draw >> 63;
        unsigned other = (n * 7 + 3) % 400;
        position = other < 200 ? 2 * other : ((uint64_t)1 << 63) + other;
        assert_int_equal(get(f, position), is_there[other] ? (int)other : -1);
        release(f, position);
        if (i % 100 == 0)
            mm_arena_reset(&f->arena);
    }
}

static bool join(struct fixture *f, uint64_t position, uint32_t item)
{
    return mm_store_memory.join(f->store, &(const struct mm_store_key){.position = position, .item = item});
}

/* The item's number in a view of the entry; -1 when there is none. */
static int item_at(struct fixture *f, uint64_t position, uint32_t item)
{
    const struct mm_store_key key = {.position = position, .item = item};
    struct mm_sample *sample;
    assert_int_equal(mm_store_memory.get(f->store, &key, &f->arena, &sample, NULL), MM_OK);
    release(f, position);
    return sample ? (int)sample->item : -1;
}

static void test_the_same_items_are_held_once(void **state)
{
    struct fixture *f = *state;
    assert_false(join(f, 10, 0));
    put(f, 10, 2);
    uint64_t one = f->budget.used;
    assert_true(join(f, 10, 2));
    assert_false(join(f, 11, 1));
    assert_true(join(f, 11, 0));
    put(f, 12, 5);
    put(f, 13, 2); /* itself once more, as where an item leaves and enters in one epoch */
    assert_int_equal(f->budget.used, one);
    assert_int_equal(raw_bytes(f), one);
    assert_int_equal(item_at(f, 11, 0), 0);
    assert_int_equal(item_at(f, 12, 5), 5);
    put(f, 20, 3);
    assert_int_equal(f->budget.used, 2 * one);

    drop(f, 10);
    drop(f, 13);
    assert_int_equal(item_at(f, 10, 2), -1);
    assert_int_equal(get(f, 12), 2); /* the voxels of who came first */
    drop(f, 11);
    drop(f, 12); /* which is pinned */
    assert_int_equal(f->budget.used, 2 * one);
    assert_true(join(f, 30, 0));
    release(f, 12);
    assert_int_equal(f->budget.used, 2 * one);
    drop(f, 30);
    assert_int_equal(f->budget.used, one);
    assert_false(join(f, 31, 5));
}

/* Whatever comes and goes, what is there are the distinct items of the positions. */
static void test_any_order_of_the_same_items_is_kept_track_of(void **state)
{
    struct fixture *f = *state;
    static const int twins[6] = {0, 1, 0, 3, 3, 0};
    int there[40];
    uint64_t draw = 1, one = 0;
    memset(there, -1, sizeof there);
    for (int i = 0; i < 20000; i++) {
        draw = draw * 6364136223846793005u + 1442695040888963407u;
        unsigned n = (unsigned)(draw >> 33) % 40;
        int item = (int)(draw >> 40) % 6;
        bool is_distinct[6] = {false};
        uint64_t count = 0;
        drop(f, n);
        there[n] = draw >> 63 ? item : -1;
        if (there[n] >= 0 && !join(f, n, (uint32_t)item))
            put(f, n, item);
        one = one ? one : f->budget.used;
        for (int k = 0; k < 40; k++)
            if (there[k] >= 0 && !is_distinct[twins[there[k]]])
                count += is_distinct[twins[there[k]]] = true;
        assert_int_equal(f->budget.used, count * one);
        assert_int_equal(raw_bytes(f), count * one);
        unsigned other = (n * 7 + 3) % 40;
        assert_int_equal(item_at(f, other, (uint32_t)there[other]), there[other]);
        if (i % 100 == 0)
            mm_arena_reset(&f->arena);
    }
}

static void test_without_memory_for_a_larger_table_it_is_filled(void **state)
{
    struct fixture *f = *state;
    struct mm_sample *sample = make_sample(&f->arena, 1);
    struct mm_error err = {0};
    enum mm_status s = MM_OK;
    uint64_t count = 0, before = 0;
    for (; count < 1000; count++) {
        before = f->budget.used;
        mm_memory_fail_at(3); /* after the entry and its sample */
        s = mm_store_memory.put(f->store, &(struct mm_store_key){.position = count}, sample, &err);
        mm_memory_fail_at(0);
        if (s)
            break;
    }
    assert_int_equal(s, MM_ERR_MEMORY);
    assert_in_range(count, 50, 999);
    assert_int_equal(f->budget.used, before);
    assert_int_equal(get(f, count), -1);
    put(f, count, 1);
    for (uint64_t i = 0; i <= count; i++)
        assert_int_equal(get(f, i), 1);
}

static void test_bytes_are_counted_exactly(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(raw_bytes(f), 0);
    put(f, 3, 1);
    uint64_t one = f->budget.used;
    assert_true(one > mm_sample_bytes(make_sample(&f->arena, 1)));
    assert_int_equal(raw_bytes(f), one);
    put(f, 3, 1); /* there already */
    assert_int_equal(f->budget.used, one);
    put(f, 4, 1);
    assert_int_equal(f->budget.used, 2 * one);
    drop(f, 3);
    drop(f, 3);
    assert_int_equal(f->budget.used, one);
    assert_int_equal(raw_bytes(f), one);
}

/* What does not fit stays whose it was. */
static void test_large_images_change_their_owner(void **state)
{
    struct fixture *f = *state;
    const struct mm_store_key key = {.position = 1};
    struct mm_arena arena;
    mm_arena_init(&arena, NULL);
    struct mm_sample *large = make_large(&arena, 7), *got;
    const void *voxels = large->fields[0].volume->data;
    size_t before = arena.bytes, image = mm_volume_bytes(large->fields[0].volume);
    f->budget.limit = image;
    assert_int_equal(mm_store_memory.put(f->store, &key, large, NULL), MM_ERR_MEMORY);
    assert_int_equal(arena.bytes, before);
    assert_int_equal((int)mm_volume_get(large->fields[0].volume, 1, 2, 3, 4), 7);
    f->budget.limit = 2 * image;
    assert_int_equal(mm_store_memory.put(f->store, &key, large, NULL), MM_OK);
    assert_true(arena.bytes <= before - image);
    mm_arena_done(&arena);
    assert_int_equal(mm_store_memory.get(f->store, &key, &f->arena, &got, NULL), MM_OK);
    assert_ptr_equal(got->fields[0].volume->data, voxels);
    assert_int_equal((int)mm_volume_get(got->fields[0].volume, 1, 2, 3, 4), 7);
    f->budget.limit = 0;
}

static void test_budget_is_not_exceeded_by_a_byte(void **state)
{
    struct fixture *f = *state;
    struct mm_error err = {0};
    const struct mm_store_key key = {.position = 2};
    put(f, 0, 1);
    uint64_t one = f->budget.used;
    f->budget.limit = 3 * one - 1;
    put(f, 1, 1);
    assert_int_equal(mm_store_memory.put(f->store, &key, make_sample(&f->arena, 2), &err), MM_ERR_MEMORY);
    assert_non_null(strstr(err.text, "raise cache_memory"));
    assert_int_equal(f->budget.used, 2 * one);
    f->budget.limit = 3 * one;
    assert_int_equal(mm_store_memory.put(f->store, &key, make_sample(&f->arena, 2), &err), MM_OK);
    assert_int_equal(f->budget.used, f->budget.limit);
    f->budget.limit = 0;
}

static void test_pinned_entry_outlives_its_drop(void **state)
{
    struct fixture *f = *state;
    const struct mm_store_key key = {.position = 5};
    struct mm_sample *sample;
    put(f, 5, 8);
    uint64_t one = f->budget.used;
    assert_int_equal(mm_store_memory.get(f->store, &key, &f->arena, &sample, NULL), MM_OK);
    assert_int_equal(get(f, 5), 8);
    drop(f, 5);
    assert_int_equal(get(f, 5), -1);
    release(f, 5);
    assert_int_equal(f->budget.used, one);
    assert_int_equal((int)mm_volume_get(sample->fields[0].volume, 1, 2, 3, 4), 8);
    release(f, 5);
    assert_int_equal(f->budget.used, 0);
    release(f, 5); /* fine */
}

static void test_what_is_pinned_is_the_entry_itself(void **state)
{
    struct fixture *f = *state;
    const struct mm_store_key key = {.position = 5};
    assert_null(mm_store_memory.pin(f->store, &key));
    put(f, 5, 8);
    const struct mm_sample *sample = mm_store_memory.pin(f->store, &key);
    assert_non_null(sample);
    assert_ptr_equal(mm_store_memory.pin(f->store, &key), sample);
    drop(f, 5);
    assert_null(mm_store_memory.pin(f->store, &key)); /* which is no third pin */
    release(f, 5);
    assert_int_equal((int)mm_volume_get(sample->fields[0].volume, 1, 2, 3, 4), 8);
    release(f, 5);
    assert_int_equal(f->budget.used, 0);
}

static void test_put_brings_a_dropped_pinned_entry_back(void **state)
{
    struct fixture *f = *state;
    put(f, 5, 8);
    assert_int_equal(get(f, 5), 8);
    drop(f, 5);
    put(f, 5, 8);
    release(f, 5);
    assert_int_equal(get(f, 5), 8);
}

static void test_failed_allocation_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    const struct mm_store_key key = {.position = 1};
    struct mm_sample *sample = make_sample(&f->arena, 1);
    for (uint64_t n = 1; n <= 2; n++) {
        mm_memory_fail_at(n);
        assert_int_equal(mm_store_memory.put(f->store, &key, sample, NULL), MM_ERR_MEMORY);
        assert_int_equal(f->budget.used, 0);
    }
    mm_memory_fail_at(0);
}

static void test_images_are_packed_where_that_pays(void **state)
{
    struct fixture *f = *state;
    const struct mm_store_key key = {.position = 9};
    struct mm_sample *large = make_large(&f->arena, 7), *packed, *got;
    assert_int_equal(mm_sample_pack(&f->arena, large, &packed, NULL), MM_OK);
    assert_int_equal(mm_store_memory.put(f->store, &key, large, NULL), MM_OK);
    struct mm_store_bytes bytes = mm_store_memory.bytes(f->store);
    assert_int_equal(bytes.raw + bytes.packed, f->budget.used);
    assert_int_equal(bytes.packed, mm_sample_packed_bytes(packed));
    assert_in_range(f->budget.peak, mm_sample_bytes(packed),
                    mm_sample_bytes(packed) + 1024); /* no byte of the way there */
    assert_true(f->budget.used < mm_sample_bytes(make_large(&f->arena, 7)) / 2);

    assert_int_equal(mm_store_memory.get(f->store, &key, &f->arena, &got, NULL), MM_OK);
    assert_true(got->fields[0].volume->packed && !got->fields[1].volume->packed);
    mm_store_memory.drop(f->store, &key);
    assert_int_equal(mm_sample_unpack(got, NULL), MM_OK);
    assert_true(got->fields[0].volume->data != NULL);
    assert_int_equal((int)mm_volume_get(got->fields[0].volume, 1, 2, 3, 4), 7);
    mm_store_memory.release(f->store, &key);
    bytes = mm_store_memory.bytes(f->store);
    assert_int_equal(bytes.raw + bytes.packed, 0);
}

static void test_packed_entries_keep_to_the_budget(void **state)
{
    struct fixture *f = *state;
    struct mm_error err = {0};
    assert_int_equal(
        mm_store_memory.put(f->store, &(struct mm_store_key){.position = 0}, make_large(&f->arena, 7), &err), MM_OK);
    uint64_t one = f->budget.used;
    f->budget.limit = 5 * one - 1;
    for (uint64_t position = 1; position < 4; position++)
        assert_int_equal(mm_store_memory.put(f->store, &(struct mm_store_key){.position = position},
                                             make_large(&f->arena, 7), &err),
                         MM_OK);
    assert_int_equal(
        mm_store_memory.put(f->store, &(struct mm_store_key){.position = 4}, make_large(&f->arena, 7), &err),
        MM_ERR_MEMORY);
    assert_non_null(strstr(err.text, "raise cache_memory"));
    assert_int_equal(f->budget.used, 4 * one);
    assert_true(f->budget.peak < 5 * one);
    f->budget.limit = 0;
}

static void test_without_memory_for_packing_nothing_is_left_behind(void **state)
{
    struct fixture *f = *state;
    const struct mm_store_key key = {.position = 1};
    for (uint64_t n = 1; n < 12; n++) {
        struct mm_sample *sample = make_large(&f->arena, 1);
        mm_memory_fail_at(n);
        enum mm_status s = mm_store_memory.put(f->store, &key, sample, NULL);
        mm_memory_fail_at(0);
        if (s == MM_OK)
            mm_store_memory.drop(f->store, &key);
        else
            assert_int_equal(s, MM_ERR_MEMORY);
        assert_int_equal(f->budget.used, 0);
    }
}

struct racer {
    struct fixture *f;
    int number;
};

static void *race(void *argument)
{
    struct racer *racer = argument;
    struct mm_store *store = racer->f->store;
    struct mm_arena arena;
    mm_arena_init(&arena, NULL);
    for (int i = 0; i < 500; i++, mm_arena_reset(&arena)) {
        struct mm_sample *mine = make_large(&arena, 3), *sample;
        const struct mm_store_key key = {.position = (uint64_t)((i * 5 + racer->number) % 7)};
        mm_store_memory.put(store, &key, mine, NULL);
        mm_store_memory.expect(store, &key, 1);
        mm_store_memory.get(store, &key, &arena, &sample, NULL);
        if (i % 3 == racer->number % 3)
            mm_store_memory.drop(store, &key);
        if (sample)
            assert_int_equal(mm_sample_unpack(sample, NULL), MM_OK);
        if (sample)
            assert_int_equal((int)mm_volume_get(sample->fields[0].volume, 1, 2, 3, 4), 3);
        if (sample)
            mm_store_memory.release(store, &key);
    }
    mm_arena_done(&arena);
    return NULL;
}

static void test_threads_may_do_all_of_it_at_once(void **state)
{
    pthread_t threads[4];
    struct racer racers[4];
    for (int i = 0; i < 4; i++) {
        racers[i] = (struct racer){*state, i};
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}

#define TEST(name)    cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TWINS(name)   cmocka_unit_test_setup_teardown(name, setup_twins, teardown)
#define PACKING(name) cmocka_unit_test_setup_teardown(name, setup_packing, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_entries_are_found_by_position),
        TEST(test_any_order_of_puts_and_drops_is_kept_track_of),
        TWINS(test_the_same_items_are_held_once),
        TWINS(test_any_order_of_the_same_items_is_kept_track_of),
        TEST(test_without_memory_for_a_larger_table_it_is_filled),
        TEST(test_bytes_are_counted_exactly),
        TEST(test_large_images_change_their_owner),
        TEST(test_budget_is_not_exceeded_by_a_byte),
        TEST(test_pinned_entry_outlives_its_drop),
        TEST(test_what_is_pinned_is_the_entry_itself),
        TEST(test_put_brings_a_dropped_pinned_entry_back),
        TEST(test_failed_allocation_leaves_nothing),
        TEST(test_threads_may_do_all_of_it_at_once),
        PACKING(test_images_are_packed_where_that_pays),
        PACKING(test_packed_entries_keep_to_the_budget),
        PACKING(test_without_memory_for_packing_nothing_is_left_behind),
        PACKING(test_threads_may_do_all_of_it_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
