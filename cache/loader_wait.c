/* How callers wait for the threads: in short slices, so that a question is asked now and then, no lost wake-up lasts,
 * and a thread that takes too long is noticed. */
#include "base/file.h"
#include "base/threads.h"
#include "cache/loader_internal.h"

#define TEXT_MAX      1024
#define NAME_TEXT_MAX 400

struct wait mm_loader_wait_begin(const struct mm_loader *loader, const struct slot *slot, uint32_t item)
{
    return (struct wait){.slot = slot, .item = item, .since = mm_clock(), .tell = loader->waiting_after};
}

/* The file an item is known by: that of the first field which becomes a tensor, else its first. */
static const char *file_of(const struct mm_loader *loader, uint32_t number)
{
    const struct mm_item *item = &loader->source->list->items[number];
    const struct mm_entry *entry = mm_item_get(item, loader->field_names[0]);
    for (size_t i = 0; i < item->count && (!entry || entry->kind != MM_ENTRY_PATHS); i++)
        entry = &item->entries[i];
    return entry && entry->kind == MM_ENTRY_PATHS && entry->count ? mm_file_name(entry->paths[0]) : "no file";
}

/* "item 12 (lung_003.nii.gz)"; of a list that is no file's just the name. */
static const char *name_of(const struct mm_loader *loader, uint32_t number, char *text, size_t size)
{
    if (loader->source->list->file)
        snprintf(text, size, "item %u (%s)", number, file_of(loader, number));
    else
        snprintf(text, size, "%s", file_of(loader, number));
    return text;
}

/* The item that a batch lacks: of the first volume that is not finished. */
static uint32_t lacking(const struct mm_loader *loader, const struct slot *slot)
{
    for (uint32_t v = 0; v < slot->hold_count; v++)
        if (slot->holds[v].state < HOLD_HELD || slot->holds[v].cut < loader->plan.outputs)
            return slot->holds[v].key.item;
    return NO_ITEM;
}

/* The thread that works at an item, else, and for NO_ITEM, the one that has worked longest at its task. */
static const struct worker *worker_at(const struct mm_loader *loader, uint32_t item)
{
    const struct worker *longest = NULL;
    for (const struct worker *w = loader->workers; w; w = w->next) {
        if (!(w->since > 0) || w->is_lost)
            continue;
        bool is_it = w->item == item;
        if (is_it)
            return w;
        if (!longest || w->since < longest->since)
            longest = w;
    }
    return longest;
}

static void describe(const struct mm_loader *loader, const struct wait *wait, char *text, size_t size)
{
    uint32_t item = wait->slot ? lacking(loader, wait->slot) : wait->item;
    const struct worker *w = worker_at(loader, item);
    const struct mm_step *step = w ? w->watch.step : NULL;
    char name[NAME_TEXT_MAX], at[MM_STEP_TEXT_MAX];
    int n = 0;
    if (item != NO_ITEM && (!w || w->item != item))
        n = snprintf(text, size, "%s, which no thread works at yet; ", name_of(loader, item, name, sizeof name));
    if (w)
        name_of(loader, w->item, name, sizeof name);
    if (!w)
        snprintf(text + n, size - (size_t)n, "nothing");
    else if (step)
        snprintf(text + n, size - (size_t)n, "%s: %s since %.0f s", name, mm_step_text(step, at, sizeof at),
                 mm_clock() - w->watch.since);
    else
        snprintf(text + n, size - (size_t)n, "%s since %.0f s", name, mm_clock() - w->since);
}

/* Not under the lock: the owner may take its time. */
static void tell(struct mm_loader *loader, struct wait *wait, double seconds)
{
    char text[TEXT_MAX];
    describe(loader, wait, text, sizeof text);
    wait->tell = 2 * seconds;
    pthread_mutex_unlock(&loader->mutex);
    loader->waiting(loader->waiting_context, seconds, text);
    pthread_mutex_lock(&loader->mutex);
}

static void lose(struct mm_loader *loader, struct worker *worker)
{
    struct mm_error err = {0};
    char at[MM_STEP_TEXT_MAX];
    const struct mm_step *step = worker->watch.step;
    mm_fail(&err, MM_ERR_IO, "is not ready after %g s (item_deadline)", loader->item_deadline);
    if (step)
        mm_fail_in(&err, "%s", mm_step_text(step, at, sizeof at));
    if (loader->source->list->file)
        mm_fail_in(&err, "item %u of %s (%s)", worker->task.key.item, loader->source->list->file,
                   file_of(loader, worker->task.key.item));
    mm_loader_lose_locked(loader, worker, &err);
}

static void check_deadlines(struct mm_loader *loader)
{
    double now = mm_clock();
    for (struct worker *w = loader->workers; w && loader->item_deadline > 0; w = w->next)
        if (w->is_preparing && !w->is_lost && now - w->since > loader->item_deadline)
            lose(loader, w);
}

enum mm_status mm_loader_wait_locked(struct mm_loader *loader, struct wait *wait, struct mm_error *err)
{
    if (loader->interrupted && loader->interrupted())
        return mm_fail(err, MM_INTERRUPTED, "interrupted while waiting for data");
    if (loader->status) {
        if (err)
            *err = loader->error;
        return loader->status;
    }
    check_deadlines(loader);
    double seconds = mm_clock() - wait->since;
    if (loader->waiting && seconds >= wait->tell)
        tell(loader, wait, seconds);
    else
        mm_loader_sleep_locked(loader, &loader->progress);
    return MM_OK;
}
