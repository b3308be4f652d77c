/* One value of one parameter: type, range, number of values, choices. */
#include <errno.h>
#include <math.h>

#include "base/names.h"
#include "base/params_internal.h"

#define EXACT_MAX 9007199254740992.0 /* 2^53: above it a double need not be the integer that was written */

static bool fail_memory(struct mm_param_reader *reader, const cJSON *node)
{
    reader->out_of_memory = true;
    mm_problem(reader->problems, MM_SEVERITY_ERROR, node, "out of memory");
    return false;
}

/* `item` is what is wrong, `blame` the node of the user's text it stands in. */
static bool fail_expected(struct mm_param_reader *reader, const cJSON *blame, const char *what, const cJSON *item)
{
    mm_problem(reader->problems, MM_SEVERITY_ERROR, blame, "expected %s, got %s", what,
               mm_json_found(reader->arena, item));
    return false;
}

/* Numbers. ------------------------------------------------------------------------------------------------------- */

static bool check_range(struct mm_param_reader *reader, const struct mm_param *param, const cJSON *item,
                        const cJSON *blame)
{
    double value = item->valuedouble;
    bool too_small = mm_param_has_min(param) && (param->exclusive_min ? value <= param->min : value < param->min);
    bool too_large = mm_param_has_max(param) && value > param->max;
    if (!too_small && !too_large)
        return true;
    const char *got = mm_json_print(reader->arena, item, MM_JSON_COMPACT);
    mm_problem(reader->problems, MM_SEVERITY_ERROR, blame, "must be %s %.15g, got %s",
               too_large              ? "at most"
               : param->exclusive_min ? "above"
                                      : "at least",
               too_large ? param->max : param->min, got ? got : "another number");
    return false;
}

static bool read_int(struct mm_param_reader *reader, const struct mm_param *param, const cJSON *item,
                     const cJSON *blame, void *out)
{
    int64_t *integer = out;
    if (!cJSON_IsNumber(item))
        return fail_expected(reader, blame, "an integer", item);
    if (!mm_json_int(item, integer)) {
        double value = item->valuedouble;
        if (value != trunc(value) || fabs(value) > EXACT_MAX)
            return fail_expected(reader, blame, "an integer", item);
        *integer = (int64_t)value;
    }
    return check_range(reader, param, item, blame);
}

static bool read_double(struct mm_param_reader *reader, const struct mm_param *param, const cJSON *item,
                        const cJSON *blame, void *out)
{
    if (!cJSON_IsNumber(item))
        return fail_expected(reader, blame, "a number", item);
    *(double *)out = item->valuedouble;
    return check_range(reader, param, item, blame);
}

cJSON *mm_param_node(struct mm_arena *arena, const char *text, size_t length)
{
    for (; length && *text == ' '; text++)
        length--;
    while (length && text[length - 1] == ' ')
        length--;
    char *copy = mm_arena_textn(arena, text, length);
    if (!copy)
        return NULL;
    /* strtod would also take "inf", "nan" and "0x1". */
    char *end = copy;
    double value = strspn(copy, "0123456789+-.eE") == length ? strtod(copy, &end) : 0;
    if (end == copy || *end || !isfinite(value))
        return mm_json_text(arena, copy);
    errno = 0;
    long long integer = strtoll(copy, &end, 10);
    return *end == '\0' && errno == 0 ? mm_json_integer(arena, integer) : mm_json_number(arena, value);
}

/* Strings. ------------------------------------------------------------------------------------------------------- */

/* "must be one of nearest, bilinear; got ..." */
static bool fail_choice(struct mm_param_reader *reader, const struct mm_param *param, const cJSON *item,
                        const cJSON *blame)
{
    struct mm_text names;
    mm_text_init(&names, 1024);
    for (const char *c = param->choices; *c; c++)
        mm_text_addn(&names, *c == ' ' ? ", " : c, *c == ' ' ? 2 : 1);
    char buffer[128], hint[128];
    struct mm_nearest nearest;
    mm_nearest_init(&nearest, item->valuestring);
    mm_nearest_offer_words(&nearest, param->choices, buffer, sizeof buffer);
    mm_problem(reader->problems, MM_SEVERITY_ERROR, blame, "must be one of %s; got \"%.60s\"%s", names.bytes,
               item->valuestring, mm_nearest_hint(&nearest, hint, sizeof hint));
    mm_text_done(&names);
    return false;
}

static bool read_string(struct mm_param_reader *reader, const struct mm_param *param, const cJSON *item,
                        const cJSON *blame, void *out)
{
    char number[32];
    const char **text = out, *given = cJSON_IsString(item) ? item->valuestring : NULL;
    if (cJSON_IsNumber(item) && param->choices) { /* a choice may be a number: the order of a spline */
        snprintf(number, sizeof number, "%.15g", item->valuedouble);
        given = mm_names_contain(param->choices, number) ? number : NULL;
    }
    if (!given)
        return fail_expected(reader, blame, "a string", item);
    if (param->choices && !mm_names_contain(param->choices, given))
        return fail_choice(reader, param, item, blame);
    *text = mm_arena_text(reader->arena, given);
    return *text ? true : fail_memory(reader, blame);
}

/* Lists. --------------------------------------------------------------------------------------------------------- */

static bool check_count(struct mm_param_reader *reader, const struct mm_param *param, size_t count, const cJSON *node)
{
    size_t least = param->count_min, most = param->count_max;
    if (count >= least && (!most || count <= most))
        return true;
    char expected[64];
    if (least == most)
        snprintf(expected, sizeof expected, "%zu", least);
    else if (!most)
        snprintf(expected, sizeof expected, "at least %zu", least);
    else if (!least)
        snprintf(expected, sizeof expected, "at most %zu", most);
    else
        snprintf(expected, sizeof expected, "%zu to %zu", least, most);
    mm_problem(reader->problems, MM_SEVERITY_ERROR, node, "expected %s value%s, got %zu", expected,
               (most ? most : least) == 1 ? "" : "s", count);
    return false;
}

cJSON *mm_param_split(struct mm_arena *arena, const char *text,
                      cJSON *(*make)(struct mm_arena *arena, const char *text, size_t length))
{
    cJSON *list = mm_json_array(arena);
    for (const char *end; list && *text; text = *end ? end + 1 : end) {
        end = text + strcspn(text, ",");
        if (!mm_json_append(list, make(arena, text, (size_t)(end - text))))
            return NULL;
    }
    return list;
}

typedef bool read_item(struct mm_param_reader *reader, const struct mm_param *param, const cJSON *item,
                       const cJSON *blame, void *out);

/* An array, one value, or for numbers a string of them with commas, into new memory: *items of `size` bytes each. */
static bool read_list(struct mm_param_reader *reader, const struct mm_param *param, const cJSON *node,
                      read_item *read, size_t size, void **items, size_t *count)
{
    const cJSON *list = node;
    if (cJSON_IsString(node) && param->type != MM_PARAM_STRINGS) {
        list = mm_param_split(reader->arena, node->valuestring, mm_param_node);
        if (!list)
            return fail_memory(reader, node);
    }
    bool is_array = cJSON_IsArray(list);
    size_t n = is_array ? (size_t)cJSON_GetArraySize(list) : 1;
    if (!check_count(reader, param, n, node))
        return false;
    char *memory = mm_arena_array_of(reader->arena, n, size);
    if (!memory)
        return fail_memory(reader, node);
    size_t i = 0;
    bool is_good = true;
    for (const cJSON *item = is_array ? list->child : list; i < n; item = item->next, i++)
        is_good = read(reader, param, item, is_array && list == node ? item : node, memory + i * size) && is_good;
    *items = memory;
    *count = n;
    return is_good;
}

bool mm_param_read(struct mm_param_reader *reader, const struct mm_param *param, void *object, const cJSON *node)
{
    void *field = mm_param_field(param, object), *items = NULL;
    switch (param->type) {
    case MM_PARAM_BOOL:
        if (!cJSON_IsBool(node))
            return fail_expected(reader, node, "true or false", node);
        *(bool *)field = cJSON_IsTrue(node);
        return true;
    case MM_PARAM_INT:
        return read_int(reader, param, node, node, field);
    case MM_PARAM_DOUBLE:
        return read_double(reader, param, node, node, field);
    case MM_PARAM_STRING:
    case MM_PARAM_CHOICE:
        return read_string(reader, param, node, node, field);
    case MM_PARAM_INTS: {
        struct mm_ints *list = field;
        bool is_good = read_list(reader, param, node, read_int, sizeof(int64_t), &items, &list->count);
        list->items = items;
        return is_good;
    }
    case MM_PARAM_DOUBLES: {
        struct mm_doubles *list = field;
        bool is_good = read_list(reader, param, node, read_double, sizeof(double), &items, &list->count);
        list->items = items;
        return is_good;
    }
    case MM_PARAM_STRINGS: {
        struct mm_strings *list = field;
        bool is_good = read_list(reader, param, node, read_string, sizeof(char *), &items, &list->count);
        list->items = items;
        return is_good;
    }
    case MM_PARAM_JSON:
        *(const cJSON **)field = node;
        return true;
    default:
        mm_bug("parameter %s has no type", param->name);
    }
}
