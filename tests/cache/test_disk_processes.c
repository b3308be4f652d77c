/* The disk tier under processes that die at any moment, and under several at once. MMAR_TEST_SECONDS: how long they share a folder (1);
 * then what they did is printed. */
#include "disk_fixture.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/random.h"
#include "base/threads.h"

#define ITEMS 6
#define KILLS 50

static void pause_us(long us)
{
    const struct timespec t = {.tv_nsec = us * 1000L};
    nanosleep(&t, NULL);
}

/* What the prefix makes, with an image that takes a while to write. */
static const struct mm_sample *make_large(const struct mm_source *source, uint32_t item, struct mm_arena *arena)
{
    struct mm_sample *sample = disk_make(source, item, arena);
    struct mm_field *image = mm_sample_find(sample, "image");
    struct mm_volume *volume = mm_volume_make(arena, MM_F32, 3, 1, (int[3]){96, 96, 24});
    struct mm_random random;
    mm_random_init(&random, item, MM_RANDOM_SYNTHESIS, 0, 0, 0);
    float *voxels = volume->data;
    for (size_t i = 0; i < mm_volume_voxels(volume); i++)
        voxels[i] = (float)(mm_random_u32(&random) >> 8);
    mm_field_put(sample, image, volume);
    return sample;
}

/* Same voxels and history: quick, for what is compared thousands of times. */
static bool is_same(const struct mm_sample *a, const struct mm_sample *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++) {
        const struct mm_field *f = &a->fields[i], *g = &b->fields[i];
        same = f->kind == g->kind && strcmp(f->name, g->name) == 0;
        if (same && f->kind == MM_FIELD_VOLUME)
            same = memcmp(f->volume->size, g->volume->size, sizeof f->volume->size) == 0 &&
                   memcmp(f->volume->data, g->volume->data, mm_volume_bytes(f->volume)) == 0 &&
                   f->applied->step == g->applied->step;
    }
    return same;
}

/* Takes the item, or makes and keeps it. False when something else was served. */
static bool use(struct mm_disk *disk, const struct mm_sample *const *made, uint32_t item, bool *is_hit)
{
    struct mm_arena arena;
    struct mm_disk_claim claim;
    struct mm_sample *sample;
    mm_arena_init(&arena, NULL);
    bool is_good = mm_disk_get(disk, item, &arena, &claim, &sample, NULL) == MM_OK;
    *is_hit = sample != NULL;
    if (is_good && sample)
        is_good = is_same(made[item], sample);
    else if (is_good)
        mm_disk_put(disk, item, &claim, made[item]);
    mm_arena_done(&arena);
    return is_good;
}

/* Dies by the parent's hand. Room for half of the items: something is always written, and something removed. */
static void write_for_ever(const struct mm_source *source, const struct mm_sample *const *made, const char *folder)
{
    bool is_hit;
    struct mm_disk *disk;
    const struct mm_disk_options options = {.folder = folder, .limit = ITEMS / 2 * (mm_sample_bytes(made[0]) + 8192)};
    if (mm_disk_open(source, &options, &disk, NULL))
        _exit(2);
    for (uint32_t item = 0;; item = (item + 1) % ITEMS)
        if (!use(disk, made, item, &is_hit))
            _exit(1);
}

static size_t leftovers(struct scratch *scratch, const char *folder)
{
    char **subs, **names;
    size_t sub_count, count, sum = 0;
    assert_int_equal(mm_file_list(&scratch->arena, folder, &subs, &sub_count, NULL), MM_OK);
    for (size_t i = 0; i < sub_count; i++) {
        const char *sub = mm_file_join(&scratch->arena, folder, subs[i]);
        if (!mm_file_is_folder(sub) || mm_file_list(&scratch->arena, sub, &names, &count, NULL))
            continue;
        for (size_t n = 0; n < count; n++)
            sum += strstr(names[n], ".tmp-") || mm_text_ends(names[n], ".lock");
    }
    return sum;
}

static void killed_processes_leave_nothing_that_is_wrong(void **state)
{
    struct scratch *scratch = *state;
    const struct mm_source *source = disk_source(scratch, ITEMS);
    const char *folder = scratch_path(scratch, "cache");
    const struct mm_sample *made[ITEMS];
    struct mm_random random;
    size_t left = 0, served = 0;
    bool is_hit;
    mm_random_init(&random, 1, MM_RANDOM_SYNTHESIS, 0, 0, 0);
    for (uint32_t i = 0; i < ITEMS; i++)
        made[i] = make_large(source, i, &scratch->arena);
    mm_disk_close(disk_open(source, folder, 0));
    for (int kill_number = 0; kill_number < KILLS; kill_number++) {
        int status;
        pid_t child = fork();
        if (child == 0)
            write_for_ever(source, made, folder);
        pause_us(1000 + (long)mm_random_below(&random, 20000));
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL); /* nothing else ended it */
        left += leftovers(scratch, folder);
        struct mm_disk *disk = disk_open(source, folder, 0);
        assert_int_equal(leftovers(scratch, folder), 0);
        for (uint32_t i = 0; i < ITEMS; i += 1 + mm_random_below(&random, 3)) {
            assert_true(use(disk, made, i, &is_hit));
            served += is_hit;
        }
        struct mm_disk_stats stats;
        mm_disk_stats_get(disk, &stats);
        assert_int_equal(stats.damaged, 0);
        mm_disk_close(disk);
    }
    assert_true(left > 0 && served > 0); /* some died while they wrote, and what others wrote was of use */
}

/* Sharing. ------------------------------------------------------------------------------------------------------- */

#define PROCESSES   4
#define GENERATIONS 10000
#define MAKE_US     5000

struct shared { /* by all processes */
    atomic_uint made[GENERATIONS][ITEMS];
    atomic_uint uses, hits;
};

/* A generation is a version of a transform: nothing of the one before is of use. Each process has an order of its own. */
static int go_through(struct mm_source source, const struct mm_sample *const *made, const char *folder,
                      struct shared *shared, uint64_t seed, double seconds)
{
    struct mm_transform transform = *source.chain->steps[5].transform;
    struct mm_step steps[16];
    struct mm_chain chain = {.count = source.chain->count, .steps = steps};
    struct mm_random random;
    double end = mm_clock() + seconds;
    memcpy(steps, source.chain->steps, chain.count * sizeof *steps);
    for (uint32_t g = 0; g < GENERATIONS && mm_clock() < end; g++) {
        struct mm_disk *disk;
        const struct mm_disk_options options = {.folder = folder};
        transform.version = 100 + g;
        steps[5].transform = &transform;
        source.chain = &chain;
        if (mm_disk_open(&source, &options, &disk, NULL))
            return 2;
        mm_random_init(&random, seed, MM_RANDOM_SYNTHESIS, 0, 0, g);
        for (uint32_t i = 0, first = mm_random_below(&random, ITEMS); i < ITEMS; i++) {
            struct mm_arena arena;
            struct mm_disk_claim claim;
            struct mm_sample *sample;
            uint32_t item = (first + i * 5) % ITEMS; /* 5 and 6 have no factor in common: each once */
            mm_arena_init(&arena, NULL);
            if (mm_disk_get(disk, item, &arena, &claim, &sample, NULL))
                return 3;
            atomic_fetch_add(&shared->uses, 1);
            atomic_fetch_add(&shared->hits, sample != NULL);
            if (sample && sample->fields[0].volume->size[0] != made[item]->fields[0].volume->size[0])
                return 4;
            if (!sample) {
                pause_us(MAKE_US);
                atomic_fetch_add(&shared->made[g][item], 1);
                mm_disk_put(disk, item, &claim, made[item]);
            } else if (memcmp(sample->fields[0].volume->data, made[item]->fields[0].volume->data,
                              mm_volume_bytes(made[item]->fields[0].volume)) != 0) {
                return 5;
            }
            mm_arena_done(&arena);
        }
        struct mm_disk_stats stats;
        mm_disk_stats_get(disk, &stats);
        mm_disk_close(disk);
        if (stats.damaged || stats.failed)
            return 6;
    }
    return 0;
}

static void several_processes_make_each_item_once(void **state)
{
    struct scratch *scratch = *state;
    struct mm_source source = *disk_source(scratch, ITEMS);
    const char *folder = scratch_path(scratch, "cache"), *wanted = getenv("MMAR_TEST_SECONDS");
    double seconds = wanted ? strtod(wanted, NULL) : 1;
    struct mm_chain without = *source.chain;
    without.count = source.prefix;
    source.chain = &without;
    struct shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(shared != MAP_FAILED);
    const struct mm_sample *made[ITEMS];
    for (uint32_t i = 0; i < ITEMS; i++) {
        struct mm_sample *sample = disk_make(&source, i, &scratch->arena);
        for (size_t f = 0; f < sample->count; f++)
            sample->fields[f].applied = NULL; /* the steps of each generation are others */
        made[i] = sample;
    }
    pid_t children[PROCESSES];
    for (uint64_t p = 0; p < PROCESSES; p++)
        if ((children[p] = fork()) == 0)
            _exit(go_through(source, made, folder, shared, p, seconds));
    for (int p = 0; p < PROCESSES; p++) {
        int status;
        assert_int_equal(waitpid(children[p], &status, 0), children[p]);
        assert_int_equal(status, 0);
    }
    uint64_t items = 0, times = 0;
    for (int g = 0; g < GENERATIONS; g++)
        for (int i = 0; i < ITEMS; i++) {
            items += shared->made[g][i] > 0;
            times += shared->made[g][i];
        }
    assert_true(items >= ITEMS);
    assert_int_equal(times, items);
    assert_int_equal(shared->uses - shared->hits, times);
    if (wanted)
        print_message("%d processes, %.0f s: %u items wanted, %lu items made, %lu times\n", PROCESSES, seconds,
                      shared->uses, (unsigned long)items, (unsigned long)times);
    munmap(shared, sizeof *shared);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        TEST(killed_processes_leave_nothing_that_is_wrong),
        TEST(several_processes_make_each_item_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
