/* The tree of a YAML document, from the events of libyaml, which knows the grammar (YAML 1.1). Only what its text says becomes of it: no
 * tags, no aliases, nothing from outside. */
#include "mmar/foreign/yaml.h"

#include <yaml.h>

#define MEMBERS_MAX 4096 /* of an object: each key is held against those before it */

struct reader {
    yaml_parser_t parser;
    struct mm_arena *arena;
    struct mm_json_source *source;
    uint32_t values;
    struct mm_error *err;
};

static enum mm_status fail_at(struct reader *r, const yaml_mark_t *mark, const char *text)
{
    return mm_fail(r->err, MM_ERR_CONFIG, "%s:%zu:%zu: %s", r->source->name, mark->line + 1, mark->column + 1, text);
}

/* The reader of text has no mark, only an offset. */
static enum mm_status fail_grammar(struct reader *r)
{
    const yaml_parser_t *p = &r->parser;
    if (p->error == YAML_MEMORY_ERROR)
        return mm_fail_memory(r->err, "a YAML document");
    if (p->error == YAML_READER_ERROR)
        return mm_fail(r->err, MM_ERR_CONFIG, "%s: at byte %zu: %s", r->source->name, p->problem_offset,
                       p->problem ? p->problem : "is no text");
    return fail_at(r, &p->problem_mark, p->problem ? p->problem : "is no YAML");
}

static enum mm_status next(struct reader *r, yaml_event_t *event)
{
    return yaml_parser_parse(&r->parser, event) ? MM_OK : fail_grammar(r);
}

static enum mm_status check_tag(struct reader *r, const yaml_event_t *event, const yaml_char_t *tag)
{
    return tag ? fail_at(r, &event->start_mark, "tags are not read: write the value without it") : MM_OK;
}

/* Text of a scalar, which may hold no NUL. */
static enum mm_status text_of(struct reader *r, const yaml_event_t *event, const char **text)
{
    *text = (const char *)event->data.scalar.value;
    return strlen(*text) == event->data.scalar.length
               ? MM_OK
               : fail_at(r, &event->start_mark, "a NUL in a text is not allowed");
}

static enum mm_status read_scalar(struct reader *r, const yaml_event_t *event, cJSON **out)
{
    enum mm_status s;
    const char *text;
    struct mm_error why = {.status = MM_OK};
    if (MM_TRY(s, check_tag(r, event, event->data.scalar.tag)) || MM_TRY(s, text_of(r, event, &text)))
        return s;
    if (!event->data.scalar.plain_implicit || event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE) {
        *out = mm_json_text(r->arena, text);
        return *out ? MM_OK : mm_fail_memory(r->err, "a value");
    }
    s = mm_yaml_scalar(r->arena, text, out, &why);
    return s == MM_ERR_CONFIG ? fail_at(r, &event->start_mark, why.text) : s ? mm_fail(r->err, s, "%s", why.text) : s;
}

/* A key as Python's str() would write it; references name list items and parts by such keys. */
static enum mm_status read_key(struct reader *r, const yaml_event_t *event, const cJSON *object, const char **key)
{
    enum mm_status s;
    cJSON *value;
    int64_t number;
    *key = NULL;
    if (event->type != YAML_SCALAR_EVENT)
        return fail_at(r, &event->start_mark, "a key must be text");
    if (MM_TRY(s, read_scalar(r, event, &value)))
        return s;
    if (cJSON_IsString(value))
        *key = value->valuestring;
    else if (mm_json_int(value, &number))
        *key = mm_arena_format(r->arena, "%lld", (long long)number);
    else
        return fail_at(r, &event->start_mark, "a key must be text: write it in quotes");
    if (!*key)
        return mm_fail_memory(r->err, "a key");
    if (!strcmp(*key, "<<") && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        return fail_at(r, &event->start_mark, "merge keys (<<) are not read: write the values out");
    return mm_json_get(object, *key) ? fail_at(r, &event->start_mark, "this key is there already") : MM_OK;
}

static enum mm_status read_node(struct reader *r, const yaml_event_t *event, unsigned depth, cJSON **out);

static enum mm_status read_list(struct reader *r, unsigned depth, cJSON *list)
{
    enum mm_status s = MM_OK;
    while (s == MM_OK) {
        yaml_event_t event;
        cJSON *value;
        if (MM_TRY(s, next(r, &event)))
            return s;
        bool is_end = event.type == YAML_SEQUENCE_END_EVENT;
        if (!is_end && (s = read_node(r, &event, depth, &value)) == MM_OK)
            mm_json_append(list, value);
        yaml_event_delete(&event);
        if (is_end)
            break;
    }
    return s;
}

static void set_key_place(cJSON *value, const yaml_mark_t *mark)
{
    struct mm_json_node *node = (struct mm_json_node *)value;
    node->key_line = (uint32_t)mark->line + 1;
    node->key_column = (uint32_t)mark->column + 1;
}

static enum mm_status read_member(struct reader *r, const yaml_event_t *key_event, unsigned depth, cJSON *object)
{
    enum mm_status s;
    const char *key;
    cJSON *value;
    yaml_event_t event;
    if (MM_TRY(s, read_key(r, key_event, object, &key)) || MM_TRY(s, next(r, &event)))
        return s;
    if ((s = read_node(r, &event, depth, &value)) == MM_OK) {
        set_key_place(value, &key_event->start_mark);
        s = mm_json_add(r->arena, object, key, value) ? MM_OK : mm_fail_memory(r->err, "a value");
    }
    yaml_event_delete(&event);
    return s;
}

static enum mm_status read_object(struct reader *r, unsigned depth, cJSON *object)
{
    enum mm_status s = MM_OK;
    for (size_t count = 0; s == MM_OK; count++) {
        yaml_event_t event;
        if (MM_TRY(s, next(r, &event)))
            return s;
        bool is_end = event.type == YAML_MAPPING_END_EVENT;
        if (!is_end && count == MEMBERS_MAX)
            s = fail_at(r, &event.start_mark, "too many keys");
        else if (!is_end)
            s = read_member(r, &event, depth, object);
        yaml_event_delete(&event);
        if (is_end)
            break;
    }
    return s;
}

static enum mm_status read_group(struct reader *r, const yaml_event_t *event, unsigned depth, cJSON **out)
{
    enum mm_status s;
    bool is_list = event->type == YAML_SEQUENCE_START_EVENT;
    if (MM_TRY(s, check_tag(r, event, is_list ? event->data.sequence_start.tag : event->data.mapping_start.tag)))
        return s;
    if (depth == MM_JSON_DEPTH_MAX)
        return fail_at(r, &event->start_mark, "nested too deep");
    *out = is_list ? mm_json_array(r->arena) : mm_json_object(r->arena);
    if (!*out)
        return mm_fail_memory(r->err, "a value");
    return is_list ? read_list(r, depth + 1, *out) : read_object(r, depth + 1, *out);
}

static enum mm_status read_node(struct reader *r, const yaml_event_t *event, unsigned depth, cJSON **out)
{
    enum mm_status s;
    if (++r->values > MM_JSON_VALUES_MAX)
        return fail_at(r, &event->start_mark, "too many values");
    if (event->type == YAML_ALIAS_EVENT)
        return fail_at(r, &event->start_mark, "aliases (*name) are not read: write the value out");
    s = event->type == YAML_SCALAR_EVENT ? read_scalar(r, event, out) : read_group(r, event, depth, out);
    if (s != MM_OK)
        return s;
    struct mm_json_node *node = (struct mm_json_node *)*out;
    node->source = r->source;
    node->line = (uint32_t)event->start_mark.line + 1;
    node->column = (uint32_t)event->start_mark.column + 1;
    node->length = event->type == YAML_SCALAR_EVENT ? (uint32_t)(event->end_mark.index - event->start_mark.index) : 1;
    return MM_OK;
}

/* The one document. An empty text is null, as in Python. */
static enum mm_status read_stream(struct reader *r, cJSON **out)
{
    enum mm_status s = MM_OK;
    bool is_over = false;
    *out = NULL;
    while (!is_over && s == MM_OK) {
        yaml_event_t event;
        if (MM_TRY(s, next(r, &event)))
            return s;
        is_over = event.type == YAML_STREAM_END_EVENT;
        if (event.type == YAML_DOCUMENT_START_EVENT && *out)
            s = fail_at(r, &event.start_mark, "a second document begins: a config is one");
        else if (!is_over && event.type != YAML_STREAM_START_EVENT && event.type != YAML_DOCUMENT_START_EVENT &&
                 event.type != YAML_DOCUMENT_END_EVENT)
            s = read_node(r, &event, 0, out);
        yaml_event_delete(&event);
    }
    if (s == MM_OK && !*out && !(*out = mm_json_null(r->arena)))
        s = mm_fail_memory(r->err, "a value");
    return s;
}

enum mm_status mm_yaml_parse(struct mm_arena *arena, const char *name, const char *text, size_t length, cJSON **out,
                             struct mm_error *err)
{
    struct reader r = {.arena = arena, .source = mm_arena_new(arena, struct mm_json_source), .err = err};
    if (!r.source)
        return mm_fail_memory(err, "a YAML document");
    *r.source = (struct mm_json_source){mm_arena_text(arena, name), mm_arena_textn(arena, text, length), length};
    if (!r.source->name || !r.source->text)
        return mm_fail_memory(err, "a YAML document");
    if (length > MM_YAML_SIZE_MAX)
        return mm_fail(err, MM_ERR_CONFIG, "%s: %zu bytes of YAML, at most %zu are read", name, length,
                       MM_YAML_SIZE_MAX);
    if (!yaml_parser_initialize(&r.parser))
        return mm_fail_memory(err, "a YAML document");
    yaml_parser_set_input_string(&r.parser, (const yaml_char_t *)text, length);
    enum mm_status s = read_stream(&r, out);
    yaml_parser_delete(&r.parser);
    return s;
}
