/* JSON text of a tree. Our own and not cJSON's, because what is printed is hashed and signed: integers are exact, doubles
 * are the shortest that read back the same, and the canonical form has its members sorted by bytes. */
#include <inttypes.h>
#include <math.h>

#include "base/json.h"

#define PRINT_MAX  ((size_t)4 * MM_JSON_SIZE_MAX)
#define LINE_WIDTH 100

struct printer {
    struct mm_text text;
    enum mm_json_style style;
    size_t line_start; /* offset of the current line */
    unsigned depth;
};

static void print_value(struct printer *p, const cJSON *node);

static void print_string(struct mm_text *text, const char *string)
{
    static const char special[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";
    mm_text_add(text, "\"");
    for (const char *at = string; *at;) {
        size_t plain = 0;
        while ((unsigned char)at[plain] >= ' ' && at[plain] != '"' && at[plain] != '\\')
            plain++;
        mm_text_addn(text, at, plain);
        at += plain;
        if (!*at)
            break;
        const char *found = strchr(special, *at);
        if (found)
            mm_text_format(text, "\\%c", names[found - special]);
        else
            mm_text_format(text, "\\u%04x", (unsigned char)*at);
        at++;
    }
    mm_text_add(text, "\"");
}

static void print_number(struct mm_text *text, const cJSON *node)
{
    int64_t integer;
    if (mm_json_int(node, &integer)) {
        mm_text_format(text, "%" PRId64, integer);
        return;
    }
    if (!isfinite(node->valuedouble)) {
        mm_text_add(text, "null");
        return;
    }
    if (node->valuedouble == 0 && signbit(node->valuedouble)) {
        mm_text_add(text, "-0.0"); /* "-0" would read as the integer 0 */
        return;
    }
    char digits[32];
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, node->valuedouble);
        if (strtod(digits, NULL) == node->valuedouble)
            break;
    }
    mm_text_add(text, digits);
}

static void start_line(struct printer *p)
{
    if (p->style != MM_JSON_INDENTED)
        return;
    mm_text_add(&p->text, "\n");
    p->line_start = p->text.length;
    mm_text_format(&p->text, "%*s", (int)(2 * p->depth), "");
}

static bool is_container(const cJSON *node)
{
    return cJSON_IsArray(node) || cJSON_IsObject(node);
}

/* An array of scalars on the current line; false, with nothing printed, when it is no such array or does not fit. */
static bool print_short_array(struct printer *p, const cJSON *array)
{
    size_t start = p->text.length;
    mm_text_add(&p->text, "[");
    for (const cJSON *child = array->child; child; child = child->next) {
        if (child != array->child)
            mm_text_add(&p->text, ", ");
        if (!is_container(child))
            print_value(p, child);
        if (is_container(child) || p->text.length - p->line_start >= LINE_WIDTH) {
            p->text.length = start;
            p->text.bytes[start] = '\0';
            return false;
        }
    }
    mm_text_add(&p->text, "]");
    return true;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp((*(const cJSON *const *)a)->string, (*(const cJSON *const *)b)->string);
}

static void print_child(struct printer *p, const cJSON *child, bool first)
{
    if (!first)
        mm_text_add(&p->text, ",");
    start_line(p);
    if (child->string) {
        print_string(&p->text, child->string);
        mm_text_add(&p->text, p->style == MM_JSON_INDENTED ? ": " : ":");
    }
    print_value(p, child);
}

static void print_sorted(struct printer *p, const cJSON *object)
{
    size_t count = (size_t)cJSON_GetArraySize(object), n = 0;
    const cJSON **members = mm_alloc_raw(count * sizeof *members);
    if (!members) {
        p->text.overflow = true;
        return;
    }
    for (const cJSON *child = object->child; child; child = child->next)
        members[n++] = child;
    qsort(members, n, sizeof *members, compare_names);
    for (size_t i = 0; i < n; i++)
        print_child(p, members[i], i == 0);
    mm_free(members);
}

static void print_container(struct printer *p, const cJSON *node)
{
    bool is_object = cJSON_IsObject(node);
    if (!node->child) {
        mm_text_add(&p->text, is_object ? "{}" : "[]");
        return;
    }
    if (!is_object && p->style == MM_JSON_INDENTED && print_short_array(p, node))
        return;
    mm_text_add(&p->text, is_object ? "{" : "[");
    p->depth++;
    if (is_object && p->style == MM_JSON_CANONICAL)
        print_sorted(p, node);
    else
        for (const cJSON *child = node->child; child; child = child->next)
            print_child(p, child, child == node->child);
    p->depth--;
    start_line(p);
    mm_text_add(&p->text, is_object ? "}" : "]");
}

static void print_value(struct printer *p, const cJSON *node)
{
    if (is_container(node))
        print_container(p, node);
    else if (cJSON_IsString(node))
        print_string(&p->text, node->valuestring);
    else if (cJSON_IsNumber(node))
        print_number(&p->text, node);
    else
        mm_text_add(&p->text, cJSON_IsTrue(node) ? "true" : cJSON_IsFalse(node) ? "false" : "null");
}

char *mm_json_print(struct mm_arena *arena, const cJSON *node, enum mm_json_style style)
{
    if (!node)
        return NULL;
    struct printer p = {.style = style};
    mm_text_init(&p.text, PRINT_MAX);
    print_value(&p, node);
    char *text = p.text.overflow ? NULL : mm_arena_textn(arena, p.text.bytes, p.text.length);
    mm_text_done(&p.text);
    return text;
}
