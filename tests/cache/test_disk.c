/* The disk tier: what hits and what misses, what is damaged, what waits for whom. Several processes: test_disk_processes.c. */
#include "disk_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static struct mm_disk_stats stats_of(struct mm_disk *disk)
{
    struct mm_disk_stats stats;
    mm_disk_stats_get(disk, &stats);
    return stats;
}

/* Is the item there? What is found must be what the prefix makes; what is not found is made and kept. */
static bool use(const struct mm_source *source, struct mm_disk *disk, uint32_t item)
{
    struct mm_arena arena;
    struct mm_disk_claim claim;
    struct mm_sample *sample;
    mm_arena_init(&arena, NULL);
    assert_int_equal(mm_disk_get(disk, item, &arena, &claim, &sample, NULL), MM_OK);
    bool is_hit = sample != NULL;
    const struct mm_sample *made = disk_make(source, item, &arena);
    if (is_hit)
        same_sample(made, sample);
    else
        mm_disk_put(disk, item, &claim, made);
    mm_arena_done(&arena);
    return is_hit;
}

static bool use_once(const struct mm_source *source, const char *folder)
{
    struct mm_disk *disk = disk_open(source, folder, 0);
    bool is_hit = use(source, disk, 0);
    mm_disk_close(disk);
    return is_hit;
}

static size_t list(struct scratch *scratch, const char *folder, struct mm_disk_entry **entries)
{
    size_t count;
    assert_int_equal(mm_disk_folder_list(&scratch->arena, folder, entries, &count, NULL), MM_OK);
    return count;
}

/* All that is in the folder, the mark and subfolders apart. */
static size_t files_in(struct scratch *scratch, const char *folder)
{
    char **subs, **names;
    size_t sub_count, count, sum = 0;
    assert_int_equal(mm_file_list(&scratch->arena, folder, &subs, &sub_count, NULL), MM_OK);
    for (size_t i = 0; i < sub_count; i++) {
        const char *sub = mm_file_join(&scratch->arena, folder, subs[i]);
        if (!mm_file_is_folder(sub))
            continue;
        assert_int_equal(mm_file_list(&scratch->arena, sub, &names, &count, NULL), MM_OK);
        sum += count;
    }
    return sum;
}

static void what_was_put_is_found_by_the_next_run(void **state)
{
    struct scratch *scratch = *state;
    const struct mm_source *source = disk_source(scratch, 3);
    const char *folder = scratch_path(scratch, "a/b/cache/");
    struct mm_disk_entry *entries;
    for (int run = 0; run < 2; run++) {
        struct mm_disk *disk = disk_open(source, folder, 0);
        for (uint32_t item = 0; item < 3; item++)
            assert_int_equal(use(source, disk, item), run);
        const struct mm_disk_stats stats = stats_of(disk);
        assert_int_equal(stats.hits, run ? 3 : 0);
        assert_int_equal(stats.misses, run ? 0 : 3);
        assert_int_equal(stats.written, run ? 0 : 3);
        assert_int_equal(run ? stats.bytes_written : stats.bytes_read, 0);
        assert_true((run ? stats.bytes_read : stats.bytes_written) > 3 * 1000);
        mm_disk_close(disk);
    }
    assert_int_equal(list(scratch, folder, &entries), 3);
    assert_int_equal(files_in(scratch, folder), 3); /* no locks, no temporary files */
}

static void only_the_owner_may_look(void **state)
{
    struct scratch *scratch = *state;
    struct stat about;
    const struct mm_source *source = disk_source(scratch, 1);
    const char *folder = scratch_path(scratch, "cache");
    struct mm_disk_entry *entries;
    mode_t before = umask(0);
    use_once(source, folder);
    umask(before);
    assert_int_equal(list(scratch, folder, &entries), 1);
    const char *paths[3] = {folder, mm_file_folder(&scratch->arena, entries[0].path), entries[0].path};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(stat(paths[i], &about), 0);
        assert_int_equal(about.st_mode & 0777, i < 2 ? 0700 : 0600);
    }
}

/* Each against the same folder: other arguments, versions, files and values miss; what does not matter hits. */
static void what_the_prefix_depends_on_misses(void **state)
{
    struct scratch *scratch = *state;
    const char *folder = scratch_path(scratch, "cache"), *image = scratch_path(scratch, "image0.nii");
    struct mm_source source = *disk_source(scratch, 1);
    assert_false(use_once(&source, folder));
    assert_true(use_once(&source, folder));
    assert_true(use_once(disk_open_source(scratch, 1, ".", DISK_PREFIX), folder)); /* another suffix */
    assert_true(use_once(disk_open_source(scratch, 1, "./././", DISK_PREFIX), folder));
    assert_false(use_once(disk_open_source(scratch, 1, ".",
                                           DISK_PREFIX ", {\"name\": \"ScaleIntensityRanged\", \"args\": {\"keys\": "
                                                       "\"image\", \"a_min\": 0, \"a_max\": 200.5}}"),
                          folder));

    struct mm_transform newer = *source.chain->steps[3].transform; /* as a later version of the program has it */
    struct mm_step steps[16];
    struct mm_chain chain = {.count = source.chain->count, .steps = steps};
    memcpy(steps, source.chain->steps, chain.count * sizeof *steps);
    newer.version++;
    steps[3].transform = &newer;
    struct mm_source with_newer = source;
    with_newer.chain = &chain;
    assert_false(use_once(&with_newer, folder));
    assert_true(use_once(&with_newer, folder));

    struct stat about;
    assert_int_equal(stat(image, &about), 0);
    struct timespec times[2] = {about.st_atim, about.st_mtim};
    times[1].tv_nsec ^= 1;
    assert_int_equal(utimensat(AT_FDCWD, image, times, 0), 0);
    assert_false(use_once(&source, folder));
    assert_int_equal(truncate(scratch_path(scratch, "label0.nii"), about.st_size + 100), 0);
    assert_false(use_once(&source, folder));
    assert_true(use_once(&source, folder));

    struct mm_item item = source.list->items[0];
    struct mm_datalist of_one = *source.list;
    struct mm_entry entries[8];
    const double grade = 2;
    memcpy(entries, item.entries, item.count * sizeof *entries);
    entries[3].numbers = &grade;
    item.entries = entries;
    of_one.items = &item;
    struct mm_source other_value = source;
    other_value.list = &of_one;
    assert_false(use_once(&other_value, folder));
    assert_true(use_once(&source, folder));
}

/* A header whose voxels are in a file beside it: that file counts too. */
static void a_header_stands_for_its_data_file(void **state)
{
    struct scratch *scratch = *state;
    static const char header[] = "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n"
                                 "DimSize = 4 3 2\nElementType = MET_UCHAR\nElementDataFile = voxels.raw\n";
    const char *path = scratch_file(scratch, "image.mhd", header, strlen(header));
    scratch_file(scratch, "voxels.raw", "abcdefghijklmnopqrstuvwx", 24);
    struct mm_source source = *disk_source(scratch, 1);
    source.prefix = 1;
    const struct mm_entry entries[2] = {{.key = "image", .kind = MM_ENTRY_PATHS, .count = 1, .paths = &path},
                                        {.key = "label", .kind = MM_ENTRY_PATHS, .count = 1, .paths = &path}};
    const struct mm_item item = {.count = 2, .entries = entries};
    const struct mm_datalist one = {.file = "list.json", .count = 1, .items = &item};
    source.list = &one;
    const char *folder = scratch_path(scratch, "cache");
    assert_false(use_once(&source, folder));
    assert_true(use_once(&source, folder));
    scratch_file(scratch, "voxels.raw", "abcdefghijklmnopqrstuvw!more", 28);
    assert_false(use_once(&source, folder));
}

static void damage(const struct mm_disk_entry *entry, uint32_t kind, struct mm_random *random)
{
    uint32_t place = mm_random_below(random, (uint32_t)entry->bytes);
    unsigned char byte;
    if (kind % 4 == 0) {
        assert_int_equal(truncate(entry->path, place), 0);
        return;
    }
    int file = open(entry->path, O_RDWR);
    assert_int_equal(pread(file, &byte, 1, place), 1);
    byte ^= (unsigned char)(1 << mm_random_below(random, 8));
    assert_int_equal(pwrite(file, &byte, 1, place), 1);
    close(file);
}

static void damaged_entries_are_found_removed_and_made_anew(void **state)
{
    struct scratch *scratch = *state;
    const struct mm_source *source = disk_source(scratch, 1);
    const char *folder = scratch_path(scratch, "cache");
    struct mm_disk *disk = disk_open(source, folder, 0);
    struct mm_disk_entry *entries;
    struct mm_random random;
    mm_random_init(&random, 3, MM_RANDOM_SYNTHESIS, 0, 0, 0);
    assert_false(use(source, disk, 0));
    for (uint32_t i = 0; i < 100; i++) {
        assert_int_equal(list(scratch, folder, &entries), 1);
        damage(entries, i, &random);
        assert_false(use(source, disk, 0));
        assert_int_equal(stats_of(disk).damaged, i + 1);
        assert_true(use(source, disk, 0));
    }
    /* An intact record under another's name. */
    assert_int_equal(list(scratch, folder, &entries), 1);
    char *name = mm_arena_text(&scratch->arena, entries->path);
    struct mm_pipeline pipeline = *source->pipeline;
    struct mm_source other = *source;
    other.pipeline = &pipeline;
    other.prefix--;
    assert_false(use_once(&other, folder));
    assert_int_equal(list(scratch, folder, &entries), 2);
    const char *of_other = strcmp(entries[0].path, name) ? entries[0].path : entries[1].path;
    assert_int_equal(rename(of_other, name), 0);
    assert_false(use(source, disk, 0));
    assert_int_equal(stats_of(disk).damaged, 101);
    mm_disk_close(disk);
}

static void use_at(const char *path, int64_t seconds)
{
    const struct timespec times[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void what_was_used_longest_ago_makes_room(void **state)
{
    struct scratch *scratch = *state;
    const struct mm_source *source = disk_source(scratch, 6);
    const char *folder = scratch_path(scratch, "cache");
    struct mm_disk_entry *entries;
    struct mm_disk *disk = disk_open(source, folder, 0);
    for (uint32_t i = 0; i < 4; i++)
        use(source, disk, i);
    mm_disk_close(disk);
    assert_int_equal(list(scratch, folder, &entries), 4);
    uint64_t bytes = 0;
    for (size_t i = 0; i < 4; i++) {
        use_at(entries[i].path, 1000 + (int64_t)i);
        bytes += entries[i].bytes;
    }
    /* Room for four: item 0, the oldest by writing, is used now; then item 4 comes, and item 1 goes. */
    uint64_t limit = bytes + bytes / 8;
    disk = disk_open(source, folder, limit);
    assert_true(use(source, disk, 0));
    assert_false(use(source, disk, 4));
    assert_int_equal(stats_of(disk).evicted, 1);
    static const bool there[5] = {true, false, true, true, true};
    mm_disk_close(disk);
    disk = disk_open(source, folder, 0);
    for (uint32_t i = 0; i < 5; i++)
        assert_int_equal(use(source, disk, i), there[i]);
    mm_disk_close(disk);

    for (int round = 0; round < 3; round++) { /* never above the limit, whatever comes */
        disk = disk_open(source, folder, limit);
        for (uint32_t i = 0; i < 6; i++) {
            use(source, disk, i);
            uint64_t held = 0;
            size_t count = list(scratch, folder, &entries);
            for (size_t n = 0; n < count; n++)
                held += entries[n].bytes;
            assert_true(held <= limit && count >= 3);
        }
        mm_disk_close(disk);
    }
    disk = disk_open(source, folder, 1000); /* smaller than any */
    assert_int_equal(list(scratch, folder, &entries), 0);
    assert_false(use(source, disk, 0));
    assert_int_equal(stats_of(disk).failed, 1);
    mm_disk_close(disk);
}

static void a_full_disk_is_no_failure(void **state)
{
    struct scratch *scratch = *state;
    const struct mm_source *source = disk_source(scratch, 1);
    const char *folder = scratch_path(scratch, "cache");
    struct mm_disk *disk = disk_open(source, folder, 0);
    struct mm_arena arena;
    struct mm_disk_claim claim;
    struct mm_sample *sample;
    mm_arena_init(&arena, NULL);
    const struct mm_sample *made = disk_make(source, 0, &arena);
    uint32_t failed = 0;
    for (uint64_t n = 1; n < 2000; n++) {
        assert_int_equal(mm_disk_get(disk, 0, &arena, &claim, &sample, NULL), MM_OK);
        if (sample)
            break; /* no operation was left to fail */
        mm_file_fail_at(n, ENOSPC);
        mm_disk_put(disk, 0, &claim, made);
        mm_file_fail_at(0, 0);
        failed = stats_of(disk).failed;
        assert_int_equal(failed + stats_of(disk).written, n);
        assert_int_equal(files_in(scratch, folder), stats_of(disk).written);
    }
    assert_true(failed > 20); /* a write for each piece of the record */
    assert_non_null(strstr(stats_of(disk).failure, "No space left"));
    same_sample(made, sample);
    mm_disk_close(disk);
    mm_arena_done(&arena);
}

static void other_folders_are_refused(void **state)
{
    struct scratch *scratch = *state;
    const struct mm_source *source = disk_source(scratch, 1);
    struct mm_disk *disk;
    struct mm_error err = {0};
    struct mm_disk_options options = {.folder = scratch->folder};
    assert_int_equal(mm_disk_open(source, &options, &disk, &err), MM_ERR_CONFIG);
    assert_non_null(strstr(err.text, "holds \"config.json\" and is no cache of mmar"));
    options.folder = scratch_path(scratch, "image0.nii");
    assert_int_equal(mm_disk_open(source, &options, &disk, &err), MM_ERR_IO);
    options.folder = "/proc/cannot/be";
    assert_int_equal(mm_disk_open(source, &options, &disk, &err), MM_ERR_IO);
    assert_int_equal(mm_disk_folder_check(scratch->folder, &err), MM_ERR_USAGE);
}

static void no_disk_is_a_disk_that_has_nothing(void **state)
{
    struct scratch *scratch = *state;
    struct mm_disk_claim claim;
    struct mm_sample *sample;
    assert_int_equal(mm_disk_get(NULL, 0, &scratch->arena, &claim, &sample, NULL), MM_OK);
    assert_null(sample);
    mm_disk_put(NULL, 0, &claim, NULL);
    mm_disk_give_up(NULL, &claim);
    mm_disk_stop(NULL);
    mm_disk_close(NULL);
}

/* Claims. -------------------------------------------------------------------------------------------------------- */

struct waiter {
    const struct mm_source *source;
    struct mm_disk *disk;
    struct mm_arena arena;
    struct mm_disk_claim claim;
    struct mm_sample *sample;
    enum mm_status s;
};

static void *wait_for_item(void *self)
{
    struct waiter *w = self;
    w->s = mm_disk_get(w->disk, 0, &w->arena, &w->claim, &w->sample, NULL);
    return NULL;
}

static void pause_ms(long ms)
{
    const struct timespec t = {.tv_nsec = ms * 1000000L};
    nanosleep(&t, NULL);
}

enum holder { PUTS, GIVES_UP, STOPS, KEEPS };

/* One thread holds the claim, another wants it; then the holder does something. */
static void compete(struct scratch *scratch, const struct mm_source *source, enum holder what, struct waiter *w)
{
    pthread_t thread;
    struct mm_disk_claim claim;
    struct mm_sample *sample;
    const char *folder = scratch_path(scratch, mm_arena_format(&scratch->arena, "cache%d", what));
    const struct mm_disk_options options = {.folder = folder, .wait_seconds = what == KEEPS ? 0.05 : 30};
    *w = (struct waiter){.source = source};
    mm_arena_init(&w->arena, NULL);
    assert_int_equal(mm_disk_open(source, &options, &w->disk, NULL), MM_OK);
    assert_int_equal(mm_disk_get(w->disk, 0, &w->arena, &claim, &sample, NULL), MM_OK);
    assert_null(sample);
    const struct mm_sample *made = disk_make(source, 0, &w->arena);
    struct mm_arena mine = w->arena;
    mm_arena_init(&w->arena, NULL);
    assert_int_equal(pthread_create(&thread, NULL, wait_for_item, w), 0);
    if (what != KEEPS)
        pause_ms(20);
    if (what == PUTS)
        mm_disk_put(w->disk, 0, &claim, made);
    else if (what == GIVES_UP)
        mm_disk_give_up(w->disk, &claim);
    else if (what == STOPS)
        mm_disk_stop(w->disk);
    pthread_join(thread, NULL);
    if (w->sample)
        same_sample(made, w->sample);
    mm_disk_give_up(w->disk, &claim);
    mm_disk_give_up(w->disk, &w->claim);
    mm_arena_done(&mine);
    mm_arena_done(&w->arena);
    mm_disk_close(w->disk);
}

static void an_item_is_waited_for(void **state)
{
    struct scratch *scratch = *state;
    const struct mm_source *source = disk_source(scratch, 1);
    struct waiter w;
    compete(scratch, source, PUTS, &w);
    assert_true(w.s == MM_OK && w.sample);
    compete(scratch, source, GIVES_UP, &w);
    assert_true(w.s == MM_OK && !w.sample);
    compete(scratch, source, STOPS, &w);
    assert_int_equal(w.s, MM_INTERRUPTED);
    compete(scratch, source, KEEPS, &w); /* no longer than the time that was given */
    assert_true(w.s == MM_OK && !w.sample);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_was_put_is_found_by_the_next_run),
        TEST(only_the_owner_may_look),
        TEST(what_the_prefix_depends_on_misses),
        TEST(a_header_stands_for_its_data_file),
        TEST(damaged_entries_are_found_removed_and_made_anew),
        TEST(what_was_used_longest_ago_makes_room),
        TEST(a_full_disk_is_no_failure),
        TEST(other_folders_are_refused),
        TEST(no_disk_is_a_disk_that_has_nothing),
        TEST(an_item_is_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
