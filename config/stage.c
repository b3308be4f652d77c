/* Stages: which sections "train" and "validate" have, and where each goes in struct mm_stage. */
#include "base/names.h"
#include "config/config_internal.h"

struct section {
    const char *key;
    size_t offset;
};

/* One component each; two keys of one field are two generations' names for it. */
static const struct section singles[] = {
    {"model", offsetof(struct mm_stage, model)},           {"loss", offsetof(struct mm_stage, loss)},
    {"optimizer", offsetof(struct mm_stage, optimizer)},   {"lr_policy", offsetof(struct mm_stage, schedule)},
    {"inferer", offsetof(struct mm_stage, inferer)},       {"image_pipeline", offsetof(struct mm_stage, pipeline)},
    {"lr_scheduler", offsetof(struct mm_stage, schedule)},
};

static const struct section lists[] = {
    {"pre_transforms", offsetof(struct mm_stage, pre_transforms)},
    {"batch_transforms", offsetof(struct mm_stage, batch_transforms)},
    {"post_transforms", offsetof(struct mm_stage, post_transforms)},
    {"label_transforms", offsetof(struct mm_stage, label_transforms)},
    {"metrics", offsetof(struct mm_stage, metrics)},
    {"val_metrics", offsetof(struct mm_stage, metrics)},
    {"aux_ops", offsetof(struct mm_stage, aux_ops)},
    {"handlers", offsetof(struct mm_stage, handlers)},
    {"writers", offsetof(struct mm_stage, writers)},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Sections of Clara's that have no counterpart here, and those that config/v4.c turns into others. */
static const char others[] = "dataset dataloader key_metric additional_metrics trainer evaluator iteration "
                             "model_loader search";

const char *mm_config_list_key(size_t index)
{
    return index < COUNT(lists) ? lists[index].key : NULL;
}

bool mm_config_is_stage_key(const char *name)
{
    for (size_t i = 0; i < COUNT(singles); i++)
        if (strcmp(singles[i].key, name) == 0)
            return true;
    for (size_t i = 0; i < COUNT(lists); i++)
        if (strcmp(lists[i].key, name) == 0)
            return true;
    return mm_names_contain(others, name);
}

/* v4's evaluation files say which file holds the model, and not what it is. */
static bool is_model_file(const cJSON *node)
{
    const cJSON *first = cJSON_IsArray(node) ? node->child : node;
    return !first || mm_json_get(first, "ts_path") || mm_json_get(first, "ckpt_path");
}

/* AutoML writes alternatives as a list, all but one of them disabled: the first that is not counts. */
static bool read_alternatives(struct mm_config_reader *reader, const cJSON *list, struct mm_component *out)
{
    size_t errors = reader->problems->errors;
    const cJSON *item;
    cJSON_ArrayForEach (item, list)
        if (mm_config_read_component(reader, item, out)) {
            if (item->next)
                mm_problem(reader->problems, MM_SEVERITY_NOTE, item->next,
                           "has no effect here: of alternatives the first that is not disabled counts");
            return true;
        }
    if (reader->problems->errors == errors)
        mm_problem(reader->problems, MM_SEVERITY_ERROR, list, "all alternatives are disabled");
    return false;
}

static enum mm_status read_single(struct mm_config_reader *reader, const struct section *section, const cJSON *node,
                                  struct mm_stage *stage)
{
    if (strcmp(section->key, "model") == 0 && is_model_file(node))
        return MM_OK;
    struct mm_component *component = mm_arena_new(reader->arena, struct mm_component);
    if (!component)
        return mm_fail_memory(reader->err, "a config");
    const struct mm_component **field = (const struct mm_component **)((char *)stage + section->offset);
    if (cJSON_IsArray(node) ? read_alternatives(reader, node, component)
                            : mm_config_read_component(reader, node, component))
        *field = component;
    return MM_OK;
}

/* Two keys of one field come one behind the other. */
static enum mm_status read_list(struct mm_config_reader *reader, const struct section *section, const cJSON *node,
                                struct mm_stage *stage)
{
    return mm_config_read_list(reader, node, (struct mm_components *)((char *)stage + section->offset));
}

static void warn_unknown(struct mm_config_reader *reader, const cJSON *member)
{
    struct mm_nearest nearest;
    char words[128], hint[128];
    mm_nearest_init(&nearest, member->string);
    for (size_t i = 0; i < COUNT(singles); i++)
        mm_nearest_offer(&nearest, singles[i].key);
    for (size_t i = 0; i < COUNT(lists); i++)
        mm_nearest_offer(&nearest, lists[i].key);
    mm_nearest_offer_words(&nearest, others, words, sizeof words);
    mm_problem(reader->problems, MM_SEVERITY_WARNING, member, "the section \"%.60s\" is not read%s", member->string,
               mm_nearest_hint(&nearest, hint, sizeof hint));
}

/* What drives a training in version 4: the loop here stands in for MONAI's own ones, and for no others. */
static void check_engines(struct mm_config_reader *reader, const cJSON *stage)
{
    static const struct {
        const char *key, *names;
    } engines[] = {{"dataloader", "DataLoader ThreadDataLoader"},
                   {"trainer", "SupervisedTrainer"},
                   {"evaluator", "SupervisedEvaluator"},
                   {"iteration", NULL}};
    for (size_t i = 0; i < COUNT(engines); i++) {
        struct mm_component engine;
        const cJSON *node = mm_json_get(stage, engines[i].key), *name = mm_json_get(node, "name");
        if (!node || cJSON_IsNull(node) || !mm_config_read_component(reader, node, &engine) || !engines[i].names)
            continue;
        if (!mm_names_contain(engines[i].names, engine.name))
            mm_problem(reader->problems, MM_SEVERITY_ERROR, name ? name : node, "unknown %s \"%.60s\"; there is %s",
                       engines[i].key, engine.name, engines[i].names);
    }
}

enum mm_status mm_config_read_stage(struct mm_config_reader *reader, cJSON *node, struct mm_stage *stage)
{
    stage->node = node;
    if (!cJSON_IsObject(node)) {
        mm_problem(reader->problems, MM_SEVERITY_ERROR, node, "expected an object of sections, got %s",
                   mm_json_found(reader->arena, node));
        return MM_OK;
    }
    reader->is_v4 = mm_json_get(node, "dataset") || mm_json_get(node, "dataloader");
    if (reader->is_v4)
        check_engines(reader, node);
    enum mm_status s;
    for (const cJSON *member = node->child; member; member = member->next) {
        if (cJSON_IsNull(member))
            continue;
        for (size_t i = 0; i < COUNT(singles); i++)
            if (strcmp(singles[i].key, member->string) == 0 &&
                MM_TRY(s, read_single(reader, &singles[i], member, stage)))
                return s;
        for (size_t i = 0; i < COUNT(lists); i++)
            if (strcmp(lists[i].key, member->string) == 0 && MM_TRY(s, read_list(reader, &lists[i], member, stage)))
                return s;
        if (node != reader->root && !mm_config_is_stage_key(member->string))
            warn_unknown(reader, member);
    }
    return MM_OK;
}
