/* The policy: a stream of passes over the datalist, and the window that moves along it.
 *
 * Why a residence never meets itself: an item at index i of one pass is at some j > i - b of the next, since a
 * shuffle inside blocks of b moves it by at most b - 1 = T - N - R places. Its two stream positions are thus T + j -
 * i >= N + R apart, and the window with the replacements that are being prepared for it is N + R long.
 *
 * Passes are made one from the other. Three are kept: a window touches two at most. An older one is made again from
 * pass 0. */
#include "cache/policy.h"

#include <math.h>
#include <pthread.h>

#include "base/random.h"

#define PASSES_KEPT 3

/* Word `a` of the draws' counter in the domain MM_RANDOM_POLICY; `b` is the number of the pass or the epoch. */
enum { DRAWS_OF_PASS = 0, DRAWS_OF_EPOCH = 1 };

struct pass {
    bool is_made;
    uint32_t number;
    uint32_t *items; /* [total] */
};

struct mm_policy {
    uint64_t seed;
    uint32_t total, cached;
    struct mm_rotation rotation;
    uint32_t block;
    pthread_mutex_t mutex;           /* over `passes` */
    struct pass passes[PASSES_KEPT]; /* pass k is in passes[k % PASSES_KEPT] */
    uint32_t *memory;
};

uint32_t mm_policy_replacements(uint32_t total, uint32_t cached, double fraction)
{
    if (cached >= total || !(fraction > 0))
        return 0;
    double wanted = ceil((double)cached * fmin(fraction, 1) - 1e-9);
    return wanted < total - cached ? (uint32_t)wanted : total - cached;
}

uint32_t mm_policy_cached_for_ranks(uint32_t total, uint32_t cached, uint32_t ranks)
{
    cached = (cached < total ? cached : total) / ranks * ranks;
    return cached ? cached : ranks;
}

uint32_t mm_policy_replaced_for_ranks(uint32_t total, uint32_t replaced, bool holds_all, uint32_t ranks)
{
    if (holds_all)
        return total % ranks ? ranks : 0;
    return (replaced + ranks - 1) / ranks * ranks;
}

uint32_t mm_policy_coverage(uint32_t total, uint32_t cached, struct mm_rotation rotation)
{
    if (cached >= total)
        return 1;
    if (!rotation.replaced)
        return 0;
    uint64_t rotations = ((uint64_t)total - cached + rotation.replaced - 1) / rotation.replaced;
    uint64_t epochs = 1 + rotations * rotation.every;
    return epochs < UINT32_MAX ? (uint32_t)epochs : UINT32_MAX;
}

enum mm_status mm_policy_open(uint64_t seed, uint32_t total, uint32_t cached, struct mm_rotation rotation,
                              struct mm_policy **out, struct mm_error *err)
{
    uint32_t replaced = rotation.replaced;
    if (total < 1 || cached < 1)
        return mm_fail(err, MM_ERR_USAGE, "a cache of %u of %u items: both must be at least 1", cached, total);
    cached = cached < total ? cached : total;
    if (replaced > cached)
        return mm_fail(err, MM_ERR_USAGE, "%u items replaced at a time, at most %u can be: so many are held",
                       replaced, cached);
    if (rotation.every < 1)
        return mm_fail(err, MM_ERR_USAGE, "items replaced after every 0 epochs: at least 1 must pass");
    size_t bytes;
    bool fits = mm_size_mul(total, PASSES_KEPT * sizeof(uint32_t), &bytes);
    struct mm_policy *policy = mm_alloc(sizeof *policy);
    uint32_t *memory = fits ? mm_alloc(bytes) : NULL;
    if (!policy || !memory) {
        mm_free(policy);
        mm_free(memory);
        return mm_fail_memory(err, "the order of the items");
    }
    *policy = (struct mm_policy){.seed = seed,
                                 .total = total,
                                 .cached = cached,
                                 .rotation = rotation,
                                 .block = total - cached > replaced ? total - cached - replaced + 1 : 1,
                                 .memory = memory};
    for (size_t i = 0; i < PASSES_KEPT; i++)
        policy->passes[i].items = memory + i * total;
    pthread_mutex_init(&policy->mutex, NULL);
    *out = policy;
    return MM_OK;
}

void mm_policy_close(struct mm_policy *policy)
{
    if (!policy)
        return;
    pthread_mutex_destroy(&policy->mutex);
    mm_free(policy->memory);
    mm_free(policy);
}

static void make_first(const struct mm_policy *policy, struct mm_random *random, uint32_t *items)
{
    for (uint32_t i = 0; i < policy->total; i++)
        items[i] = i;
    mm_random_shuffle(random, items, policy->total);
}

/* Shuffles consecutive blocks; the first is cut short by the offset, the last by the end. */
static void make_next(const struct mm_policy *policy, struct mm_random *random, uint32_t *items)
{
    uint32_t end;
    for (uint32_t start = 0, size = mm_random_below(random, policy->block); start < policy->total; start = end) {
        end = policy->total - start > size ? start + size : policy->total;
        mm_random_shuffle(random, items + start, end - start);
        size = policy->block;
    }
}

static void make_pass(struct mm_policy *policy, uint32_t number)
{
    struct pass *pass = &policy->passes[number % PASSES_KEPT];
    struct mm_random random;
    mm_random_init(&random, policy->seed, MM_RANDOM_POLICY, DRAWS_OF_PASS, number, 0);
    if (number == 0) {
        make_first(policy, &random, pass->items);
    } else {
        memcpy(pass->items, policy->passes[(number - 1) % PASSES_KEPT].items, policy->total * sizeof *pass->items);
        make_next(policy, &random, pass->items);
    }
    pass->number = number;
    pass->is_made = true;
}

static const uint32_t *pass_of(struct mm_policy *policy, uint32_t number)
{
    const struct pass *pass = &policy->passes[number % PASSES_KEPT];
    if (pass->is_made && pass->number == number)
        return pass->items;
    uint32_t from = 0; /* the first pass to make: behind the newest kept one that is older */
    for (size_t i = 0; i < PASSES_KEPT; i++)
        if (policy->passes[i].is_made && policy->passes[i].number < number && policy->passes[i].number >= from)
            from = policy->passes[i].number + 1;
    for (uint32_t k = from; k <= number; k++)
        make_pass(policy, k);
    return pass->items;
}

uint32_t mm_policy_item(struct mm_policy *policy, uint64_t position)
{
    /* Blocks of one item: every pass is the first. */
    uint32_t number = policy->block > 1 ? (uint32_t)(position / policy->total) : 0;
    pthread_mutex_lock(&policy->mutex);
    uint32_t item = pass_of(policy, number)[position % policy->total];
    pthread_mutex_unlock(&policy->mutex);
    return item;
}

uint64_t mm_policy_first(const struct mm_policy *policy, uint32_t epoch)
{
    return (uint64_t)(epoch / policy->rotation.every) * policy->rotation.replaced;
}

uint64_t mm_policy_next(const struct mm_policy *policy, uint32_t epoch)
{
    return ((uint64_t)epoch / policy->rotation.every + 1) * policy->rotation.every;
}

void mm_policy_epoch(struct mm_policy *policy, uint32_t epoch, bool shuffled, uint64_t *positions)
{
    uint64_t first = mm_policy_first(policy, epoch);
    for (uint32_t i = 0; i < policy->cached; i++)
        positions[i] = first + i;
    if (!shuffled)
        return;
    struct mm_random random;
    mm_random_init(&random, policy->seed, MM_RANDOM_POLICY, DRAWS_OF_EPOCH, epoch, 0);
    for (uint32_t i = policy->cached; i > 1; i--) {
        uint32_t j = mm_random_below(&random, i);
        uint64_t position = positions[i - 1];
        positions[i - 1] = positions[j];
        positions[j] = position;
    }
}
