/* What a closed loader held goes back to the system, not only to the allocator. */
#include "fixture.h"
#include "tests/support/resident.h"

#define ITEMS  48
#define ROUNDS 2

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_OWN_ALLOCATOR 1 /* it keeps what was freed, to find uses of it */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_OWN_ALLOCATOR 1
#endif
#endif

/* Runs two epochs and tells what the cache held. */
static uint64_t run(const struct fixture *f)
{
    struct mm_loader *loader = fixture_open(f);
    struct mm_loader_stats stats;
    const struct mm_batch *batch;
    for (uint32_t epoch = 0; epoch < 2; epoch++) {
        assert_int_equal(mm_loader_begin(loader, epoch, 0, NULL), MM_OK);
        do
            assert_int_equal(mm_loader_next(loader, &batch, NULL), MM_OK);
        while (batch);
    }
    mm_loader_stats_get(loader, &stats);
    mm_loader_close(loader);
    return stats.bytes;
}

static void test_memory_goes_back(void **state)
{
    (void)state;
#ifdef HAS_OWN_ALLOCATOR
    skip();
#endif
    struct fixture f;
    fixture_init(&f, ITEMS, ITEMS * 2 / 3, 0.5, 1, 1);
    f.make.size[0] = f.make.size[1] = 64;
    f.make.size[2] = 16; /* 200 KiB to 1 MiB with the label: below and above what an allocator maps apart */
    f.make.growth = 6;
    uint64_t before = resident_bytes();
    if (!before)
        skip();
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t held = run(&f);
        assert_true(held > (uint64_t)16 << 20);
        assert_true(resident_bytes() < before + held / 4);
    }
    fixture_init(&f, 16, 8, 0.5, 2, 1); /* blocks for which the C library would learn another rule */
    f.make.size[0] = 1 << 20;
    f.make.size[1] = f.make.size[2] = 1;
    uint64_t held = run(&f);
    assert_true(held > (uint64_t)16 << 20);
    assert_true(resident_bytes() < before + held / 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_memory_goes_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
