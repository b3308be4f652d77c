/* The loader against a model of its semantics, for random configurations: which item, in which epoch, step and place
 * of a batch, from which stream position and with which random numbers; for any number of threads, with and without a
 * cache, and begun anywhere. */
#include "fixture.h"

#include "cache/policy.h"

#define STREAM_MAX 4096

/* The model: everything written out once more, the slow way. */
struct model {
    uint64_t seed;
    uint32_t total, cached, replaced, volumes, outputs;
    uint32_t stream[STREAM_MAX]; /* item of each position */
};

static void model_init(struct model *m)
{
    uint32_t block = m->total - m->cached - m->replaced + 1;
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

static void model_order(const struct model *m, uint32_t epoch, bool shuffled, uint32_t *positions)
{
    struct mm_random random;
    for (uint32_t i = 0; i < m->cached; i++)
        positions[i] = epoch * m->replaced + i;
    if (shuffled) {
        mm_random_init(&random, m->seed, MM_RANDOM_POLICY, 1, epoch, 0);
        mm_random_shuffle(&random, positions, m->cached);
        return;
    }
    for (uint32_t i = 0; i < m->cached; i++) /* by item */
        for (uint32_t j = i + 1; j < m->cached; j++)
            if (m->stream[positions[j]] < m->stream[positions[i]]) {
                uint32_t swapped = positions[i];
                positions[i] = positions[j];
                positions[j] = swapped;
            }
}

static uint32_t model_steps(const struct model *m)
{
    return (m->cached + m->volumes - 1) / m->volumes;
}

static void check_batch(const struct fixture *f, const struct model *m, const struct mm_batch *batch, uint32_t epoch,
                        uint32_t step, const uint32_t *positions)
{
    uint32_t first = step * m->volumes, left = m->cached - first;
    uint32_t volumes = left < m->volumes ? left : m->volumes;
    assert_int_equal(batch->epoch, epoch);
    assert_int_equal(batch->step, step);
    assert_int_equal(batch->sample_count, volumes * m->outputs);
    assert_memory_equal(batch->fields[0].dim, ((const int64_t[]){volumes * m->outputs, 1, 1, 1, 7}),
                        5 * sizeof(int64_t));
    for (uint32_t i = 0; i < volumes * m->outputs; i++) {
        uint32_t position = positions[first + i / m->outputs], item = m->stream[position], output = i % m->outputs;
        const struct mm_context context = {.seed = m->seed, .epoch = epoch, .position = position, .output = output};
        struct mm_random random;
        mm_step_random(&f->steps[1], &context, &random);
        uint32_t one = mm_random_u32(&random) >> 8, two = mm_random_u32(&random) >> 8;
        const float expected[7] = {(float)item, (float)epoch, (float)position, (float)output,
                                   0,           (float)one,   (float)two};
        assert_memory_equal(batch->fields[0].data + 7 * (size_t)i, expected, sizeof expected);
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
        assert_int_equal(mm_loader_next(loader, &batch, NULL), MM_OK);
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

static void choose(struct fixture *f, struct model *m, struct mm_random *random)
{
    uint32_t total = 1 + mm_random_below(random, 14), cached = 1 + mm_random_below(random, total + 2);
    uint32_t volumes = 1 + mm_random_below(random, 5), outputs = 1 + mm_random_below(random, 4);
    double share = mm_random_below(random, 3) ? mm_random_below(random, 11) / 10.0 : 0;
    fixture_init(f, total, cached, share, volumes, outputs);
    f->pipeline.batched_by_transforms = mm_random_below(random, 3) == 0;
    f->pipeline.merges_batch_dims = mm_random_below(random, 2);
    f->pipeline.prefetch_size = mm_random_below(random, 5);
    f->pipeline.caches = mm_random_below(random, 4) > 0;
    f->pipeline.is_resolved = true;
    f->pipeline.cache_memory = mm_random_below(random, 2) ? 0 : 1 + mm_random_below(random, 1 << 17);
    f->options.seed = mm_random_u32(random);
    f->options.threads = 1 + mm_random_below(random, 4);
    f->options.no_cache = mm_random_below(random, 4) == 0;
    f->options.shuffle = mm_random_below(random, 4) > 0;
    f->make.slow_us = mm_random_below(random, 4) ? 0 : 50;
    f->stamp.slow_us = mm_random_below(random, 4) ? 0 : 20;
    *m = (struct model){.seed = f->options.seed, .total = total, .outputs = outputs};
    m->cached = f->pipeline.caches && cached < total ? cached : total;
    m->replaced = mm_policy_replacements(total, m->cached, share);
    m->volumes = f->pipeline.batched_by_transforms ? 1 : volumes < m->cached ? volumes : m->cached;
}

static void test_batches_are_what_the_model_says(void **state)
{
    (void)state;
    struct mm_random random;
    mm_random_init(&random, 11, MM_RANDOM_SYNTHESIS, 0, 0, 0);
    struct fixture *f = mm_alloc(sizeof *f);
    struct model *m = mm_alloc(sizeof *m);
    for (int i = 0; i < 400; i++) {
        choose(f, m, &random);
        model_init(m);
        check_epochs(f, m, &random);
    }
    mm_free(f);
    mm_free(m);
}

/* R set after epoch 0 gives what it gives when it is known from the start. */
static void test_replacements_may_be_chosen_after_the_first_epoch(void **state)
{
    (void)state;
    struct mm_random random;
    mm_random_init(&random, 12, MM_RANDOM_SYNTHESIS, 0, 0, 0);
    struct fixture *f = mm_alloc(sizeof *f);
    struct model *m = mm_alloc(sizeof *m);
    for (int i = 0; i < 200; i++) {
        choose(f, m, &random);
        uint32_t most = mm_policy_replacements(m->total, m->cached, 1);
        if (!most)
            continue;
        m->replaced = 1 + mm_random_below(&random, most);
        model_init(m);
        f->pipeline.replace_percent = 0;
        struct mm_loader *loader = fixture_open(f);
        uint32_t steps = model_steps(m);
        check_epoch(f, m, loader, 0, mm_random_below(&random, steps + 1), steps);
        assert_in_range(mm_loader_measure_replaced(loader, 1, most), 1, most);
        assert_int_equal(mm_loader_set_replaced(loader, m->replaced, NULL), MM_OK);
        for (uint32_t epoch = 1; epoch < 5; epoch++)
            check_epoch(f, m, loader, epoch, 0, steps);
        assert_int_equal(mm_loader_set_replaced(loader, m->replaced, NULL), MM_ERR_USAGE);
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
