/* Whole samples that are used once each: what is made ahead, what it may take, and that nothing is kept. */
#include "fixture.h"

static struct mm_loader *open_once(struct fixture *f, struct mm_arena *arena)
{
    struct mm_loader *loader = NULL;
    struct mm_error err = {0};
    if (mm_loader_open_once(arena, &f->source, &f->options, &loader, &err))
        fail_msg("%s", err.text);
    return loader;
}

static uint64_t bytes_held(struct mm_loader *loader)
{
    struct mm_loader_stats stats;
    mm_loader_stats_get(loader, &stats);
    return stats.bytes;
}

static uint32_t prepared(struct mm_loader *loader)
{
    struct mm_loader_stats stats;
    mm_loader_stats_get(loader, &stats);
    return stats.prepared;
}

/* Seconds at most, which is no time that is asserted: what is waited for comes, or the test fails. */
static void await(struct mm_loader *loader, uint32_t count)
{
    for (int i = 0; i < 20000 && prepared(loader) < count; i++)
        sleep_us(500);
    assert_int_equal(prepared(loader), count);
}

/* The pipeline's own numbers rule a cache that there is none of. */
static void test_each_is_made_once_and_forgotten(void **state)
{
    (void)state;
    for (uint32_t cached = 2; cached <= 8; cached += 6) {
        struct fixture f;
        struct mm_arena run, arena;
        struct mm_sample *sample;
        atomic_int runs[ITEMS_MAX] = {0};
        mm_arena_init(&run, NULL);
        mm_arena_init(&arena, NULL);
        fixture_init(&f, 8, cached, cached < 8 ? 0.5 : 0, 1, 2);
        f.make.runs = runs;
        f.pipeline.caches = cached == 8;
        f.pipeline.cache_memory = 1 << 20;
        struct mm_loader *loader = open_once(&f, &run);
        for (uint32_t item = 0; item < 8; item++) {
            assert_int_equal(mm_loader_sample(loader, item, &arena, &sample, NULL), MM_OK);
            struct mm_volume *image = mm_sample_find(sample, "image")->volume;
            assert_int_equal((int)mm_volume_get(image, 0, 1, 2, 3), (int)item);
            mm_loader_release(loader, item);
            mm_arena_reset(&arena);
        }
        assert_int_equal(bytes_held(loader), 0);
        mm_loader_close(loader);
        for (uint32_t i = 0; i < 8; i++)
            assert_int_equal(runs[i], 1);
        mm_arena_done(&arena);
        mm_arena_done(&run);
    }
}

/* As many as there are threads, while the caller uses the first; not the whole list. */
static void test_the_next_ones_are_made_ahead(void **state)
{
    (void)state;
    struct fixture f;
    struct mm_arena run, arena;
    struct mm_sample *sample;
    mm_arena_init(&run, NULL);
    mm_arena_init(&arena, NULL);
    fixture_init(&f, 40, 40, 0, 1, 1);
    f.options.threads = 3;
    f.pipeline.cache_memory = 1 << 24;
    struct mm_loader *loader = open_once(&f, &run);
    assert_int_equal(mm_loader_sample(loader, 0, &arena, &sample, NULL), MM_OK);
    await(loader, 4);
    sleep_us(20000);
    assert_int_equal(prepared(loader), 4);
    mm_loader_release(loader, 0);
    assert_int_equal(mm_loader_sample(loader, 1, &arena, &sample, NULL), MM_OK);
    await(loader, 5);
    mm_loader_close(loader);
    mm_arena_done(&arena);
    mm_arena_done(&run);
}

/* Where two do not fit, each is made when it is asked for, and only then; also one that is larger than all there is. */
static void test_memory_is_bounded_by_bytes(void **state)
{
    (void)state;
    for (int large = 0; large < 2; large++) {
        struct fixture f;
        struct mm_arena run, arena;
        struct mm_sample *sample;
        atomic_int runs[ITEMS_MAX] = {0};
        mm_arena_init(&run, NULL);
        mm_arena_init(&arena, NULL);
        fixture_init(&f, 6, 6, 0, 1, 1);
        f.make.runs = runs;
        f.make.size[0] = 20000; /* 40 kB the first, 4 kB more each */
        f.make.growth = 2000;
        f.pipeline.cache_memory = large ? 100000 : 1000000;
        struct mm_loader *loader = open_once(&f, &run);
        for (uint32_t item = 0; item < 6; item++) {
            assert_int_equal(mm_loader_sample(loader, item, &arena, &sample, NULL), MM_OK);
            assert_int_equal(mm_sample_find(sample, "image")->volume->size[0], 20000 + 2000 * (int)item);
            mm_loader_release(loader, item);
            mm_arena_reset(&arena);
        }
        struct mm_loader_stats stats;
        mm_loader_stats_get(loader, &stats);
        assert_true(stats.peak_bytes <= f.pipeline.cache_memory);
        mm_loader_close(loader);
        for (uint32_t i = 0; large && i < 6; i++)
            assert_int_equal(runs[i], 1);
        mm_arena_done(&arena);
        mm_arena_done(&run);
    }
}

/* An item that fails is an error or left out, and the next one comes all the same. */
static void test_a_bad_item_does_not_keep_the_next_from_coming(void **state)
{
    (void)state;
    for (int skips = 0; skips < 2; skips++) {
        struct fixture f;
        struct mm_arena run, arena;
        struct mm_sample *sample;
        struct mm_error err = {0};
        mm_arena_init(&run, NULL);
        mm_arena_init(&arena, NULL);
        fixture_init(&f, 5, 5, 0, 1, 1);
        f.list.file = NULL;
        f.make.bad = 1 << 1 | 1 << 4;
        f.pipeline.on_bad_item = skips ? "skip" : "stop";
        struct mm_loader *loader = open_once(&f, &run);
        for (uint32_t item = 0; item < 5; item++) {
            bool is_bad = f.make.bad >> item & 1;
            enum mm_status s = mm_loader_sample(loader, item, &arena, &sample, &err);
            assert_int_equal(s, is_bad && !skips ? MM_ERR_DATA : MM_OK);
            assert_int_equal(sample == NULL, is_bad);
            mm_loader_release(loader, item);
        }
        if (!skips) /* a list of no file: the caller knows the item's name */
            assert_string_equal(err.text, "transform 1 (Make): image (case4.nii): is bad");
        mm_loader_close(loader);
        mm_arena_done(&arena);
        mm_arena_done(&run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_is_made_once_and_forgotten),
        cmocka_unit_test(test_the_next_ones_are_made_ahead),
        cmocka_unit_test(test_memory_is_bounded_by_bytes),
        cmocka_unit_test(test_a_bad_item_does_not_keep_the_next_from_coming),
    };
    return cmocka_run_group_tests_name("loader_once", tests, NULL, NULL);
}
