/* R chosen while the loader lives. Epoch 0 uses the first N positions of a first pass that R has no part in, so until
 * epoch 1 nothing has depended on it. */
#include <math.h>

#include "cache/loader_internal.h"

#define MARGIN 0.8 /* of the measured time: steps and disks are not always equally fast */

/* The share of an epoch in which replacements can be prepared: the next epoch's first batch is cut from them while the
 * last step runs. Short epochs get much less: they have little to even out a slow item with. */
static double share_ahead(uint32_t steps)
{
    return steps > 1 ? 1 - 1.0 / steps : 0.5;
}

/* The largest R that takes the threads no longer than that, to within two standard deviations of the sum:
 * R m + 2 s sqrt(R) <= seconds. */
static double items_within(double seconds, double mean, double spread)
{
    double root = (sqrt(spread * spread + mean * fmax(seconds, 0)) - spread) / mean;
    return floor(root * root);
}

uint32_t mm_loader_measure_replaced(struct mm_loader *loader, double epoch_seconds, uint32_t most)
{
    pthread_mutex_lock(&loader->mutex);
    const struct mm_loader_stats stats = loader->stats;
    double squares = loader->prefix_squares;
    pthread_mutex_unlock(&loader->mutex);
    if (!stats.prepared || !(stats.prefix_seconds > 0))
        return loader->ranks;
    double seconds =
        epoch_seconds * share_ahead(loader->plan.steps) * loader->threads * MARGIN - stats.suffix_seconds;
    double mean = stats.prefix_seconds / stats.prepared;
    double spread = sqrt(fmax(0, squares / stats.prepared - mean * mean));
    double replaced = fmin(fmax(items_within(seconds, mean, spread), 1) * loader->ranks, most);
    return (uint32_t)replaced / loader->ranks * loader->ranks;
}

/* The table for N + R positions. Those of epoch 0 keep their places, since each is at p / W in both. */
static struct entry *larger_table(const struct mm_loader *loader, struct mm_policy *policy, uint32_t window)
{
    struct entry *entries = mm_alloc(window * sizeof *entries);
    if (!entries)
        return NULL;
    for (uint32_t i = 0; i < window; i++) {
        uint64_t p = (uint64_t)i * loader->ranks + loader->rank;
        entries[i] = i < loader->window ? loader->entries[i]
                                        : (struct entry){.key = {.position = p, .item = mm_policy_item(policy, p)},
                                                         .state = ENTRY_ABSENT};
    }
    return entries;
}

static enum mm_status set_locked(struct mm_loader *loader, uint32_t replaced, struct mm_policy *policy,
                                 struct mm_error *err)
{
    struct mm_cache_plan *plan = &loader->plan;
    if (plan->replaced || (loader->is_begun && loader->epoch > 0) || replaced % loader->ranks ||
        replaced >= plan->items - plan->cached + loader->ranks)
        return mm_fail(err, MM_ERR_USAGE, "%u items cannot be replaced in an epoch now", replaced);
    struct entry *entries = larger_table(loader, policy, (plan->cached + replaced) / loader->ranks);
    uint64_t *freed = mm_alloc((plan->cached + replaced) / loader->ranks * sizeof *freed);
    if (!entries || !freed) {
        mm_free(entries);
        mm_free(freed);
        return mm_fail_memory(err, "the cache's tables");
    }
    mm_free(loader->freed);
    mm_free(loader->entries);
    loader->freed = freed;
    mm_policy_close(loader->policy);
    loader->entries = entries;
    loader->policy = policy;
    loader->has_next = false; /* what slots have of the next epoch is none of this policy's */
    loader->replaced = replaced / loader->ranks;
    loader->window = loader->kept + loader->replaced;
    plan->replaced = replaced;
    plan->replaced_max = 0;
    plan->plain = replaced == 0;
    plan->coverage_epochs = mm_policy_coverage(plan->items, plan->cached, replaced);
    if (loader->is_begun)
        mm_loader_look_ahead_locked(loader);
    pthread_cond_broadcast(&loader->work); /* there is something to prepare ahead */
    return MM_OK;
}

enum mm_status mm_loader_set_replaced(struct mm_loader *loader, uint32_t replaced, struct mm_error *err)
{
    enum mm_status s;
    struct mm_policy *policy;
    if (MM_TRY(s, mm_policy_open(loader->seed, loader->plan.items, loader->plan.cached, replaced, &policy, err)))
        return s;
    pthread_mutex_lock(&loader->mutex);
    s = set_locked(loader, replaced, policy, err);
    pthread_mutex_unlock(&loader->mutex);
    if (s)
        mm_policy_close(policy);
    return s;
}
