/* Reads a training from a config: every component found by name, its arguments parsed, the graph built, the data opened.
 * Everything that is wrong is collected; only what depends on something broken is left unread. */
#include "trainer/training_internal.h"

#include <math.h>

#include "base/hash.h"
#include "trainer/aux_ops.h"
#include "trainer/freeze.h"
#include "trainer/handlers.h"
#include "trainer/models/elsewhere.h"

/* A component that must be there: NULL and a problem when it is not. */
static const struct mm_component *need(struct mm_training_reader *r, const struct mm_component *component,
                                       const struct mm_stage *stage, const char *key)
{
    const cJSON *node = stage->node ? stage->node : r->config->root;
    const cJSON *there = mm_json_get(node, key);
    /* One that is there and could not be read was told of. */
    if (!component && !(r->problems->errors && there && !cJSON_IsTrue(mm_json_get(there, "disabled"))))
        mm_problem(r->problems, MM_SEVERITY_ERROR, node, "has no \"%s\"", key);
    return component;
}

void *mm_training_read_self(struct mm_training_reader *r, const struct mm_component *component,
                            const struct mm_param *table, size_t size, const struct mm_param_target *also)
{
    void *self = mm_arena_alloc(r->arena, size ? size : 1);
    struct mm_param_target targets[2] = {{table, self}, also ? *also : (struct mm_param_target){0}};
    if (!self ||
        mm_params_read(r->arena, targets, also ? 2 : 1, component->args, component->node, r->problems) != MM_OK)
        return NULL;
    return self;
}

void mm_training_unknown(struct mm_training_reader *r, const struct mm_component *component, const char *family,
                         struct mm_nearest *nearest)
{
    char hint[128];
    const cJSON *name = mm_json_get(component->node, "name");
    const char *elsewhere = strcmp(family, "model") ? NULL : mm_model_elsewhere(component->name);
    mm_problem(r->problems, MM_SEVERITY_ERROR, name ? name : component->node,
               "unknown %s \"%s\"%s%s (see mmar list %s)", family, component->name, elsewhere ? ", which " : "",
               elsewhere ? elsewhere : mm_nearest_hint(nearest, hint, sizeof hint), family);
}

bool mm_training_holds(struct mm_training_reader *r, const struct mm_component *component, enum mm_status status,
                       const struct mm_error *why)
{
    if (status != MM_OK)
        mm_problem(r->problems, MM_SEVERITY_ERROR, component->node, "%s: %s", component->name, why->text);
    return status == MM_OK;
}

/* The pipeline's output_image_channels, when the model says nothing of its own: Clara 3's networks learn it from there. */
static const struct mm_component *with_channels(struct mm_training_reader *r, const struct mm_model *model,
                                                const struct mm_component *component)
{
    const struct mm_component *pipeline = r->config->train.pipeline;
    const cJSON *channels = pipeline ? mm_json_get(pipeline->args, "output_image_channels") : NULL;
    if (!cJSON_IsNumber(channels) || !mm_params_find(model->params, "in_channels") ||
        mm_json_get(component->args, "in_channels"))
        return component;
    struct mm_component *copy = mm_arena_new(r->arena, struct mm_component);
    cJSON *args = component->args ? mm_json_copy(r->arena, component->args) : mm_json_object(r->arena);
    if (!copy || !mm_json_add(r->arena, args, "in_channels", mm_json_copy(r->arena, channels)))
        return component;
    *copy = *component;
    copy->args = args;
    return copy;
}

static void read_model(struct mm_training_reader *r)
{
    struct mm_error why = {.status = MM_OK};
    struct mm_training *t = r->out;
    const struct mm_stage *stage = r->config->train.model ? &r->config->train : &r->config->validate;
    const struct mm_component *c = need(r, stage->model, stage->model ? stage : &r->config->train, "model");
    if (!c)
        return;
    MM_TRAINING_FIND(r, c, "model", mm_models, mm_model_find)
    const struct mm_model *model = found;
    void *self = mm_training_read_self(r, with_channels(r, model, c), model->params, model->params_size, NULL);
    if (!self || (model->check && !mm_training_holds(r, c, model->check(r->arena, self, &why), &why)))
        return;
    if (!mm_training_holds(r, c, mm_model_graph(r->arena, model, self, &t->graph, &why), &why))
        return;
    t->model = model;
    t->model_self = self;
}

static void read_loss(struct mm_training_reader *r)
{
    struct mm_error why = {.status = MM_OK};
    struct mm_training *t = r->out;
    const struct mm_component *c = need(r, r->config->train.loss, &r->config->train, "loss");
    if (!c)
        return;
    MM_TRAINING_FIND(r, c, "loss", mm_losses, mm_loss_find)
    const struct mm_loss *loss = found;
    void *self = mm_training_read_self(r, c, loss->params, loss->params_size, NULL);
    if (!self || (loss->check && !mm_training_holds(r, c, loss->check(r->arena, self, &why), &why)))
        return;
    t->loss = loss;
    t->loss_self = self;
}

/* The loss becomes the graph's last node, fed by the prediction and a second input. */
static void attach_loss(struct mm_training_reader *r)
{
    struct mm_error why = {.status = MM_OK};
    struct mm_training *t = r->out;
    if (!t->graph || !t->loss)
        return;
    const struct mm_loss_op op = {t->loss, t->loss_self};
    const mm_value inputs[2] = {t->graph->outputs[0], mm_graph_input(t->graph, "target", 0)};
    t->loss_root = mm_graph_add(t->graph, "loss", &mm_op_loss, &op, inputs, 2);
    mm_training_holds(r, r->config->train.loss, mm_graph_status(t->graph, &why), &why);
}

static void read_optimizer(struct mm_training_reader *r)
{
    struct mm_error why = {.status = MM_OK};
    struct mm_training *t = r->out;
    const struct mm_component *c = need(r, r->config->train.optimizer, &r->config->train, "optimizer");
    if (!c)
        return;
    MM_TRAINING_FIND(r, c, "optimizer", mm_optimizers, mm_optimizer_find)
    const struct mm_optimizer *optimizer = found;
    void *self = mm_training_read_self(r, c, optimizer->params, optimizer->params_size, NULL);
    if (!self || (optimizer->check && !mm_training_holds(r, c, optimizer->check(self, &why), &why)))
        return;
    double lr;
    memcpy(&lr, (const char *)self + optimizer->lr_offset, sizeof lr);
    if (isnan(lr))
        lr = r->config->learning_rate;
    t->learning_rate = isnan(lr) ? optimizer->default_lr : lr;
    t->optimizer = optimizer;
    t->optimizer_self = self;
}

static void read_schedule(struct mm_training_reader *r)
{
    struct mm_error why = {.status = MM_OK};
    const struct mm_component *c = r->config->train.schedule;
    if (!c)
        return;
    MM_TRAINING_FIND(r, c, "schedule", mm_schedules, mm_schedule_find)
    const struct mm_schedule *schedule = found;
    struct mm_schedule_common common = {0};
    const struct mm_param_target also = {mm_schedule_common_params, &common};
    void *self = mm_training_read_self(r, c, schedule->params, schedule->params_size, &also);
    if (!self || (schedule->check && !mm_training_holds(r, c, schedule->check(self, &why), &why)))
        return;
    r->out->schedule = schedule;
    r->out->schedule_self = self;
    r->out->schedule_by_step = common.by ? !strcmp(common.by, "step") : schedule->by_step;
}

/* Clara 3 calls the prediction "model", where a post transform says so. */
static const char *prediction_field(const struct mm_components *post)
{
    static const char *const keys[] = {"field", "fields", "keys", "from_field"};
    for (size_t i = 0; i < post->count; i++)
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
            const cJSON *value = mm_json_get(post->items[i].args, keys[k]);
            for (const cJSON *item = cJSON_IsArray(value) ? value->child : value; item;
                 item = cJSON_IsArray(value) ? item->next : NULL)
                if (cJSON_IsString(item) && strcmp(item->valuestring, "model") == 0)
                    return "model";
        }
    return "pred";
}

static void read_prediction(struct mm_training_reader *r)
{
    struct mm_training *t = r->out;
    const struct mm_stage *stage = &r->config->validate;
    struct mm_chain *post = NULL;
    mm_inferer_read(r->arena, stage->inferer, &t->prediction.inferer, r->problems);
    if (stage->post_transforms.count && mm_chain_make(r->arena, &stage->post_transforms, &post, r->problems) != MM_OK)
        post = NULL; /* told in problems */
    t->prediction.post = post;
    t->prediction.image_field = "image";
    t->prediction.label_field = "label";
    t->prediction.prediction_field = prediction_field(&stage->post_transforms);
    if (post)
        t->prediction.post_alone = mm_chain_narrow(r->arena, post, t->prediction.prediction_field, false);
    if (t->model) {
        int64_t channels = t->model->out_channels(t->model_self);
        t->prediction.classes = channels > 1 ? (int)channels : 2;
    }
}

static enum mm_status read_data(struct mm_training_reader *r, const struct mm_stage *stage,
                                const struct mm_source **out, struct mm_error *err)
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

/* A list that cannot be opened (`data`, told in `err`) keeps nothing else from being read; beside errors of the config it is one more. */
static enum mm_status finish(struct mm_training_reader *r, enum mm_status data, const struct mm_error *err)
{
    if (!r->problems->errors)
        return data;
    if (data && err)
        mm_problem(r->problems, MM_SEVERITY_ERROR, NULL, "%s", err->text);
    return MM_ERR_CONFIG;
}

/* What a config asks for that changes nothing here. */
static void note_options(struct mm_training_reader *r)
{
    const struct mm_config *config = r->config;
    const char *const names[] = {"use_amp", "amp", "multi_gpu"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const cJSON *node = mm_config_variable(config, names[i]);
        if (cJSON_IsTrue(node))
            mm_problem(r->problems, MM_SEVERITY_NOTE, node, "%s has no effect here: %s", names[i],
                       i == 2 ? "one device computes" : "numbers keep 32 bits");
    }
    const cJSON *iteration = mm_json_get(config->train.node, "iteration");
    if (iteration)
        mm_problem(
            r->problems, MM_SEVERITY_WARNING, iteration,
            "iteration is not read: clicks are not simulated within a step, each crop keeps its first guidance");
    mm_handlers_check(&config->train, r->problems);
    mm_handlers_check(&config->validate, r->problems);
    mm_aux_ops_check(&config->train.aux_ops, r->problems);
    mm_aux_ops_check(&config->validate.aux_ops, r->problems);
}

enum mm_status mm_training_read(struct mm_arena *arena, const struct mm_config *config, const char *root,
                                unsigned parts, struct mm_training **out, struct mm_problems *problems,
                                struct mm_error *err)
{
    enum mm_status s = MM_OK;
    struct mm_training *t = mm_arena_new(arena, struct mm_training);
    if (!t)
        return mm_fail_memory(err, "the training");
    struct mm_training_reader r = {arena, config, root, t, problems};
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
        if (MM_TRY(s, read_data(&r, &config->train, &t->train, err)) && s != MM_ERR_IO)
            return s;
    }
    const enum mm_status train = s;
    const struct mm_stage *stage = mm_training_stage(&r);
    if (!stage)
        return mm_fail_memory(err, "the training");
    note_options(&r);
    read_prediction(&r);
    if (parts & MM_PART_VALID) {
        mm_training_read_metrics(&r);
        if (stage->pipeline && MM_TRY(s, read_data(&r, stage, &t->validation, train ? NULL : err)) && s != MM_ERR_IO)
            return s;
    }
    *out = t;
    return finish(&r, train ? train : s, err);
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
    if (p->replace_every > 1)
        mm_json_add(arena, json, "replace_every", mm_json_integer(arena, p->replace_every));
    if (mm_pipeline_is_open(p)) { /* a request; a run has numbers, which is what decides its result */
        cJSON *open = mm_json_add(arena, json, "open", mm_json_object(arena));
        mm_json_add(arena, open, "objects", mm_json_bool(arena, p->auto_objects));
        mm_json_add(arena, open, "replace", mm_json_bool(arena, p->auto_replace));
        mm_json_add(arena, open, "memory",
                    p->auto_memory ? mm_json_text(arena, "auto") : mm_json_integer(arena, (int64_t)p->cache_memory));
        if (p->compression) /* packing lets memory hold more */
            mm_json_add(arena, open, "compression", mm_json_integer(arena, p->compression));
    }
    for (size_t i = 0; i < source->list->count; i++)
        mm_json_append(items, mm_json_copy(arena, source->list->items[i].node));
    mm_json_add(arena, json, "items", items);
    return json;
}

static cJSON *describe(struct mm_arena *arena, const struct mm_training *t)
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
    const cJSON *frozen = mm_graph_frozen_json(arena, t->graph);
    if (cJSON_GetArraySize(frozen))
        mm_json_add(arena, json, "frozen", mm_json_copy(arena, frozen));
    return json;
}

enum mm_status mm_training_digest(struct mm_arena *arena, const struct mm_training *t, char hex[65],
                                  struct mm_error *err)
{
    const cJSON *json = describe(arena, t);
    const char *text = json ? mm_json_print(arena, json, MM_JSON_CANONICAL) : NULL;
    if (!text)
        return mm_fail_memory(err, "the run's description");
    return mm_sha256_bytes(text, strlen(text), hex, err);
}

cJSON *mm_training_summary(struct mm_arena *arena, const struct mm_training *t)
{
    cJSON *json = describe(arena, t), *train = (cJSON *)mm_json_get(json, "train"), *chain;
    const cJSON *items = mm_json_get(train, "items"), *steps = mm_json_get(train, "chain");
    char digest[MM_SHA256_HEX];
    const char *text = items ? mm_json_print(arena, items, MM_JSON_CANONICAL) : NULL;
    if (!text || mm_sha256_bytes(text, strlen(text), digest, NULL) != MM_OK)
        return NULL;
    mm_json_replace((cJSON *)items, mm_json_text(arena, mm_arena_format(arena, "%d, SHA-256 %.12s",
                                                                        cJSON_GetArraySize(items), digest)));
    if (mm_json_parse(arena, "chain", steps->valuestring, strlen(steps->valuestring), &chain, NULL) == MM_OK)
        mm_json_replace((cJSON *)steps, chain);
    return json;
}
