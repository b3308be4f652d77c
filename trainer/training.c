/* Reads a training from a config: every component found by name, its arguments parsed, the graph built, the data opened.
 * Everything that is wrong is collected; only what depends on something broken is left unread. */
#include "trainer/training.h"

#include <math.h>

#include "base/hash.h"
#include "base/names.h"

struct reader {
    struct mm_arena *arena;
    const struct mm_config *config;
    const char *root;
    struct mm_training *out;
    struct mm_problems *problems;
};

/* A component that must be there: NULL and a problem when it is not. */
static const struct mm_component *need(struct reader *r, const struct mm_component *component,
                                       const struct mm_stage *stage, const char *key)
{
    if (!component)
        mm_problem(r->problems, MM_SEVERITY_ERROR, stage->node ? stage->node : r->config->root, "has no \"%s\"", key);
    return component;
}

/* Parameters of a component into a fresh struct; NULL when they are wrong (problems say so). */
static void *read_self(struct reader *r, const struct mm_component *component, const struct mm_param *table,
                       size_t size, const struct mm_param_target *also)
{
    void *self = mm_arena_alloc(r->arena, size ? size : 1);
    struct mm_param_target targets[2] = {{table, self}, also ? *also : (struct mm_param_target){0}};
    if (!self ||
        mm_params_read(r->arena, targets, also ? 2 : 1, component->args, component->node, r->problems) != MM_OK)
        return NULL;
    return self;
}

/* `family`: in the singular, which `mmar list` takes too. */
static void unknown(struct reader *r, const struct mm_component *component, const char *family,
                    struct mm_nearest *nearest)
{
    char hint[128];
    const cJSON *name = mm_json_get(component->node, "name");
    mm_problem(r->problems, MM_SEVERITY_ERROR, name ? name : component->node,
               "unknown %s \"%s\"%s (see mmar list %s)", family, component->name,
               mm_nearest_hint(nearest, hint, sizeof hint), family);
}

/* What a rule that spans parameters says, as a problem at the component. */
static bool holds(struct reader *r, const struct mm_component *component, enum mm_status status,
                  const struct mm_error *why)
{
    if (status != MM_OK)
        mm_problem(r->problems, MM_SEVERITY_ERROR, component->node, "%s: %s", component->name, why->text);
    return status == MM_OK;
}

/* One look-up for all families: tables are NULL-terminated arrays of pointers to objects with a name. */
#define FIND(r, component, family, table, find)                                                                      \
    const void *found = find((component)->name);                                                                     \
    if (!found) {                                                                                                    \
        struct mm_nearest nearest;                                                                                   \
        mm_nearest_init(&nearest, (component)->name);                                                                \
        for (size_t i = 0; table[i]; i++)                                                                            \
            mm_nearest_offer(&nearest, table[i]->name);                                                              \
        unknown(r, component, family, &nearest);                                                                     \
        return;                                                                                                      \
    }

static void read_model(struct reader *r)
{
    struct mm_error why = {.status = MM_OK};
    struct mm_training *t = r->out;
    const struct mm_component *c = need(r, r->config->train.model, &r->config->train, "model");
    if (!c)
        return;
    FIND(r, c, "model", mm_models, mm_model_find)
    const struct mm_model *model = found;
    void *self = read_self(r, c, model->params, model->params_size, NULL);
    if (!self || (model->check && !holds(r, c, model->check(r->arena, self, &why), &why)))
        return;
    if (!holds(r, c, mm_model_graph(r->arena, model, self, &t->graph, &why), &why))
        return;
    t->model = model;
    t->model_self = self;
}

static void read_loss(struct reader *r)
{
    struct mm_error why = {.status = MM_OK};
    struct mm_training *t = r->out;
    const struct mm_component *c = need(r, r->config->train.loss, &r->config->train, "loss");
    if (!c)
        return;
    FIND(r, c, "loss", mm_losses, mm_loss_find)
    const struct mm_loss *loss = found;
    void *self = read_self(r, c, loss->params, loss->params_size, NULL);
    if (!self || (loss->check && !holds(r, c, loss->check(r->arena, self, &why), &why)))
        return;
    t->loss = loss;
    t->loss_self = self;
}

/* The loss becomes the graph's last node, fed by the prediction and a second input. */
static void attach_loss(struct reader *r)
{
    struct mm_error why = {.status = MM_OK};
    struct mm_training *t = r->out;
    if (!t->graph || !t->loss)
        return;
    const struct mm_loss_op op = {t->loss, t->loss_self};
    const mm_value inputs[2] = {t->graph->outputs[0], mm_graph_input(t->graph, "target", 0)};
    t->loss_root = mm_graph_add(t->graph, "loss", &mm_op_loss, &op, inputs, 2);
    holds(r, r->config->train.loss, mm_graph_status(t->graph, &why), &why);
}

static void read_optimizer(struct reader *r)
{
    struct mm_error why = {.status = MM_OK};
    struct mm_training *t = r->out;
    const struct mm_component *c = need(r, r->config->train.optimizer, &r->config->train, "optimizer");
    if (!c)
        return;
    FIND(r, c, "optimizer", mm_optimizers, mm_optimizer_find)
    const struct mm_optimizer *optimizer = found;
    void *self = read_self(r, c, optimizer->params, optimizer->params_size, NULL);
    if (!self || (optimizer->check && !holds(r, c, optimizer->check(self, &why), &why)))
        return;
    double lr;
    memcpy(&lr, (const char *)self + optimizer->lr_offset, sizeof lr);
    if (isnan(lr))
        lr = r->config->learning_rate;
    t->learning_rate = isnan(lr) ? optimizer->default_lr : lr;
    t->optimizer = optimizer;
    t->optimizer_self = self;
}

static void read_schedule(struct reader *r)
{
    struct mm_error why = {.status = MM_OK};
    const struct mm_component *c = r->config->train.schedule;
    if (!c)
        return;
    FIND(r, c, "schedule", mm_schedules, mm_schedule_find)
    const struct mm_schedule *schedule = found;
    struct mm_schedule_common common = {0};
    const struct mm_param_target also = {mm_schedule_common_params, &common};
    void *self = read_self(r, c, schedule->params, schedule->params_size, &also);
    if (!self || (schedule->check && !holds(r, c, schedule->check(self, &why), &why)))
        return;
    r->out->schedule = schedule;
    r->out->schedule_self = self;
    r->out->schedule_by_step = common.by ? !strcmp(common.by, "step") : schedule->by_step;
}

static void read_metric(struct reader *r, const struct mm_component *c)
{
    struct mm_error why = {.status = MM_OK};
    struct mm_training *t = r->out;
    FIND(r, c, "metric", mm_metrics, mm_metric_find)
    const struct mm_metric *metric = found;
    if (t->metric_count == MM_METRICS_MAX) {
        mm_problem(r->problems, MM_SEVERITY_ERROR, c->node, "more than %d metrics", MM_METRICS_MAX);
        return;
    }
    struct mm_metric_common common = {0};
    const struct mm_param_target also = {mm_metric_common_params, &common};
    void *self = read_self(r, c, metric->params, metric->params_size, &also);
    if (!self || (metric->check && !holds(r, c, metric->check(self, &why), &why)))
        return;
    bool key = common.is_key_metric ||
               cJSON_IsTrue(mm_json_get(c->node, "is_key_metric")); /* beside name and args: v4's key_metric */
    t->metrics[t->metric_count++] =
        (struct mm_metric_use){metric, self, common.name ? common.name : metric->name, key};
}

static void read_metrics(struct reader *r)
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

static void read_prediction(struct reader *r)
{
    struct mm_training *t = r->out;
    const struct mm_stage *stage = &r->config->validate;
    struct mm_chain *post = NULL;
    mm_inferer_read(r->arena, stage->inferer, &t->prediction.inferer, r->problems);
    if (stage->post_transforms.count && mm_chain_make(r->arena, &stage->post_transforms, &post, r->problems) == MM_OK)
        t->prediction.post = post;
    t->prediction.image_field = "image";
    t->prediction.label_field = "label";
    t->prediction.prediction_field = "pred";
    if (post)
        t->prediction.post_alone = mm_chain_narrow(r->arena, post, t->prediction.prediction_field, false);
    if (t->model) {
        int64_t channels = t->model->out_channels(t->model_self);
        t->prediction.classes = channels > 1 ? (int)channels : 2;
    }
}

static enum mm_status read_data(struct reader *r, const struct mm_stage *stage, const struct mm_source **out,
                                struct mm_error *err)
{
    struct mm_source *source = NULL;
    enum mm_status s = mm_source_open(r->arena, r->config, stage, r->root, &source, r->problems, err);
    if (s == MM_ERR_CONFIG && !(err && err->text[0]))
        return MM_OK; /* told in problems */
    *out = source;
    if (source && source->list->label_count)
        r->out->prediction.class_names = source->list->label_names;
    return s;
}

enum mm_status mm_training_read(struct mm_arena *arena, const struct mm_config *config, const char *root,
                                unsigned parts, struct mm_training **out, struct mm_problems *problems,
                                struct mm_error *err)
{
    enum mm_status s;
    struct mm_training *t = mm_arena_new(arena, struct mm_training);
    if (!t)
        return mm_fail_memory(err, "the training");
    struct reader r = {arena, config, root, t, problems};
    t->config = config;
    t->epochs = config->epochs ? config->epochs : 1;
    t->valid_interval = config->valid_interval;
    t->seed = config->seed;
    if (parts & MM_PART_MODEL)
        read_model(&r);
    if (parts & MM_PART_TRAIN) {
        read_loss(&r);
        attach_loss(&r);
        read_optimizer(&r);
        read_schedule(&r);
        if (MM_TRY(s, read_data(&r, &config->train, &t->train, err)))
            return s;
    }
    read_prediction(&r);
    if (parts & MM_PART_VALID) {
        read_metrics(&r);
        if (config->validate.pipeline && MM_TRY(s, read_data(&r, &config->validate, &t->validation, err)))
            return s;
    }
    *out = t;
    return problems->errors ? MM_ERR_CONFIG : MM_OK;
}

cJSON *mm_training_model_json(struct mm_arena *arena, const struct mm_training *training)
{
    cJSON *json = mm_json_object(arena);
    mm_json_add(arena, json, "name", mm_json_text(arena, training->model->name));
    mm_json_add(arena, json, "args", mm_params_json(arena, training->model->params, training->model_self));
    return json;
}

static cJSON *described(struct mm_arena *arena, const char *name, const struct mm_param *table, const void *self)
{
    cJSON *json = mm_json_object(arena);
    mm_json_add(arena, json, "name", mm_json_text(arena, name));
    mm_json_add(arena, json, "args", mm_params_json(arena, table, self));
    return json;
}

/* The list by its content: item order, keys and paths as the datalist writes them, so that moving the data changes nothing. */
static cJSON *described_data(struct mm_arena *arena, const struct mm_source *source)
{
    const struct mm_pipeline *p = source->pipeline;
    cJSON *json = mm_json_object(arena), *items = mm_json_array(arena);
    mm_json_add(arena, json, "chain",
                mm_json_text(arena, mm_chain_describe(arena, source->chain, source->chain->count)));
    mm_json_add(arena, json, "batch", mm_json_integer(arena, p->output_batch_size));
    mm_json_add(arena, json, "by_transforms", mm_json_bool(arena, p->batched_by_transforms));
    mm_json_add(arena, json, "cached", mm_json_integer(arena, p->num_cache_objects));
    mm_json_add(arena, json, "replace", mm_json_number(arena, p->replace_percent));
    if (mm_pipeline_is_open(p)) { /* a request; a run has numbers, which is what decides its result */
        cJSON *open = mm_json_add(arena, json, "open", mm_json_object(arena));
        mm_json_add(arena, open, "objects", mm_json_bool(arena, p->auto_objects));
        mm_json_add(arena, open, "replace", mm_json_bool(arena, p->auto_replace));
        mm_json_add(arena, open, "memory",
                    p->auto_memory ? mm_json_text(arena, "auto") : mm_json_integer(arena, (int64_t)p->cache_memory));
    }
    for (size_t i = 0; i < source->list->count; i++)
        mm_json_append(items, mm_json_copy(arena, source->list->items[i].node));
    mm_json_add(arena, json, "items", items);
    return json;
}

enum mm_status mm_training_digest(struct mm_arena *arena, const struct mm_training *t, char hex[65],
                                  struct mm_error *err)
{
    cJSON *json = mm_json_object(arena);
    mm_json_add(arena, json, "seed",
                mm_json_text(arena, mm_arena_format(arena, "%llu", (unsigned long long)t->seed)));
    mm_json_add(arena, json, "model", mm_training_model_json(arena, t));
    mm_json_add(arena, json, "loss", described(arena, t->loss->name, t->loss->params, t->loss_self));
    mm_json_add(arena, json, "optimizer",
                described(arena, t->optimizer->name, t->optimizer->params, t->optimizer_self));
    mm_json_add(arena, json, "learning_rate", mm_json_number(arena, t->learning_rate));
    if (t->schedule)
        mm_json_add(arena, json, "schedule",
                    described(arena, t->schedule->name, t->schedule->params, t->schedule_self));
    mm_json_add(arena, json, "train", described_data(arena, t->train));
    const char *text = json ? mm_json_print(arena, json, MM_JSON_CANONICAL) : NULL;
    if (!text)
        return mm_fail_memory(err, "the run's description");
    return mm_sha256_bytes(text, strlen(text), hex, err);
}
