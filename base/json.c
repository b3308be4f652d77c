/* Questions to a JSON tree: values, places, and the excerpt of the source that messages show. */
#include "base/json.h"

#define EXCERPT_WIDTH 100 /* bytes of a source line that are shown */
#define FOUND_WIDTH   60  /* bytes of a value that a message quotes */
#define PATH_WIDTH    512 /* bytes of a path; deeper steps are lost  */

static const struct mm_json_node *node_of(const cJSON *json)
{
    return (const struct mm_json_node *)json;
}

bool mm_json_int(const cJSON *node, int64_t *out)
{
    if (!cJSON_IsNumber(node) || !node_of(node)->is_integer)
        return false;
    *out = node_of(node)->integer;
    return true;
}

const cJSON *mm_json_get(const cJSON *object, const char *name)
{
    if (!cJSON_IsObject(object))
        return NULL;
    const cJSON *child;
    cJSON_ArrayForEach (child, object) {
        if (strcmp(child->string, name) == 0)
            return child;
    }
    return NULL;
}

const char *mm_json_kind(const cJSON *node)
{
    if (!node)
        return "nothing";
    switch (node->type & 0xFF) {
    case cJSON_False:
    case cJSON_True:
        return "a boolean";
    case cJSON_NULL:
        return "null";
    case cJSON_Number:
        return "a number";
    case cJSON_String:
        return "a string";
    case cJSON_Array:
        return "an array";
    case cJSON_Object:
        return "an object";
    default:
        return "nothing";
    }
}

const char *mm_json_found(struct mm_arena *arena, const cJSON *node)
{
    if (cJSON_IsObject(node) || cJSON_IsArray(node) || !node)
        return mm_json_kind(node);
    const char *text = mm_json_print(arena, node, MM_JSON_COMPACT);
    if (!text)
        return mm_json_kind(node);
    const char *kind = cJSON_IsString(node) ? "string " : cJSON_IsNumber(node) ? "number " : "";
    size_t length = strlen(text);
    const char *dots = "";
    if (length > FOUND_WIDTH) {
        length = FOUND_WIDTH;
        while (((unsigned char)text[length] & 0xC0) == 0x80)
            length--;
        dots = cJSON_IsString(node) ? "...\"" : "...";
    }
    const char *found = mm_arena_format(arena, "%s%.*s%s", kind, (int)length, text, dots);
    return found ? found : mm_json_kind(node);
}

/* Places. -------------------------------------------------------------------------------------------------------- */

static bool is_plain_name(const char *name)
{
    if (!*name)
        return false;
    for (const unsigned char *c = (const unsigned char *)name; *c; c++)
        if (*c <= ' ' || strchr(".[]\"\\", *c))
            return false;
    return true;
}

/* The step from `parent` to `node`: ".name", "[3]" or ["odd name"]. */
static void add_step(struct mm_text *path, const cJSON *parent, const cJSON *node)
{
    if (cJSON_IsArray(parent)) {
        size_t index = 0;
        for (const cJSON *child = parent->child; child && child != node; child = child->next)
            index++;
        mm_text_format(path, "[%zu]", index);
    } else if (is_plain_name(node->string)) {
        mm_text_format(path, "%s%s", path->length ? "." : "", node->string);
    } else {
        mm_text_format(path, "[\"%s\"]", node->string);
    }
}

static void add_path(struct mm_text *path, const cJSON *node)
{
    const cJSON *parent = node_of(node)->parent;
    if (!parent)
        return;
    add_path(path, parent);
    add_step(path, parent, node);
}

struct mm_place mm_json_place(struct mm_arena *arena, const cJSON *node)
{
    struct mm_place place = {0};
    if (!node)
        return place;
    const struct mm_json_node *at = node_of(node);
    if (at->source) {
        place.file = at->source->name;
        place.line = (int)at->line;
        place.column = (int)at->column;
    }
    struct mm_text path;
    mm_text_init(&path, PATH_WIDTH);
    add_path(&path, node);
    if (path.length)
        place.path = mm_arena_text(arena, path.bytes);
    mm_text_done(&path);
    return place;
}

struct mm_place mm_json_key_place(struct mm_arena *arena, const cJSON *member)
{
    struct mm_place place = mm_json_place(arena, member);
    const struct mm_json_node *at = member ? node_of(member) : NULL;
    const struct mm_json_source *source = at && at->parent ? node_of(at->parent)->source : NULL;
    if (!source || source == at->source || !at->key_line)
        return place;
    place.file = source->name;
    place.line = (int)at->key_line;
    place.column = (int)at->key_column;
    return place;
}

/* Start of the 1-based line in the source. */
static const char *find_line(const struct mm_json_source *source, uint32_t line)
{
    const char *at = source->text, *end = at + source->length;
    for (; line > 1; line--) {
        at = memchr(at, '\n', (size_t)(end - at));
        if (!at)
            return end;
        at++;
    }
    return at;
}

static bool continues_utf8(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* As many spaces as [from, to) is wide on a screen: tabs stay tabs, a UTF-8 sequence is taken as one column. */
static void add_padding(struct mm_text *text, const char *from, const char *to)
{
    for (; from < to; from++)
        if (!continues_utf8(*from))
            mm_text_add(text, *from == '\t' ? "\t" : " ");
}

static void add_underline(struct mm_text *text, const char *from, const char *to)
{
    mm_text_add(text, "^");
    for (from++; from < to; from++)
        if (!continues_utf8(*from))
            mm_text_add(text, "~");
}

void mm_json_excerpt(struct mm_text *text, const cJSON *node)
{
    if (!node || !node_of(node)->source || !node_of(node)->line)
        return;
    const struct mm_json_node *at = node_of(node);
    const char *end = at->source->text + at->source->length;
    const char *line = find_line(at->source, at->line);
    const char *line_end = memchr(line, '\n', (size_t)(end - line));
    if (!line_end)
        line_end = end;
    if (line_end > line && line_end[-1] == '\r')
        line_end--;
    const char *value = line + at->column - 1;
    if (value > line_end)
        return;

    /* A long line is shown around the value only. */
    const char *from = line, *to = line_end;
    if (line_end - line > EXCERPT_WIDTH) {
        from = value - line > EXCERPT_WIDTH / 2 ? value - EXCERPT_WIDTH / 2 : line;
        to = line_end - from > EXCERPT_WIDTH ? from + EXCERPT_WIDTH : line_end;
        while (from < value && continues_utf8(*from))
            from++;
        while (to < line_end && continues_utf8(*to))
            to++;
    }
    const char *value_end = (size_t)(to - value) > at->length ? value + at->length : to;
    const char *before = from > line ? "..." : "", *after = to < line_end ? "..." : "";
    mm_text_format(text, "%6u | %s%.*s%s\n", at->line, before, (int)(to - from), from, after);
    mm_text_format(text, "       | %*s", (int)strlen(before), "");
    add_padding(text, from, value);
    add_underline(text, value, value_end);
    mm_text_add(text, "\n");
}
