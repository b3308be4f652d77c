/* Bad items: those that were found, and what serves in their place.
 *
 * The rule: a stream position is served by the first position from it on whose item is not bad. So what serves follows
 * from which items are bad: an item not yet known to be bad is tried, found bad and passed over, whoever comes first. A
 * pass holds every item, so less than two passes have to be looked through. */
#include "cache/loader_internal.h"

enum mm_status mm_loader_open_bad(struct mm_loader *loader, struct mm_error *err)
{
    loader->bad = mm_alloc(loader->plan.items * sizeof *loader->bad);
    loader->is_bad = mm_alloc(loader->plan.items * sizeof *loader->is_bad);
    return loader->bad && loader->is_bad ? MM_OK : mm_fail_memory(err, "the list of bad items");
}

void mm_loader_close_bad(struct mm_loader *loader)
{
    for (uint32_t i = 0; i < loader->bad_count; i++)
        mm_free(loader->bad[i].text);
    mm_free(loader->bad);
    mm_free(loader->is_bad);
}

bool mm_loader_skips(const struct mm_loader *loader, enum mm_status status)
{
    return mm_pipeline_skips(loader->source->pipeline, status);
}

void mm_loader_note_bad_locked(struct mm_loader *loader, uint32_t item, const struct mm_error *err)
{
    if (loader->is_bad[item])
        return;
    size_t size = strlen(err->text) + 1;
    struct bad_item *bad = &loader->bad[loader->bad_count++];
    *bad = (struct bad_item){.item = item, .status = err->status, .text = mm_alloc_raw(size)};
    if (bad->text)
        memcpy(bad->text, err->text, size);
    loader->is_bad[item] = true;
    loader->stats.quarantined += loader->skips;
}

enum mm_status mm_loader_bad_locked(const struct mm_loader *loader, uint32_t item, struct mm_error *err)
{
    if (!loader->is_bad[item])
        return MM_OK;
    uint32_t i = 0;
    while (loader->bad[i].item != item)
        i++;
    return mm_fail(err, loader->bad[i].status, "%s", loader->bad[i].text ? loader->bad[i].text : "is bad");
}

uint32_t mm_loader_item_locked(const struct mm_loader *loader, uint64_t position)
{
    uint32_t item = mm_policy_item(loader->policy, position);
    if (!loader->skips || loader->bad_count == loader->plan.items)
        return item;
    while (loader->is_bad[item])
        item = mm_policy_item(loader->policy, ++position);
    return item;
}

enum mm_status mm_loader_substitute_locked(struct mm_loader *loader, uint64_t position, struct mm_error *err)
{
    if (loader->bad_count == loader->plan.items) {
        err->status = MM_ERR_DATA;
        return mm_fail_in(err, "all %u items of %s are bad, the last one", loader->plan.items,
                          loader->source->list->file);
    }
    mm_loader_replace_entry_locked(loader, position, mm_loader_item_locked(loader, position));
    return MM_OK;
}

bool mm_loader_quarantined(struct mm_loader *loader, uint32_t index, uint32_t *item, const char **text)
{
    pthread_mutex_lock(&loader->mutex);
    bool is_there = loader->skips && index < loader->bad_count;
    if (is_there) {
        *item = loader->bad[index].item;
        *text = loader->bad[index].text ? loader->bad[index].text : "";
    }
    pthread_mutex_unlock(&loader->mutex);
    return is_there;
}
