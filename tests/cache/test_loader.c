/* The loader's manners: what it prepares and when, how it fails, waits and closes. What is in the batches:
 * test_loader_model.c. */
#include "fixture.h"

#include <pthread.h>

static const struct mm_batch *next(struct mm_loader *loader)
{
    const struct mm_batch *batch = NULL;
    struct mm_error err = {0};
    if (mm_loader_next(loader, &batch, &err))
        fail_msg("%s", err.text);
    return batch;
}

static void begin(struct mm_loader *loader, uint32_t epoch)
{
    assert_int_equal(mm_loader_begin(loader, epoch, 0, NULL), MM_OK);
}

static void run_epoch(struct mm_loader *loader, uint32_t epoch)
{
    begin(loader, epoch);
    while (next(loader))
        ;
}

static struct mm_loader_stats stats_of(struct mm_loader *loader)
{
    struct mm_loader_stats stats;
    mm_loader_stats_get(loader, &stats);
    return stats;
}

/* Bytes of one cached item of this fixture. */
static uint64_t bytes_of_one(void)
{
    struct fixture f;
    fixture_init(&f, 1, 1, 0, 1, 1);
    struct mm_loader *loader = fixture_open(&f);
    run_epoch(loader, 0);
    uint64_t bytes = stats_of(loader).bytes;
    mm_loader_close(loader);
    return bytes;
}

static void test_items_are_prepared_once_a_residence(void **state)
{
    (void)state;
    struct fixture f;
    atomic_int runs[ITEMS_MAX] = {0};
    fixture_init(&f, 12, 6, 0.5, 2, 3);
    f.make.runs = runs;
    struct mm_loader *loader = fixture_open(&f);
    for (uint32_t epoch = 0; epoch < 5; epoch++) {
        run_epoch(loader, epoch);
        struct mm_loader_stats stats = stats_of(loader);
        assert_int_equal(stats.replaced, epoch ? 3 : 0);
        assert_true(stats.late <= stats.replaced);
        assert_true(stats.hits <= 6);
    }
    mm_loader_close(loader);
    int sum = 0;
    for (int i = 0; i < 12; i++) {
        assert_true(runs[i] >= 1);
        sum += runs[i];
    }
    assert_in_range(sum, 6 + 4 * 3, 6 + 6 * 3); /* those of two more epochs may have been begun */
}

static void test_plain_cache_prepares_everything_once(void **state)
{
    (void)state;
    struct fixture f;
    atomic_int runs[ITEMS_MAX] = {0};
    fixture_init(&f, 9, 0, 0, 4, 1);
    f.make.runs = runs;
    struct mm_loader *loader = fixture_open(&f);
    for (uint32_t epoch = 0; epoch < 4; epoch++)
        run_epoch(loader, epoch);
    assert_int_equal(stats_of(loader).hits, 9);
    assert_int_equal(stats_of(loader).prepared, 0);
    mm_loader_close(loader);
    for (int i = 0; i < 9; i++)
        assert_int_equal(runs[i], 1);
}

static void test_without_cache_a_volume_is_prepared_once_a_use(void **state)
{
    (void)state;
    struct fixture f;
    atomic_int runs[ITEMS_MAX] = {0};
    fixture_init(&f, 5, 5, 0, 2, 4); /* four crops of a volume share one prefix */
    f.make.runs = runs;
    f.options.no_cache = true;
    struct mm_loader *loader = fixture_open(&f);
    for (uint32_t epoch = 0; epoch < 3; epoch++)
        run_epoch(loader, epoch);
    assert_int_equal(stats_of(loader).hits, 0);
    assert_int_equal(stats_of(loader).bytes, 0);
    mm_loader_close(loader);
    for (int i = 0; i < 5; i++)
        assert_int_equal(runs[i], 3);
}

static void test_first_batch_does_not_wait_for_the_whole_cache(void **state)
{
    (void)state;
    struct fixture f;
    atomic_bool is_held = true;
    atomic_int made = 0;
    fixture_init(&f, 8, 8, 0, 2, 1);
    f.make.is_held = &is_held;
    f.make.made = &made;
    f.make.held_from = 2; /* the first batch's items and no others */
    f.options.threads = 1;
    struct mm_loader *loader = fixture_open(&f);
    begin(loader, 0);
    assert_non_null(next(loader));
    is_held = false;
    while (next(loader))
        ;
    mm_loader_close(loader);
}

static _Atomic bool wants_to_stop;
static bool ask(void)
{
    return wants_to_stop;
}

static void test_late_replacement_is_waited_for_and_counted(void **state)
{
    (void)state;
    struct fixture f;
    atomic_bool is_held = true;
    atomic_int made = 0;
    struct mm_error err = {0};
    const struct mm_batch *batch;
    fixture_init(&f, 6, 3, 0.3, 3, 1);
    f.make.is_held = &is_held;
    f.make.made = &made;
    f.make.held_from = 3; /* the epoch's own, which one thread prepares before the replacement */
    f.options.threads = 1;
    f.options.interrupted = ask;
    struct mm_loader *loader = fixture_open(&f);
    run_epoch(loader, 0);
    while (made < 4) /* until the replacement is being prepared */
        sleep_us(100);
    begin(loader, 1);
    assert_int_equal(stats_of(loader).replaced, 1);
    assert_int_equal(stats_of(loader).late, 1);
    wants_to_stop = true;
    assert_int_equal(mm_loader_next(loader, &batch, &err), MM_INTERRUPTED);
    assert_int_equal(mm_loader_begin(loader, 1, 0, &err), MM_OK); /* nothing of a batch is running */
    assert_int_equal(mm_loader_next(loader, &batch, &err), MM_INTERRUPTED);
    wants_to_stop = false;
    is_held = false;
    assert_non_null(next(loader));
    assert_null(next(loader));
    mm_loader_close(loader);
}

static void test_replacements_prepared_in_time_are_found(void **state)
{
    (void)state;
    struct fixture f;
    uint64_t one = bytes_of_one();
    fixture_init(&f, 12, 6, 0.5, 2, 1);
    struct mm_loader *loader = fixture_open(&f);
    for (uint32_t epoch = 0; epoch < 4; epoch++) {
        run_epoch(loader, epoch);
        assert_true(epoch == 0 || stats_of(loader).hits == 6);
        assert_true(stats_of(loader).bytes <= 9 * one);
        while (stats_of(loader).held < 9) /* as long as a training step takes */
            sleep_us(100);
    }
    mm_loader_close(loader);
}

static void test_jump_waits_for_work_that_is_not_wanted_any_more(void **state)
{
    (void)state;
    struct fixture f;
    atomic_bool is_held = true;
    atomic_int made = 0;
    struct mm_error err = {0};
    fixture_init(&f, 40, 3, 0.3, 3, 1);
    f.make.is_held = &is_held;
    f.make.made = &made;
    f.make.held_from = 3; /* the epoch's own, which one thread prepares before the replacement */
    f.options.threads = 1;
    f.options.interrupted = ask;
    struct mm_loader *loader = fixture_open(&f);
    run_epoch(loader, 0);
    while (made < 4) /* until the replacement is being prepared */
        sleep_us(100);
    wants_to_stop = true;
    assert_int_equal(mm_loader_begin(loader, 20, 0, &err), MM_INTERRUPTED);
    wants_to_stop = false;
    is_held = false;
    run_epoch(loader, 20);
    assert_in_range(stats_of(loader).bytes, 3 * bytes_of_one(), 4 * bytes_of_one()); /* nothing of epoch 0 is left */
    mm_loader_close(loader);
}

/* Runs epochs until one fails; returns its number and the step. */
static uint32_t run_until_failure(struct fixture *f, uint32_t *step, struct mm_error *err)
{
    const struct mm_batch *batch = NULL;
    struct mm_loader *loader = fixture_open(f);
    for (uint32_t epoch = 0; epoch < 50; epoch++) {
        begin(loader, epoch);
        for (*step = 0; *step < mm_loader_steps(loader); (*step)++)
            if (mm_loader_next(loader, &batch, err)) {
                struct mm_error again;
                assert_int_equal(mm_loader_next(loader, &batch, &again), err->status);
                assert_string_equal(again.text, err->text);
                mm_loader_close(loader);
                return epoch;
            }
    }
    fail_msg("no epoch failed");
    return 0;
}

static void test_bad_item_stops_at_its_batch_for_any_threads(void **state)
{
    (void)state;
    struct fixture f;
    uint32_t first_epoch = 0, first_step = 0;
    for (int variant = 0; variant < 4; variant++) {
        struct mm_error err = {0};
        uint32_t step;
        fixture_init(&f, 9, 3, 0.5, 1, 2);
        f.options.seed = 3;
        f.make.bad_item = 4;
        f.options.threads = variant % 2 ? 1 : 4;
        f.options.no_cache = variant / 2;
        uint32_t epoch = run_until_failure(&f, &step, &err);
        assert_string_equal(err.text, "item 4 of list.json: transform 1 (Make): image (case4.nii): is bad");
        assert_int_equal(err.status, MM_ERR_DATA);
        if (variant == 0) {
            first_epoch = epoch;
            first_step = step;
        }
        assert_true(epoch > 0); /* was a replacement first */
        assert_int_equal(epoch, first_epoch);
        assert_int_equal(step, first_step);
    }
}

static void test_first_of_several_failures_is_told(void **state)
{
    (void)state;
    for (unsigned threads = 1; threads <= 4; threads++) {
        struct fixture f;
        struct mm_error err = {0};
        uint32_t step;
        fixture_init(&f, 4, 4, 0, 4, 5);
        f.stamp.bad_item = 2;
        f.options.threads = threads;
        run_until_failure(&f, &step, &err);
        assert_string_equal(err.text, "item 2 of list.json: transform 2 (Stamp): output 0 cannot be cut");
    }
}

static void test_volumes_of_different_sizes_name_their_files(void **state)
{
    (void)state;
    struct fixture f;
    struct mm_error err = {0};
    uint32_t step;
    static const char *const label[] = {"label"};
    fixture_init(&f, 4, 4, 0, 4, 1);
    f.make.growth = 1;
    f.options.fields = label;
    f.options.shuffle = false;
    run_until_failure(&f, &step, &err);
    assert_non_null(
        strstr(err.text, "\"label\" is 1 x 4 x 3 x 2 in item 0 (case0.nii) but 1 x 5 x 3 x 2 in item 1 (case1.nii)"));
}

static void test_cache_stays_below_its_limit(void **state)
{
    (void)state;
    struct fixture f;
    uint64_t one = bytes_of_one();
    fixture_init(&f, 12, 6, 0.5, 1, 2);
    f.options.threads = 4;
    f.pipeline.prefetch_size = 0;  /* slots are used again within an epoch */
    f.pipeline.is_resolved = true; /* as small as the samples are, not as their bound */
    f.pipeline.cache_memory = 9 * one;
    struct mm_loader *loader = fixture_open(&f);
    for (uint32_t epoch = 0; epoch < 6; epoch++)
        run_epoch(loader, epoch);
    assert_in_range(stats_of(loader).peak_bytes, 6 * one, 9 * one);
    mm_loader_close(loader);
}

static void test_replacements_without_room_are_late_and_no_error(void **state)
{
    (void)state;
    struct fixture f;
    uint64_t one = bytes_of_one();
    fixture_init(&f, 8, 4, 0.5, 2, 2);
    f.pipeline.is_resolved = true;
    f.pipeline.cache_memory = 4 * one;
    struct mm_loader *loader = fixture_open(&f);
    for (uint32_t epoch = 0; epoch < 4; epoch++) {
        run_epoch(loader, epoch);
        assert_true(stats_of(loader).late <= (epoch ? 2 : 0));
    }
    assert_true(stats_of(loader).peak_bytes <= 4 * one);
    mm_loader_close(loader);
}

/* Samples for which there is no room are prepared at each use; the limit holds to the byte. */
static void test_cache_too_small_for_an_epoch_keeps_what_fits(void **state)
{
    (void)state;
    struct fixture f;
    uint64_t one = bytes_of_one();
    for (uint32_t places = 0; places < 4; places++) {
        fixture_init(&f, 4, 4, 0, 4, 1);
        f.pipeline.is_resolved = true;
        f.pipeline.cache_memory = places * one + one / 2;
        struct mm_loader *loader = fixture_open(&f);
        run_epoch(loader, 0);
        run_epoch(loader, 1);
        struct mm_loader_stats stats = stats_of(loader);
        assert_int_equal(stats.hits, places);
        assert_int_equal(stats.prepared, 4 - places);
        assert_int_equal(stats.not_kept, 4 - places);
        assert_int_equal(stats.bytes, places * one);
        assert_true(stats.peak_bytes <= f.pipeline.cache_memory);
        mm_loader_close(loader);
    }
}

/* 10 of 40 items are held, each of which takes 2 ms to prepare; epoch 0 is over. */
static struct mm_loader *measured_loader(struct fixture *f, unsigned crop_us)
{
    fixture_init(f, 40, 10, 0, 1, 1);
    f->pipeline.auto_replace = true;
    f->make.slow_us = 2000;
    f->stamp.slow_us = crop_us;
    struct mm_loader *loader = fixture_open(f);
    run_epoch(loader, 0);
    return loader;
}

static void test_measured_replacements_grow_with_the_time_there_is(void **state)
{
    (void)state;
    struct fixture f;
    struct mm_loader *loader = measured_loader(&f, 0);
    struct mm_loader_stats stats = stats_of(loader);
    double one = stats.prefix_seconds / stats.prepared;
    assert_true(one >= 0.002 && stats.suffix_seconds > 0);
    assert_int_equal(mm_loader_measure_rotation(loader, 0, 10).replaced, 1);
    double five = (5.5 * one + stats.suffix_seconds) / 0.8 / 2 / 0.9; /* with two threads, in nine of ten steps */
    const struct mm_rotation some = mm_loader_measure_rotation(loader, five, 10);
    assert_in_range(some.replaced, 2, 5); /* fewer where times vary */
    assert_int_equal(some.every, 1);
    assert_int_equal(mm_loader_measure_rotation(loader, 1e6, 10).replaced, 10);
    mm_loader_close(loader);
}

/* Where an epoch is shorter than an item takes, one enters in so many epochs that its thread has the time. */
static void test_short_epochs_measure_one_item_in_several(void **state)
{
    (void)state;
    struct fixture f;
    struct mm_loader *loader = measured_loader(&f, 0);
    uint32_t before = MM_REPLACE_EVERY_MAX;
    for (double epoch = 2e-5; epoch < 1e-3; epoch *= 1.5) {
        const struct mm_rotation rotation = mm_loader_measure_rotation(loader, epoch, 10);
        assert_int_equal(rotation.replaced, 1);
        assert_true(rotation.every * epoch > 2e-3 && rotation.every <= before);
        before = rotation.every;
    }
    assert_int_equal(mm_loader_measure_rotation(loader, 1e-12, 10).every, MM_REPLACE_EVERY_MAX);
    mm_loader_close(loader);
}

/* Ten crops of 2 ms leave two threads no time in an epoch of 5 ms: an item is then one hundredth of their time at most. */
static void test_crops_take_their_time_from_the_items(void **state)
{
    (void)state;
    struct fixture f;
    struct mm_loader *loader = measured_loader(&f, 2000);
    const struct mm_rotation rotation = mm_loader_measure_rotation(loader, 5e-3, 10);
    assert_int_equal(rotation.replaced, 1);
    assert_true(rotation.every * 5e-3 * 2 / 100 > 2e-3);
    mm_loader_close(loader);
}

static void test_one_batch_is_cut_by_several_threads(void **state)
{
    (void)state;
    struct fixture f;
    atomic_int inside = 0;
    fixture_init(&f, 1, 1, 0, 1, 8);
    f.pipeline.batched_by_transforms = true;
    f.pipeline.prefetch_size = 0;
    f.options.threads = 2;
    f.stamp.inside = &inside;
    struct mm_loader *loader = fixture_open(&f);
    run_epoch(loader, 0);
    mm_loader_close(loader);
}

static void test_steady_state_allocates_nothing(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, 6, 6, 0, 2, 3);
    f.options.threads = 1; /* so that warm means warm: with more, a thread's first task may come late */
    struct mm_loader *loader = fixture_open(&f);
    run_epoch(loader, 0);
    run_epoch(loader, 1);
    uint64_t before = mm_memory_count();
    for (uint32_t epoch = 2; epoch < 6; epoch++)
        run_epoch(loader, epoch);
    assert_int_equal(mm_memory_count(), before);
    mm_loader_close(loader);
}

static void test_it_closes_at_any_moment(void **state)
{
    (void)state;
    struct mm_random random;
    mm_random_init(&random, 21, MM_RANDOM_SYNTHESIS, 0, 0, 0);
    for (int i = 0; i < 150; i++) {
        struct fixture f;
        fixture_init(&f, 10, 5, 0.4, 2, 3);
        f.options.threads = 1 + mm_random_below(&random, 4);
        f.options.no_cache = mm_random_below(&random, 3) == 0;
        f.make.slow_us = (int)mm_random_below(&random, 3) * 200;
        f.stamp.slow_us = (int)mm_random_below(&random, 3) * 100;
        f.make.bad_item = mm_random_below(&random, 4) ? -1 : 3;
        struct mm_loader *loader = fixture_open(&f);
        const struct mm_batch *batch;
        for (uint32_t epoch = 0; epoch < mm_random_below(&random, 4); epoch++) {
            begin(loader, epoch);
            for (uint32_t steps = mm_random_below(&random, 4); steps > 0; steps--)
                (void)mm_loader_next(loader, &batch, NULL);
        }
        sleep_us((int)mm_random_below(&random, 3) * 300);
        mm_loader_close(loader);
    }
}

static void test_wrong_calls_are_errors(void **state)
{
    (void)state;
    struct fixture f;
    struct mm_error err = {0};
    const struct mm_batch *batch;
    struct mm_sample *sample;
    struct mm_arena arena;
    mm_arena_init(&arena, NULL);
    fixture_init(&f, 3, 3, 0, 1, 1);
    struct mm_loader *loader = fixture_open(&f);
    assert_int_equal(mm_loader_next(loader, &batch, &err), MM_ERR_USAGE);
    assert_int_equal(mm_loader_begin(loader, 0, 4, &err), MM_ERR_USAGE);
    assert_int_equal(mm_loader_begin(loader, 0, 3, &err), MM_OK);
    assert_null(next(loader));
    assert_null(next(loader));
    assert_int_equal(mm_loader_sample(loader, 3, &arena, &sample, &err), MM_ERR_USAGE);
    mm_loader_close(loader);
    mm_loader_close(NULL);
    f.list.count = 0;
    assert_int_equal(mm_loader_open(&f.source, &f.options, &loader, &err), MM_ERR_DATA);
    mm_arena_done(&arena);
}

static void test_usual_fields_are_those_of_the_datalist(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, 2, 2, 0, 1, 1);
    f.options.field_count = 0;
    struct mm_loader *loader = fixture_open(&f);
    begin(loader, 0);
    const struct mm_batch *batch = next(loader);
    assert_int_equal(batch->field_count, 1);
    assert_string_equal(batch->fields[0].name, "image");
    mm_loader_close(loader);
    f.pipeline.image_fields = (struct mm_strings){2, (const char *const[]){"label", "image"}};
    loader = fixture_open(&f);
    begin(loader, 0);
    batch = next(loader);
    assert_int_equal(batch->field_count, 2);
    assert_string_equal(batch->fields[0].name, "label");
    mm_loader_close(loader);
}

static void test_failed_allocations_while_opening_leave_nothing(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, 5, 3, 0.5, 2, 2);
    int failures = 0;
    for (uint64_t n = 1; n < 60; n++) {
        struct mm_loader *loader = NULL;
        mm_memory_fail_at(n);
        enum mm_status s = mm_loader_open(&f.source, &f.options, &loader, NULL);
        mm_memory_fail_at(0);
        assert_true(s == MM_OK || s == MM_ERR_MEMORY);
        failures += s != MM_OK;
        if (!s)
            mm_loader_close(loader);
    }
    assert_true(failures > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_items_are_prepared_once_a_residence),
        cmocka_unit_test(test_plain_cache_prepares_everything_once),
        cmocka_unit_test(test_without_cache_a_volume_is_prepared_once_a_use),
        cmocka_unit_test(test_first_batch_does_not_wait_for_the_whole_cache),
        cmocka_unit_test(test_late_replacement_is_waited_for_and_counted),
        cmocka_unit_test(test_replacements_prepared_in_time_are_found),
        cmocka_unit_test(test_jump_waits_for_work_that_is_not_wanted_any_more),
        cmocka_unit_test(test_bad_item_stops_at_its_batch_for_any_threads),
        cmocka_unit_test(test_first_of_several_failures_is_told),
        cmocka_unit_test(test_volumes_of_different_sizes_name_their_files),
        cmocka_unit_test(test_cache_stays_below_its_limit),
        cmocka_unit_test(test_replacements_without_room_are_late_and_no_error),
        cmocka_unit_test(test_cache_too_small_for_an_epoch_keeps_what_fits),
        cmocka_unit_test(test_measured_replacements_grow_with_the_time_there_is),
        cmocka_unit_test(test_short_epochs_measure_one_item_in_several),
        cmocka_unit_test(test_crops_take_their_time_from_the_items),
        cmocka_unit_test(test_one_batch_is_cut_by_several_threads),
        cmocka_unit_test(test_steady_state_allocates_nothing),
        cmocka_unit_test(test_it_closes_at_any_moment),
        cmocka_unit_test(test_wrong_calls_are_errors),
        cmocka_unit_test(test_usual_fields_are_those_of_the_datalist),
        cmocka_unit_test(test_failed_allocations_while_opening_leave_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
