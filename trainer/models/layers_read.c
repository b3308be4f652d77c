/* MONAI's notations of layers in a config; see layers.h. Names: monai.networks.layers.factories (upper or lower case). */
#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/names.h"
#include "trainer/models/layers.h"

/* "NAME" or ["NAME", {arguments}]; no arguments: NULL. */
static enum mm_status read_spec(const cJSON *spec, const char **name, const cJSON **args, struct mm_error *err)
{
    const cJSON *first = cJSON_IsArray(spec) ? cJSON_GetArrayItem(spec, 0) : spec;
    *args = cJSON_IsArray(spec) ? cJSON_GetArrayItem(spec, 1) : NULL;
    if (!cJSON_IsString(first) || (*args && !cJSON_IsObject(*args)) ||
        (cJSON_IsArray(spec) && cJSON_GetArraySize(spec) > 2))
        return mm_fail(err, MM_ERR_CONFIG, "expected a name, or a list of a name and an object of arguments");
    *name = first->valuestring;
    return MM_OK;
}

/* Arguments of a layer: numbers and bools by name; whatever is not asked for by then is unknown. */
struct argument {
    const char *name;
    double *value; /* NULL: accepted, no effect */
    double min, max;
};

static enum mm_status read_arguments(const cJSON *args, const char *layer, const struct argument *known,
                                     struct mm_error *err)
{
    const cJSON *item;
    cJSON_ArrayForEach (item, args) {
        const struct argument *a = known;
        while (a->name && strcmp(a->name, item->string) != 0)
            a++;
        if (!a->name)
            return mm_fail(err, MM_ERR_CONFIG, "%s has no argument %s", layer, item->string);
        if (!a->value)
            continue;
        if (!cJSON_IsNumber(item) && !cJSON_IsBool(item))
            return mm_fail(err, MM_ERR_CONFIG, "%s: %s: expected a number or a bool", layer, item->string);
        double value = cJSON_IsBool(item) ? cJSON_IsTrue(item) : item->valuedouble;
        if (!(value >= a->min && value <= a->max))
            return mm_fail(err, MM_ERR_CONFIG, "%s: %s is %g, allowed is %g to %g", layer, item->string, value,
                           a->min, a->max);
        *a->value = value;
    }
    return MM_OK;
}

static enum mm_status unknown(const char *what, const char *name, const char *choices, struct mm_error *err)
{
    char word[64], hint[128];
    struct mm_nearest nearest;
    mm_nearest_init(&nearest, name);
    mm_nearest_offer_words(&nearest, choices, word, sizeof(word));
    return mm_fail(err, MM_ERR_CONFIG, "%s \"%.40s\" is not available here: %s%s", what, name, choices,
                   mm_nearest_hint(&nearest, hint, sizeof(hint)));
}

#define ACTIVATIONS "relu leakyrelu prelu sigmoid tanh elu none"

enum mm_status mm_layer_read_activation(const cJSON *spec, struct mm_layer_style *style, struct mm_error *err)
{
    static const struct {
        const char *name;
        enum mm_activation_kind kind;
        double slope;
    } kinds[] = {{"relu", MM_RELU, 0},      {"leakyrelu", MM_LEAKY_RELU, 0.01},
                 {"prelu", MM_PRELU, 0.25}, {"sigmoid", MM_SIGMOID, 0},
                 {"tanh", MM_TANH, 0},      {"elu", MM_ELU, 1}};
    const char *name;
    const cJSON *args;
    enum mm_status status;
    size_t i = 0, count = sizeof(kinds) / sizeof(*kinds);
    if (MM_TRY(status, read_spec(spec, &name, &args, err)))
        return mm_fail_in(err, "act");
    style->has_activation = strcasecmp(name, "none") != 0;
    if (!style->has_activation)
        return MM_OK;
    while (i < count && strcasecmp(kinds[i].name, name) != 0)
        i++;
    if (i == count)
        return unknown("activation", name, ACTIVATIONS, err);

    double slope = kinds[i].slope, slopes = 1;
    const char *slope_name = kinds[i].kind == MM_LEAKY_RELU ? "negative_slope"
                             : kinds[i].kind == MM_PRELU    ? "init"
                             : kinds[i].kind == MM_ELU      ? "alpha"
                                                            : "inplace";
    const struct argument known[] = {{slope_name, strcmp(slope_name, "inplace") ? &slope : NULL, -1e3, 1e3},
                                     {"inplace", NULL, 0, 0},
                                     {kinds[i].kind == MM_PRELU ? "num_parameters" : "inplace", &slopes, 1, 1 << 20},
                                     {NULL, NULL, 0, 0}};
    if (MM_TRY(status, read_arguments(args, name, known, err)))
        return mm_fail_in(err, "act");
    style->activation = (struct mm_activation){kinds[i].kind, slope};
    style->slopes = (int64_t)slopes;
    style->slope_init = slope;
    return MM_OK;
}

enum mm_status mm_layer_read_norm(const cJSON *spec, struct mm_layer_style *style, struct mm_error *err)
{
    const char *name;
    const cJSON *args;
    enum mm_status status;
    if (MM_TRY(status, read_spec(spec, &name, &args, err)))
        return mm_fail_in(err, "norm");
    style->norm = MM_LAYER_NORM_NONE;
    if (strcasecmp(name, "none") == 0)
        return MM_OK;
    bool batch = strcasecmp(name, "batch") == 0, group = strcasecmp(name, "group") == 0;
    if (!batch && !group && strcasecmp(name, "instance") != 0)
        return unknown("norm", name, "batch group instance none", err);

    double affine = batch || group, momentum = 0.1, epsilon = 1e-5, track = batch, groups = 0;
    const struct argument known[] = {{"affine", &affine, batch || group, 1},
                                     {group ? "num_groups" : "affine", group ? &groups : &affine, 1, 1 << 16},
                                     {"eps", &epsilon, 1e-12, 1},
                                     {"momentum", &momentum, 0, 1},
                                     {"track_running_stats", &track, batch, batch},
                                     {NULL, NULL, 0, 0}};
    if (MM_TRY(status, read_arguments(args, name, known, err)))
        return mm_fail_in(err, "norm");
    if (group && groups != floor(groups))
        return mm_fail(err, MM_ERR_CONFIG, "norm: num_groups is %g, expected a whole number", groups);
    if (group && !(groups >= 1))
        return mm_fail(err, MM_ERR_CONFIG,
                       "norm: group needs its number of groups: [\"group\", {\"num_groups\": 8}]");
    style->groups = (int64_t)groups;
    style->norm = batch ? MM_LAYER_NORM_BATCH : group ? MM_LAYER_NORM_GROUP : MM_LAYER_NORM_INSTANCE;
    style->affine = affine != 0;
    style->epsilon = epsilon;
    style->momentum = momentum;
    return MM_OK;
}

enum mm_status mm_layer_check_ordering(const char *ordering, struct mm_error *err)
{
    size_t length = strlen(ordering);
    for (size_t i = 0; i < length; i++)
        if (!strchr("NDAnda", ordering[i]) || strchr(ordering + i + 1, ordering[i]))
            return mm_fail(err, MM_ERR_CONFIG,
                           "adn_ordering \"%.16s\": expected the letters N, D and A, each at most once", ordering);
    return MM_OK;
}

enum mm_status mm_layer_axes(const struct mm_ints *config, int spatial, const char *name, int out[3],
                             struct mm_error *err)
{
    if (config->count != 1 && config->count != (size_t)spatial)
        return mm_fail(err, MM_ERR_CONFIG, "%s has %zu values, expected 1 or %d", name, config->count, spatial);
    out[0] = 1;
    for (int axis = 0; axis < spatial; axis++)
        out[2 - axis] = (int)config->items[config->count == 1 ? 0 : axis];
    return MM_OK;
}
