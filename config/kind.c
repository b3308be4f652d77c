/* What kind of file a config is. An MMAR's config folder holds several; Clara tells them by their names, which people change. */
#include "base/names.h"
#include "config/config_internal.h"

const char *mm_config_kind_text(enum mm_config_kind kind)
{
    switch (kind) {
    case MM_CONFIG_EVALUATION:
        return "an evaluation configuration";
    case MM_CONFIG_AUTOML:
        return "an AutoML configuration";
    case MM_CONFIG_FEDERATED_CLIENT:
        return "a federated client configuration";
    case MM_CONFIG_FEDERATED_SERVER:
        return "a federated server configuration";
    case MM_CONFIG_AIAA:
        return "an AIAA configuration";
    case MM_CONFIG_ENVIRONMENT:
        return "an environment file";
    default:
        return "a training configuration";
    }
}

/* Variables of an MMAR's environment, and no sections: version 4's values may be numbers and strings. */
static bool is_environment(const cJSON *root)
{
    bool known = false;
    for (const cJSON *member = root->child; member; member = member->next) {
        if (cJSON_IsObject(member) || cJSON_IsArray(member))
            return false;
        known = known || mm_names_contain(
                             "DATA_ROOT DATASET_JSON PROCESSING_TASK MMAR_EVAL_OUTPUT_PATH MMAR_CKPT_DIR MMAR_CKPT",
                             member->string);
    }
    return known;
}

static bool has_stage_key(const cJSON *root)
{
    for (const cJSON *member = root->child; member; member = member->next)
        if ((cJSON_IsObject(member) || cJSON_IsArray(member)) && mm_config_is_stage_key(member->string) &&
            strcmp(member->string, "search") != 0)
            return true;
    return false;
}

enum mm_config_kind mm_config_kind_of(const cJSON *root)
{
    if (mm_json_get(root, "train"))
        return MM_CONFIG_TRAINING;
    if (mm_json_get(root, "controller") || mm_json_get(root, "executor"))
        return MM_CONFIG_AUTOML;
    if (mm_json_get(root, "client") || mm_json_get(root, "client_trainer"))
        return MM_CONFIG_FEDERATED_CLIENT;
    if (mm_json_get(root, "aggregator") || mm_json_get(root, "servers"))
        return MM_CONFIG_FEDERATED_SERVER;
    if (cJSON_IsObject(mm_json_get(root, "inference")) || (mm_json_get(root, "labels") && mm_json_get(root, "type")))
        return MM_CONFIG_AIAA;
    if (mm_json_get(root, "validate") || has_stage_key(root))
        return MM_CONFIG_EVALUATION;
    return is_environment(root) ? MM_CONFIG_ENVIRONMENT : MM_CONFIG_TRAINING;
}
