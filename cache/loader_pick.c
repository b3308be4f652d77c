/* What can be done for a batch. A volume is fetched once for all its crops. Crops are tasks of their own, so that one large batch keeps all
 * threads busy; but where they take less than it takes to hand over a task, one has several. */
#include "cache/loader_internal.h"

#define TASK_SECONDS 20e-6 /* of crops, where one takes less */

/* A volume can be fetched unless another thread is preparing it: from the store, or this thread prepares it. For the
 * next epoch nothing is prepared here: its items must not take the room of this one's. */
static bool can_fetch(const struct mm_loader *loader, const struct slot *slot, const struct entry *entry)
{
    if (slot->epoch != loader->epoch)
        return entry->state == ENTRY_READY && !loader->was_full;
    return entry->state != ENTRY_PREPARING;
}

/* The store's own sample, where that is what crops are cut from. */
static bool hold_resident(struct mm_loader *loader, struct slot *slot, struct hold *hold)
{
    const struct mm_sample *sample = loader->unpacks ? NULL : loader->store->type->pin(loader->store, &hold->key);
    if (!sample)
        return false;
    hold->sample = sample;
    hold->is_pinned = true;
    hold->state = HOLD_HELD;
    mm_loader_stats_locked(loader, slot)->hits++;
    return true;
}

/* The first volume that a thread must get; those on the way that the store has are held. */
static bool pick_fetch(struct mm_loader *loader, struct slot *slot, struct task *task)
{
    for (uint32_t v = 0; v < slot->hold_count; v++) {
        struct hold *hold = &slot->holds[v];
        if (hold->state != HOLD_NEEDED)
            continue;
        struct entry *entry = mm_loader_entry_locked(loader, hold->key.position);
        if (!can_fetch(loader, slot, entry))
            continue;
        if (hold->key.item != entry->key.item) { /* another serves in its place */
            hold->key.item = entry->key.item;
            mm_loader_name_samples(loader, slot, v);
        }
        bool is_long = entry->state != ENTRY_READY, is_bad = loader->is_bad[hold->key.item];
        if (!is_long && !is_bad && hold_resident(loader, slot, hold))
            continue;
        if (is_long)
            entry->state = ENTRY_PREPARING;
        hold->state = HOLD_FETCHING;
        *task = (struct task){
            .kind = TASK_FETCH, .key = hold->key, .slot = slot, .hold = v, .is_long = is_long, .is_bad = is_bad};
        return true;
    }
    return false;
}

static bool can_cut(const struct mm_loader *loader, const struct hold *hold)
{
    return hold->state == HOLD_HELD && !hold->is_bad && hold->started < loader->plan.outputs;
}

/* To hand a task over takes as long as some very small crops do. */
static uint32_t crops_at_once(const struct mm_loader *loader)
{
    double crops = loader->cut_mean > 0 ? TASK_SECONDS / loader->cut_mean : 1;
    return crops >= CROPS_MAX ? CROPS_MAX : crops >= 1 ? (uint32_t)crops : 1;
}

/* Crops from that of the first volume on which can be cut, as far as they lie behind one another in the batch. */
static bool pick_cut(struct mm_loader *loader, struct slot *slot, struct task *task)
{
    uint32_t outputs = loader->plan.outputs, most = crops_at_once(loader), v = 0;
    while (v < slot->hold_count && !can_cut(loader, &slot->holds[v]))
        v++;
    if (v == slot->hold_count)
        return false;
    struct hold *hold = &slot->holds[v];
    *task = (struct task){.kind = TASK_CUT, .key = hold->key, .slot = slot, .first = v * outputs + hold->started};
    for (; task->count < most; task->count++) {
        if (hold->started == outputs && (++v == slot->hold_count || !can_cut(loader, ++hold) || hold->started))
            break;
        hold->started++;
    }
    slot->started += task->count;
    return true;
}

/* What will be needed in the place of each volume that the task begins. */
static void look_further(const struct slot *next, uint32_t outputs, struct task *task)
{
    uint32_t v = (task->first + outputs - 1) / outputs, end = (task->first + task->count - 1) / outputs + 1;
    for (; v < end && v < next->hold_count; v++)
        task->soon[task->soon_count++] = next->holds[v].key;
}

/* The batch needed first comes first; of its work, what may take longest: the prefix before the crops. */
bool mm_loader_pick_slot_locked(struct mm_loader *loader, uint32_t step, uint32_t end, struct task *task)
{
    for (; step < end && !loader->is_paused; step++) {
        struct slot *slot = mm_loader_slot_locked(loader, step);
        if (slot->state != SLOT_FILLING || slot->started == slot->sample_count)
            continue;
        bool is_fetch = pick_fetch(loader, slot, task);
        if (!is_fetch && !pick_cut(loader, slot, task))
            continue;
        if (!is_fetch && step + 1 < loader->assigned)
            look_further(mm_loader_slot_locked(loader, step + 1), loader->plan.outputs, task);
        loader->busy++;
        return true;
    }
    return false;
}
