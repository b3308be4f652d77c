/* config_train.json of ours from a bundle's train.json and inference.json. Where a bundle's author may choose ids, those of the model
 * zoo are known. */
#include "base/names.h"
#include "mmar/foreign/bundle.h"

#define PIPELINE "SegmentationImagePipeline"

/* One component of the stage, under our name for it. */
static cJSON *add(struct mm_bundle *b, cJSON *stage, const char *key, const cJSON *node, const char *family,
                  const char *wiring)
{
    cJSON *component = node ? mm_bundle_component(b, node, family, wiring) : NULL;
    if (component)
        mm_bundle_taken(b, node, key, component);
    return component ? mm_json_add(b->arena, stage, key, component) : NULL;
}

static bool loads_files(const cJSON *chain)
{
    const cJSON *step;
    cJSON_ArrayForEach (step, chain) {
        const cJSON *name = mm_json_get(step, "name");
        if (cJSON_IsString(name) && mm_text_starts(name->valuestring, "Load"))
            return true;
    }
    return false;
}

/* Where Python hands over arrays, nothing loads files: here the chain does. */
static cJSON *with_loader(struct mm_bundle *b, cJSON *chain, const cJSON *node, bool labels)
{
    if (!chain || !chain->child || loads_files(chain))
        return chain;
    cJSON *all = mm_json_array(b->arena), *keys = mm_json_array(b->arena), *step = mm_json_object(b->arena);
    mm_json_append(keys, mm_json_text(b->arena, "image"));
    if (labels)
        mm_json_append(keys, mm_json_text(b->arena, "label"));
    mm_json_add(b->arena, step, "name", mm_json_text(b->arena, "LoadImaged"));
    mm_json_add(b->arena, mm_json_add(b->arena, step, "args", mm_json_object(b->arena)), "keys", keys);
    mm_json_append(all, step);
    for (cJSON *rest; (rest = chain->child);) {
        mm_json_detach(rest);
        mm_json_append(all, rest);
    }
    mm_notes_add_at(b->notes, MM_NOTE_TAKEN, node, "LoadImaged comes first: there Python loads the files");
    return all;
}

static void add_chain(struct mm_bundle *b, cJSON *stage, const char *key, const cJSON *node)
{
    if (!node)
        return;
    cJSON *chain = mm_bundle_chain(b, node);
    if (!strcmp(key, "pre_transforms"))
        chain = with_loader(b, chain, node, mm_json_get(b->root, "train") || mm_json_get(b->root, "trainer"));
    mm_notes_add_at(b->notes, MM_NOTE_TAKEN, node, "%s: %d steps", key, cJSON_GetArraySize(chain));
    mm_json_add(b->arena, stage, key, chain);
}

/* The learning rate stands at the top here. */
static void move_rate(struct mm_bundle *b, cJSON *config, const cJSON *optimizer)
{
    const cJSON *rate = mm_json_get(optimizer, "lr");
    cJSON *value = rate ? mm_bundle_literal(b, rate) : NULL;
    if (cJSON_IsNumber(value))
        mm_json_add(b->arena, config, "learning_rate", value);
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
    mm_bundle_taken(b, node, "inferer", component);
}

static const cJSON *network_of(struct mm_bundle *bundle)
{
    return MM_BUNDLE_FIRST(bundle, "network_def", "network", "net", "model", MM_BUNDLE_TRAINER("network"),
                           MM_BUNDLE_EVALUATOR("network"));
}

static cJSON *train_stage(struct mm_bundle *b, struct mm_bundle *inference, cJSON *config)
{
    cJSON *stage = mm_json_add(b->arena, config, "train", mm_json_object(b->arena));
    size_t notes = b->notes->count;
    struct mm_bundle *from = network_of(b) ? b : inference;
    const cJSON *optimizer = MM_BUNDLE_FIRST(b, MM_BUNDLE_TRAINER("optimizer"), "optimizer");
    if (!add(from, stage, "model", network_of(from), "models", "device") && b->notes->count > notes)
        b->no_network = b->notes->items[b->notes->count - 1].text;
    if (!b->root)
        return stage;
    add(b, stage, "loss",
        MM_BUNDLE_FIRST(b, MM_BUNDLE_TRAINER("loss_function"), "loss", "loss_function", "train#loss_function"),
        "losses", "");
    add(b, stage, "optimizer", optimizer, "optimizers", "params lr");
    move_rate(b, config, optimizer);
    add(b, stage, "lr_policy", MM_BUNDLE_FIRST(b, "lr_scheduler", "scheduler"), "schedules", "optimizer");
    add_chain(b, stage, "pre_transforms",
              MM_BUNDLE_FIRST(b, MM_BUNDLE_TRAINER("train_data_loader#dataset#transform"), "train#preprocessing",
                              "train#dataset#transform", "train#transforms"));
    add_pipeline(b, stage, "training",
                 MM_BUNDLE_FIRST(b, MM_BUNDLE_TRAINER("train_data_loader#dataset"), "train#dataset"),
                 MM_BUNDLE_FIRST(b, MM_BUNDLE_TRAINER("train_data_loader"), "train#dataloader"));
    return stage;
}

static void validate_stage(struct mm_bundle *b, struct mm_bundle *inference, cJSON *config)
{
    cJSON *stage = mm_json_add(b->arena, config, "validate", mm_json_object(b->arena));
    struct mm_bundle *from = MM_BUNDLE_FIRST(b, "validate", "evaluator") ? b : inference;
    cJSON *metrics = mm_bundle_metrics(b);
    if (metrics && metrics->child)
        mm_json_add(b->arena, stage, "metrics", metrics);
    const cJSON *chain = MM_BUNDLE_FIRST(from, MM_BUNDLE_EVALUATOR("val_data_loader#dataset#transform"),
                                         "validate#preprocessing", "validate#dataset#transform", "preprocessing");
    add_chain(from, stage, "pre_transforms", chain);
    /* What predicts says how; metrics of parts need the parts. */
    struct mm_bundle *post = mm_bundle_find(inference, "postprocessing") && !mm_bundle_splits(b) ? inference : from;
    add_chain(
        post, stage, "post_transforms",
        MM_BUNDLE_FIRST(post, "postprocessing", MM_BUNDLE_EVALUATOR("postprocessing"), "validate#postprocessing"));
    if (b->root && from == b && chain)
        add_pipeline(b, stage, "validation",
                     MM_BUNDLE_FIRST(b, MM_BUNDLE_EVALUATOR("val_data_loader#dataset"), "validate#dataset"),
                     MM_BUNDLE_FIRST(b, MM_BUNDLE_EVALUATOR("val_data_loader"), "validate#dataloader"));
    else if (b->root)
        mm_notes_add(b->notes, MM_NOTE_LEFT, "there is no validation in configs/train.json: no best model is chosen");
    add_inferer(from, stage, MM_BUNDLE_FIRST(from, MM_BUNDLE_EVALUATOR("inferer"), "validate#inferer", "inferer"));
}

/* The seed of "$monai.utils.set_determinism(seed=123)", which may be a reference; false: it is no such call. */
static bool read_seed(struct mm_bundle *b, const cJSON *call, cJSON *config)
{
    static const char start[] = "$monai.utils.set_determinism(";
    if (!cJSON_IsString(call) || !mm_text_starts(call->valuestring, start))
        return false;
    const char *argument = call->valuestring + sizeof start - 1;
    argument += mm_text_starts(argument, "seed=") ? 5 : 0;
    const char *text = mm_arena_format(b->arena, "$%.*s", (int)strcspn(argument, ",)"), argument);
    const cJSON *seed = mm_bundle_follow(b, mm_json_text(b->arena, text));
    int64_t value;
    if (mm_json_int(seed, &value) && value >= 0)
        mm_json_add(b->arena, config, "seed", mm_json_integer(b->arena, value));
    return true;
}

/* Wherever it stands in a list at the top. */
static void add_seed(struct mm_bundle *b, cJSON *config)
{
    for (const cJSON *list = b->root ? b->root->child : NULL; list; list = list->next)
        for (const cJSON *item = cJSON_IsArray(list) ? list->child : NULL; item; item = item->next)
            if (read_seed(b, item, config))
                return;
}

/* What the loop here does not do. */
static void note_trainer(struct mm_bundle *b)
{
    const cJSON *trainer = MM_BUNDLE_FIRST(b, "train#trainer", "trainer");
    const char *name = mm_bundle_target(trainer);
    if (name && strcmp(name, "SupervisedTrainer"))
        mm_notes_add_at(b->notes, MM_NOTE_LEFT, trainer,
                        "%.60s: mmar train does what a SupervisedTrainer does, and nothing else", name);
    for (const cJSON *arg = trainer ? trainer->child : NULL; arg; arg = arg->next)
        if (mm_names_contain("iteration_update prepare_batch", arg->string) && !cJSON_IsNull(arg))
            mm_notes_add_at(b->notes, MM_NOTE_LEFT, arg, "%s: is Python, and a step here does without it",
                            arg->string);
}

/* How long to train, and how often to validate. */
static void add_numbers(struct mm_bundle *b, cJSON *config)
{
    const cJSON *epochs = MM_BUNDLE_FIRST(b, MM_BUNDLE_TRAINER("max_epochs")), *interval = NULL, *handler,
                *amp = MM_BUNDLE_FIRST(b, MM_BUNDLE_TRAINER("amp")),
                *handlers = MM_BUNDLE_FIRST(b, MM_BUNDLE_TRAINER("train_handlers"), "train#handlers");
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
        note_trainer(train);
        add_numbers(train, config);
        add_seed(train, config);
    }
    cJSON *stage = train_stage(train, inference, config);
    validate_stage(train, inference, config);
    return stage && mm_json_get(stage, "model") ? config : NULL;
}
