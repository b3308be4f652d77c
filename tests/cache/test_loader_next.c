/* The first batches of an epoch, which are made while the last ones of the epoch before are used. */
#include "fixture.h"

#define EPOCHS     6
#define VALUES_MAX 4096

static void begin(struct mm_loader *loader, uint32_t epoch)
{
    struct mm_error err = {0};
    assert_int_equal(mm_loader_begin(loader, epoch, 0, &err), MM_OK);
}

static const struct mm_batch *next(struct mm_loader *loader)
{
    const struct mm_batch *batch;
    struct mm_error err = {0};
    assert_int_equal(mm_loader_next(loader, &batch, &err), MM_OK);
    return batch;
}

static void run_epoch(struct mm_loader *loader, uint32_t epoch)
{
    begin(loader, epoch);
    while (next(loader))
        ;
}

/* Waits, for seconds at most, until more crops were cut than that. */
static bool more_than(atomic_int *cut, int count)
{
    for (int i = 0; i < 10000 && atomic_load(cut) <= count; i++)
        sleep_us(1000);
    return atomic_load(cut) > count;
}

/* All values of an epoch's batches; returns how many. */
static size_t values_of(struct mm_loader *loader, uint32_t epoch, float *values)
{
    const struct mm_batch *batch;
    size_t count = 0;
    begin(loader, epoch);
    while ((batch = next(loader))) {
        size_t more = batch->sample_count * 7;
        assert_int_equal(batch->epoch, epoch);
        assert_true(count + more <= VALUES_MAX);
        for (size_t i = 0; i < more; i++)
            values[count + i] = mm_batch_value(&batch->fields[0], i);
        count += more;
    }
    return count;
}

static void assert_same_epoch(struct mm_loader *a, struct mm_loader *b, uint32_t epoch)
{
    static float of_a[VALUES_MAX], of_b[VALUES_MAX];
    size_t count = values_of(a, epoch, of_a);
    assert_int_equal(values_of(b, epoch, of_b), count);
    assert_memory_equal(of_a, of_b, count * sizeof *of_a);
}

static struct mm_loader *open_plain(struct fixture *f)
{
    struct fixture plain = *f;
    struct mm_loader *loader;
    struct mm_error err = {0};
    plain.options.no_cache = true;
    assert_int_equal(mm_loader_open(&f->source, &plain.options, &loader, &err), MM_OK);
    return loader;
}

static void test_first_batches_are_made_before_they_are_begun(void **state)
{
    (void)state;
    struct fixture f;
    atomic_int cut = 0;
    fixture_init(&f, 6, 6, 0, 2, 1);
    f.stamp.inside = &cut;
    struct mm_loader *loader = fixture_open(&f);
    run_epoch(loader, 0);
    assert_true(more_than(&cut, 6));
    run_epoch(loader, 1);
    struct mm_loader_stats stats;
    mm_loader_stats_get(loader, &stats);
    assert_int_equal(stats.hits, 6);
    mm_loader_close(loader);
}

static void test_another_epoch_throws_them_away(void **state)
{
    (void)state;
    struct fixture f;
    atomic_int cut = 0;
    fixture_init(&f, 9, 6, 0.5, 2, 1);
    f.stamp.inside = &cut;
    struct mm_loader *loader = fixture_open(&f), *plain = open_plain(&f);
    const uint32_t epochs[] = {0, 0, 3, 1, 5};
    for (size_t i = 0; i < sizeof epochs / sizeof epochs[0]; i++) {
        int before = atomic_load(&cut);
        assert_same_epoch(loader, plain, epochs[i]);
        assert_true(more_than(&cut, before + 12));
    }
    mm_loader_close(loader);
    mm_loader_close(plain);
}

/* Fewer steps than slots: what is made ahead goes round the ring. */
static void test_short_epochs_go_on_with_the_same_samples(void **state)
{
    (void)state;
    struct fixture f;
    for (uint32_t ahead = 0; ahead < 9; ahead++) {
        fixture_init(&f, 11, 4, 0.5, 3, 2);
        f.pipeline.prefetch_size = ahead;
        struct mm_loader *loader = fixture_open(&f), *plain = open_plain(&f);
        for (uint32_t epoch = 0; epoch < EPOCHS; epoch++)
            assert_same_epoch(loader, plain, epoch);
        mm_loader_close(loader);
        mm_loader_close(plain);
    }
}

/* What leaves makes way once it was used: beside this epoch's items and the next one's replacements those of the epoch
 * after it are prepared, in the memory of N + R items. */
static void test_places_that_leave_are_filled_before_the_epoch_ends(void **state)
{
    (void)state;
    struct fixture f;
    atomic_int made = 0;
    fixture_init(&f, 20, 6, 0.5, 2, 1);
    f.make.made = &made;
    struct mm_loader *loader = fixture_open(&f), *plain = open_plain(&f);
    run_epoch(loader, 0);
    assert_true(more_than(&made, 6 + 2 * 3 - 1));
    for (uint32_t epoch = 1; epoch < EPOCHS; epoch++)
        assert_same_epoch(loader, plain, epoch);
    struct mm_loader_stats stats;
    mm_loader_stats_get(loader, &stats);
    assert_in_range(stats.held, 1, 9);
    mm_loader_close(loader);
    mm_loader_close(plain);
}

/* With k = 3 what enters before epoch 3 is prepared from epoch 0 on, and nothing enters before epochs 1 and 2. In the last
 * of three epochs what leaves makes way for what enters after that. */
static void test_what_enters_in_several_epochs_is_prepared_at_once(void **state)
{
    (void)state;
    struct fixture f;
    atomic_int made = 0;
    fixture_init(&f, 20, 6, 0.5, 2, 1);
    f.pipeline.replace_every = 3;
    f.make.made = &made;
    struct mm_loader *loader = fixture_open(&f);
    for (uint32_t epoch = 0; epoch < 9; epoch++) {
        struct mm_loader_stats stats;
        int entered = 6 + 3 * ((int)epoch / 3 + 1) + (epoch % 3 == 2 ? 3 : 0);
        run_epoch(loader, epoch);
        assert_true(more_than(&made, entered - 1));
        assert_int_equal(atomic_load(&made), entered);
        mm_loader_stats_get(loader, &stats);
        assert_int_equal(stats.replaced, epoch > 0 && epoch % 3 == 0 ? 3 : 0);
        assert_int_equal(stats.late, 0);
    }
    mm_loader_close(loader);
}

static void test_replacements_chosen_late_throw_them_away(void **state)
{
    (void)state;
    struct fixture f;
    struct mm_error err = {0};
    atomic_int cut = 0;
    fixture_init(&f, 10, 4, 0, 1, 1);
    f.stamp.inside = &cut;
    struct mm_loader *loader = fixture_open(&f), *plain = open_plain(&f);
    assert_same_epoch(loader, plain, 0);
    assert_true(more_than(&cut, 8));
    const struct mm_rotation rotation = {.replaced = 2, .every = 1};
    assert_int_equal(mm_loader_set_rotation(loader, rotation, &err), MM_OK);
    assert_int_equal(mm_loader_set_rotation(plain, rotation, &err), MM_OK);
    for (uint32_t epoch = 1; epoch < EPOCHS; epoch++)
        assert_same_epoch(loader, plain, epoch);
    mm_loader_close(loader);
    mm_loader_close(plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_batches_are_made_before_they_are_begun),
        cmocka_unit_test(test_another_epoch_throws_them_away),
        cmocka_unit_test(test_short_epochs_go_on_with_the_same_samples),
        cmocka_unit_test(test_places_that_leave_are_filled_before_the_epoch_ends),
        cmocka_unit_test(test_what_enters_in_several_epochs_is_prepared_at_once),
        cmocka_unit_test(test_replacements_chosen_late_throw_them_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
