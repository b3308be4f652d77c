/* Where the time of an item and of its crops goes, on one thread and without a loader:
 *     stages FOLDER CONFIG [ITEMS] [--set NAME=VALUE ...]
 * Prints "stage milliseconds" lines: of an item (read, inflate, each step of the prefix, index), then of a crop (crop,
 * copy into the batch), then the megabytes of a crop and those that memcpy copies in a second. Each is the least of
 * REPEATS, averaged over the items: files come from the page cache. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/threads.h"
#include "cache/pipeline.h"
#include "image/gzip.h"

#define STAGES_MAX   64
#define REPEATS      3
#define FILE_MAX     ((size_t)4 << 30)
#define MEMCPY_BYTES ((size_t)256 << 20) /* far more than the caches of a processor */

enum { STAGE_READ, STAGE_INFLATE, STAGE_STEPS };

struct stages {
    const struct mm_source *source;
    struct mm_arena scratch;
    size_t index, crop, copy, count; /* stages behind the steps */
    double least[STAGES_MAX];        /* of the item */
    double sum[STAGES_MAX];          /* of all, in seconds */
    double crop_bytes;
};

static void check(enum mm_status s, const struct mm_error *err)
{
    if (s == MM_OK)
        return;
    fprintf(stderr, "%s\n", err->text);
    exit(1);
}

static const struct mm_source *open_source(struct mm_arena *arena, int argc, char **argv)
{
    const char *sets[64];
    struct mm_config_sources sources = {.root = argv[1], .config = argv[2], .sets = sets};
    struct mm_config *config = NULL;
    struct mm_source *source = NULL;
    struct mm_problems problems;
    struct mm_error err = {0};
    for (int i = 3; i + 1 < argc && sources.set_count < 64; i++)
        if (strcmp(argv[i], "--set") == 0)
            sets[sources.set_count++] = argv[++i];
    mm_problems_init(&problems, arena);
    enum mm_status s = mm_config_read(arena, &sources, &config, &problems, &err);
    if (!s)
        s = mm_source_open(arena, config, &config->train, argv[1], &source, &problems, &err);
    if (s && problems.errors)
        mm_problems_fail(&problems, s, &err);
    check(s, &err);
    return source;
}

/* Notes what passed since *start, and starts anew. */
static void note(struct stages *stages, size_t stage, double *start)
{
    double now = mm_clock();
    stages->least[stage] = fmin(stages->least[stage], now - *start);
    *start = mm_clock();
}

static size_t unpacked_size(const unsigned char *bytes, size_t size)
{
    const unsigned char *end = bytes + size - 4;
    return end[0] | (size_t)end[1] << 8 | (size_t)end[2] << 16 | (size_t)end[3] << 24;
}

/* What reading and inflating the item's files takes: also part of the first step, from which it is taken off. */
static void read_files(struct stages *stages, const struct mm_item *item)
{
    struct mm_error err = {0};
    double read = 0, inflate = 0;
    for (size_t e = 0; e < item->count; e++)
        for (size_t i = 0; item->entries[e].kind == MM_ENTRY_PATHS && i < item->entries[e].count; i++) {
            unsigned char *bytes;
            size_t size;
            double start = mm_clock();
            check(mm_file_read(&stages->scratch, item->entries[e].paths[i], FILE_MAX, &bytes, &size, &err), &err);
            read += mm_clock() - start;
            if (!mm_gzip_is(bytes, size))
                continue;
            size_t want = unpacked_size(bytes, size);
            unsigned char *out = mm_arena_alloc_raw(&stages->scratch, want);
            start = mm_clock();
            check(out ? mm_gzip_unpack(bytes, size, out, want, &err) : mm_fail_memory(&err, "a file"), &err);
            inflate += mm_clock() - start;
        }
    stages->least[STAGE_READ] = fmin(stages->least[STAGE_READ], read);
    stages->least[STAGE_INFLATE] = fmin(stages->least[STAGE_INFLATE], inflate);
}

static struct mm_sample *run_prefix(struct stages *stages, uint32_t item)
{
    const struct mm_source *source = stages->source;
    const struct mm_context context = {.seed = 1};
    struct mm_sample *sample;
    struct mm_error err = {0};
    check(mm_sample_from_item(&stages->scratch, &source->list->items[item], item, &sample, &err), &err);
    double start = mm_clock();
    for (size_t i = 0; i < source->prefix; i++) {
        check(mm_chain_run_views(source->chain, i, i + 1, sample, &context, &err), &err);
        note(stages, STAGE_STEPS + i, &start);
    }
    check(mm_chain_prepare(source->chain, source->prefix, sample, &err), &err);
    note(stages, stages->index, &start);
    return sample;
}

/* The crops of the item, laid flat as in a batch: what is not bytes becomes floats. */
static void run_suffix(struct stages *stages, const struct mm_sample *sample, void **out, size_t *room)
{
    const struct mm_source *source = stages->source;
    struct mm_error err = {0};
    uint32_t outputs = (uint32_t)mm_chain_outputs(source->chain, source->prefix);
    double crop = 0, copy = 0, bytes = 0;
    for (uint32_t output = 0; output < outputs; output++) {
        const struct mm_context context = {.seed = 1, .position = sample->item, .output = output};
        double start = mm_clock();
        struct mm_sample *view = mm_sample_view(&stages->scratch, sample);
        check(view ? mm_chain_run_views(source->chain, source->prefix, source->chain->count, view, &context, &err)
                   : mm_fail_memory(&err, "a view"),
              &err);
        crop += mm_clock() - start;
        for (size_t i = 0; i < view->count; i++) {
            if (view->fields[i].kind != MM_FIELD_VOLUME)
                continue;
            const struct mm_volume *volume = view->fields[i].volume;
            enum mm_type type = volume->type == MM_U8 ? MM_U8 : MM_F32;
            size_t size = mm_volume_voxels(volume) * (size_t)volume->channels * mm_type_bytes(type);
            if (size > *room) { /* as a batch does, once */
                mm_free_large(*out, *room);
                *out = mm_alloc_large(*room = size);
            }
            start = mm_clock();
            mm_volume_flatten_past(*out, type, volume);
            copy += mm_clock() - start;
            bytes += (double)size;
        }
    }
    stages->least[stages->crop] = fmin(stages->least[stages->crop], crop / outputs);
    stages->least[stages->copy] = fmin(stages->least[stages->copy], copy / outputs);
    stages->crop_bytes = bytes / outputs;
}

static double memcpy_rate(void)
{
    unsigned char *from = malloc(MEMCPY_BYTES), *to = malloc(MEMCPY_BYTES);
    double least = INFINITY;
    if (!from || !to)
        exit(1);
    memset(from, 1, MEMCPY_BYTES);
    memset(to, 2, MEMCPY_BYTES);
    for (int i = 0; i < 8; i++) {
        double start = mm_clock();
        memcpy(to, from, MEMCPY_BYTES);
        least = fmin(least, mm_clock() - start);
        from[i] = to[MEMCPY_BYTES - 1 - (size_t)i]; /* so that no copy is left out */
    }
    free(from);
    free(to);
    return (double)MEMCPY_BYTES / least;
}

static void print(const struct stages *stages, uint32_t items)
{
    const struct mm_source *source = stages->source;
    const double *sum = stages->sum;
    printf("read %.3f\ninflate %.3f\n", 1e3 * sum[STAGE_READ] / items, 1e3 * sum[STAGE_INFLATE] / items);
    for (size_t i = 0; i < source->prefix; i++) {
        double seconds = sum[STAGE_STEPS + i] - (i == 0 ? sum[STAGE_READ] + sum[STAGE_INFLATE] : 0);
        printf("%s %.3f\n", source->chain->steps[i].transform->name, 1e3 * fmax(0, seconds) / items);
    }
    printf("index %.3f\ncrop %.3f\ncopy %.3f\n", 1e3 * sum[stages->index] / items, 1e3 * sum[stages->crop] / items,
           1e3 * sum[stages->copy] / items);
    printf("crop-megabytes %.3f\nmemcpy-megabytes %.0f\n", stages->crop_bytes / 1e6, memcpy_rate() / 1e6);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "stages FOLDER CONFIG [ITEMS] [--set NAME=VALUE ...]\n");
        return 2;
    }
    struct stages stages = {.crop_bytes = 0};
    struct mm_arena arena;
    void *out = NULL;
    size_t room = 0;
    mm_arena_init(&arena, NULL);
    mm_arena_init(&stages.scratch, NULL);
    stages.source = open_source(&arena, argc, argv);
    uint32_t items = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 0;
    if (items == 0 || items > stages.source->list->count)
        items = (uint32_t)stages.source->list->count;
    stages.index = STAGE_STEPS + stages.source->prefix;
    stages.crop = stages.index + 1;
    stages.copy = stages.crop + 1;
    stages.count = stages.copy + 1;
    if (stages.count > STAGES_MAX)
        return 2;
    for (uint32_t item = 0; item < items; item++) {
        for (size_t i = 0; i < stages.count; i++)
            stages.least[i] = INFINITY;
        for (int run = 0; run < REPEATS; run++) {
            read_files(&stages, &stages.source->list->items[item]);
            run_suffix(&stages, run_prefix(&stages, item), &out, &room);
            mm_arena_reset(&stages.scratch);
        }
        for (size_t i = 0; i < stages.count; i++)
            stages.sum[i] += stages.least[i];
    }
    print(&stages, items);
    mm_free_large(out, room);
    mm_arena_done(&stages.scratch);
    mm_arena_done(&arena);
    return 0;
}
