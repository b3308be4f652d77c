/* The loader when things go wrong: bad items that are skipped, sources that are slow, broken, cut short or dead, and
 * closing while threads are busy. Which batches come of it: test_loader_model.c. */
#include "fixture.h"

#include <errno.h>

#include "tests/support/scratch.h"

/* A fixture whose items are files. */
static void init_files(struct scratch *scratch, struct fixture *f, uint32_t total, uint32_t cached, double replaced)
{
    fixture_init(f, total, cached, replaced, 1, 2);
    for (uint32_t i = 0; i < total; i++)
        scratch_file(scratch, f->paths[i], "file", 4);
    f->make.folder = scratch->folder;
}

/* Runs an epoch; MM_OK or how it failed. `bad`: an item that must not be in a batch. */
static enum mm_status run_epoch(struct mm_loader *loader, uint32_t epoch, uint32_t bad, struct mm_error *err)
{
    enum mm_status s;
    const struct mm_batch *batch = NULL;
    assert_int_equal(mm_loader_begin(loader, epoch, 0, err), MM_OK);
    while ((s = mm_loader_next(loader, &batch, err)) == MM_OK && batch)
        for (uint32_t i = 0; i < batch->sample_count; i++)
            assert_int_not_equal(batch->items[i], bad);
    return s;
}

static void check_quarantined(struct mm_loader *loader, uint32_t item, const char *cause)
{
    uint32_t found = 99;
    const char *text = NULL;
    assert_true(mm_loader_quarantined(loader, 0, &found, &text));
    assert_int_equal(found, item);
    if (!strstr(text, cause))
        fail_msg("\"%s\" is not in \"%s\"", cause, text);
    assert_false(mm_loader_quarantined(loader, 1, &found, &text));
}

static uint32_t quarantined_now(struct mm_loader *loader)
{
    struct mm_loader_stats stats;
    mm_loader_stats_get(loader, &stats);
    return stats.quarantined;
}

static void test_a_bad_item_is_quarantined_once(void **state)
{
    (void)state;
    for (int where = 0; where < 2; where++) {
        struct fixture f;
        fixture_init(&f, 6, 6, 0, 2, 3);
        f.pipeline.on_bad_item = "skip";
        *(where ? &f.stamp.bad_item : &f.make.bad_item) = 4;
        struct mm_loader *loader = fixture_open(&f);
        assert_int_equal(run_epoch(loader, 0, 4, NULL), MM_OK);
        assert_int_equal(quarantined_now(loader), 1);
        assert_int_equal(run_epoch(loader, 1, 4, NULL), MM_OK);
        assert_int_equal(quarantined_now(loader), 0);
        check_quarantined(loader, 4,
                          where ? "item 4 of list.json: transform 2 (Stamp): output"
                                : "item 4 of list.json: transform 1 (Make): image (case4.nii): is bad");
        mm_loader_close(loader);
    }
}

static void test_when_all_are_bad_that_is_an_error(void **state)
{
    (void)state;
    struct fixture f;
    struct mm_error err = {0};
    fixture_init(&f, 3, 2, 0.5, 1, 1);
    f.pipeline.on_bad_item = "skip";
    f.make.bad = 7;
    struct mm_loader *loader = fixture_open(&f);
    assert_int_equal(run_epoch(loader, 0, 99, &err), MM_ERR_DATA);
    assert_non_null(strstr(err.text, "all 3 items of list.json are bad, the last one: item "));
    assert_int_equal(run_epoch(loader, 1, 99, &err), MM_ERR_DATA);
    mm_loader_close(loader);
}

/* Memory that is out, an interruption and a wrong configuration are no fault of the item. */
static void test_what_is_no_fault_of_the_item_stops(void **state)
{
    (void)state;
    struct fixture f;
    struct mm_error err = {0};
    uint32_t item;
    const char *text;
    int64_t wanted[3] = {9, 9, 9};
    fixture_init(&f, 3, 3, 0, 1, 1);
    f.pipeline.on_bad_item = "skip";
    f.pipeline.output_crop_size = (struct mm_ints){3, wanted};
    struct mm_loader *loader = fixture_open(&f);
    assert_int_equal(run_epoch(loader, 0, 99, &err), MM_ERR_CONFIG);
    assert_false(mm_loader_quarantined(loader, 0, &item, &text));
    mm_loader_close(loader);
}

static void test_a_whole_sample_that_is_bad_is_left_out(void **state)
{
    (void)state;
    for (int no_cache = 0; no_cache < 2; no_cache++) {
        struct fixture f;
        struct mm_arena arena;
        struct mm_sample *sample;
        mm_arena_init(&arena, NULL);
        fixture_init(&f, 5, 3, 0, 1, 1);
        f.options.no_cache = no_cache;
        f.pipeline.on_bad_item = "skip";
        f.make.bad = 1 << 1 | 1 << 4; /* one that is kept, and one that is not */
        struct mm_loader *loader = fixture_open(&f);
        for (int pass = 0; pass < 3; pass++)
            for (uint32_t item = 0; item < 5; item++) {
                assert_int_equal(mm_loader_sample(loader, item, &arena, &sample, NULL), MM_OK);
                assert_int_equal(sample == NULL, f.make.bad >> item & 1);
                mm_loader_release(loader, item);
                mm_arena_reset(&arena);
            }
        assert_int_equal(quarantined_now(loader), 2);
        mm_arena_done(&arena);
        mm_loader_close(loader);
    }
}

/* One file that cannot be read, or ends early: an error that names it, or another item in its place. */
static void test_a_broken_file_is_named(void **state)
{
    struct scratch *scratch = *state;
    static const struct {
        struct mm_file_fault fault;
        enum mm_status status;
        const char *cause;
    } rows[] = {
        {{.part = "case3", .error_number = EIO}, MM_ERR_IO, "case3.nii: cannot open: Input/output error"},
        {{.part = "case3", .size = 2}, MM_ERR_DATA, "case3.nii: 2 bytes instead of 4"},
    };
    for (size_t i = 0; i < 2; i++) {
        struct fixture f;
        struct mm_error err = {0};
        init_files(scratch, &f, 6, 3, 0.5);
        mm_file_fault_set(&rows[i].fault);
        struct mm_loader *loader = fixture_open(&f);
        enum mm_status s = MM_OK;
        for (uint32_t epoch = 0; epoch < 4 && s == MM_OK; epoch++)
            s = run_epoch(loader, epoch, 3, &err);
        assert_int_equal(s, rows[i].status);
        assert_non_null(strstr(err.text, rows[i].cause));
        assert_non_null(strstr(err.text, "item 3 of list.json: transform 1 (Make)"));
        mm_loader_close(loader);
        f.pipeline.on_bad_item = "skip";
        loader = fixture_open(&f);
        for (uint32_t epoch = 0; epoch < 4; epoch++)
            assert_int_equal(run_epoch(loader, epoch, 3, NULL), MM_OK);
        check_quarantined(loader, 3, rows[i].cause);
        mm_loader_close(loader);
        mm_file_fault_set(NULL);
    }
}

struct told {
    int count;
    double seconds;
    char text[512];
};

/* Notes what it is told, and lets the file be read. */
static void note(void *context, double seconds, const char *text)
{
    struct told *told = context;
    told->count++;
    told->seconds = seconds;
    snprintf(told->text, sizeof told->text, "%s", text);
    mm_file_fault_set(NULL);
}

static void check_told(const struct told *told, const char *text)
{
    if (strncmp(told->text, text, strlen(text)) != 0)
        fail_msg("\"%s\" does not begin with \"%s\"", told->text, text);
}

static void test_who_waits_is_told_for_what(void **state)
{
    struct scratch *scratch = *state;
    struct fixture f;
    struct told told = {.count = 0};
    struct mm_arena arena;
    struct mm_sample *sample;
    init_files(scratch, &f, 4, 4, 0);
    f.options.waiting = note;
    f.options.waiting_context = &told;
    f.options.waiting_after = 0.05;
    mm_file_fault_set(&(struct mm_file_fault){.part = "case2", .delay_ms = 3600000});
    struct mm_loader *loader = fixture_open(&f);
    assert_int_equal(run_epoch(loader, 0, 99, NULL), MM_OK);
    mm_loader_close(loader);
    assert_true(told.count >= 1 && told.seconds >= 0.05);
    check_told(&told, "item 2 (case2.nii): transform 1 (Make) since ");

    mm_arena_init(&arena, NULL);
    mm_file_fault_set(&(struct mm_file_fault){.part = "case1", .delay_ms = 3600000});
    f.options.threads = 1;
    loader = fixture_open(&f);
    assert_int_equal(mm_loader_sample(loader, 1, &arena, &sample, NULL), MM_OK);
    mm_loader_close(loader);
    mm_arena_done(&arena);
    check_told(&told, "item 1 (case1.nii): transform 1 (Make) since ");
}

/* The one thread is held up by what is prepared ahead; the item that is waited for has none. */
static void test_who_waits_for_a_free_thread_is_told_so(void **state)
{
    struct scratch *scratch = *state;
    struct fixture f;
    struct told told = {.count = 0};
    const struct mm_batch *batch;
    atomic_int made = 0;
    init_files(scratch, &f, 3, 3, 0);
    f.make.made = &made;
    f.options.shuffle = false;
    f.options.threads = 1;
    f.pipeline.prefetch_size = 0;
    f.options.waiting = note;
    f.options.waiting_context = &told;
    f.options.waiting_after = 0.05;
    mm_file_fault_set(&(struct mm_file_fault){.part = "case", .delay_ms = 3600000});
    struct mm_loader *loader = fixture_open(&f);
    struct mm_arena arena;
    struct mm_sample *sample;
    mm_arena_init(&arena, NULL);
    assert_int_equal(mm_loader_begin(loader, 0, 0, NULL), MM_OK);
    while (made < 1) /* item 0 is being read */
        sleep_us(1000);
    sleep_us(20000);
    assert_int_equal(mm_loader_sample(loader, 2, &arena, &sample, NULL), MM_OK);
    assert_string_equal(told.text,
                        "item 2 (case2.nii), which no thread works at yet; item 0 (case0.nii): transform 1 "
                        "(Make) since 0 s");
    assert_int_equal(mm_loader_next(loader, &batch, NULL), MM_OK);
    mm_loader_close(loader);
    mm_arena_done(&arena);
}

/* A source that never answers: with a deadline the run ends, or goes on without the item, and what the thread brings
 * when the source comes back is not taken. */
static void test_a_dead_source_ends_at_the_deadline(void **state)
{
    struct scratch *scratch = *state;
    for (int skips = 0; skips < 2; skips++) {
        struct fixture f;
        struct mm_error err = {0};
        init_files(scratch, &f, 5, skips ? 3 : 5, skips ? 0.5 : 0);
        f.options.threads = 1;        /* a lost one is replaced */
        f.pipeline.item_deadline = 1; /* no sound item takes so long, however busy the machine */
        f.pipeline.on_bad_item = skips ? "skip" : "stop";
        mm_file_fault_set(&(struct mm_file_fault){.part = "case3", .delay_ms = 3600000});
        struct mm_loader *loader = fixture_open(&f);
        enum mm_status s = MM_OK;
        for (uint32_t epoch = 0; epoch < 4 && s == MM_OK; epoch++)
            s = run_epoch(loader, epoch, 3, &err);
        assert_int_equal(s, skips ? MM_OK : MM_ERR_IO);
        const char *cause =
            "item 3 of list.json (case3.nii): transform 1 (Make): is not ready after 1 s (item_deadline)";
        if (skips)
            check_quarantined(loader, 3, cause);
        else
            assert_string_equal(err.text, cause);
        mm_file_fault_set(NULL);
        sleep_us(5000); /* the thread comes back, perhaps */
        if (skips)
            assert_int_equal(run_epoch(loader, 4, 3, NULL), MM_OK);
        mm_loader_close(loader);
    }
}

static void test_a_dead_source_ends_a_whole_sample(void **state)
{
    struct scratch *scratch = *state;
    for (int skips = 0; skips < 2; skips++) {
        struct fixture f;
        struct mm_arena arena;
        struct mm_sample *sample;
        struct mm_error err = {0};
        mm_arena_init(&arena, NULL);
        init_files(scratch, &f, 4, 4, 0);
        f.options.no_cache = skips;
        f.pipeline.item_deadline = 1; /* no sound item takes so long, however busy the machine */
        f.pipeline.on_bad_item = skips ? "skip" : "stop";
        mm_file_fault_set(&(struct mm_file_fault){.part = "case1", .delay_ms = 3600000});
        struct mm_loader *loader = fixture_open(&f);
        assert_int_equal(mm_loader_sample(loader, 0, &arena, &sample, &err), MM_OK);
        assert_int_equal(mm_loader_sample(loader, 1, &arena, &sample, &err), skips ? MM_OK : MM_ERR_IO);
        assert_null(sample);
        if (!skips)
            assert_non_null(strstr(err.text, "case1.nii): transform 1 (Make): is not ready"));
        assert_int_equal(mm_loader_sample(loader, 2, &arena, &sample, &err), MM_OK);
        assert_non_null(sample);
        mm_file_fault_set(NULL);
        mm_loader_close(loader);
        mm_arena_done(&arena);
    }
}

static _Atomic bool wants_to_stop;
static bool ask(void)
{
    return wants_to_stop;
}

/* Callers that no longer wait: for a sample that is being made, and for one that no thread has come to. */
static void test_a_wait_for_a_whole_sample_can_be_given_up(void **state)
{
    struct scratch *scratch = *state;
    for (int comes_back = 0; comes_back < 2; comes_back++) {
        struct fixture f;
        struct mm_arena arena;
        struct mm_sample *sample;
        mm_arena_init(&arena, NULL);
        init_files(scratch, &f, 4, 2, 0);
        f.options.threads = 1;
        f.options.interrupted = ask;
        mm_file_fault_set(&(struct mm_file_fault){.part = "case", .delay_ms = 3600000});
        struct mm_loader *loader = fixture_open(&f);
        wants_to_stop = true;
        for (uint32_t item = 0; item < 4; item++) {
            assert_int_equal(mm_loader_sample(loader, item, &arena, &sample, NULL), MM_INTERRUPTED);
            sleep_us(2000);
        }
        wants_to_stop = false;
        if (comes_back) {
            mm_file_fault_set(NULL);
            for (uint32_t item = 0; item < 4; item++) {
                assert_int_equal(mm_loader_sample(loader, item, &arena, &sample, NULL), MM_OK);
                mm_loader_release(loader, item);
            }
        }
        mm_arena_done(&arena);
        mm_loader_close(loader);
        mm_file_fault_set(NULL);
    }
}

/* The files would keep their readers for an hour; what the loader and its source were made of is gone when they come
 * back. */
static void test_it_closes_while_a_source_is_dead(void **state)
{
    struct scratch *scratch = *state;
    struct fixture *f = mm_alloc(sizeof *f);
    init_files(scratch, f, 6, 6, 0);
    f->options.threads = 3;
    mm_file_fault_set(&(struct mm_file_fault){.part = "case", .delay_ms = 3600000});
    struct mm_loader *loader = fixture_open(f);
    assert_int_equal(mm_loader_begin(loader, 0, 0, NULL), MM_OK);
    sleep_us(20000);
    mm_loader_close(loader);
    memset(f, 0xA5, sizeof *f);
    mm_free(f);
    mm_file_fault_set(NULL);
    sleep_us(20000);
}

static atomic_int small_steps;

static enum mm_status small_step(const struct mm_step *step, struct mm_sample *sample,
                                 const struct mm_context *context, struct mm_error *err)
{
    (void)step, (void)sample, (void)context, (void)err;
    atomic_fetch_add(&small_steps, 1);
    sleep_us(1000);
    return MM_OK;
}

/* A chain of a thousand steps does not run to its end. */
static void test_a_chain_ends_between_steps_when_it_is_closed(void **state)
{
    (void)state;
    enum { STEPS = 1000 };
    static const struct mm_transform slow = {
        .name = "Slow", .summary = "slow", .fields = MM_FIELDS_OWN, .apply = small_step};
    struct fixture f;
    struct mm_step *steps = mm_alloc((STEPS + 2) * sizeof *steps);
    fixture_init(&f, 4, 4, 0, 1, 1);
    for (uint32_t i = 0; i < STEPS; i++)
        steps[i] = (struct mm_step){.transform = &slow, .index = i};
    steps[STEPS] = f.steps[0];
    steps[STEPS + 1] = f.steps[1];
    f.chain = (struct mm_chain){.count = STEPS + 2, .steps = steps};
    f.source.prefix = STEPS + 1;
    small_steps = 0;
    struct mm_loader *loader = fixture_open(&f);
    assert_int_equal(mm_loader_begin(loader, 0, 0, NULL), MM_OK);
    while (small_steps < 5)
        sleep_us(1000);
    mm_loader_close(loader);
    assert_true(small_steps < STEPS);
    mm_free(steps);
}

/* Opened, begun, read from and closed at random places, with bad items, dead files and ranks. */
static void test_it_closes_at_any_moment(void **state)
{
    struct scratch *scratch = *state;
    struct mm_random random;
    mm_random_init(&random, 23, MM_RANDOM_SYNTHESIS, 0, 0, 0);
    for (int i = 0; i < 120; i++) {
        struct fixture f;
        struct mm_sample *sample;
        struct mm_arena arena;
        const struct mm_batch *batch;
        init_files(scratch, &f, 10, 5, 0.4);
        f.options.threads = 1 + mm_random_below(&random, 4);
        f.options.no_cache = mm_random_below(&random, 3) == 0;
        f.options.ranks = 1 + mm_random_below(&random, 2);
        f.pipeline.on_bad_item = mm_random_below(&random, 2) ? "skip" : "stop";
        f.pipeline.item_deadline = mm_random_below(&random, 2) ? 0.001 : 0;
        f.make.bad = mm_random_below(&random, 1024) & mm_random_below(&random, 1024);
        f.stamp.bad = mm_random_below(&random, 1024) & mm_random_below(&random, 1024);
        const struct mm_file_fault slow = {.part = "case", .delay_ms = mm_random_below(&random, 4)};
        mm_file_fault_set(&slow);
        mm_arena_init(&arena, NULL);
        struct mm_loader *loader = fixture_open(&f);
        for (uint32_t epoch = 0; epoch < mm_random_below(&random, 4); epoch++) {
            assert_int_equal(mm_loader_begin(loader, epoch, 0, NULL), MM_OK);
            for (uint32_t steps = mm_random_below(&random, 4); steps > 0; steps--)
                (void)mm_loader_next(loader, &batch, NULL);
            if (mm_random_below(&random, 3) == 0)
                (void)mm_loader_sample(loader, mm_random_below(&random, 10), &arena, &sample, NULL);
        }
        sleep_us((int)mm_random_below(&random, 3) * 300);
        mm_loader_close(loader);
        mm_arena_done(&arena);
    }
    mm_file_fault_set(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_bad_item_is_quarantined_once),
        cmocka_unit_test(test_when_all_are_bad_that_is_an_error),
        cmocka_unit_test(test_what_is_no_fault_of_the_item_stops),
        cmocka_unit_test(test_a_whole_sample_that_is_bad_is_left_out),
        cmocka_unit_test_setup_teardown(test_a_broken_file_is_named, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(test_who_waits_is_told_for_what, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(test_who_waits_for_a_free_thread_is_told_so, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(test_a_dead_source_ends_at_the_deadline, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(test_a_dead_source_ends_a_whole_sample, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(test_a_wait_for_a_whole_sample_can_be_given_up, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(test_it_closes_while_a_source_is_dead, scratch_setup, scratch_teardown),
        cmocka_unit_test(test_a_chain_ends_between_steps_when_it_is_closed),
        cmocka_unit_test_setup_teardown(test_it_closes_at_any_moment, scratch_setup, scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
