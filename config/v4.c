/* Clara 4's dialect, turned into version 3's sections in the tree itself, so that there is one reader.
 *   dataset + dataloader               -> image_pipeline (a batch is batch_size volumes with all their crops in both)
 *   key_metric, additional_metrics     -> metrics; those of key_metric get "is_key_metric": true
 *   "@name", "#code", "lambda ..."     -> removed where the framework's own wiring is meant, else an error */
#include <stdio.h>

#include "base/names.h"
#include "config/config_internal.h"

/* The pipeline a dataset class stands for. */
static const struct {
    const char *dataset, *pipeline;
    const char *args; /* arguments that mean the same in both */
} datasets[] = {
    {"Dataset", "SegmentationImagePipeline", ""},
    {"CacheDataset", "SegmentationImagePipelineWithCache", ""},
    {"CacheNTransDataset", "SegmentationImagePipelineWithCache", ""},
    {"GDSDataset", "SegmentationImagePipelineWithCache", ""},
    {"LMDBDataset", "SegmentationImagePipelineWithCache", ""},
    {"PersistentDataset", "SegmentationImagePipelineWithCache", ""},
    {"SmartCacheDataset", "SegmentationImagePipelineWithCache", "cache_num replace_rate"},
};

#define WHERE_ARGS  "data_list_file_path data_file_base_dir data_list_key" /* beside "args" in version 4 */
#define LOADER_ARGS "batch_size shuffle num_workers"
#define WIRING      "transform dataset" /* what an argument is that only names another section */

static enum mm_status copy_member(struct mm_config_reader *reader, cJSON *args, const cJSON *member, const char *name)
{
    cJSON *copy = mm_json_copy(reader->arena, member);
    return mm_json_add(reader->arena, args, name, copy) ? MM_OK : mm_fail_memory(reader->err, "a config");
}

/* Copies those members of `from` that are among `names`; the others have no effect, which is noted. */
static enum mm_status copy_args(struct mm_config_reader *reader, cJSON *args, const cJSON *from, const char *names)
{
    const cJSON *member;
    if (from && !cJSON_IsObject(from) && !cJSON_IsNull(from)) {
        mm_problem(reader->problems, MM_SEVERITY_ERROR, from, "expected an object of arguments, got %s",
                   mm_json_found(reader->arena, from));
        return MM_OK;
    }
    cJSON_ArrayForEach (member, from) {
        enum mm_status s;
        bool is_batch = strcmp(member->string, "batch_size") == 0;
        if (!mm_names_contain(names, member->string)) {
            if (!mm_names_contain(WIRING, member->string))
                mm_problem(reader->problems, MM_SEVERITY_NOTE, member, "%s has no effect here", member->string);
        } else if (MM_TRY(s, copy_member(reader, args, member, is_batch ? "output_batch_size" : member->string))) {
            return s;
        }
    }
    return MM_OK;
}

static void fail_dataset(struct mm_config_reader *reader, const cJSON *name)
{
    struct mm_text known;
    mm_text_init(&known, 512);
    for (size_t i = 0; i < sizeof datasets / sizeof *datasets; i++)
        mm_text_format(&known, "%s%s", i ? ", " : "", datasets[i].dataset);
    mm_problem(reader->problems, MM_SEVERITY_ERROR, name, "unknown dataset \"%.60s\"; there are %s",
               name->valuestring, known.bytes);
    mm_text_done(&known);
}

/* The name of a dataset's pipeline, and which of its arguments go there. */
static const char *pipeline_of(struct mm_config_reader *reader, const cJSON *name, const char **args)
{
    const char *text = name->valuestring;
    for (size_t i = 0; i < sizeof datasets / sizeof *datasets; i++)
        if (strncmp(datasets[i].dataset, text, strcspn(text, "#")) == 0 &&
            strlen(datasets[i].dataset) == strcspn(text, "#")) {
            *args = datasets[i].args;
            return datasets[i].pipeline;
        }
    fail_dataset(reader, name);
    return "SegmentationImagePipeline"; /* so that its other arguments are read as well */
}

/* "image_pipeline" made of the two; its place is the dataset's. */
static enum mm_status convert_dataset(struct mm_config_reader *reader, cJSON *stage, const cJSON *dataset,
                                      const cJSON *loader)
{
    cJSON *pipeline = mm_json_copy(reader->arena, dataset), *args = mm_json_object(reader->arena);
    cJSON *name = (cJSON *)mm_json_get(pipeline, "name");
    const char *names = "";
    if (cJSON_IsString(name) && !mm_json_get(dataset, "path"))
        name->valuestring = mm_arena_text(reader->arena, pipeline_of(reader, mm_json_get(dataset, "name"), &names));
    if (!pipeline || !args || (name && cJSON_IsString(name) && !name->valuestring))
        return mm_fail_memory(reader->err, "a config");
    enum mm_status s;
    for (cJSON *member = pipeline->child, *next; member; member = next) {
        next = member->next;
        if (mm_names_contain(WHERE_ARGS, member->string) &&
            MM_TRY(s, copy_member(reader, args, member, member->string)))
            return s;
        if (mm_names_contain(WHERE_ARGS, member->string))
            mm_json_detach(member);
    }
    if (MM_TRY(s, copy_args(reader, args, mm_json_get(dataset, "args"), names)) ||
        MM_TRY(s, copy_args(reader, args, mm_json_get(loader, "args"), LOADER_ARGS)))
        return s;
    mm_json_detach((cJSON *)mm_json_get(pipeline, "args"));
    if (!mm_json_add(reader->arena, pipeline, "args", args) ||
        !mm_json_add(reader->arena, stage, "image_pipeline", pipeline))
        return mm_fail_memory(reader->err, "a config");
    return MM_OK;
}

/* The members of stage[key], an array or a component, moved to the end of "metrics". */
static enum mm_status move_metrics(struct mm_config_reader *reader, cJSON *stage, const char *key, bool is_key)
{
    cJSON *from = (cJSON *)mm_json_get(stage, key), *metrics = (cJSON *)mm_json_get(stage, "metrics");
    if (!from || cJSON_IsNull(from))
        return MM_OK;
    if (metrics && !cJSON_IsArray(metrics))
        return MM_OK; /* wrong or alone: whoever reads it says so */
    if (!metrics)
        metrics = mm_json_add(reader->arena, stage, "metrics", mm_json_array(reader->arena));
    if (!metrics)
        return mm_fail_memory(reader->err, "a config");
    mm_json_detach(from);
    for (cJSON *item = cJSON_IsArray(from) ? from->child : from, *next; item; item = next) {
        next = item->next;
        mm_json_detach(item);
        mm_json_append(metrics, item);
        if (is_key && cJSON_IsObject(item) && !mm_json_get(item, "is_key_metric") &&
            !mm_json_add(reader->arena, item, "is_key_metric", mm_json_bool(reader->arena, true)))
            return mm_fail_memory(reader->err, "a config");
    }
    return MM_OK;
}

enum mm_status mm_config_convert_v4(struct mm_config_reader *reader, cJSON *stage)
{
    const cJSON *dataset = mm_json_get(stage, "dataset"), *loader = mm_json_get(stage, "dataloader");
    enum mm_status s;
    if (cJSON_IsObject(dataset) && !mm_json_get(stage, "image_pipeline") &&
        MM_TRY(s, convert_dataset(reader, stage, dataset, loader)))
        return s;
    if (MM_TRY(s, move_metrics(reader, stage, "key_metric", true)) ||
        MM_TRY(s, move_metrics(reader, stage, "additional_metrics", false)))
        return s;
    return MM_OK;
}

/* Python in strings. --------------------------------------------------------------------------------------------- */

#define NAME "%63[A-Za-z0-9_-]"

/* The two fields of "lambda x: (x['pred'], x['label'])" or "#monai.handlers.from_engine(['pred', 'label'])". */
static bool is_pair(const char *code, char names[2][64])
{
    int end = -1;
    if (sscanf(code, "lambda x : (x['" NAME "'], x['" NAME "'])%n", names[0], names[1], &end) == 2 && end > 0)
        return !code[end];
    end = -1;
    return sscanf(code, "#monai.handlers.from_engine(['" NAME "', '" NAME "'])%n", names[0], names[1], &end) == 2 &&
           end > 0 && !code[end];
}

/* What Clara's own configs contain: the loop here does the same without being told. */
static bool is_harmless(const char *code)
{
    static const char *const whole[] = {
        "#@model.parameters()",
        "lambda x: None",
        "lambda x: x['loss']",
        "lambda x: x['image_meta_dict']",
    };
    char names[2][64];
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        if (strcmp(code, whole[i]) == 0)
            return true;
    if (is_pair(code, names))
        return true;
    return *code == '@' || mm_text_starts(code, "#torch.device(") ||
           (mm_text_starts(code, "#monai.handlers.from_engine([") && mm_text_ends(code, ")"));
}

static bool is_code(const cJSON *node)
{
    return cJSON_IsString(node) &&
           (*node->valuestring == '#' || *node->valuestring == '@' || mm_text_starts(node->valuestring, "lambda "));
}

static void check_code(struct mm_config_reader *reader, const cJSON *node)
{
    if (is_code(node) && !is_harmless(node->valuestring))
        mm_problem(reader->problems, MM_SEVERITY_ERROR, node, "Python code cannot run here, got %s",
                   mm_json_found(reader->arena, node));
    for (const cJSON *child = node->child; child; child = child->next)
        check_code(reader, child);
}

/* What a metric is of, when that is not the whole: version 3 says it by names, the metrics here too. */
static void name_fields(struct mm_config_reader *reader, cJSON *args)
{
    static const char *const keys[] = {"field", "label_field"};
    const cJSON *of = mm_json_get(args, "output_transform");
    char names[2][64];
    if (!cJSON_IsString(of) || !is_pair(of->valuestring, names) || strcmp(names[0], "pred") == 0)
        return;
    for (size_t i = 0; i < 2; i++)
        if (!mm_json_get(args, keys[i]))
            mm_json_add(reader->arena, args, keys[i], mm_json_text(reader->arena, names[i]));
}

void mm_config_clean_v4(struct mm_config_reader *reader, cJSON *args)
{
    check_code(reader, args);
    name_fields(reader, args);
    for (cJSON *member = args->child, *next; member; member = next) {
        next = member->next;
        if (is_code(member))
            mm_json_detach(member);
    }
}
