/* Slots: each is filled with one batch at a time. */
#include "cache/loader_internal.h"

#define SAMPLES_MAX 65536 /* of a batch */

enum mm_status mm_loader_open_slots(struct mm_loader *loader, struct mm_error *err)
{
    uint32_t volumes = loader->plan.volumes_per_step;
    if (loader->plan.batch > SAMPLES_MAX)
        return mm_fail(err, MM_ERR_CONFIG,
                       "a batch of %u volumes with %u samples each: at most %d samples are allowed", volumes,
                       loader->plan.outputs, SAMPLES_MAX);
    loader->rules.samples_max = loader->plan.batch;
    loader->slots = mm_alloc(loader->slot_count * sizeof *loader->slots);
    if (!loader->slots)
        return mm_fail_memory(err, "the batches");
    enum mm_status s;
    for (uint32_t i = 0; i < loader->slot_count; i++) {
        struct slot *slot = &loader->slots[i];
        if (MM_TRY(s, mm_batch_open(&loader->rules, &slot->writer, err)))
            return s;
        slot->holds = mm_alloc(volumes * sizeof *slot->holds);
        if (!slot->holds)
            return mm_fail_memory(err, "the batches");
        for (uint32_t v = 0; v < volumes; v++)
            mm_arena_init(&slot->holds[v].arena, NULL);
    }
    return MM_OK;
}

void mm_loader_let_go(struct mm_loader *loader, struct hold *hold)
{
    if (hold->is_pinned)
        loader->store->type->release(loader->store, &hold->key);
    hold->is_pinned = false;
    hold->sample = NULL;
    mm_arena_reset(&hold->arena);
}

void mm_loader_empty_slots_locked(struct mm_loader *loader)
{
    for (uint32_t i = 0; i < loader->slot_count; i++) {
        struct slot *slot = &loader->slots[i];
        for (uint32_t v = 0; v < slot->hold_count; v++)
            mm_loader_let_go(loader, &slot->holds[v]);
        slot->hold_count = 0;
        slot->state = SLOT_FREE;
    }
}

void mm_loader_close_slots(struct mm_loader *loader)
{
    for (uint32_t i = 0; loader->slots && i < loader->slot_count; i++) {
        struct slot *slot = &loader->slots[i];
        for (uint32_t v = 0; slot->holds && v < loader->plan.volumes_per_step; v++) {
            mm_loader_let_go(loader, &slot->holds[v]);
            mm_arena_done(&slot->holds[v].arena);
        }
        mm_free(slot->holds);
        mm_batch_close(slot->writer);
    }
    mm_free(loader->slots);
}

void mm_loader_name_samples(struct mm_loader *loader, struct slot *slot, uint32_t v)
{
    const struct mm_store_key *key = &slot->holds[v].key;
    for (uint32_t i = v * loader->plan.outputs; i < (v + 1) * loader->plan.outputs; i++)
        mm_batch_origin(slot->writer, i, key->position, key->item);
}

/* Volumes [step * V, step * V + V) of the epoch's order; fewer in the last step. */
static void assign(struct mm_loader *loader, struct slot *slot, uint32_t epoch, uint32_t step)
{
    const struct mm_store_key *order = epoch == loader->epoch ? loader->order : loader->order_next;
    uint32_t outputs = loader->plan.outputs, first = step * loader->plan.volumes_per_step;
    uint32_t left = loader->kept - first;
    slot->hold_count = left < loader->plan.volumes_per_step ? left : loader->plan.volumes_per_step;
    slot->sample_count = slot->hold_count * outputs;
    slot->started = slot->done = 0;
    slot->status = MM_OK;
    slot->state = SLOT_FILLING;
    slot->epoch = epoch;
    slot->step = step;
    mm_batch_begin(slot->writer, epoch, step, slot->sample_count);
    for (uint32_t v = 0; v < slot->hold_count; v++) {
        struct hold *hold = &slot->holds[v];
        hold->key = order[first + v]; /* another item may serve: see pick_fetch */
        __builtin_prefetch(mm_loader_entry_locked(loader, hold->key.position));
        hold->state = HOLD_NEEDED;
        hold->started = hold->cut = 0;
        hold->is_bad = false;
        mm_loader_name_samples(loader, slot, v);
    }
}

struct slot *mm_loader_slot_locked(struct mm_loader *loader, uint32_t step)
{
    return &loader->slots[((uint64_t)loader->turn + step) % loader->slot_count];
}

struct mm_loader_stats *mm_loader_stats_locked(struct mm_loader *loader, const struct slot *slot)
{
    return slot->epoch == loader->epoch ? &loader->stats : &loader->stats_next;
}

void mm_loader_assign_locked(struct mm_loader *loader)
{
    uint32_t steps = loader->plan.steps, end = loader->has_next ? 2 * steps : steps;
    for (; loader->assigned < end && loader->assigned - loader->oldest < loader->slot_count; loader->assigned++) {
        bool is_next = loader->assigned >= steps;
        assign(loader, mm_loader_slot_locked(loader, loader->assigned), loader->epoch + is_next,
               loader->assigned - (is_next ? steps : 0));
    }
    pthread_cond_broadcast(&loader->work);
}

void mm_loader_go_on_locked(struct mm_loader *loader)
{
    uint32_t steps = loader->plan.steps;
    struct mm_store_key *order = loader->order;
    loader->order = loader->order_next;
    loader->order_next = order;
    loader->turn = (loader->turn + steps) % loader->slot_count;
    loader->assigned -= steps;
    loader->oldest = loader->next = 0;
    loader->stats = loader->stats_next;
}
