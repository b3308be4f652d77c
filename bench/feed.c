/* Feeds a device that is not there, and tells what it had to wait for:
 *     feed FOLDER CONFIG [OPTION=VALUE ...] [--set NAME=VALUE ...]
 * Options: step_ms=0,10,50 (the device sleeps so long after each batch; one list after the other in one loader, so the
 * cache is filled once); epochs=3 that count for each; first=1 epochs before them, of each, that do not; seconds=0 after which
 * no further epoch of a list is begun, and one that runs is left; threads=0 as the config says; read=1: the device reads
 * each batch through, as an upload does; auto=1: for replace_percent "auto", R and k are chosen after the first epoch, as a
 * training does, and k times as many epochs do not count.
 *
 * A line for each of step_ms, of all epochs that count together, since a loader works ahead and one epoch's batches are
 * partly made in the one before:
 *     step_ms epochs steps samples seconds wait floor prefix suffix prepared replaced late cache_mib peak_mib processor bytes crops every
 * seconds run from mm_loader_begin to the end of the last step; wait is what of them passed in the loader's calls;
 * floor is what could not but be waited for (DESIGN.md 6): the prefix over the threads, less the steps; prefix and suffix
 * are summed over threads; replaced is R; bytes are those of the batches; crops is the floor when the suffix is added to
 * the prefix, as the same threads must do both; every is k where it was chosen. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/threads.h"
#include "cache/loader.h"

#define LIST_MAX 16
#define SETS_MAX 64

struct feed {
    double step_ms[LIST_MAX];
    int step_count;
    unsigned epochs, first, threads;
    double seconds;
    uint32_t every; /* k where it was chosen */
    bool replaces_auto, reads;
    uint64_t sum; /* of what was read */
    const char *sets[SETS_MAX];
    size_t set_count;
    struct mm_data *data;
    struct mm_loader *loader;
};

struct epoch {
    double seconds, wait, processor;
    uint64_t steps, samples, bytes;
};

struct total {
    struct epoch epochs;
    double prefix, suffix;
    uint32_t count, prepared, replaced, late;
};

static void check(enum mm_status s, const struct mm_error *err)
{
    if (s == MM_OK)
        return;
    fprintf(stderr, "%s\n", err->text);
    exit(1);
}

static double processor_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void sleep_ms(double ms)
{
    struct timespec time = {.tv_sec = (time_t)(ms / 1e3), .tv_nsec = (long)(fmod(ms, 1e3) * 1e6)};
    if (ms > 0)
        nanosleep(&time, NULL);
}

static uint64_t bytes_of(const struct mm_batch *batch)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < batch->field_count; i++) {
        const int64_t *dim = batch->fields[i].dim;
        bytes += (uint64_t)(dim[0] * dim[1] * dim[2] * dim[3] * dim[4]) * sizeof(float);
    }
    return bytes;
}

static void read_batch(struct feed *feed, const struct mm_batch *batch)
{
    for (size_t i = 0; i < batch->field_count; i++) {
        const struct mm_batch_tensor *tensor = &batch->fields[i];
        const int64_t *dim = tensor->dim;
        const uint64_t *words = tensor->data;
        size_t bytes = (size_t)(dim[0] * dim[1] * dim[2] * dim[3] * dim[4]) * mm_type_bytes(tensor->type);
        for (size_t k = 0; k < bytes / sizeof *words; k++)
            feed->sum += words[k];
    }
}

/* False when the time was over before the epoch was. */
static bool run_epoch(struct feed *feed, uint32_t number, double step_ms, double until, struct epoch *out)
{
    struct mm_error err = {0};
    const struct mm_batch *batch;
    *out = (struct epoch){.processor = -processor_clock()};
    double start = mm_clock(), called = start, now;
    check(mm_loader_begin(feed->loader, number, 0, &err), &err);
    for (;;) {
        check(mm_loader_next(feed->loader, &batch, &err), &err);
        now = mm_clock();
        out->wait += now - called;
        if (!batch || (now > until && out->steps > 1))
            break;
        out->steps++;
        out->samples += batch->sample_count;
        out->bytes += bytes_of(batch);
        if (feed->reads)
            read_batch(feed, batch);
        sleep_ms(step_ms);
        called = mm_clock();
    }
    out->seconds = now - start;
    out->processor += processor_clock();
    return batch == NULL;
}

static void choose_rotation(struct feed *feed, double step_ms)
{
    struct mm_error err = {0};
    double seconds = 1e-3 * step_ms * mm_loader_steps(feed->loader);
    struct mm_rotation rotation = mm_loader_measure_rotation(feed->loader, seconds, mm_data_items(feed->data));
    while (rotation.replaced > 1 && mm_loader_set_rotation(feed->loader, rotation, NULL))
        rotation.replaced--;
    if (rotation.replaced <= 1)
        check(mm_loader_set_rotation(feed->loader, rotation, &err), &err);
    feed->every = rotation.every;
}

static void add_epoch(const struct feed *feed, const struct epoch *epoch, struct total *total)
{
    struct mm_loader_stats stats;
    mm_loader_stats_get(feed->loader, &stats);
    total->epochs.seconds += epoch->seconds;
    total->epochs.wait += epoch->wait;
    total->epochs.processor += epoch->processor;
    total->epochs.steps += epoch->steps;
    total->epochs.samples += epoch->samples;
    total->epochs.bytes += epoch->bytes;
    total->prefix += stats.prefix_seconds;
    total->suffix += stats.suffix_seconds;
    total->prepared += stats.prepared;
    total->replaced = stats.replaced > total->replaced ? stats.replaced : total->replaced;
    total->late += stats.late;
    total->count++;
}

/* What cannot but be waited for when the threads work so many seconds. */
static double floor_of(const struct feed *feed, double step_ms, const struct total *total, double worked)
{
    return fmax(0, worked / feed->threads - 1e-3 * step_ms * (double)total->epochs.steps);
}

static void print_total(const struct feed *feed, double step_ms, const struct total *total)
{
    const struct epoch *all = &total->epochs;
    struct mm_loader_stats stats;
    struct rusage usage;
    mm_loader_stats_get(feed->loader, &stats);
    getrusage(RUSAGE_SELF, &usage);
    printf("%g %u %llu %llu %.6f %.6f %.6f %.6f %.6f %u %u %u %.1f %.1f %.6f %llu %.6f %u\n", step_ms, total->count,
           (unsigned long long)all->steps, (unsigned long long)all->samples, all->seconds, all->wait,
           floor_of(feed, step_ms, total, total->prefix), total->prefix, total->suffix, total->prepared,
           total->replaced, total->late, (double)stats.peak_bytes / (1 << 20), (double)usage.ru_maxrss / 1024,
           all->processor, (unsigned long long)all->bytes,
           floor_of(feed, step_ms, total, total->prefix + total->suffix), feed->every);
    fflush(stdout);
}

/* The epochs from `number` on; returns the one after them. */
static uint32_t run_epochs(struct feed *feed, double step_ms, uint32_t number)
{
    struct total total = {.count = 0};
    struct epoch epoch;
    double until = feed->seconds > 0 ? mm_clock() + feed->seconds : INFINITY;
    for (unsigned k = 0; k < feed->epochs && (k == 0 || mm_clock() < until); k++) {
        bool is_whole = run_epoch(feed, number++, step_ms, until, &epoch);
        if (is_whole || k == 0)
            add_epoch(feed, &epoch, &total);
    }
    print_total(feed, step_ms, &total);
    return number;
}

static void run(struct feed *feed)
{
    uint32_t number = 0;
    struct epoch epoch;
    for (int i = 0; i < feed->step_count; i++) {
        for (unsigned k = 0; k < feed->first * feed->every; k++) {
            run_epoch(feed, number, feed->step_ms[i], INFINITY, &epoch);
            if (number++ == 0 && feed->replaces_auto)
                choose_rotation(feed, feed->step_ms[i]);
        }
        number = run_epochs(feed, feed->step_ms[i], number);
    }
}

static void read_list(struct feed *feed, const char *text)
{
    char *end;
    for (feed->step_count = 0; feed->step_count < LIST_MAX; text = end + 1) {
        feed->step_ms[feed->step_count++] = strtod(text, &end);
        if (*end != ',')
            break;
    }
}

static void read_option(struct feed *feed, char *text)
{
    char *value = strchr(text, '=');
    if (!value) {
        fprintf(stderr, "feed: \"%s\" is no OPTION=VALUE\n", text);
        exit(2);
    }
    *value++ = '\0';
    if (strcmp(text, "step_ms") == 0)
        read_list(feed, value);
    else if (strcmp(text, "epochs") == 0)
        feed->epochs = (unsigned)strtoul(value, NULL, 10);
    else if (strcmp(text, "first") == 0)
        feed->first = (unsigned)strtoul(value, NULL, 10);
    else if (strcmp(text, "seconds") == 0)
        feed->seconds = strtod(value, NULL);
    else if (strcmp(text, "threads") == 0)
        feed->threads = (unsigned)strtoul(value, NULL, 10);
    else if (strcmp(text, "read") == 0)
        feed->reads = strcmp(value, "0") != 0;
    else if (strcmp(text, "auto") == 0)
        feed->replaces_auto = strcmp(value, "0") != 0;
    else {
        fprintf(stderr, "feed: no option \"%s\"\n", text);
        exit(2);
    }
}

int main(int argc, char **argv)
{
    struct feed feed = {.step_ms = {0}, .step_count = 1, .epochs = 3, .first = 1, .threads = 1, .every = 1};
    struct mm_error err = {0};
    if (argc < 3) {
        fprintf(stderr, "feed FOLDER CONFIG [OPTION=VALUE ...] [--set NAME=VALUE ...]\n");
        return 2;
    }
    for (int i = 3; i < argc; i++)
        if (strcmp(argv[i], "--set") == 0 && i + 1 < argc && feed.set_count < SETS_MAX)
            feed.sets[feed.set_count++] = argv[++i];
        else
            read_option(&feed, argv[i]);
    const struct mm_data_options options = {
        .config = argv[2],
        .sets = feed.sets,
        .set_count = feed.set_count,
        .loader = {.seed = 1, .threads = feed.threads, .shuffle = true},
    };
    check(mm_data_open(argv[1], &options, &feed.data, &err), &err);
    feed.loader = mm_data_loader(feed.data);
    run(&feed);
    mm_data_close(feed.data);
    return 0;
}
