/* Reads constants that bundles write in Python: "$@epochs // 10", "$(16, 32) + (64,)", "$len(@labels) + 1", "$'a' if @big else 'b'". A
 * closed grammar of literals, references, operators and subscripts; what the operators and names mean is in bundle_constants.c. Everything
 * else is Python, and is not run. */
#include "mmar/foreign/bundle_expression.h"

#include <ctype.h>

#define NESTING_MAX 24

struct expression {
    struct mm_bundle *b;
    const char *at;
    int depth, nesting;
};

static const cJSON *ternary(struct expression *e);

static bool take(struct expression *e, const char *token)
{
    while (isspace((unsigned char)*e->at))
        e->at++;
    size_t length = strlen(token);
    bool word = isalpha((unsigned char)*token), there = strncmp(e->at, token, length) == 0;
    if (!there || (word && (isalnum((unsigned char)e->at[length]) || e->at[length] == '_')))
        return false;
    e->at += length;
    return true;
}

/* Literals. ------------------------------------------------------------------------------------------------------ */

static const cJSON *numeral(struct expression *e)
{
    char text[64];
    size_t n = 0;
    while (n + 1 < sizeof text && (isalnum((unsigned char)e->at[n]) || e->at[n] == '.' ||
                                   ((e->at[n] == '-' || e->at[n] == '+') && n && tolower(e->at[n - 1]) == 'e')))
        n++;
    /* as JSON writes it: "1." and ".5" have a digit on both sides there */
    bool before = *e->at == '.', after = n && e->at[n - 1] == '.';
    int length = snprintf(text, sizeof text, "%s%.*s%s", before ? "0" : "", (int)n, e->at, after ? "0" : "");
    cJSON *json;
    if (length < 0 || (size_t)length >= sizeof text ||
        mm_json_parse(e->b->arena, "a number", text, (size_t)length, &json, NULL) != MM_OK)
        return NULL;
    e->at += n;
    return cJSON_IsNumber(json) ? json : NULL;
}

static const cJSON *string(struct expression *e)
{
    char quote = *e->at++;
    const char set[] = {quote, '\\', '\0'};
    size_t length = strcspn(e->at, set);
    if (e->at[length] != quote || length >= MM_BUNDLE_TEXT_MAX)
        return NULL; /* escapes are not needed for what configs say */
    const cJSON *text = mm_json_text(e->b->arena, mm_arena_textn(e->b->arena, e->at, length));
    e->at += length + 1;
    return text;
}

/* Behind "[" or "(": up to the closing one. In parentheses one value without a comma is that value. */
static const cJSON *items(struct expression *e, const char *close)
{
    cJSON *list = mm_json_array(e->b->arena);
    bool alone = *close == ')', more = true;
    for (int n = 0; list && n <= MM_BUNDLE_LIST_MAX; n++) {
        if (take(e, close))
            return alone && n == 1 ? list->child : list;
        const cJSON *item = more ? ternary(e) : NULL;
        if (!item || ++e->b->made > MM_BUNDLE_MADE_MAX || !mm_json_append(list, mm_json_copy(e->b->arena, item)))
            return NULL;
        more = take(e, ",");
        alone = alone && !more;
    }
    return NULL;
}

/* A constant's name, or int(x) and the like. */
static const cJSON *name(struct expression *e)
{
    char text[96];
    size_t n = 0;
    while (n + 1 < sizeof text && (isalnum((unsigned char)e->at[n]) || e->at[n] == '_' || e->at[n] == '.'))
        n++;
    memcpy(text, e->at, n);
    text[n] = '\0';
    e->at += n;
    if (!take(e, "("))
        return mm_bundle_named(e->b, text);
    const cJSON *argument = ternary(e);
    return argument && take(e, ")") ? mm_bundle_call(e->b, text, argument) : NULL;
}

/* Operators, the strongest first. -------------------------------------------------------------------------------- */

static const cJSON *primary(struct expression *e)
{
    if (take(e, "["))
        return items(e, "]");
    if (take(e, "("))
        return items(e, ")");
    if (*e->at == '@' || *e->at == '%')
        return mm_bundle_reference(e->b, &e->at, e->depth);
    if (*e->at == '\'' || *e->at == '"')
        return string(e);
    return isdigit((unsigned char)*e->at) || *e->at == '.' ? numeral(e)
           : isalpha((unsigned char)*e->at)                ? name(e)
                                                           : NULL;
}

static const cJSON *subscript(const cJSON *of, const cJSON *index)
{
    int64_t at;
    if (cJSON_IsObject(of) && cJSON_IsString(index))
        return mm_json_get(of, index->valuestring);
    if (!cJSON_IsArray(of) || !mm_json_int(index, &at))
        return NULL;
    int64_t count = cJSON_GetArraySize(of);
    at += at < 0 ? count : 0;
    return at >= 0 && at < count ? cJSON_GetArrayItem(of, (int)at) : NULL;
}

/* Behind "(": up to the one that closes it. */
static bool skip_arguments(struct expression *e)
{
    for (int open = 1; *e->at; e->at++) {
        open += (*e->at == '(') - (*e->at == ')');
        if (!open)
            return e->at++;
    }
    return false;
}

/* x[i], and x.to(...) of a network, which is where it computes. */
static const cJSON *postfix(struct expression *e)
{
    const cJSON *v = primary(e);
    while (v)
        if (take(e, "[")) {
            const cJSON *index = ternary(e);
            v = index && take(e, "]") ? mm_bundle_follow_at(e->b, subscript(v, index), e->depth + 1) : NULL;
        } else if (cJSON_IsObject(v) && take(e, ".to(")) {
            v = skip_arguments(e) ? v : NULL;
        } else {
            break;
        }
    return v;
}

static const cJSON *unary(struct expression *e)
{
    if (++e->nesting > NESTING_MAX)
        return NULL;
    const cJSON *v;
    if (take(e, "-")) {
        v = unary(e);
        v = cJSON_IsNumber(v) ? mm_bundle_operate(e->b, mm_json_integer(e->b->arena, 0), v, '-') : NULL;
    } else {
        v = postfix(e);
    }
    e->nesting--;
    return v;
}

static const cJSON *product(struct expression *e)
{
    const cJSON *v = unary(e);
    while (v)
        if (take(e, "**"))
            return NULL;
        else if (take(e, "*"))
            v = mm_bundle_operate(e->b, v, unary(e), '*');
        else if (take(e, "//"))
            v = mm_bundle_operate(e->b, v, unary(e), '|');
        else if (take(e, "/"))
            v = mm_bundle_operate(e->b, v, unary(e), '/');
        else if (take(e, "%"))
            v = mm_bundle_operate(e->b, v, unary(e), '%');
        else
            break;
    return v;
}

static const cJSON *sum(struct expression *e)
{
    const cJSON *v = product(e);
    while (v)
        if (take(e, "+"))
            v = mm_bundle_operate(e->b, v, product(e), '+');
        else if (take(e, "-"))
            v = mm_bundle_operate(e->b, v, product(e), '-');
        else
            break;
    return v;
}

static const cJSON *comparison(struct expression *e)
{
    if (take(e, "not")) {
        const cJSON *v = comparison(e);
        return v ? mm_json_bool(e->b->arena, !mm_bundle_truth(v)) : NULL;
    }
    const cJSON *a = sum(e);
    bool equal = a && take(e, "==");
    if (!equal && !(a && take(e, "!=")))
        return a;
    const cJSON *b = sum(e);
    return b ? mm_json_bool(e->b->arena, cJSON_Compare(a, b, true) == equal) : NULL;
}

static const cJSON *ternary(struct expression *e)
{
    if (++e->nesting > NESTING_MAX)
        return NULL;
    const cJSON *v = comparison(e);
    if (v && take(e, "if")) {
        const cJSON *condition = comparison(e), *otherwise = condition && take(e, "else") ? ternary(e) : NULL;
        v = !otherwise ? NULL : mm_bundle_truth(condition) ? v : otherwise;
    }
    e->nesting--;
    return v;
}

const cJSON *mm_bundle_expression(struct mm_bundle *bundle, const char *text, int depth)
{
    struct expression e = {bundle, text, depth, 0};
    const cJSON *value = ternary(&e);
    return value && take(&e, "") && !*e.at ? value : NULL;
}
