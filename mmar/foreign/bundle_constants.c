/* What operators, names and calls in bundles' constants mean. As in Python 3 for int, float, str, bool and list; a tuple is a list here, as
 * in JSON. */
#include <ctype.h>
#include <math.h>

#include "base/names.h"
#include "mmar/foreign/bundle_expression.h"

bool mm_bundle_truth(const cJSON *v)
{
    return cJSON_IsString(v)                       ? *v->valuestring != '\0'
           : cJSON_IsArray(v) || cJSON_IsObject(v) ? v->child != NULL
           : cJSON_IsNumber(v)                     ? v->valuedouble != 0
                                                   : cJSON_IsTrue(v);
}

static const cJSON *join(struct mm_bundle *bundle, const cJSON *list, const cJSON *tail, int64_t times)
{
    cJSON *all = mm_json_array(bundle->arena);
    const cJSON *const parts[] = {list, tail};
    for (int64_t t = 0; t < times && all; t++)
        for (int p = 0; p < (tail ? 2 : 1); p++)
            for (const cJSON *item = parts[p]->child; item; item = item->next)
                if (++bundle->made > MM_BUNDLE_MADE_MAX || !mm_json_append(all, mm_json_copy(bundle->arena, item)))
                    return NULL;
    return all;
}

static const cJSON *number(struct mm_bundle *bundle, double value)
{
    return isfinite(value) ? mm_json_number(bundle->arena, value) : NULL;
}

/* -1: not both of them are whole. */
static int whole(const cJSON *a, const cJSON *b, char sign, int64_t *out)
{
    int64_t x, y;
    if (!mm_json_int(a, &x) || !mm_json_int(b, &y) || sign == '/')
        return -1;
    switch (sign) {
    case '+':
        return !__builtin_add_overflow(x, y, out);
    case '-':
        return !__builtin_sub_overflow(x, y, out);
    case '*':
        return !__builtin_mul_overflow(x, y, out);
    default: /* Python rounds down, C towards 0 */
        if (y == 0 || (y == -1 && x == INT64_MIN))
            return 0;
        *out = sign == '%' ? ((x % y) + y) % y : x / y - (x % y != 0 && (x % y < 0) != (y < 0));
        return 1;
    }
}

static const cJSON *calculate(struct mm_bundle *bundle, const cJSON *a, const cJSON *b, char sign)
{
    int64_t value;
    double x = a->valuedouble, y = b->valuedouble;
    int exact = whole(a, b, sign, &value);
    if (exact >= 0)
        return exact ? mm_json_integer(bundle->arena, value) : NULL;
    switch (sign) {
    case '+':
        return number(bundle, x + y);
    case '-':
        return number(bundle, x - y);
    case '*':
        return number(bundle, x * y);
    case '/':
        return number(bundle, x / y);
    case '%':
        return number(bundle, x - floor(x / y) * y);
    default:
        return number(bundle, floor(x / y));
    }
}

const cJSON *mm_bundle_operate(struct mm_bundle *bundle, const cJSON *a, const cJSON *b, char sign)
{
    int64_t times;
    if (!a || !b || ++bundle->made > MM_BUNDLE_MADE_MAX)
        return NULL;
    if (cJSON_IsNumber(a) && cJSON_IsNumber(b))
        return calculate(bundle, a, b, sign);
    if (sign == '+' && cJSON_IsArray(a) && cJSON_IsArray(b))
        return join(bundle, a, b, 1);
    if (sign == '*' && cJSON_IsArray(a) && mm_json_int(b, &times) && times <= MM_BUNDLE_LIST_MAX)
        return join(bundle, a, NULL, times);
    if (sign == '+' && cJSON_IsString(a) && cJSON_IsString(b) &&
        strlen(a->valuestring) + strlen(b->valuestring) < MM_BUNDLE_TEXT_MAX)
        return mm_json_text(bundle->arena, mm_arena_format(bundle->arena, "%s%s", a->valuestring, b->valuestring));
    return NULL;
}

/* Names. --------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *python, *ours;
} types[] = {{"float", "float32"}, {"double", "float64"}, {"half", "float16"},
             {"int", "int32"},     {"long", "int64"},     {"short", "int16"}};
static const char same_types[] = "float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 bool";

/* MONAI's enumerations whose members are the strings that arguments take, in small letters. */
static const char enumerations[] =
    "CommonKeys InterpolateMode GridSampleMode GridSamplePadMode NumpyPadMode PytorchPadMode BlendMode UpsampleMode "
    "LossReduction MetricReduction Weight Norm Act";

static const cJSON *type_of(struct mm_bundle *bundle, const char *name)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (!strcmp(types[i].python, name))
            return mm_json_text(bundle->arena, types[i].ours);
    return mm_names_contain(same_types, name) ? mm_json_text(bundle->arena, name) : NULL;
}

/* monai.utils.GridSampleMode.NEAREST: "nearest". */
static const cJSON *member_of(struct mm_bundle *bundle, char *name)
{
    char *member = strrchr(name, '.');
    *member++ = '\0';
    const char *dot = strrchr(name, '.');
    if (!mm_names_contain(enumerations, dot ? dot + 1 : name))
        return NULL;
    for (char *c = member; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return mm_json_text(bundle->arena, strcmp(member, "nearest_exact") ? member : "nearest-exact");
}

/* "np.pi", "torch.float32": the part behind the dot; NULL: of no such module. */
static const char *of_module(const char *name)
{
    static const char *const modules[] = {"np.", "numpy.", "torch.", "math."};
    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++)
        if (mm_text_starts(name, modules[i]))
            return name + strlen(modules[i]);
    return NULL;
}

const cJSON *mm_bundle_named(struct mm_bundle *bundle, char *name)
{
    const char *member = of_module(name);
    if (!strcmp(name, "True") || !strcmp(name, "False"))
        return mm_json_bool(bundle->arena, *name == 'T');
    if (!strcmp(name, "None"))
        return mm_json_null(bundle->arena);
    if (member)
        return strcmp(member, "pi") ? type_of(bundle, member) : mm_json_number(bundle->arena, acos(-1));
    return mm_text_starts(name, "monai.") ? member_of(bundle, name) : NULL;
}

static const cJSON *length_of(struct mm_bundle *bundle, const cJSON *v)
{
    if (cJSON_IsString(v))
        return mm_json_integer(bundle->arena, (int64_t)strlen(v->valuestring));
    return cJSON_IsArray(v) || cJSON_IsObject(v) ? mm_json_integer(bundle->arena, cJSON_GetArraySize(v)) : NULL;
}

const cJSON *mm_bundle_call(struct mm_bundle *bundle, const char *name, const cJSON *v)
{
    int64_t exact;
    if (!strcmp(name, "len"))
        return length_of(bundle, v);
    if (!strcmp(name, "list") || !strcmp(name, "tuple"))
        return cJSON_IsArray(v) ? v : NULL;
    if (!cJSON_IsNumber(v) || (strcmp(name, "int") && strcmp(name, "float")))
        return NULL;
    if (*name == 'f' || mm_json_int(v, &exact))
        return v;
    return fabs(v->valuedouble) < 1e15 ? mm_json_integer(bundle->arena, (int64_t)trunc(v->valuedouble)) : NULL;
}
