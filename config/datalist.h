/* Datalists in the Medical Segmentation Decathlon's form: {"training": [{"image": path | [paths], "label": path | n | [n]}], ...}
 * An item's identity is its position in the list (Clara's configs list one volume 32 times). */
#ifndef MM_CONFIG_DATALIST_H
#define MM_CONFIG_DATALIST_H

#include "base/problems.h"

/* Rows of equally many numbers, [[x, y, z], ...], are read as numbers, one row behind the other. */
enum mm_entry_kind { MM_ENTRY_PATHS, MM_ENTRY_NUMBERS, MM_ENTRY_TEXT };

/* One key of an item: "image", "label", ... Strings that name files are paths joined to the base folder; keys that are known
 * to be text ("id", "patient", "name", "fold") stay text. */
struct mm_entry {
    const char *key;
    enum mm_entry_kind kind;
    size_t count;
    const char *const *paths; /* MM_ENTRY_PATHS: joined; MM_ENTRY_TEXT: one string */
    const double *numbers;
    const cJSON *node;
};

struct mm_item {
    size_t count;
    const struct mm_entry *entries;
    const cJSON *node;
};

struct mm_datalist {
    const char *file; /* NULL: a list made otherwise */
    const cJSON *root;
    size_t count;
    const struct mm_item *items;
    size_t label_count;             /* of "labels": {"0": "background", ...}; 0 when absent */
    const char *const *label_names; /* by label value; NULL where a value has no name       */
};

/* Reads the list under `key`. Errors: file unreadable (MM_ERR_IO), malformed, key missing (with the keys that are there),
 * empty list: into problems. `base` may be NULL: paths are then relative to the datalist's folder. */
enum mm_status mm_datalist_read(struct mm_arena *arena, const char *path, const char *key, const char *base,
                                struct mm_datalist **out, struct mm_problems *problems, struct mm_error *err);
/* The entry of that key, or NULL. */
const struct mm_entry *mm_item_get(const struct mm_item *item, const char *key);

#endif
