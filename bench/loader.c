/* Drives the real loader, config in, batches out, and prints one line of figures:
 *     loader prefix|suffix FOLDER CONFIG THREADS [EPOCHS]
 * prefix: nothing is cached, so an epoch prepares each item once; counts volumes. suffix: epoch 0 fills the cache and is
 * not timed; counts samples of the batches of those after it. The line is the rate a second and a second of processor
 * time (best epoch), the peak memory of the process in MiB, and a checksum of an epoch's values, which neither threads
 * nor vectors nor speed may change. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "base/hash.h"
#include "base/threads.h"
#include "cache/loader.h"
#include "cache/pipeline.h"

struct bench {
    bool is_prefix;
    unsigned threads;
    struct mm_arena arena;
    struct mm_source *source;
    struct mm_loader *loader;
};

static void check(enum mm_status s, const struct mm_error *err)
{
    if (s == MM_OK)
        return;
    fprintf(stderr, "%s\n", err->text);
    exit(1);
}

static void open_source(struct bench *bench, const char *folder, const char *file)
{
    const char *const sets[] = {mm_arena_format(&bench->arena, "prefetch=%u", bench->threads - 1),
                                "prefix_only=true"};
    const struct mm_config_sources sources = {
        .root = folder, .config = file, .sets = sets, .set_count = bench->is_prefix ? 2 : 1};
    struct mm_config *config;
    struct mm_problems problems;
    struct mm_error err = {0};
    mm_problems_init(&problems, &bench->arena);
    enum mm_status s = mm_config_read(&bench->arena, &sources, &config, &problems, &err);
    if (!s)
        s = mm_source_open(&bench->arena, config, &config->train, folder, &bench->source, &problems, &err);
    if (s && problems.errors)
        mm_problems_fail(&problems, s, &err);
    check(s, &err);
}

static double processor_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

struct rates {
    double wall, processor; /* samples a second */
};

static void add_values(struct mm_sha256 *hash, const struct mm_batch_tensor *tensor)
{
    const int64_t *dim = tensor->dim;
    size_t values = (size_t)(dim[0] * dim[1] * dim[2] * dim[3] * dim[4]);
    struct mm_error err = {0};
    for (size_t i = 0; i < values; i++) {
        float value = mm_batch_value(tensor, i);
        check(mm_sha256_add(hash, &value, sizeof value, &err), &err);
    }
}

/* The rates of an epoch. With a hash, it takes in all values, and the rates mean nothing. */
static struct rates run_epoch(struct bench *bench, uint32_t epoch, struct mm_sha256 *hash)
{
    double samples = 0, processor = processor_clock();
    const struct mm_batch *batch;
    struct mm_error err = {0};
    double start = mm_clock();
    check(mm_loader_begin(bench->loader, epoch, 0, &err), &err);
    for (;;) {
        check(mm_loader_next(bench->loader, &batch, &err), &err);
        if (!batch)
            return (struct rates){samples / (mm_clock() - start), samples / (processor_clock() - processor)};
        samples += batch->sample_count;
        for (size_t i = 0; hash && i < batch->field_count; i++)
            add_values(hash, &batch->fields[i]);
    }
}

static double peak_mib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024;
}

int main(int argc, char **argv)
{
    struct bench bench = {.is_prefix = false};
    struct mm_error err = {0};
    struct mm_sha256 hash;
    unsigned char digest[MM_SHA256_SIZE];
    if (argc < 5) {
        fprintf(stderr, "loader prefix|suffix FOLDER CONFIG THREADS [EPOCHS]\n");
        return 2;
    }
    bench.is_prefix = argv[1][0] == 'p';
    uint32_t epochs = argc > 5 ? (uint32_t)strtoul(argv[5], NULL, 10) : 1;
    unsigned long threads = strtoul(argv[4], NULL, 10);
    bench.threads = threads >= 1 && threads <= 64 ? (unsigned)threads : 1;
    struct mm_loader_options options = {.seed = 1, .no_cache = bench.is_prefix, .threads = bench.threads};
    mm_arena_init(&bench.arena, NULL);
    open_source(&bench, argv[2], argv[3]);
    check(mm_loader_open(bench.source, &options, &bench.loader, &err), &err);
    struct rates best = {0, 0};
    for (uint32_t epoch = 0; epoch < epochs + !bench.is_prefix; epoch++) {
        struct rates now = run_epoch(&bench, epoch, NULL);
        if (!bench.is_prefix && epoch == 0)
            continue;
        best.wall = fmax(best.wall, now.wall);
        best.processor = fmax(best.processor, now.processor);
    }
    double mib = peak_mib();
    check(mm_sha256_init(&hash, &err), &err);
    run_epoch(&bench, 1, &hash);
    check(mm_sha256_done(&hash, digest, &err), &err);
    printf("%.2f %.2f %.0f %02x%02x%02x%02x\n", best.wall, best.processor, mib, digest[0], digest[1], digest[2],
           digest[3]);
    mm_loader_close(bench.loader);
    mm_arena_done(&bench.arena);
    return 0;
}
