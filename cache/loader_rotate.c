/* R and k, chosen while the loader lives. Epoch 0 uses the first N positions of a first pass that they have no part in,
 * so until epoch 1 nothing has depended on them. */
#include <math.h>

#include "cache/loader_internal.h"

#define MARGIN 0.8   /* of the measured time: steps and disks are not always equally fast */
#define LITTLE 0.005 /* of an epoch, or of the threads' time */
#define ALONE  4     /* crops that are enough for a mean */

/* What epoch 0 took, in seconds. */
struct measured {
    double epoch, step;        /* of the clock */
    double last;               /* of the epoch, in which nothing is prepared for the next one */
    double crops;              /* of the threads, all of an epoch */
    double item, mean, spread; /* of a thread: the items' mean, their standard deviation; item: one that takes long */
};

/* What all crops of an epoch take. Those that were cut beside items took longer than they will, since new memory was
 * cleared meanwhile; where there were others, these tell. */
static double crops_in(const struct trial *trial, uint32_t steps)
{
    double seconds = trial->crops;
    if (trial->alone_count >= ALONE)
        seconds = trial->alone / trial->alone_count * trial->crop_count;
    return trial->steps ? seconds * steps / trial->steps : 0;
}

/* The last step is that in which the next epoch's first batch is cut. An epoch of one step has nothing to even out a slow
 * item with. */
static struct measured measured_in(const struct trial *trial, double epoch, uint32_t steps)
{
    double mean = trial->items / trial->count;
    double spread = sqrt(fmax(0, trial->squares / trial->count - mean * mean));
    return (struct measured){.epoch = epoch,
                             .step = epoch / steps,
                             .last = steps > 1 ? epoch / steps : epoch / 2,
                             .crops = crops_in(trial, steps),
                             .item = mean + 2 * spread,
                             .mean = mean,
                             .spread = spread};
}

/* What the threads can spend on items in so many epochs. */
static double seconds_free(const struct mm_loader *loader, const struct measured *m, double epochs)
{
    return (epochs * m->epoch - m->last) * loader->threads * MARGIN - epochs * m->crops;
}

/* What the caller waits for one item, while whose thread the others cannot cut all crops: the batches that are ready when
 * it is begun last for a while. */
static double seconds_waited(const struct mm_loader *loader, const struct measured *m)
{
    double needed = m->crops / m->epoch / MARGIN; /* threads */
    double missing = needed > loader->threads - 1 ? 1 - (loader->threads - 1) / needed : 0;
    return fmax(0, m->item * missing - (double)loader->source->pipeline->prefetch_size * m->step);
}

/* Epochs for one item of each rank: its thread has so much time, all threads together have, and what is waited for is
 * little of it. Where crops leave no time at all, an item is little of it, too. */
static double epochs_for_one(const struct mm_loader *loader, const struct measured *m)
{
    double least = LITTLE * m->epoch * loader->threads;
    double each = fmax(seconds_free(loader, m, 2) - seconds_free(loader, m, 1), least);
    double all = (m->item - seconds_free(loader, m, 0)) / each;
    double own = (m->item + m->last) / m->epoch;
    double waited = seconds_waited(loader, m) / (LITTLE * m->epoch);
    return ceil(fmax(fmax(all, own), waited));
}

/* The most items of an epoch that take the threads no longer than they have, to within two standard deviations of the
 * sum, R m + 2 s sqrt(R) <= seconds, and for which little is waited. */
static double items_in_one(const struct mm_loader *loader, const struct measured *m)
{
    double seconds = seconds_free(loader, m, 1), waited = seconds_waited(loader, m);
    double root = (sqrt(m->spread * m->spread + m->mean * fmax(seconds, 0)) - m->spread) / m->mean;
    double items = floor(root * root);
    return waited > 0 ? fmin(items, floor(LITTLE * m->epoch / waited)) : items;
}

struct mm_rotation mm_loader_measure_rotation(struct mm_loader *loader, double epoch_seconds, uint32_t most)
{
    uint32_t ranks = loader->ranks;
    struct mm_rotation rotation = {.replaced = ranks, .every = 1};
    pthread_mutex_lock(&loader->mutex);
    const struct trial trial = loader->trial;
    pthread_mutex_unlock(&loader->mutex);
    if (!(trial.items > 0) || !(epoch_seconds > 0))
        return rotation;
    const struct measured m = measured_in(&trial, epoch_seconds, loader->plan.steps);
    double epochs = epochs_for_one(loader, &m);
    if (epochs > 1)
        rotation.every = (uint32_t)fmin(epochs, MM_REPLACE_EVERY_MAX);
    else
        rotation.replaced = (uint32_t)fmin(fmax(items_in_one(loader, &m), 1) * ranks, most) / ranks * ranks;
    return rotation;
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

static enum mm_status set_locked(struct mm_loader *loader, struct mm_rotation rotation, struct mm_policy *policy,
                                 struct mm_error *err)
{
    struct mm_cache_plan *plan = &loader->plan;
    uint32_t replaced = rotation.replaced;
    if (plan->replaced || (loader->is_begun && loader->epoch >= rotation.every) || replaced % loader->ranks ||
        replaced >= plan->items - plan->cached + loader->ranks)
        return mm_fail(err, MM_ERR_USAGE, "%u items cannot be replaced every %u epochs now", replaced,
                       rotation.every);
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
    loader->order_later_of = 0;
    plan->replaced = replaced;
    plan->every = rotation.every;
    plan->replaced_max = 0;
    plan->plain = replaced == 0;
    plan->coverage_epochs = mm_policy_coverage(plan->items, plan->cached, rotation);
    if (loader->is_begun)
        mm_loader_look_ahead_locked(loader);
    pthread_cond_broadcast(&loader->work); /* there is something to prepare ahead */
    return MM_OK;
}

enum mm_status mm_loader_set_rotation(struct mm_loader *loader, struct mm_rotation rotation, struct mm_error *err)
{
    enum mm_status s;
    struct mm_policy *policy;
    if (MM_TRY(s, mm_policy_open(loader->seed, loader->plan.items, loader->plan.cached, rotation, &policy, err)))
        return s;
    pthread_mutex_lock(&loader->mutex);
    s = set_locked(loader, rotation, policy, err);
    pthread_mutex_unlock(&loader->mutex);
    if (s)
        mm_policy_close(policy);
    return s;
}
