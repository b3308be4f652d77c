/* The aux ops of Clara Train 3 that have a counterpart among the metrics. DiceMaskedOutput's first tag is the mean, the tags behind it are
 * the classes that count, in their order; the other ops have one tag. */
#include "trainer/aux_ops.h"

#include "base/names.h"

static const struct {
    const char *name, *metric; /* metric NULL: the loss */
} known[] = {
    {"accuracy", "Accuracy"},
    {"ComputeDice", "ComputeAverageDice"},
    {"DiceMaskedOutput", "ComputeAverageDice"},
    {"NegLoss", NULL},
};
#define KNOWN (sizeof known / sizeof *known)

static size_t index_of(const struct mm_component *op)
{
    size_t i = 0;
    while (i < KNOWN && strcmp(known[i].name, op->name) != 0)
        i++;
    return i;
}

/* Tag `index` of an op, from "tags" or "tag"; NULL past the last. */
static const char *tag_of(const struct mm_component *op, int index)
{
    const cJSON *tags = mm_json_get(op->args, "tags");
    const cJSON *tag = cJSON_IsArray(tags)            ? cJSON_GetArrayItem(tags, index)
                       : index > 0                    ? NULL
                       : mm_json_get(op->args, "tag") ? mm_json_get(op->args, "tag")
                                                      : tags;
    return cJSON_IsString(tag) ? tag->valuestring : NULL;
}

/* Class 0 is one of those that count: said so, or one mask of several (one-hot targets have no background of their own). */
static bool counts_background(const struct mm_component *op)
{
    const cJSON *skips = mm_json_get(op->args, "skip_background");
    return cJSON_IsBool(skips) ? cJSON_IsFalse(skips) : cJSON_IsTrue(mm_json_get(op->args, "is_onehot_targets"));
}

bool mm_aux_ops_find(const struct mm_components *ops, const char *tag, struct mm_aux_value *out)
{
    for (size_t i = 0; i < ops->count; i++) {
        const struct mm_component *op = &ops->items[i];
        size_t kind = index_of(op);
        const char *own;
        for (int k = 0; kind < KNOWN && (own = tag_of(op, k)); k++) {
            if (strcmp(own, tag) != 0)
                continue;
            out->metric = known[kind].metric ? mm_metric_find(known[kind].metric) : &mm_aux_neg_loss;
            out->background = counts_background(op);
            out->only_class = k == 0 ? -1 : k - out->background;
            return true;
        }
    }
    return false;
}

static void unknown(const struct mm_component *op, struct mm_problems *problems)
{
    struct mm_nearest nearest;
    char hint[128];
    const cJSON *name = mm_json_get(op->node, "name");
    mm_nearest_init(&nearest, op->name);
    for (size_t i = 0; i < KNOWN; i++)
        mm_nearest_offer(&nearest, known[i].name);
    mm_problem(problems, MM_SEVERITY_ERROR, name ? name : op->node,
               "unknown aux op \"%s\"%s; known are accuracy, ComputeDice, DiceMaskedOutput and NegLoss", op->name,
               mm_nearest_hint(&nearest, hint, sizeof hint));
}

void mm_aux_ops_check(const struct mm_components *ops, struct mm_problems *problems)
{
    for (size_t i = 0; i < ops->count; i++) {
        if (index_of(&ops->items[i]) == KNOWN)
            unknown(&ops->items[i], problems);
        else if (!tag_of(&ops->items[i], 0))
            mm_problem(problems, MM_SEVERITY_ERROR, ops->items[i].node,
                       "%s needs a \"tag\", by which metrics name it", ops->items[i].name);
    }
}

void mm_aux_ops_tags(const struct mm_components *ops, struct mm_text *out)
{
    for (size_t i = 0; i < ops->count; i++) {
        const char *tag;
        for (int k = 0; (tag = tag_of(&ops->items[i], k)); k++)
            mm_text_format(out, "%s%s", out->length ? ", " : "", tag);
    }
}
