/* Values of a bundle's config, references followed. Spelling as in monai/bundle/reference_resolver.py; nothing is evaluated. */
#include <stdlib.h>

#include "mmar/foreign/bundle_expression.h"

#define FOLLOW_MAX 16

/* The part of an id up to its next separator, '#' or "::". */
static size_t part_length(const char *id)
{
    size_t n = 0;
    while (id[n] && id[n] != '#' && strncmp(id + n, "::", 2) != 0)
        n++;
    return n;
}

static const cJSON *child_of(struct mm_bundle *b, const cJSON *node, const char *name, size_t length)
{
    char *end;
    const char *text = mm_arena_textn(b->arena, name, length);
    if (!text || cJSON_IsObject(node))
        return text ? mm_json_get(node, text) : NULL;
    long index = strtol(text, &end, 10);
    return cJSON_IsArray(node) && length && !*end && index >= 0 && index < cJSON_GetArraySize(node)
               ? cJSON_GetArrayItem(node, (int)index)
               : NULL;
}

/* The node at that place, not followed itself. */
static const cJSON *walk(struct mm_bundle *b, const char *id, int depth)
{
    const cJSON *node = b->root;
    while (node && *id) {
        size_t length = part_length(id);
        node = child_of(b, node, id, length);
        id += length;
        id += *id == '#' ? 1 : *id == ':' ? 2 : 0;
        if (node && *id)
            node = mm_bundle_follow_at(b, node, depth + 1);
    }
    return node;
}

static const cJSON *find(struct mm_bundle *b, const char *id, int depth)
{
    const cJSON *node = walk(b, id, depth);
    return node ? mm_bundle_follow_at(b, node, depth + 1) : NULL;
}

const cJSON *mm_bundle_reference(struct mm_bundle *b, const char **text, int depth)
{
    const char *at = *text;
    if (*at != '@' && *at != '%')
        return NULL;
    size_t length = strspn(at + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_#:");
    const char *id = mm_arena_textn(b->arena, at + 1, length);
    *text = at + 1 + length;
    return id && length ? find(b, id, depth) : NULL;
}

const cJSON *mm_bundle_follow_at(struct mm_bundle *b, const cJSON *node, int depth)
{
    if (!cJSON_IsString(node))
        return node;
    const char *text = node->valuestring;
    if (depth > FOLLOW_MAX || ++b->made > MM_BUNDLE_MADE_MAX)
        return NULL;
    if (*text == '$')
        return mm_bundle_expression(b, text + 1, depth);
    if (*text != '@' && *text != '%')
        return node;
    const cJSON *found = mm_bundle_reference(b, &text, depth);
    return *text ? NULL : found;
}

static void note_python(struct mm_bundle *b, const cJSON *node)
{
    mm_notes_add_at(b->notes, MM_NOTE_LEFT, node,
                    "%.60s: is Python or refers to it, and Python is not run: write the value itself",
                    node->string ? node->string : "a value");
}

const cJSON *mm_bundle_find(struct mm_bundle *bundle, const char *id)
{
    const cJSON *node = bundle->root ? walk(bundle, id, 0) : NULL,
                *value = node ? mm_bundle_follow_at(bundle, node, 0) : NULL;
    if (node && !value)
        note_python(bundle, node);
    return value;
}

const cJSON *mm_bundle_first(struct mm_bundle *bundle, const char *const *ids)
{
    const cJSON *found = NULL;
    for (; *ids && !found; ids++)
        found = mm_bundle_find(bundle, *ids);
    return found;
}

const cJSON *mm_bundle_follow(struct mm_bundle *bundle, const cJSON *node)
{
    return mm_bundle_follow_at(bundle, node, 0);
}

static cJSON *literal(struct mm_bundle *b, const cJSON *node, int depth)
{
    const cJSON *value = mm_bundle_follow_at(b, node, 0);
    if (!value || depth > FOLLOW_MAX || ++b->made > MM_BUNDLE_MADE_MAX) {
        note_python(b, node);
        return NULL;
    }
    if (!cJSON_IsObject(value) && !cJSON_IsArray(value))
        return mm_json_copy(b->arena, value);
    bool object = cJSON_IsObject(value);
    cJSON *copy = object ? mm_json_object(b->arena) : mm_json_array(b->arena);
    for (const cJSON *child = value->child; child && copy; child = child->next) {
        cJSON *inner = literal(b, child, depth + 1);
        if (!inner)
            return NULL;
        if (object)
            mm_json_add(b->arena, copy, child->string, inner);
        else
            mm_json_append(copy, inner);
    }
    return copy;
}

cJSON *mm_bundle_literal(struct mm_bundle *bundle, const cJSON *node)
{
    return literal(bundle, node, 0);
}
