/* New names for tensors; see mm_convert_rename. */
#include <stdlib.h>
#include <string.h>

#include "mmar/convert.h"

#define RULES_MAX      10000
#define NAME_BYTES_MAX 512

struct rule {
    const char *old, *new;
    bool used;
};

struct rules {
    struct rule *items;
    size_t count;
};

static enum mm_status add_rule(struct rules *rules, const char *old, const char *new, struct mm_error *err)
{
    bool is_prefix = mm_text_ends(old, ".");
    if (!*old || (!*new && !is_prefix))
        return mm_fail(err, MM_ERR_USAGE,
                       "--rename: \"%s=%s\" lacks a name (an empty new one is for beginnings: \"module.=\")", old,
                       new);
    if (strlen(new) > NAME_BYTES_MAX)
        return mm_fail(err, MM_ERR_USAGE, "--rename: a name of more than %d bytes", NAME_BYTES_MAX);
    if (rules->count == RULES_MAX)
        return mm_fail(err, MM_ERR_USAGE, "--rename: more than %d rules", RULES_MAX);
    rules->items[rules->count++] = (struct rule){old, new, false};
    return MM_OK;
}

static enum mm_status add_table(struct mm_arena *arena, struct rules *rules, const char *path, struct mm_error *err)
{
    enum mm_status s;
    cJSON *table;
    const cJSON *entry;
    if (MM_TRY(s, mm_json_read(arena, path, &table, err)))
        return s;
    if (!cJSON_IsObject(table))
        return mm_fail(err, MM_ERR_CONFIG, "%s: expected {\"old\": \"new\", ...}, got %s", path, mm_json_kind(table));
    cJSON_ArrayForEach (entry, table) {
        if (!cJSON_IsString(entry))
            return mm_fail(err, MM_ERR_CONFIG, "%s: %s: expected a string, got %s", path, entry->string,
                           mm_json_kind(entry));
        if (MM_TRY(s, add_rule(rules, entry->string, entry->valuestring, err)))
            return s;
    }
    return MM_OK;
}

static enum mm_status read_rules(struct mm_arena *arena, const struct mm_strings *texts, struct rules *rules,
                                 struct mm_error *err)
{
    enum mm_status s;
    if (!(rules->items = mm_arena_array(arena, struct rule, RULES_MAX)))
        return mm_fail_memory(err, "the rules");
    for (size_t i = 0; i < texts->count; i++) {
        const char *text = texts->items[i], *equals = strchr(text, '=');
        if (!equals && !mm_text_ends(text, ".json"))
            return mm_fail(err, MM_ERR_USAGE, "--rename: \"%s\" is neither old=new nor a table *.json", text);
        const char *old = equals ? mm_arena_textn(arena, text, (size_t)(equals - text)) : NULL;
        if (equals && !old)
            return mm_fail_memory(err, "the rules");
        s = equals ? add_rule(rules, old, equals + 1, err) : add_table(arena, rules, text, err);
        if (s != MM_OK)
            return s;
    }
    return MM_OK;
}

static enum mm_status apply_rules(struct mm_arena *arena, const struct rules *rules, struct mm_strided *tensor,
                                  struct mm_error *err)
{
    for (size_t i = 0; i < rules->count; i++) {
        struct rule *rule = &rules->items[i];
        bool fits =
            mm_text_ends(rule->old, ".") ? mm_text_starts(tensor->name, rule->old) : !strcmp(tensor->name, rule->old);
        if (!fits)
            continue;
        rule->used = true;
        const char *rest = tensor->name + strlen(rule->old);
        if (!(tensor->name = mm_arena_format(arena, "%s%s", rule->new, rest)))
            return mm_fail_memory(err, "a name");
        return *tensor->name ? MM_OK : mm_fail(err, MM_ERR_USAGE, "--rename: \"%s=\" leaves no name", rule->old);
    }
    return MM_OK;
}

static int compare_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum mm_status check_unique(struct mm_arena *arena, const struct mm_convert_source *source,
                                   struct mm_error *err)
{
    const char **names = mm_arena_array(arena, const char *, source->count);
    if (!names)
        return mm_fail_memory(err, "a table of names");
    for (size_t i = 0; i < source->count; i++)
        names[i] = source->tensors[i].name;
    qsort(names, source->count, sizeof *names, compare_text);
    for (size_t i = 1; i < source->count; i++)
        if (!strcmp(names[i - 1], names[i]))
            return mm_fail(err, MM_ERR_DATA, "two tensors are called %s", names[i]);
    return MM_OK;
}

enum mm_status mm_convert_rename(struct mm_arena *arena, struct mm_convert_source *source,
                                 const struct mm_strings *texts, struct mm_error *err)
{
    enum mm_status s;
    struct rules rules = {0};
    if (MM_TRY(s, read_rules(arena, texts, &rules, err)))
        return s;
    for (size_t i = 0; i < source->count; i++)
        if (MM_TRY(s, apply_rules(arena, &rules, &source->tensors[i], err)))
            return s;
    for (size_t i = 0; i < rules.count; i++)
        if (!rules.items[i].used)
            return mm_fail(err, MM_ERR_USAGE, "--rename: no tensor is called \"%s%s\" (--list shows them)",
                           rules.items[i].old, mm_text_ends(rules.items[i].old, ".") ? "*" : "");
    return check_unique(arena, source, err);
}
