/* The record of a training. */
#include "mmar/run_record.h"

#include <math.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/version.h"
#include "trainer/backends/backend.h"

/* Names by value, as datalists write them: {"0": "background", ...}. */
static cJSON *label_names(struct mm_arena *arena, const struct mm_datalist *list)
{
    cJSON *json = mm_json_object(arena);
    for (size_t i = 0; i < list->label_count; i++)
        if (list->label_names[i])
            mm_json_add(arena, json, mm_arena_format(arena, "%zu", i), mm_json_text(arena, list->label_names[i]));
    return json;
}

/* True when these are the arguments of a transform that resamples to a spacing. */
static bool take_spacing(struct mm_arena *arena, cJSON *inputs, const cJSON *args)
{
    const cJSON *spacing = mm_json_get(args, "pixdim"), *one;
    if (!spacing)
        spacing = mm_json_get(args, "target_resolution");
    cJSON_ArrayForEach (one, spacing)
        if (!cJSON_IsNumber(one))
            return false;
    return cJSON_IsArray(spacing) && mm_json_add(arena, inputs, "spacing", mm_json_copy(arena, spacing));
}

/* The spacing that images are resampled to: of the first such transform. Nothing when there is none. */
static void add_spacing(struct mm_arena *arena, cJSON *inputs, const struct mm_training *t)
{
    const struct mm_config *config = t->config;
    const struct mm_components *raw =
        config->train.pre_transforms.count ? &config->train.pre_transforms : &config->validate.pre_transforms;
    const char *text = t->train ? mm_chain_describe(arena, t->train->chain, t->train->chain->count) : NULL;
    cJSON *steps;
    const cJSON *step;
    if (!text) {
        for (size_t i = 0; i < raw->count && !take_spacing(arena, inputs, raw->items[i].args); i++)
            ;
    } else if (mm_json_parse(arena, "chain", text, strlen(text), &steps, NULL) == MM_OK)
        cJSON_ArrayForEach (step, steps)
            if (take_spacing(arena, inputs, mm_json_get(step, "args")))
                break;
}

void mm_run_record_model(struct mm_arena *arena, cJSON *json, const struct mm_training *t, const cJSON *labels)
{
    cJSON *model = mm_training_model_json(arena, t), *inputs = mm_json_object(arena),
          *outputs = mm_json_object(arena);
    mm_json_add(arena, model, "parameters", mm_json_integer(arena, mm_graph_param_count(t->graph, MM_ROLE_PARAM)));
    mm_json_add(arena, json, "model", model);
    for (size_t i = 0; i < t->graph->count; i++)
        if (t->graph->nodes[i].kind == MM_NODE_INPUT && !mm_json_get(inputs, "channels")) /* the first is the image */
            mm_json_add(arena, inputs, "channels", mm_json_integer(arena, t->graph->nodes[i].channels));
    mm_json_add(arena, inputs, "spatial_dims", mm_json_integer(arena, t->graph->spatial));
    add_spacing(arena, inputs, t);
    mm_json_add(arena, json, "inputs", inputs);
    mm_json_add(arena, outputs, "channels", mm_json_integer(arena, t->model->out_channels(t->model_self)));
    if (labels || t->train)
        mm_json_add(arena, outputs, "labels",
                    labels ? mm_json_copy(arena, labels) : label_names(arena, t->train->list));
    mm_json_add(arena, json, "outputs", outputs);
}

static enum mm_status add_training(struct mm_arena *arena, cJSON *json, const struct mm_training *t,
                                   const struct mm_loop_result *result, const char *backend, struct mm_error *err)
{
    enum mm_status s;
    char digest[MM_SHA256_HEX];
    const struct mm_backend *backends[MM_BACKENDS_MAX];
    const struct mm_device_type *device;
    size_t count;
    cJSON *training = mm_json_object(arena);
    if (MM_TRY(s, mm_training_digest(arena, t, digest, err)) ||
        MM_TRY(s, mm_backend_select(backend, backends, &count, &device, err)))
        return s;
    mm_json_add(arena, training, "config_digest", mm_json_text(arena, digest));
    mm_json_add(arena, training, "seed",
                mm_json_text(arena, mm_arena_format(arena, "%llu", (unsigned long long)t->seed)));
    mm_json_add(arena, training, "epochs", mm_json_integer(arena, result->epochs_done));
    if (!isnan(result->best_metric)) {
        mm_json_add(arena, training, "best_epoch", mm_json_integer(arena, result->best_epoch));
        mm_json_add(arena, training, "best_metric", mm_json_number(arena, result->best_metric));
    }
    if (result->left_out)
        mm_json_add(arena, training, "items_left_out", mm_json_integer(arena, result->left_out));
    for (size_t i = 0; i < t->metric_count; i++)
        if (t->metrics[i].is_key)
            mm_json_add(arena, training, "metric", mm_json_text(arena, t->metrics[i].name));
    mm_json_add(arena, training, "seconds", mm_json_number(arena, round(result->seconds * 10) / 10));
    mm_json_add(arena, training, "program", mm_json_text(arena, "mmar " MM_VERSION));
    mm_json_add(arena, training, "backend", mm_json_text(arena, backends[0]->name));
    mm_json_add(arena, json, "training", training);
    return MM_OK;
}

static enum mm_status add_data(struct mm_arena *arena, cJSON *json, const struct mm_training *t, struct mm_error *err)
{
    enum mm_status s;
    char digest[MM_SHA256_HEX];
    cJSON *data = mm_json_object(arena);
    if (MM_TRY(s, mm_sha256_file(t->train->list->file, digest, err)))
        return s;
    mm_json_add(arena, data, "training", mm_json_integer(arena, (int64_t)t->train->list->count));
    mm_json_add(arena, data, "validation",
                mm_json_integer(arena, t->validation ? (int64_t)t->validation->list->count : 0));
    mm_json_add(arena, data, "labels", label_names(arena, t->train->list));
    mm_json_add(arena, data, "datalist_sha256", mm_json_text(arena, digest));
    mm_json_add(arena, json, "data", data);
    return MM_OK;
}

static enum mm_status add_origin(struct mm_arena *arena, cJSON *json, const char *folder, struct mm_error *err)
{
    enum mm_status s;
    cJSON *parent = NULL, *origin = mm_json_object(arena);
    const char *path = mm_file_join(arena, folder, "parent.json");
    if (mm_file_exists(path) && MM_TRY(s, mm_json_read(arena, path, &parent, err)))
        return s;
    const cJSON *kind = mm_json_get(parent, "kind"), *digest = mm_json_get(parent, "manifest_sha256");
    if (!digest)
        digest = mm_json_get(parent, "sha256");
    mm_json_add(arena, origin, "kind", mm_json_text(arena, cJSON_IsString(kind) ? kind->valuestring : "scratch"));
    if (cJSON_IsString(digest))
        mm_json_add(arena, origin, "sha256", mm_json_text(arena, digest->valuestring));
    mm_json_add(arena, json, "origin", origin);
    return MM_OK;
}

enum mm_status mm_run_record_write(struct mm_arena *arena, const struct mm_project *project,
                                   const struct mm_training *training, const struct mm_loop_result *result,
                                   const char *backend, struct mm_error *err)
{
    enum mm_status s;
    char digest[MM_SHA256_HEX];
    const char *folder = mm_project_path(arena, project, mm_config_text(project->config, "MMAR_CKPT_DIR", "models"));
    cJSON *json = mm_json_object(arena);
    if (MM_TRY(s, mm_sha256_file(mm_file_join(arena, folder, "model.safetensors"), digest, err)))
        return s;
    mm_run_record_model(arena, json, training, NULL);
    if (MM_TRY(s, add_training(arena, json, training, result, backend, err)) ||
        MM_TRY(s, add_data(arena, json, training, err)) || MM_TRY(s, add_origin(arena, json, folder, err)))
        return s;
    mm_json_add(arena, json, "weights_sha256", mm_json_text(arena, digest));
    const char *printed = json ? mm_json_print(arena, json, MM_JSON_INDENTED) : NULL;
    const char *text = printed ? mm_arena_format(arena, "%s\n", printed) : NULL;
    if (!text)
        return mm_fail_memory(err, "the record of the training");
    return mm_file_write(mm_file_join(arena, folder, "run.json"), text, strlen(text), err);
}
