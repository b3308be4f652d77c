/* The JSON reader: RFC 8259 to the letter, one pass over the bytes, depth bounded, a place for every value.
 * Nothing is repaired: what another reader might understand differently is refused. */
#include "base/file.h"
#include "base/json_internal.h"

enum mm_status mm_json_fail_at(struct mm_json_parser *p, struct mm_json_mark mark, const char *text)
{
    return mm_fail(p->err, MM_ERR_CONFIG, "%s:%u:%u: %s", p->source->name, mark.line, mark.column, text);
}

enum mm_status mm_json_fail_expected(struct mm_json_parser *p, const char *what)
{
    char text[160];
    unsigned char c = p->at < p->end ? (unsigned char)*p->at : 0;
    if (p->at == p->end)
        snprintf(text, sizeof text, "expected %s, found the end of the text", what);
    else if (c == '/')
        snprintf(text, sizeof text, "expected %s, found '/': JSON has no comments", what);
    else if (c > ' ' && c < 0x7F)
        snprintf(text, sizeof text, "expected %s, found '%c'", what, c);
    else
        snprintf(text, sizeof text, "expected %s, found byte 0x%02X", what, c);
    return mm_json_fail_at(p, mm_json_mark_here(p), text);
}

static void skip_space(struct mm_json_parser *p)
{
    for (; p->at < p->end; p->at++) {
        if (*p->at == '\n') {
            p->line++;
            p->line_start = p->at + 1;
        } else if (*p->at != ' ' && *p->at != '\t' && *p->at != '\r') {
            return;
        }
    }
}

/* Values. -------------------------------------------------------------------------------------------------------- */

static enum mm_status read_value(struct mm_json_parser *p, struct mm_json_node *node);

/* NULL with the status in *s. */
static struct mm_json_node *node_new(struct mm_json_parser *p, enum mm_status *s)
{
    if (++p->values > MM_JSON_VALUES_MAX) {
        mm_fail(p->err, MM_ERR_CONFIG, "%s:%u:%u: more than %u values", p->source->name, p->line,
                mm_json_mark_here(p).column, MM_JSON_VALUES_MAX);
        *s = MM_ERR_CONFIG;
        return NULL;
    }
    struct mm_json_node *node = mm_arena_new(p->arena, struct mm_json_node);
    if (!node) {
        *s = mm_fail_memory(p->err, "a JSON value");
        return NULL;
    }
    node->source = p->source;
    return node;
}

/* By name, and equal names in the order of the text. */
static int compare_members(const void *a, const void *b)
{
    const struct mm_json_node *x = *(const struct mm_json_node *const *)a;
    const struct mm_json_node *y = *(const struct mm_json_node *const *)b;
    int order = strcmp(x->json.string, y->json.string);
    if (order)
        return order;
    if (x->key_line != y->key_line)
        return x->key_line < y->key_line ? -1 : 1;
    return x->key_column < y->key_column ? -1 : x->key_column > y->key_column;
}

static enum mm_status fail_duplicate(struct mm_json_parser *p, const struct mm_json_node *first,
                                     const struct mm_json_node *again)
{
    return mm_fail(p->err, MM_ERR_CONFIG, "%s:%u:%u: duplicate key \"%.60s\", first on line %u", p->source->name,
                   again->key_line, again->key_column, again->json.string, first->key_line);
}

/* Sorted, equal names stand side by side; of several the one that comes first in the text is reported. */
static enum mm_status check_duplicates(struct mm_json_parser *p, const cJSON *object, size_t count)
{
    if (count < 2)
        return MM_OK;
    const struct mm_json_node **members = mm_alloc_raw(count * sizeof *members);
    if (!members)
        return mm_fail_memory(p->err, "the members of a JSON object");
    size_t n = 0;
    for (const cJSON *child = object->child; child; child = child->next)
        members[n++] = (const struct mm_json_node *)child;
    qsort(members, n, sizeof *members, compare_members);

    const struct mm_json_node *first = NULL, *again = NULL;
    for (size_t i = 1; i < n; i++) {
        const struct mm_json_node *a = members[i - 1], *b = members[i];
        if (strcmp(a->json.string, b->json.string) != 0)
            continue;
        if (!again || b->key_line < again->key_line ||
            (b->key_line == again->key_line && b->key_column < again->key_column)) {
            first = a;
            again = b;
        }
    }
    enum mm_status s = again ? fail_duplicate(p, first, again) : MM_OK;
    mm_free(members);
    return s;
}

/* "name": value, p->at on the name. */
static enum mm_status read_member(struct mm_json_parser *p, cJSON *object)
{
    if (!mm_json_next_is(p, '"'))
        return mm_json_fail_expected(p, object->child ? "a name in quotes (no comma before '}')"
                                                      : "a name in quotes or '}'");
    enum mm_status s = MM_OK;
    struct mm_json_node *node = node_new(p, &s);
    if (!node)
        return s;
    struct mm_json_mark start = mm_json_mark_here(p);
    node->key_line = start.line;
    node->key_column = start.column;
    if (MM_TRY(s, mm_json_read_string(p, &node->json.string)))
        return s;
    skip_space(p);
    if (!mm_json_next_is(p, ':'))
        return mm_json_fail_expected(p, "':'");
    p->at++;
    if (MM_TRY(s, read_value(p, node)))
        return s;
    mm_json_append(object, &node->json);
    return MM_OK;
}

static enum mm_status read_element(struct mm_json_parser *p, cJSON *array)
{
    enum mm_status s = MM_OK;
    struct mm_json_node *node = node_new(p, &s);
    if (!node)
        return s;
    if (MM_TRY(s, read_value(p, node)))
        return s;
    mm_json_append(array, &node->json);
    return MM_OK;
}

/* Object or array, p->at on its bracket. */
static enum mm_status read_container(struct mm_json_parser *p, cJSON *json)
{
    bool is_object = *p->at == '{';
    char close = is_object ? '}' : ']';
    if (++p->depth > MM_JSON_DEPTH_MAX)
        return mm_json_fail_at(p, mm_json_mark_here(p), "nested deeper than 64");
    p->at++;
    json->type = is_object ? cJSON_Object : cJSON_Array;
    skip_space(p);
    size_t count = 0;
    enum mm_status s;
    while (count || !mm_json_next_is(p, close)) {
        if (MM_TRY(s, is_object ? read_member(p, json) : read_element(p, json)))
            return s;
        count++;
        skip_space(p);
        if (mm_json_next_is(p, close))
            break;
        if (!mm_json_next_is(p, ','))
            return mm_json_fail_expected(p, is_object ? "',' or '}'" : "',' or ']'");
        p->at++;
        skip_space(p);
    }
    p->at++;
    p->depth--;
    return is_object ? check_duplicates(p, json, count) : MM_OK;
}

static enum mm_status read_word(struct mm_json_parser *p, cJSON *json)
{
    static const struct {
        const char *word;
        int type;
    } words[] = {{"true", cJSON_True}, {"false", cJSON_False}, {"null", cJSON_NULL}};
    size_t length = 0;
    while (p->at + length < p->end && p->at[length] >= 'a' && p->at[length] <= 'z')
        length++;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (length == strlen(words[i].word) && memcmp(p->at, words[i].word, length) == 0) {
            json->type = words[i].type;
            json->valueint = json->type == cJSON_True;
            p->at += length;
            return MM_OK;
        }
    }
    return mm_json_fail_expected(p, "a value");
}

static enum mm_status read_value(struct mm_json_parser *p, struct mm_json_node *node)
{
    skip_space(p);
    struct mm_json_mark start = mm_json_mark_here(p);
    node->line = start.line;
    node->column = start.column;
    char c = p->at < p->end ? *p->at : 0;
    enum mm_status s;
    if (c == '{' || c == '[') {
        s = read_container(p, &node->json);
    } else if (c == '"') {
        node->json.type = cJSON_String;
        s = mm_json_read_string(p, &node->json.valuestring);
    } else if (c == '-' || (c >= '0' && c <= '9')) {
        s = mm_json_read_number(p, node);
    } else {
        s = read_word(p, &node->json);
    }
    node->length = (uint32_t)(p->at - start.at);
    return s;
}

/* Copies name and text, so that nodes can point there for as long as they live. */
static struct mm_json_source *source_new(struct mm_arena *arena, const char *name, const char *text, size_t length)
{
    struct mm_json_source *source = mm_arena_new(arena, struct mm_json_source);
    if (!source)
        return NULL;
    source->name = mm_arena_text(arena, name);
    source->text = mm_arena_textn(arena, text, length);
    source->length = length;
    return source->name && source->text ? source : NULL;
}

enum mm_status mm_json_parse(struct mm_arena *arena, const char *name, const char *text, size_t length, cJSON **out,
                             struct mm_error *err)
{
    if (length > MM_JSON_SIZE_MAX)
        return mm_fail(err, MM_ERR_CONFIG, "%s:1:1: %zu bytes, JSON of at most %u is read", name, length,
                       MM_JSON_SIZE_MAX);
    const struct mm_json_source *source = source_new(arena, name, text, length);
    if (!source)
        return mm_fail_memory(err, "a JSON text");
    struct mm_json_parser p = {.arena = arena,
                               .source = source,
                               .at = source->text,
                               .end = source->text + length,
                               .line_start = source->text,
                               .line = 1,
                               .err = err};
    if (length >= 3 && memcmp(p.at, "\xEF\xBB\xBF", 3) == 0)
        return mm_json_fail_at(&p, mm_json_mark_here(&p), "starts with a byte order mark; save it as plain UTF-8");
    enum mm_status s = MM_OK;
    struct mm_json_node *root = node_new(&p, &s);
    if (!root)
        return s;
    if (MM_TRY(s, read_value(&p, root)))
        return s;
    skip_space(&p);
    if (p.at < p.end)
        return mm_json_fail_expected(&p, "nothing after the value");
    *out = &root->json;
    return MM_OK;
}

enum mm_status mm_json_read(struct mm_arena *arena, const char *path, cJSON **out, struct mm_error *err)
{
    unsigned char *bytes;
    size_t size;
    enum mm_status s;
    if (MM_TRY(s, mm_file_read(arena, path, MM_JSON_SIZE_MAX, &bytes, &size, err)))
        return s;
    return mm_json_parse(arena, path, (const char *)bytes, size, out, err);
}
