/* What to do first, and what to prepare ahead.
 *
 * Crops are short, a prefix may hold up its thread for several steps. So it must begin some steps before its item is
 * used: when the batches before that moment are made, it comes before the batches behind it. Where it would occupy the
 * last thread, the batches that are used while it runs are made first. Order depends on measured times, samples never.
 *
 * A resident that leaves at the end of the epoch is not needed any more once its crops are cut. Its place in the table
 * goes at once to the position that is a whole window later, the replacement that enters one rotation after the next.
 * So an epoch's end, for which some replacements may be late, does not keep threads waiting that could prepare others. */
#include <math.h>

#include "cache/fit.h"
#include "cache/loader_internal.h"

#define NEWEST     0.25 /* weight of the newest measurement in a moving mean */
#define LOOK_AHEAD 64   /* places that are looked through for what is due */

void mm_loader_measure_locked(double *mean, double seconds)
{
    *mean = *mean > 0 ? (1 - NEWEST) * *mean + NEWEST * seconds : seconds;
}

static bool leaves(const struct mm_loader *loader, uint64_t position)
{
    return position < mm_policy_first(loader->policy, loader->epoch + 1);
}

static bool enters(const struct mm_loader *loader, uint64_t position)
{
    return position >= mm_policy_first(loader->policy, loader->epoch) + loader->plan.cached;
}

/* The order of the epoch before which items are replaced next. Where that is not the next one it is kept until then. */
static void look_at_entering(struct mm_loader *loader)
{
    uint64_t at = mm_policy_next(loader->policy, loader->epoch);
    loader->entering_at = at;
    loader->entering = loader->order_next;
    if (at == loader->epoch + 1 || at > UINT32_MAX)
        return;
    if (loader->order_later_of != at)
        mm_loader_order_locked(loader, (uint32_t)at, loader->order_later);
    loader->order_later_of = at;
    loader->entering = loader->order_later;
}

void mm_loader_look_ahead_locked(struct mm_loader *loader)
{
    loader->ahead = loader->freed_count = 0;
    loader->knows_next = loader->store->type->keeps && loader->epoch < UINT32_MAX;
    if (!loader->knows_next)
        return;
    mm_loader_order_locked(loader, loader->epoch + 1, loader->order_next);
    look_at_entering(loader);
}

void mm_loader_free_place_locked(struct mm_loader *loader, const struct slot *slot, const struct hold *hold)
{
    uint64_t position = hold->key.position;
    struct entry *entry = mm_loader_entry_locked(loader, position);
    if (slot->epoch != loader->epoch || !leaves(loader, position) || !loader->knows_next ||
        entry->key.position != position || entry->state != ENTRY_READY)
        return;
    mm_loader_free_entry_locked(loader, entry);
    loader->freed[loader->freed_count++] = entry->key.position;
    pthread_cond_broadcast(&loader->work);
}

void mm_loader_free_places_locked(struct mm_loader *loader)
{
    for (uint32_t i = 0; i < loader->slot_count; i++)
        for (uint32_t v = 0; v < loader->slots[i].hold_count; v++)
            if (mm_loader_is_used(loader, &loader->slots[i].holds[v]))
                mm_loader_free_place_locked(loader, &loader->slots[i], &loader->slots[i].holds[v]);
}

/* A bad item is not tried ahead: who needs it is told, or gets another. */
static bool is_wanted(const struct mm_loader *loader, const struct entry *entry)
{
    return entry->state == ENTRY_ABSENT && !loader->is_bad[entry->key.item];
}

static bool claim(const struct mm_loader *loader, struct entry *entry, struct task *task)
{
    if (!is_wanted(loader, entry))
        return false;
    entry->state = ENTRY_PREPARING;
    *task = (struct task){.kind = TASK_PREPARE, .key = entry->key, .is_long = true};
    return true;
}

/* Replacements must not take the memory of the epoch's own items: unless there is room for all, these are there first. */
static bool may_enter(const struct mm_loader *loader)
{
    return loader->knows_next && (!loader->missing || mm_loader_holds_window(loader));
}

/* Place i of all that can be prepared ahead, in order of use: the epoch's items, what enters next, and what enters after
 * that, which gets the places that are free already. NULL: there is none, or not yet. */
static struct entry *entry_ahead(struct mm_loader *loader, uint32_t i)
{
    uint32_t kept = loader->kept;
    if (i < kept)
        return mm_loader_entry_locked(loader, loader->order[i].position);
    if (!may_enter(loader))
        return NULL;
    if (i < 2 * kept)
        return enters(loader, loader->entering[i - kept].position)
                   ? mm_loader_entry_locked(loader, loader->entering[i - kept].position)
                   : NULL;
    return loader->missing ? NULL : mm_loader_entry_locked(loader, loader->freed[i - 2 * kept]);
}

static uint32_t ahead_end(const struct mm_loader *loader)
{
    if (!may_enter(loader))
        return loader->kept;
    return 2 * loader->kept + (loader->missing ? 0 : loader->freed_count);
}

/* Passes over what needs no preparing, which stays so until the epoch ends; NULL: nothing does. */
static struct entry *first_ahead(struct mm_loader *loader)
{
    for (uint32_t end = ahead_end(loader); loader->ahead < end; loader->ahead++) {
        struct entry *entry = entry_ahead(loader, loader->ahead);
        if (entry && is_wanted(loader, entry))
            return entry;
    }
    return NULL;
}

static bool pick_ahead(struct mm_loader *loader, struct task *task)
{
    struct entry *entry = first_ahead(loader);
    return entry && claim(loader, entry, task);
}

/* Steps from the epoch's first until place i of those ahead is used. */
static double used_at(const struct mm_loader *loader, uint32_t i)
{
    uint32_t step = i % loader->kept / loader->plan.volumes_per_step;
    double epochs = (double)(loader->entering_at - loader->epoch);
    if (i < loader->kept)
        return step;
    if (i < 2 * loader->kept)
        return epochs * loader->plan.steps + step;
    return (epochs + loader->plan.every) * loader->plan.steps;
}

/* The step before which the next prefix is to be begun, so that it and those behind it are over when their items are used. */
static double due(struct mm_loader *loader)
{
    if (!first_ahead(loader))
        return INFINITY;
    double least = INFINITY, prefix = loader->prefix_mean / loader->step_mean;
    double batch = loader->cut_mean * loader->plan.batch / loader->threads / loader->step_mean;
    uint32_t found = 0, end = ahead_end(loader);
    for (uint32_t i = loader->ahead; i < end && i - loader->ahead < LOOK_AHEAD; i++) {
        const struct entry *entry = entry_ahead(loader, i);
        if (!entry || !is_wanted(loader, entry))
            continue;
        least = fmin(least, used_at(loader, i) - prefix * ceil(++found / (double)loader->threads) - batch);
    }
    return least;
}

uint32_t mm_loader_due_locked(struct mm_loader *loader)
{
    uint32_t first = loader->next + 1;
    if (!loader->is_begun || !(loader->step_mean > 0) || loader->is_full || !loader->store->type->keeps)
        return loader->assigned;
    double step = due(loader);
    if (step >= loader->assigned || first > loader->assigned)
        return loader->assigned;
    return step > first ? (uint32_t)step : first;
}

bool mm_loader_is_short_locked(struct mm_loader *loader)
{
    double ready = 0;
    for (uint32_t step = loader->next; step < loader->assigned; step++, ready += loader->step_mean)
        if (mm_loader_slot_locked(loader, step)->state != SLOT_READY)
            break;
    return loader->busy_long + 1 >= loader->threads && ready < loader->prefix_mean;
}

static bool pick_whole(struct mm_loader *loader, struct task *task)
{
    while (loader->whole_next < loader->whole_end && mm_loader_has_room_locked(loader)) {
        struct entry *entry = &loader->wholes[loader->whole_next];
        loader->whole_next += loader->ranks;
        if (claim(loader, entry, task))
            return true;
    }
    return false;
}

bool mm_loader_holds_window(const struct mm_loader *loader)
{
    const struct mm_cache_plan *plan = &loader->plan;
    return !plan->limit || (plan->bytes_per_item &&
                            mm_cache_places(plan, plan->limit, plan->bytes_per_item) / plan->ranks >= loader->window);
}

bool mm_loader_pick_ahead_locked(struct mm_loader *loader, struct task *task)
{
    if (!loader->store->type->keeps || loader->is_full)
        return false;
    return (loader->is_begun && !loader->is_paused && pick_ahead(loader, task)) || pick_whole(loader, task);
}
