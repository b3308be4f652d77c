/* The metrics of a training: each with its arguments, and where its values come from. */
#include "trainer/aux_ops.h"
#include "trainer/training_internal.h"

/* MONAI's SplitDim (older: SplitChannel) makes KEY_POSTFIX of each channel: the number of `name` among those of one key. */
static int split_channel(const struct mm_component *step, const char *name)
{
    const struct mm_transform *transform = mm_transform_find(step->name);
    const cJSON *keys = mm_json_get(step->args, "keys"), *endings = mm_json_get(step->args, "output_postfixes"),
                *ending;
    int index = 0;
    if (!transform || strcmp(transform->name, "SplitDim") != 0)
        return -1;
    cJSON_ArrayForEach (ending, endings) {
        for (const cJSON *key = cJSON_IsArray(keys) ? keys->child : keys; key;
             key = cJSON_IsArray(keys) ? key->next : NULL)
            if (cJSON_IsString(key) && cJSON_IsString(ending) && mm_text_starts(name, key->valuestring) &&
                name[strlen(key->valuestring)] == '_' &&
                strcmp(name + strlen(key->valuestring) + 1, ending->valuestring) == 0)
                return index;
        index++;
    }
    return -1;
}

/* The index of `name` among the masks that a post transform splits off the prediction, which is its class; negative when none does. */
static int split_class(const struct mm_components *steps, const char *name)
{
    static const char *const lists[][2] = {{"SplitBasedOnLabel", "label_names"},
                                           {"SplitAcrossChannels", "channel_names"}};
    for (size_t i = 0; i < steps->count; i++) {
        int channel = split_channel(&steps->items[i], name);
        if (channel >= 0)
            return channel;
        for (size_t k = 0; k < 2; k++) {
            const cJSON *names = mm_json_get(steps->items[i].args, lists[k][1]), *item;
            int index = 0;
            if (strcmp(steps->items[i].name, lists[k][0]) != 0)
                continue;
            cJSON_ArrayForEach (item, names) {
                if (cJSON_IsString(item) && strcmp(item->valuestring, name) == 0)
                    return index;
                index++;
            }
        }
    }
    return -1;
}

static bool is_whole_prediction(const char *field)
{
    return !field || mm_names_contain("model pred prediction image", field);
}

/* "field" of every metric but ComputeAverage. */
static int class_of(struct mm_training_reader *r, const struct mm_component *c, const char *field)
{
    if (is_whole_prediction(field))
        return -1;
    int class = split_class(&r->config->validate.post_transforms, field);
    if (class < 0)
        mm_problem(r->problems, MM_SEVERITY_WARNING, mm_json_get(c->args, "field"),
                   "no post transform splits \"%s\" off the prediction: all classes are scored", field);
    else if (r->out->model && class >= r->out->prediction.classes)
        mm_problem(r->problems, MM_SEVERITY_WARNING, mm_json_get(c->args, "field"),
                   "\"%s\" is class %d, and the model has %d classes: there is never anything to score", field, class,
                   r->out->prediction.classes);
    return class;
}

static void unknown_tag(struct mm_training_reader *r, const struct mm_component *c, const char *field)
{
    struct mm_text tags;
    const cJSON *node = mm_json_get(c->args, "field");
    mm_text_init(&tags, 512);
    mm_aux_ops_tags(&r->config->train.aux_ops, &tags);
    if (!field)
        mm_problem(r->problems, MM_SEVERITY_ERROR, c->node,
                   "ComputeAverage needs a \"field\": the tag of one of train.aux_ops");
    else
        mm_problem(r->problems, MM_SEVERITY_ERROR, node ? node : c->node,
                   "no aux op of train.aux_ops has the tag \"%s\"%s%s", field,
                   tags.length ? "; there are " : ", and there are none", tags.length ? tags.bytes : "");
    mm_text_done(&tags);
}

/* ComputeAverage: the metric that its aux op stands for, with that op's background. */
static bool read_average(struct mm_training_reader *r, const struct mm_component *c, const char *field,
                         struct mm_metric_use *use)
{
    struct mm_aux_value value;
    if (!field || !mm_aux_ops_find(&r->config->train.aux_ops, field, &value)) {
        unknown_tag(r, c, field);
        return false;
    }
    cJSON *args = mm_json_object(r->arena);
    if (value.background && mm_params_find(value.metric->params, "include_background"))
        mm_json_add(r->arena, args, "include_background", mm_json_bool(r->arena, true));
    const struct mm_component own = {.name = value.metric->name, .args = args, .node = c->node};
    use->metric = value.metric;
    use->only_class = value.only_class;
    use->self = mm_training_read_self(r, &own, value.metric->params, value.metric->params_size, NULL);
    return use->self != NULL;
}

/* A metric of one class sees that and the rest; the rest is no class of its own, whatever the arguments say of a background. */
static void *without_rest(struct mm_training_reader *r, const struct mm_component *c, const struct mm_metric *metric)
{
    static const char key[] = "include_background";
    struct mm_metric_common common = {0};
    const struct mm_param_target also = {mm_metric_common_params, &common};
    struct mm_component own = *c;
    cJSON *args = c->args ? mm_json_copy(r->arena, c->args) : mm_json_object(r->arena);
    cJSON *told = (cJSON *)mm_json_get(args, key);
    if (told)
        mm_json_detach(told);
    own.args = mm_json_add(r->arena, args, key, mm_json_bool(r->arena, false)) ? args : NULL;
    struct mm_problems twice = {.arena = r->arena}; /* told at the first reading */
    struct mm_training_reader again = *r;
    again.problems = &twice;
    return mm_training_read_self(&again, &own, metric->params, metric->params_size, &also);
}

static void read_metric(struct mm_training_reader *r, const struct mm_component *c)
{
    struct mm_error why = {.status = MM_OK};
    struct mm_training *t = r->out;
    MM_TRAINING_FIND(r, c, "metric", mm_metrics, mm_metric_find)
    const struct mm_metric *metric = found;
    if (t->metric_count == MM_METRICS_MAX) {
        mm_problem(r->problems, MM_SEVERITY_ERROR, c->node, "more than %d metrics", MM_METRICS_MAX);
        return;
    }
    struct mm_metric_common common = {0};
    const struct mm_param_target also = {mm_metric_common_params, &common};
    struct mm_metric_use use = {.metric = metric, .only_class = -1};
    use.self = mm_training_read_self(r, c, metric->params, metric->params_size, &also);
    if (!use.self || (metric->check && !mm_training_holds(r, c, metric->check(use.self, &why), &why)))
        return;
    const cJSON *label = mm_json_get(c->node, "log_label"); /* v4's name of it */
    use.name = common.name ? common.name : cJSON_IsString(label) ? label->valuestring : metric->name;
    use.is_key = common.is_key_metric ||
                 cJSON_IsTrue(mm_json_get(c->node, "is_key_metric")); /* beside name and args: v4's key_metric */
    bool is_average = strcmp(metric->name, "ComputeAverage") == 0;
    if (is_average && !read_average(r, c, common.field, &use))
        return;
    if (!is_average)
        use.only_class = class_of(r, c, common.field);
    if (!is_average && use.only_class >= 0 && mm_params_find(metric->params, "include_background"))
        use.self = without_rest(r, c, metric);
    if (!use.self)
        return;
    t->metrics[t->metric_count++] = use;
}

void mm_training_read_metrics(struct mm_training_reader *r)
{
    struct mm_training *t = r->out;
    static const struct mm_component mean_dice = {.name = "DiceMetric"};
    for (size_t i = 0; i < r->config->validate.metrics.count; i++)
        read_metric(r, &r->config->validate.metrics.items[i]);
    if (!r->config->validate.metrics.count)
        read_metric(r, &mean_dice);
    size_t keys = 0;
    for (size_t i = 0; i < t->metric_count; i++)
        keys += t->metrics[i].is_key;
    if (keys > 1)
        mm_problem(r->problems, MM_SEVERITY_ERROR, r->config->validate.node,
                   "%zu metrics are marked is_key_metric, only one may be", keys);
    if (!keys && t->metric_count)
        t->metrics[0].is_key = true;
}
