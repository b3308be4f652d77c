/* Whole samples, as validation takes them. */
#include "fixture.h"

#include <pthread.h>

static void take(struct mm_loader *loader, struct mm_arena *arena, uint32_t item)
{
    struct mm_sample *sample;
    struct mm_error err = {0};
    if (mm_loader_sample(loader, item, arena, &sample, &err))
        fail_msg("%s", err.text);
    struct mm_field *image = mm_sample_find(sample, "image");
    assert_int_equal(sample->item, item);
    assert_true(sample->arena == arena);
    assert_int_equal((int)mm_volume_get(image->volume, 0, 1, 2, 3), (int)item);
    assert_int_equal(image->volume->size[0], 4); /* after the prefix, before the crops */
    mm_loader_release(loader, item);
    mm_arena_reset(arena);
}

static void take_all(struct mm_loader *loader, uint32_t total)
{
    struct mm_arena arena;
    mm_arena_init(&arena, NULL);
    for (uint32_t item = 0; item < total; item++)
        take(loader, &arena, item);
    mm_arena_done(&arena);
}

static void check_runs(uint32_t total, uint32_t cached, bool no_cache, int expected_in, int expected_out)
{
    struct fixture f;
    atomic_int runs[ITEMS_MAX] = {0};
    fixture_init(&f, total, cached, 0, 1, 2);
    f.make.runs = runs;
    f.options.no_cache = no_cache;
    struct mm_loader *loader = fixture_open(&f);
    for (int pass = 0; pass < 3; pass++)
        take_all(loader, total);
    mm_loader_close(loader);
    for (uint32_t i = 0; i < total; i++)
        assert_int_equal(runs[i], i < cached ? expected_in : expected_out);
}

static void test_samples_are_prepared_once_as_far_as_they_are_kept(void **state)
{
    (void)state;
    check_runs(8, 8, false, 1, 0);
    check_runs(8, 5, false, 1, 3);
    check_runs(8, 8, true, 3, 0);
}

static void test_sample_may_be_changed_without_harm(void **state)
{
    (void)state;
    struct fixture f;
    struct mm_arena arena;
    struct mm_sample *sample;
    struct mm_volume *volume;
    mm_arena_init(&arena, NULL);
    fixture_init(&f, 2, 2, 0, 1, 1);
    struct mm_loader *loader = fixture_open(&f);
    assert_int_equal(mm_loader_sample(loader, 1, &arena, &sample, NULL), MM_OK);
    assert_int_equal(mm_field_writable(sample, mm_sample_find(sample, "image"), &volume, NULL), MM_OK);
    mm_volume_set(volume, 0, 1, 2, 3, 99);
    mm_loader_release(loader, 1);
    mm_arena_reset(&arena);
    take(loader, &arena, 1);
    mm_arena_done(&arena);
    mm_loader_close(loader);
}

static void test_bad_item_names_its_file(void **state)
{
    (void)state;
    struct fixture f;
    struct mm_arena arena;
    struct mm_sample *sample;
    struct mm_error err = {0};
    mm_arena_init(&arena, NULL);
    fixture_init(&f, 4, 4, 0, 1, 1);
    f.make.bad_item = 2; /* prepared ahead and failed there first */
    struct mm_loader *loader = fixture_open(&f);
    take(loader, &arena, 0);
    take(loader, &arena, 1);
    assert_int_equal(mm_loader_sample(loader, 2, &arena, &sample, &err), MM_ERR_DATA);
    assert_non_null(strstr(err.text, "item 2 of list.json: transform 1 (Make): image (case2.nii)"));
    take(loader, &arena, 3);
    mm_arena_done(&arena);
    mm_loader_close(loader);
}

static void *take_all_thread(void *loader)
{
    for (int pass = 0; pass < 5; pass++)
        take_all(loader, 10);
    return NULL;
}

static void test_threads_take_samples_while_batches_are_made(void **state)
{
    (void)state;
    struct fixture f;
    atomic_int runs[ITEMS_MAX] = {0};
    pthread_t threads[3];
    const struct mm_batch *batch;
    fixture_init(&f, 10, 10, 0, 2, 2);
    f.make.runs = runs;
    f.make.slow_us = 50;
    struct mm_loader *loader = fixture_open(&f);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_all_thread, loader), 0);
    for (uint32_t epoch = 0; epoch < 4; epoch++) {
        assert_int_equal(mm_loader_begin(loader, epoch, 0, NULL), MM_OK);
        do
            assert_int_equal(mm_loader_next(loader, &batch, NULL), MM_OK);
        while (batch);
    }
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    mm_loader_close(loader);
    for (int i = 0; i < 10; i++)
        assert_in_range(runs[i], 1, 2); /* for the stream or whole, and for the other where both began at once */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_samples_are_prepared_once_as_far_as_they_are_kept),
        cmocka_unit_test(test_sample_may_be_changed_without_harm),
        cmocka_unit_test(test_bad_item_names_its_file),
        cmocka_unit_test(test_threads_take_samples_while_batches_are_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
