/* The loader against a model of its semantics, for 10,000 random configurations: which item, in which epoch, step and
 * place of a batch, from which stream position and with which random numbers; for any number of threads, any tier, as
 * any rank, with bad items that stop it or are skipped, and begun anywhere. MMAR_CONFIGURATIONS says how many of them are
 * run: all without it, fewer under ThreadSanitizer. */
#include "fixture.h"

#include <stdlib.h>

#include "cache/policy.h"

#define STREAM_MAX     4096
#define CONFIGURATIONS 10000
#if defined(__SANITIZE_THREAD__)
#define SHARE 20 /* one of so many */
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SHARE 20
#endif
#endif
#ifndef SHARE
#define SHARE 1
#endif

/* Where samples are kept; none of them may change a sample. */
static const struct tier {
    const char *name;
    bool no_cache;
    enum mm_compression compression;
} tiers[] = {{"memory", false, MM_COMPRESSION_NONE},
             {"packed", false, MM_COMPRESSION_LZ4},
             {"chosen", false, MM_COMPRESSION_AUTO},
             {"none", true, MM_COMPRESSION_NONE}};

static int configurations(void)
{
    const char *text = getenv("MMAR_CONFIGURATIONS");
    return text ? (int)strtol(text, NULL, 10) : CONFIGURATIONS / SHARE;
}

/* The model: everything written out once more, the slow way. */
struct model {
    uint64_t seed;
    uint32_t total, cached, replaced, every, volumes, outputs, rank, ranks;
    uint64_t bad; /* items that fail */
    bool skips;
    uint32_t stream[STREAM_MAX]; /* item of each position */
};

static void model_init(struct model *m)
{
    uint32_t block = m->total > m->cached + m->replaced ? m->total - m->cached - m->replaced + 1 : 1;
    struct mm_random random;
    for (uint32_t pass = 0; (pass + 1) * m->total <= STREAM_MAX; pass++) {
        uint32_t *items = m->stream + pass * m->total;
        mm_random_init(&random, m->seed, MM_RANDOM_POLICY, 0, pass, 0);
        for (uint32_t i = 0; i < m->total; i++)
            items[i] = pass ? m->stream[(pass - 1) * m->total + i] : i;
        if (pass == 0) {
            mm_random_shuffle(&random, items, m->total);
            continue;
        }
        uint32_t border = mm_random_below(&random, block); /* of two blocks */
        for (uint32_t start = 0; start < m->total; start = border, border += block) {
            border = border < m->total ? border : m->total;
            mm_random_shuffle(&random, items + start, border - start);
        }
    }
}

/* This rank's positions of an epoch. */
static void model_order(const struct model *m, uint32_t epoch, bool shuffled, uint32_t *positions)
{
    struct mm_random random;
    uint32_t all[ITEMS_MAX], own = 0;
    for (uint32_t i = 0; i < m->cached; i++)
        all[i] = epoch / m->every * m->replaced + i;
    if (shuffled) {
        mm_random_init(&random, m->seed, MM_RANDOM_POLICY, 1, epoch, 0);
        mm_random_shuffle(&random, all, m->cached);
    }
    for (uint32_t i = 0; i < m->cached; i++)
        if (all[i] % m->ranks == m->rank)
            positions[own++] = all[i];
    for (uint32_t i = 0; i < own && !shuffled; i++) /* by item */
        for (uint32_t j = i + 1; j < own; j++)
            if (m->stream[positions[j]] < m->stream[positions[i]]) {
                uint32_t swapped = positions[i];
                positions[i] = positions[j];
                positions[j] = swapped;
            }
}

/* Who serves a position: the first from it on that is good. */
static uint32_t model_item(const struct model *m, uint32_t position)
{
    while (m->skips && m->bad >> m->stream[position] & 1)
        position++;
    return m->stream[position];
}

static uint32_t model_volumes(const struct model *m, uint32_t step)
{
    uint32_t left = m->cached / m->ranks - step * m->volumes;
    return left < m->volumes ? left : m->volumes;
}

/* Does the step need an item that nothing can replace? */
static bool model_fails(const struct model *m, const uint32_t *positions, uint32_t step)
{
    bool fails = m->skips && m->bad == ((uint64_t)1 << m->total) - 1;
    for (uint32_t v = 0; v < model_volumes(m, step) && !m->skips; v++)
        fails |= m->bad >> m->stream[positions[step * m->volumes + v]] & 1;
    return fails;
}

static uint32_t model_steps(const struct model *m)
{
    return (m->cached / m->ranks + m->volumes - 1) / m->volumes;
}

static void check_batch(const struct fixture *f, const struct model *m, const struct mm_batch *batch, uint32_t epoch,
                        uint32_t step, const uint32_t *positions)
{
    uint32_t first = step * m->volumes, volumes = model_volumes(m, step);
    assert_int_equal(batch->epoch, epoch);
    assert_int_equal(batch->step, step);
    assert_int_equal(batch->sample_count, volumes * m->outputs);
    assert_memory_equal(batch->fields[0].dim, ((const int64_t[]){volumes * m->outputs, 1, 1, 1, 7}),
                        5 * sizeof(int64_t));
    for (uint32_t i = 0; i < volumes * m->outputs; i++) {
        uint32_t position = positions[first + i / m->outputs], item = model_item(m, position),
                 output = i % m->outputs;
        const struct mm_context context = {.seed = m->seed, .epoch = epoch, .position = position, .output = output};
        struct mm_random random;
        mm_step_random(&f->steps[1], &context, &random);
        uint32_t one = mm_random_u32(&random) >> 8, two = mm_random_u32(&random) >> 8;
        const float expected[7] = {(float)item, (float)epoch, (float)position, (float)output,
                                   0,           (float)one,   (float)two};
        assert_int_equal(batch->fields[0].type, MM_F32);
        assert_memory_equal((const float *)batch->fields[0].data + 7 * (size_t)i, expected, sizeof expected);
        assert_int_equal(batch->positions[i], position);
        assert_int_equal(batch->items[i], item);
    }
}

static void check_epoch(struct fixture *f, const struct model *m, struct mm_loader *loader, uint32_t epoch,
                        uint32_t from, uint32_t to)
{
    uint32_t positions[ITEMS_MAX];
    const struct mm_batch *batch;
    model_order(m, epoch, f->options.shuffle, positions);
    assert_int_equal(mm_loader_steps(loader), model_steps(m));
    assert_int_equal(mm_loader_begin(loader, epoch, from, NULL), MM_OK);
    for (uint32_t step = from; step < to; step++) {
        bool fails = model_fails(m, positions, step);
        assert_int_equal(mm_loader_next(loader, &batch, NULL), fails ? MM_ERR_DATA : MM_OK);
        if (fails)
            return;
        assert_non_null(batch);
        check_batch(f, m, batch, epoch, step, positions);
    }
    if (to < model_steps(m))
        return;
    assert_int_equal(mm_loader_next(loader, &batch, NULL), MM_OK);
    assert_null(batch);
}

/* Some epochs in a row, cut short here and there; then a jump to anywhere, as a resumed run does. */
static void check_epochs(struct fixture *f, const struct model *m, struct mm_random *random)
{
    struct mm_loader *loader = fixture_open(f);
    uint32_t steps = model_steps(m), epoch = 0;
    for (int i = 0; i < 5; i++) {
        uint32_t from = i % 2 ? 0 : mm_random_below(random, steps + 1);
        uint32_t to = i % 3 ? steps : from + mm_random_below(random, steps - from + 1);
        check_epoch(f, m, loader, epoch, from, to);
        epoch = i == 3 ? mm_random_below(random, 20) : epoch + 1;
    }
    mm_loader_close(loader);
}

/* Some items fail in the prefix, some in the suffix, now and then all. */
static void choose_bad(struct fixture *f, struct model *m, struct mm_random *random)
{
    uint64_t all = ((uint64_t)1 << m->total) - 1;
    m->skips = mm_random_below(random, 2);
    f->pipeline.on_bad_item = m->skips ? "skip" : "stop";
    if (mm_random_below(random, 2))
        return;
    f->make.bad = mm_random_u32(random) & mm_random_u32(random) & all;
    f->stamp.bad = mm_random_u32(random) & mm_random_u32(random) & all;
    if (mm_random_below(random, 8) == 0)
        f->make.bad = all & ~f->stamp.bad;
    m->bad = f->make.bad | f->stamp.bad;
}

/* How much is held and replaced; with "auto" as memory allows. The plan's numbers are the business of test_plan.c. */
static void choose_cache(struct fixture *f, struct model *m, struct mm_random *random)
{
    struct mm_cache_plan plan;
    f->pipeline.caches = mm_random_below(random, 4) > 0;
    f->pipeline.is_resolved = mm_random_below(random, 4) > 0;
    f->pipeline.auto_objects = f->pipeline.caches && !f->pipeline.is_resolved;
    f->pipeline.cache_memory = mm_random_below(random, 2) ? 0 : 1 + mm_random_below(random, 1 << 18);
    assert_int_equal(mm_cache_plan_make(&f->source, f->pipeline.auto_objects ? 1 : 0, m->ranks, &plan, NULL), MM_OK);
    m->cached = plan.cached;
    m->replaced = plan.replaced;
    m->every = plan.every;
}

static void choose(struct fixture *f, struct model *m, struct mm_random *random)
{
    uint32_t total = 1 + mm_random_below(random, 14), cached = 1 + mm_random_below(random, total + 2);
    uint32_t volumes = 1 + mm_random_below(random, 5), outputs = 1 + mm_random_below(random, 4);
    uint32_t ranks = mm_random_below(random, 3) ? 1 : 1 + mm_random_below(random, total < 8 ? total : 8);
    double share = mm_random_below(random, 3) ? mm_random_below(random, 11) / 10.0 : 0;
    fixture_init(f, total, cached, share, volumes, outputs);
    f->pipeline.replace_every = mm_random_below(random, 2) ? 1 : mm_random_below(random, 5);
    f->pipeline.batched_by_transforms = mm_random_below(random, 3) == 0;
    f->pipeline.merges_batch_dims = mm_random_below(random, 2);
    f->pipeline.prefetch_size = mm_random_below(random, 5);
    f->options.seed = mm_random_u32(random);
    f->options.threads = 1 + mm_random_below(random, 4);
    const struct tier *tier = &tiers[mm_random_below(random, sizeof tiers / sizeof *tiers)];
    f->options.no_cache = tier->no_cache;
    f->pipeline.compression = tier->compression;
    f->options.shuffle = mm_random_below(random, 4) > 0;
    f->options.ranks = ranks;
    f->options.rank = mm_random_below(random, ranks);
    f->make.slow_us = mm_random_below(random, 16) ? 0 : 50;
    f->stamp.slow_us = mm_random_below(random, 16) ? 0 : 20;
    *m = (struct model){
        .seed = f->options.seed, .total = total, .outputs = outputs, .rank = f->options.rank, .ranks = ranks};
    choose_cache(f, m, random);
    choose_bad(f, m, random);
    m->volumes = f->pipeline.batched_by_transforms ? 1 : volumes < m->cached / ranks ? volumes : m->cached / ranks;
}

static void test_batches_are_what_the_model_says(void **state)
{
    (void)state;
    struct mm_random random;
    mm_random_init(&random, 11, MM_RANDOM_SYNTHESIS, 0, 0, 0);
    struct fixture *f = mm_alloc(sizeof *f);
    struct model *m = mm_alloc(sizeof *m);
    for (int i = 0; i < configurations(); i++) {
        choose(f, m, &random);
        model_init(m);
        check_epochs(f, m, &random);
    }
    mm_free(f);
    mm_free(m);
}

/* R and k set after epoch 0 give what they give when they are known from the start. */
static void test_replacements_may_be_chosen_after_the_first_epoch(void **state)
{
    (void)state;
    struct mm_random random;
    mm_random_init(&random, 12, MM_RANDOM_SYNTHESIS, 0, 0, 0);
    struct fixture *f = mm_alloc(sizeof *f);
    struct model *m = mm_alloc(sizeof *m);
    for (int i = 0; i < configurations() / 20; i++) {
        choose(f, m, &random);
        uint32_t most = mm_policy_replacements(m->total, m->cached, 1) / m->ranks * m->ranks;
        m->bad = f->make.bad = f->stamp.bad = 0;
        if (!most || m->cached / m->ranks == m->total / m->ranks)
            continue;
        f->pipeline.is_resolved = true;
        f->pipeline.auto_objects = false;
        f->pipeline.num_cache_objects = m->cached;
        m->replaced = m->ranks * (1 + mm_random_below(&random, most / m->ranks));
        uint32_t chosen = mm_random_below(&random, 3); /* after this epoch */
        m->every = chosen + 1 + mm_random_below(&random, 3);
        model_init(m);
        f->pipeline.replace_percent = 0;
        struct mm_loader *loader = fixture_open(f);
        uint32_t steps = model_steps(m);
        check_epoch(f, m, loader, 0, mm_random_below(&random, steps + 1), steps);
        for (uint32_t epoch = 1; epoch <= chosen; epoch++)
            check_epoch(f, m, loader, epoch, 0, steps);
        const struct mm_rotation early = {m->replaced, chosen}, rotation = {m->replaced, m->every};
        assert_int_equal(mm_loader_set_rotation(loader, early, NULL), MM_ERR_USAGE);
        assert_int_equal(mm_loader_set_rotation(loader, rotation, NULL), MM_OK);
        for (uint32_t epoch = chosen + 1; epoch < chosen + 7; epoch++)
            check_epoch(f, m, loader, epoch, 0, steps);
        assert_int_equal(mm_loader_set_rotation(loader, rotation, NULL), MM_ERR_USAGE);
        mm_loader_close(loader);
    }
    mm_free(f);
    mm_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_batches_are_what_the_model_says),
        cmocka_unit_test(test_replacements_may_be_chosen_after_the_first_epoch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
