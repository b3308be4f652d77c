/* What is told about items that were left out. */
#include "trainer/quarantine.h"

#include "base/log.h"

static const char *file_of(const struct mm_source *source, uint32_t number)
{
    const struct mm_item *item = &source->list->items[number];
    const struct mm_entry *entry = mm_item_get(item, "image");
    for (size_t i = 0; i < item->count && (!entry || entry->kind != MM_ENTRY_PATHS); i++)
        entry = &item->entries[i];
    return entry && entry->kind == MM_ENTRY_PATHS && entry->count ? entry->paths[0] : "";
}

static const char *key_of(const struct mm_source *source)
{
    return source->pipeline->data_list_key ? source->pipeline->data_list_key : "";
}

enum mm_status mm_quarantine_tell(struct mm_quarantine *quarantine, struct mm_journal *journal, int64_t epoch,
                                  struct mm_error *err)
{
    enum mm_status s = MM_OK;
    uint32_t item;
    const char *cause;
    for (; quarantine->loader && mm_loader_quarantined(quarantine->loader, quarantine->told, &item, &cause);
         quarantine->told++) {
        mm_warn("warning: item %u of \"%s\" is left out from here on: %s", item, key_of(quarantine->source), cause);
        const struct mm_quarantined quarantined = {.item = item,
                                                   .list = key_of(quarantine->source),
                                                   .file = file_of(quarantine->source, item),
                                                   .cause = cause,
                                                   .epoch = epoch};
        if (MM_TRY(s, mm_journal_quarantined(journal, &quarantined, err)))
            return s;
    }
    return MM_OK;
}

uint32_t mm_quarantine_list(const struct mm_quarantine *quarantine)
{
    uint32_t item, count = 0;
    const char *cause;
    for (; quarantine->loader && mm_loader_quarantined(quarantine->loader, count, &item, &cause); count++)
        mm_warn("left out: item %u of \"%s\": %s", item, key_of(quarantine->source), cause);
    return count;
}
