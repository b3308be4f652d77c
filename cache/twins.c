/* Equal items by their hashes, sorted; equal hashes are looked at entry by entry. */
#include "cache/twins.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/memory.h"

struct hashed {
    uint64_t hash;
    uint32_t item;
};

static uint64_t mix(uint64_t hash, const void *bytes, size_t size)
{
    return (hash ^ mm_fnv1a(bytes, size)) * 0x9E3779B97F4A7C15u;
}

static uint64_t hash_of(const struct mm_item *item)
{
    uint64_t hash = item->count;
    for (size_t i = 0; i < item->count; i++) {
        const struct mm_entry *entry = &item->entries[i];
        hash = mix(hash, entry->key, strlen(entry->key));
        if (entry->kind == MM_ENTRY_NUMBERS && entry->count)
            hash = mix(hash, entry->numbers, entry->count * sizeof *entry->numbers);
        for (size_t k = 0; entry->kind != MM_ENTRY_NUMBERS && k < entry->count; k++)
            hash = mix(hash, entry->paths[k], strlen(entry->paths[k]));
    }
    return hash;
}

static bool same_entry(const struct mm_entry *a, const struct mm_entry *b)
{
    if (a->kind != b->kind || a->count != b->count || strcmp(a->key, b->key) != 0)
        return false;
    if (a->kind == MM_ENTRY_NUMBERS)
        return !a->count || memcmp(a->numbers, b->numbers, a->count * sizeof *a->numbers) == 0;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->paths[i], b->paths[i]) != 0)
            return false;
    return true;
}

static bool same_item(const struct mm_item *a, const struct mm_item *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = same_entry(&a->entries[i], &b->entries[i]);
    return same;
}

static int by_hash(const void *a, const void *b)
{
    const struct hashed *x = a, *y = b;
    return x->hash != y->hash ? (x->hash > y->hash) - (x->hash < y->hash) : (x->item > y->item) - (x->item < y->item);
}

/* The first of those with this hash, which stand together in the order of the list, that is the same. */
static uint32_t first_same(const struct mm_datalist *list, const struct hashed *sorted, size_t begin, size_t at)
{
    while (begin < at && !same_item(&list->items[sorted[begin].item], &list->items[sorted[at].item]))
        begin++;
    return sorted[begin].item;
}

uint32_t *mm_twins_find(const struct mm_datalist *list)
{
    uint32_t *first = mm_alloc(list->count * sizeof *first);
    struct hashed *sorted = mm_alloc(list->count * sizeof *sorted);
    for (size_t i = 0; first && sorted && i < list->count; i++)
        sorted[i] = (struct hashed){hash_of(&list->items[i]), (uint32_t)i};
    if (first && sorted && list->count)
        qsort(sorted, list->count, sizeof *sorted, by_hash);
    for (size_t i = 0, begin = 0; first && sorted && i < list->count; i++) {
        if (sorted[i].hash != sorted[begin].hash)
            begin = i;
        first[sorted[i].item] = first_same(list, sorted, begin, i);
    }
    if (!sorted) {
        mm_free(first);
        first = NULL;
    }
    mm_free(sorted);
    return first;
}

uint32_t mm_twins_distinct(const struct mm_datalist *list)
{
    uint32_t *first = mm_twins_find(list), count = 0;
    for (size_t i = 0; i < list->count; i++)
        count += !first || first[i] == i;
    mm_free(first);
    return count;
}
