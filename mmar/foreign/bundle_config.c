/* config_train.json of ours from a bundle's train.json and inference.json. Where a bundle's author may choose ids, those of the model
 * zoo are known. */
#include <stdlib.h>

#include "mmar/foreign/bundle.h"

#define PIPELINE "SegmentationImagePipeline"

/* The first of several ids that is there. */
static const cJSON *first_of(struct mm_bundle *b, const char *const *ids)
{
    const cJSON *found = NULL;
    for (; *ids && !found; ids++)
        found = mm_bundle_find(b, *ids);
    return found;
}
#define FIRST_OF(bundle, ...) first_of(bundle, (const char *const[]){__VA_ARGS__, NULL})

static void taken(struct mm_bundle *b, const cJSON *node, const char *what, const cJSON *component)
{
    const cJSON *name = mm_json_get(component, "name");
    if (name)
        mm_notes_add_at(b->notes, MM_NOTE_TAKEN, node, "%s %s", what, name->valuestring);
}

/* One component of the stage, under our name for it. */
static cJSON *add(struct mm_bundle *b, cJSON *stage, const char *key, const cJSON *node, const char *family,
                  const char *wiring)
{
    cJSON *component = node ? mm_bundle_component(b, node, family, wiring) : NULL;
    if (component)
        taken(b, node, key, component);
    return component ? mm_json_add(b->arena, stage, key, component) : NULL;
}

static void add_chain(struct mm_bundle *b, cJSON *stage, const char *key, const cJSON *node)
{
    if (!node)
        return;
    cJSON *chain = mm_bundle_chain(b, node);
    mm_notes_add_at(b->notes, MM_NOTE_TAKEN, node, "%s: %d steps", key, cJSON_GetArraySize(chain));
    mm_json_add(b->arena, stage, key, chain);
}

/* The learning rate stands at the top here. */
static void move_rate(struct mm_bundle *b, cJSON *config, const cJSON *optimizer)
{
    const cJSON *rate = mm_bundle_follow(b, mm_json_get(optimizer, "lr"));
    if (cJSON_IsNumber(rate))
        mm_json_add(b->arena, config, "learning_rate", mm_json_copy(b->arena, rate));
}

/* The class of a metric's or validation's output_transform: of whole predictions and labels? */
static bool is_of_all(const cJSON *metric)
{
    const cJSON *of = mm_json_get(metric, "output_transform");
    return !of || (cJSON_IsString(of) && strstr(of->valuestring, "from_engine(['pred', 'label'])"));
}

static void add_metrics(struct mm_bundle *b, cJSON *metrics, const cJSON *group, bool key)
{
    for (const cJSON *m = cJSON_IsObject(group) ? group->child : NULL; m; m = m->next) {
        const cJSON *node = mm_bundle_follow(b, m);
        cJSON *component = NULL;
        if (node && !is_of_all(node))
            mm_notes_add_at(b->notes, MM_NOTE_LEFT, m,
                            "%.60s: is of a part of the prediction: see mmar help DiceMetric, \"field\"", m->string);
        else if (node)
            component = mm_bundle_component(b, node, "metrics", "output_transform");
        cJSON *args = (cJSON *)mm_json_get(component, "args");
        if (!args)
            continue;
        mm_json_add(b->arena, args, "name", mm_json_text(b->arena, m->string));
        mm_json_add(b->arena, args, "is_key_metric", mm_json_bool(b->arena, key && !metrics->child));
        taken(b, m, "metric", component);
        mm_json_append(metrics, component);
    }
}

/* Data set and loader as one: which files they are is the datalist's business here. */
static void add_pipeline(struct mm_bundle *b, cJSON *stage, const char *list, const cJSON *dataset,
                         const cJSON *loader)
{
    static const char *const loader_args[][2] = {
        {"batch_size", "output_batch_size"}, {"shuffle", "shuffle"}, {"num_workers", "num_workers"}};
    static const char *const cache_args[][2] = {{"cache_num", "num_cache_objects"},
                                                {"replace_rate", "replace_percent"}};
    struct mm_arena *arena = b->arena;
    cJSON *pipeline = mm_json_object(arena), *args = mm_json_object(arena);
    const char *name = mm_bundle_target(dataset);
    bool plain = !name || !strcmp(name, "Dataset"), smart = name && !strcmp(name, "SmartCacheDataset");
    mm_json_add(arena, args, "data_list_file_path", mm_json_text(arena, "{DATASET_JSON}"));
    mm_json_add(arena, args, "data_file_base_dir", mm_json_text(arena, "{DATA_ROOT}"));
    mm_json_add(arena, args, "data_list_key", mm_json_text(arena, list));
    for (int i = 0; i < 3; i++) {
        const cJSON *value = mm_bundle_follow(b, mm_json_get(loader, loader_args[i][0]));
        if (cJSON_IsNumber(value) || cJSON_IsBool(value))
            mm_json_add(arena, args, loader_args[i][1], mm_json_copy(arena, value));
    }
    for (int i = 0; smart && i < 2; i++) {
        const cJSON *value = mm_bundle_follow(b, mm_json_get(dataset, cache_args[i][0]));
        if (cJSON_IsNumber(value))
            mm_json_add(arena, args, cache_args[i][1], mm_json_copy(arena, value));
    }
    mm_json_add(arena, pipeline, "name", mm_json_text(arena, plain ? PIPELINE : PIPELINE "WithCache"));
    mm_json_add(arena, pipeline, "args", args);
    mm_json_add(arena, stage, "image_pipeline", pipeline);
    if (dataset)
        mm_notes_add_at(b->notes, MM_NOTE_TAKEN, dataset,
                        "image_pipeline for %s; its files are those of your datalist", name ? name : "the data set");
}

static void add_inferer(struct mm_bundle *b, cJSON *stage, const cJSON *node)
{
    const char *name = mm_bundle_target(node);
    if (!name)
        return;
    cJSON *component = mm_json_object(b->arena), *args = mm_json_object(b->arena);
    for (const cJSON *arg = node->child; arg; arg = arg->next) {
        bool wiring = *arg->string == '_' || !strcmp(arg->string, "device") || !strcmp(arg->string, "sw_device");
        cJSON *value = wiring ? NULL : mm_bundle_literal(b, arg);
        if (value)
            mm_json_add(b->arena, args, arg->string, value);
    }
    mm_json_add(b->arena, component, "name", mm_json_text(b->arena, name));
    mm_json_add(b->arena, component, "args", args);
    mm_json_add(b->arena, stage, "inferer", component);
    taken(b, node, "inferer", component);
}

static cJSON *train_stage(struct mm_bundle *b, struct mm_bundle *inference, cJSON *config)
{
    cJSON *stage = mm_json_add(b->arena, config, "train", mm_json_object(b->arena));
    size_t notes = b->notes->count;
    struct mm_bundle *from = FIRST_OF(b, "network_def", "network", "net") ? b : inference;
    const cJSON *optimizer = mm_bundle_find(b, "optimizer");
    const cJSON *network = FIRST_OF(from, "network_def", "network", "net");
    if (!add(from, stage, "model", network, "models", "device") && b->notes->count > notes)
        b->no_network = b->notes->items[b->notes->count - 1].text;
    if (!b->root)
        return stage;
    add(b, stage, "loss", FIRST_OF(b, "loss", "loss_function", "train#loss_function"), "losses", "");
    add(b, stage, "optimizer", optimizer, "optimizers", "params lr");
    move_rate(b, config, optimizer);
    add(b, stage, "lr_policy", FIRST_OF(b, "lr_scheduler", "scheduler"), "schedules", "optimizer");
    add_chain(b, stage, "pre_transforms",
              FIRST_OF(b, "train#preprocessing", "train#dataset#transform", "train#transforms"));
    add_pipeline(b, stage, "training", mm_bundle_find(b, "train#dataset"), mm_bundle_find(b, "train#dataloader"));
    return stage;
}

static void validate_stage(struct mm_bundle *b, struct mm_bundle *inference, cJSON *config)
{
    cJSON *stage = mm_json_add(b->arena, config, "validate", mm_json_object(b->arena)),
          *metrics = mm_json_array(b->arena);
    struct mm_bundle *from = mm_bundle_find(b, "validate") ? b : inference;
    add_metrics(b, metrics, FIRST_OF(b, "validate#key_metric", "validate#evaluator#key_val_metric"), true);
    add_metrics(b, metrics, FIRST_OF(b, "validate#additional_metrics"), false);
    if (metrics && metrics->child)
        mm_json_add(b->arena, stage, "metrics", metrics);
    add_chain(from, stage, "pre_transforms",
              FIRST_OF(from, "validate#preprocessing", "validate#dataset#transform", "preprocessing"));
    struct mm_bundle *post = mm_bundle_find(inference, "postprocessing") ? inference : from;
    add_chain(post, stage, "post_transforms", FIRST_OF(post, "postprocessing", "validate#postprocessing"));
    if (b->root)
        add_pipeline(b, stage, "validation", mm_bundle_find(b, "validate#dataset"),
                     mm_bundle_find(b, "validate#dataloader"));
    add_inferer(from, stage, FIRST_OF(from, "validate#inferer", "inferer"));
}

/* "$monai.utils.set_determinism(seed=123)", wherever it stands in a list at the top. */
static void add_seed(struct mm_bundle *b, cJSON *config)
{
    static const char call[] = "$monai.utils.set_determinism(seed=";
    for (const cJSON *list = b->root ? b->root->child : NULL; list; list = list->next)
        for (const cJSON *item = cJSON_IsArray(list) ? list->child : NULL; item; item = item->next) {
            if (!cJSON_IsString(item) || !mm_text_starts(item->valuestring, call))
                continue;
            const char *digits = item->valuestring + sizeof call - 1;
            size_t length = strspn(digits, "0123456789");
            if (length && length < 10 && !strcmp(digits + length, ")"))
                mm_json_add(b->arena, config, "seed", mm_json_integer(b->arena, strtol(digits, NULL, 10)));
            return;
        }
}

/* How long to train, and how often to validate. */
static void add_numbers(struct mm_bundle *b, cJSON *config)
{
    const cJSON *epochs = mm_bundle_find(b, "train#trainer#max_epochs"), *interval = NULL, *handler,
                *amp = mm_bundle_find(b, "train#trainer#amp"), *handlers = mm_bundle_find(b, "train#handlers");
    cJSON_ArrayForEach (handler, handlers) {
        const cJSON *node = mm_bundle_follow(b, handler);
        const char *name = mm_bundle_target(node);
        if (name && !strcmp(name, "ValidationHandler"))
            interval = mm_bundle_follow(b, mm_json_get(node, "interval"));
    }
    if (handlers)
        mm_notes_add_at(b->notes, MM_NOTE_LEFT, handlers, "handlers: mmar train logs, validates and saves by itself");
    if (cJSON_IsNumber(epochs))
        mm_json_add(b->arena, config, "epochs", mm_json_copy(b->arena, epochs));
    if (cJSON_IsNumber(interval))
        mm_json_add(b->arena, config, "num_training_epoch_per_valid", mm_json_copy(b->arena, interval));
    if (cJSON_IsBool(amp))
        mm_json_add(b->arena, config, "use_amp", mm_json_copy(b->arena, amp));
}

cJSON *mm_bundle_config(struct mm_bundle *train, struct mm_bundle *inference)
{
    cJSON *config = mm_json_object(train->arena);
    mm_json_add(
        train->arena, config, "__origin",
        mm_json_text(train->arena, "from a MONAI bundle: docs/ORIGIN.md says what was taken and what was not"));
    if (train->root) {
        add_numbers(train, config);
        add_seed(train, config);
    }
    cJSON *stage = train_stage(train, inference, config);
    validate_stage(train, inference, config);
    return stage && mm_json_get(stage, "model") ? config : NULL;
}
