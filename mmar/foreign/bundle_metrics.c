/* Metrics of a bundle's validation as metrics of ours, with the part of the prediction that each is of. */
#include <stdio.h>

#include "mmar/foreign/bundle.h"

/* The class of a metric's or validation's output_transform: of whole predictions and labels? */
static bool is_of_all(const cJSON *metric)
{
    const cJSON *of = mm_json_get(metric, "output_transform");
    return !of || (cJSON_IsString(of) && strstr(of->valuestring, "from_engine(['pred', 'label'])"));
}

bool mm_bundle_splits(struct mm_bundle *b)
{
    const cJSON *list = MM_BUNDLE_FIRST(b, MM_BUNDLE_EVALUATOR("postprocessing"), "validate#postprocessing"), *step;
    if (mm_bundle_target(list))
        list = mm_bundle_follow(b, mm_json_get(list, "transforms"));
    cJSON_ArrayForEach (step, list) {
        const char *name = mm_bundle_target(mm_bundle_follow(b, step));
        if (name && (mm_text_starts(name, "SplitChannel") || mm_text_starts(name, "SplitDim")))
            return true;
    }
    return false;
}

/* Which part a metric is of, by the names of its fields: "$monai.handlers.from_engine(['pred_a', 'label_a'])". */
static bool add_part(struct mm_bundle *b, const cJSON *metric, cJSON *args)
{
    static const char form[] = "$monai.handlers.from_engine(['%63[A-Za-z0-9_-]', '%63[A-Za-z0-9_-]'])%n";
    const cJSON *of = mm_json_get(metric, "output_transform");
    char field[64], label[64];
    int end = -1;
    if (!cJSON_IsString(of) || sscanf(of->valuestring, form, field, label, &end) != 2 || end < 0 ||
        of->valuestring[end])
        return false;
    mm_json_add(b->arena, args, "field", mm_json_text(b->arena, field));
    mm_json_add(b->arena, args, "label_field", mm_json_text(b->arena, label));
    return true;
}

static void add_metrics(struct mm_bundle *b, cJSON *metrics, const cJSON *group, bool key)
{
    bool split = mm_bundle_splits(b);
    for (const cJSON *m = cJSON_IsObject(group) ? group->child : NULL; m; m = m->next) {
        const cJSON *node = mm_bundle_follow(b, m);
        bool whole = node && is_of_all(node);
        cJSON *component =
            whole || (node && split) ? mm_bundle_component(b, node, "metrics", "output_transform") : NULL;
        cJSON *args = (cJSON *)mm_json_get(component, "args");
        if (node && !whole && !(args && add_part(b, node, args))) {
            mm_notes_add_at(b->notes, MM_NOTE_LEFT, m,
                            "%.60s: is of a part of the prediction: see mmar help DiceMetric, \"field\"", m->string);
            continue;
        }
        if (!args)
            continue;
        mm_json_add(b->arena, args, "name", mm_json_text(b->arena, m->string));
        mm_json_add(b->arena, args, "is_key_metric", mm_json_bool(b->arena, key && !metrics->child));
        mm_bundle_taken(b, m, "metric", component);
        mm_json_append(metrics, component);
    }
}

cJSON *mm_bundle_metrics(struct mm_bundle *b)
{
    cJSON *metrics = mm_json_array(b->arena);
    add_metrics(b, metrics, MM_BUNDLE_FIRST(b, MM_BUNDLE_EVALUATOR("key_val_metric"), "validate#key_metric"), true);
    add_metrics(b, metrics,
                MM_BUNDLE_FIRST(b, MM_BUNDLE_EVALUATOR("additional_metrics"), "validate#additional_metrics"), false);
    return metrics;
}
