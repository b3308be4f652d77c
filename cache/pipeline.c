/* Reading the arguments of an image pipeline. Names and meaning: Clara Train 3's image pipelines; what TensorFlow
 * needed to be told (layouts, types, channel counts) is accepted and has no effect. */
#include "cache/pipeline.h"

#include <stdlib.h>

#include "base/names.h"

const struct mm_pipeline_kind mm_pipeline_kinds[] = {
    {.name = "SegmentationImagePipelineWithCache",
     .aliases = "SegmentationKerasImagePipelineWithCache ClassificationImagePipelineWithCache "
                "ClassificationKerasImagePipelineWithCache",
     .summary = "batches of a datalist's items, which are held prepared: all, or num_cache_objects of them",
     .example = "{\"name\": \"SegmentationImagePipelineWithCache\", \"args\": {\"num_cache_objects\": 24, "
                "\"replace_percent\": 0.25, \"output_batch_size\": 4, \"num_workers\": 4}}",
     .caches = true},
    {.name = "SegmentationImagePipeline",
     .aliases = "SegmentationKerasImagePipeline ClassificationImagePipeline ClassificationKerasImagePipeline",
     .summary = "batches of a datalist's items, each prepared anew in every epoch unless num_cache_objects is given",
     .example =
         "{\"name\": \"SegmentationImagePipeline\", \"args\": {\"output_batch_size\": 4, \"num_workers\": 8}}"},
    {0},
};

#define P struct mm_pipeline
const struct mm_param mm_pipeline_params[] = {
    MM_STRING(P, data_list_file_path, .help = "datalist; the variable DATASET_JSON when absent"),
    MM_STRING(P, data_file_base_dir, .help = "folder of the datalist's files; the variable DATA_ROOT when absent"),
    MM_STRING(P, data_list_key, .def_text = "training", .help = "list of the datalist to read"),
    MM_INT(P, output_batch_size, .def = 1, .min = 0, .max = 65536, .unit = "volumes",
           .help = "volumes of a batch; not used when batched_by_transforms"),
    MM_BOOL(P, batched_by_transforms, .help = "a batch is the crops of one volume"),
    MM_INTS(P, output_crop_size, .min = -1, .max = 1 << 20, .count_max = 3, .unit = "voxel",
            .help = "size that the images of a batch must have, x first; -1 = any"),
    MM_INT(P, num_workers, .def = 2, .min = 0, .max = 1024, .help = "loader threads; 0 is taken as 1"),
    MM_INT(P, prefetch_size, .def = 4, .min = 0, .max = 1024, .unit = "batches", .help = "batches made ahead"),
    MM_INT(P, replace_every, .def = 1, .min = 1, .max = MM_REPLACE_EVERY_MAX, .unit = "epochs",
           .help = "epochs between replacements: more than 1 where preparing an item takes longer than an epoch; "
                   "chosen too where replace_percent is \"auto\""),
    MM_BOOL(P, shuffle, .def = 1, .help = "a fresh order each epoch"),
    MM_STRING(P, cache_dir,
              .help =
                  "folder that keeps prepared items from run to run, for any number of processes; none when absent"),
    MM_CHOICE(P, on_bad_item, .choices = "stop skip", .def_text = "stop",
              .help = "an item that cannot be prepared ends the run, or is left out: another takes its place"),
    MM_DOUBLE(P, item_deadline, .def = 600, .min = 0, .max = 1e9, .unit = "s",
              .help = "an item whose cached steps take longer is taken for one that cannot be prepared; 0 = no end"),
    MM_STRINGS(P, image_fields, .help = "fields that become tensors; image and label, where they are, when absent"),
    MM_PARAMS_END,
};
#undef P

/* Arguments without a plain member of struct mm_pipeline. */
struct other {
    const cJSON *cache_dir_limit, *cache_memory, *num_cache_objects, *replace_percent;
    const char *cache_compression;
    int64_t duplicate_count;
};
#define P struct other
const struct mm_param mm_pipeline_other_params[] = {
    MM_JSON(P, cache_dir_limit, .unit = "bytes",
            .help = "limit of cache_dir: a number of bytes or text such as \"20GiB\"; 0 = none. Items used longest "
                    "ago go first"),
    MM_JSON(P, cache_memory, .unit = "bytes",
            .help =
                "limit of the cache: a number of bytes, text such as \"8GiB\", or \"auto\" for a share of what is "
                "free; 0 = none, \"auto\" where num_cache_objects is"),
    MM_JSON(P, num_cache_objects, .aliases = "cache_num", .unit = "items",
            .help = "items held prepared, an epoch's items; 0 = all, \"auto\" = as many as cache_memory holds"),
    MM_JSON(
        P, replace_percent, .aliases = "replace_rate",
        .help =
            "share of the held items that is replaced after each epoch, or after replace_every epochs, a fraction "
            "from 0 to 1, or \"auto\" = as many as can be prepared during an epoch, or one in several epochs"),
    MM_CHOICE(P, cache_compression, .choices = "auto none lz4", .def_text = "auto",
              .help = "keep images packed where that pays: never, always, or where cache_memory might not hold them "
                      "as they are"),
    MM_INT(P, duplicate_count, .def = 1, .min = 1, .help = "only 1: list an item again in the datalist instead"),
    MM_IGNORED("caches_data", .help = "the cache is controlled by num_cache_objects"),
    MM_IGNORED("category_weights", .help = "sampling by category does not exist here"),
    MM_IGNORED("extra_inputs", .help = "image_fields names the fields that become tensors"),
    MM_IGNORED("items_per_category", .help = "sampling by category does not exist here"),
    MM_IGNORED("multiprocessing", .help = "the loader has threads"),
    MM_IGNORED("output_data_dims", .help = "the images say it"),
    MM_IGNORED("output_data_format", .help = "the trainer chooses the layout"),
    MM_IGNORED("output_image_channels", .help = "the images say it"),
    MM_IGNORED("output_image_dtype", .help = "batches are float32"),
    MM_IGNORED("output_label_channels", .help = "the labels say it"),
    MM_IGNORED("output_label_dtype", .help = "batches are float32"),
    MM_IGNORED("output_label_format", .help = "the labels say it"),
    MM_IGNORED("repeat", .help = "epochs repeat always"),
    MM_IGNORED("sampling", .help = "sampling by category does not exist here"),
    MM_PARAMS_END,
};
#undef P

static const struct mm_pipeline_kind *find_kind(const struct mm_component *component, struct mm_problems *problems)
{
    struct mm_nearest nearest;
    char hint[128], words[256];
    mm_nearest_init(&nearest, component->name);
    for (const struct mm_pipeline_kind *kind = mm_pipeline_kinds; kind->name; kind++) {
        if (strcmp(kind->name, component->name) == 0 || mm_names_contain(kind->aliases, component->name))
            return kind;
        mm_nearest_offer(&nearest, kind->name);
        mm_nearest_offer_words(&nearest, kind->aliases, words, sizeof words);
    }
    const cJSON *name = mm_json_get(component->node, "name");
    mm_problem(problems, MM_SEVERITY_ERROR, name ? name : component->node, "unknown image pipeline \"%s\"%s",
               component->name, mm_nearest_hint(&nearest, hint, sizeof hint));
    return NULL;
}

/* "8GiB", "512 MB", "1000000": binary and decimal units. */
static bool parse_bytes(const char *text, double *bytes)
{
    static const struct {
        const char *name;
        double factor;
    } units[] = {{"", 1},         {"B", 1},    {"KiB", 0x1p10}, {"MiB", 0x1p20}, {"GiB", 0x1p30},
                 {"TiB", 0x1p40}, {"KB", 1e3}, {"MB", 1e6},     {"GB", 1e9},     {"TB", 1e12}};
    char *end;
    double number = strtod(text, &end);
    if (end == text)
        return false;
    end += strspn(end, " ");
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(end, units[i].name) == 0) {
            *bytes = number * units[i].factor;
            return true;
        }
    return false;
}

static bool is_auto(const cJSON *node)
{
    return cJSON_IsString(node) && strcmp(node->valuestring, "auto") == 0;
}

/* A number of bytes, 0 when there is none; what else stands there is a problem. `also`: further values that are allowed. */
static uint64_t read_bytes(const cJSON *node, const char *also, struct mm_problems *problems)
{
    double bytes = 0;
    bool is_read = !node || cJSON_IsNumber(node);
    if (node && is_read)
        bytes = node->valuedouble;
    else if (cJSON_IsString(node))
        is_read = parse_bytes(node->valuestring, &bytes);
    if (is_read && bytes >= 0 && bytes < 0x1p62)
        return (uint64_t)bytes;
    mm_problem(problems, MM_SEVERITY_ERROR, node,
               "must be a number of bytes%s text such as \"8GiB\" (B, KiB, MiB, GiB, TiB, KB, MB, GB, TB)%s, got %s",
               *also ? "," : " or", also, mm_json_found(problems->arena, node));
    return 0;
}

static void read_cache_memory(struct mm_pipeline *pipeline, const cJSON *node, struct mm_problems *problems)
{
    pipeline->auto_memory = is_auto(node) || (!node && pipeline->auto_objects);
    if (!is_auto(node))
        pipeline->cache_memory = read_bytes(node, " or \"auto\"", problems);
}

static void read_cache_dir(struct mm_pipeline *pipeline, const cJSON *limit, struct mm_problems *problems)
{
    pipeline->cache_dir_limit = read_bytes(limit, "", problems);
    if (limit && !pipeline->cache_dir)
        mm_problem(problems, MM_SEVERITY_WARNING, limit, "cache_dir_limit does nothing: there is no cache_dir");
}

static void read_objects(struct mm_pipeline *pipeline, const cJSON *node, struct mm_problems *problems)
{
    pipeline->auto_objects = is_auto(node);
    if (!node || pipeline->auto_objects)
        return;
    if (!mm_json_int(node, &pipeline->num_cache_objects) || pipeline->num_cache_objects < 0 ||
        pipeline->num_cache_objects > INT32_MAX)
        mm_problem(problems, MM_SEVERITY_ERROR, node, "must be an integer from 0 (all) to %d or \"auto\", got %s",
                   INT32_MAX, mm_json_found(problems->arena, node));
}

static void read_replacement(struct mm_pipeline *pipeline, const cJSON *node, struct mm_problems *problems)
{
    pipeline->auto_replace = is_auto(node);
    if (!node || pipeline->auto_replace)
        return;
    double value = node->valuedouble;
    if (!cJSON_IsNumber(node) || !(value >= 0))
        mm_problem(problems, MM_SEVERITY_ERROR, node, "replace_percent is a fraction from 0 to 1 or \"auto\", got %s",
                   mm_json_found(problems->arena, node));
    else if (value > 1)
        mm_problem(problems, MM_SEVERITY_ERROR, node,
                   "replace_percent is a fraction from 0 to 1, got %g: for %g percent write %g", value, value,
                   value / 100);
    else
        pipeline->replace_percent = value;
}

static enum mm_compression compression_of(const char *name)
{
    if (!name || strcmp(name, "auto") == 0)
        return MM_COMPRESSION_AUTO;
    return strcmp(name, "lz4") == 0 ? MM_COMPRESSION_LZ4 : MM_COMPRESSION_NONE;
}

/* The numbers that rule the cache; cache_memory last, since its default depends on them. */
static void read_cache(struct mm_pipeline *pipeline, const struct mm_pipeline_kind *kind, const cJSON *args,
                       const struct other *other, struct mm_problems *problems)
{
    read_objects(pipeline, other->num_cache_objects, problems);
    read_replacement(pipeline, other->replace_percent, problems);
    read_cache_memory(pipeline, other->cache_memory, problems);
    pipeline->compression = compression_of(other->cache_compression);
    pipeline->caches = (kind && kind->caches) || pipeline->auto_objects || pipeline->num_cache_objects > 0;
    if ((pipeline->replace_percent > 0 || pipeline->auto_replace) && !pipeline->caches)
        mm_problem(problems, MM_SEVERITY_WARNING, other->replace_percent,
                   "replace_percent does nothing: %s does not cache unless num_cache_objects is given",
                   pipeline->name);
    if (pipeline->replace_every > 1 && !(pipeline->replace_percent > 0))
        mm_problem(problems, MM_SEVERITY_WARNING, mm_json_get(args, "replace_every"),
                   pipeline->auto_replace ? "replace_every does nothing: replace_percent \"auto\" chooses it"
                                          : "replace_every does nothing: replace_percent is 0");
}

/* MergeBatchDims is the one batch transform: it says that the crops of several volumes make one batch. */
static void read_batch_transforms(struct mm_pipeline *pipeline, const struct mm_stage *stage,
                                  struct mm_problems *problems)
{
    for (size_t i = 0; i < stage->batch_transforms.count; i++) {
        const struct mm_component *component = &stage->batch_transforms.items[i];
        if (strcmp(component->name, "MergeBatchDims") == 0)
            pipeline->merges_batch_dims = true;
        else
            mm_problem(problems, MM_SEVERITY_ERROR, component->node,
                       "unknown batch transform \"%s\": only MergeBatchDims is known", component->name);
    }
    if (pipeline->merges_batch_dims && pipeline->batched_by_transforms)
        mm_problem(
            problems, MM_SEVERITY_WARNING, stage->batch_transforms.items[0].node,
            "MergeBatchDims does nothing where batched_by_transforms is true: a batch is the crops of one volume");
}

enum mm_status mm_pipeline_read(struct mm_arena *arena, const struct mm_stage *stage, struct mm_pipeline **out,
                                struct mm_problems *problems)
{
    const struct mm_component *component = stage->pipeline;
    if (!component) {
        const cJSON *there = mm_json_get(stage->node, "image_pipeline");
        /* One that is there and could not be read was told of. */
        if (!(problems->errors && there && !cJSON_IsTrue(mm_json_get(there, "disabled"))))
            mm_problem(problems, MM_SEVERITY_ERROR, stage->node, "\"image_pipeline\" is missing");
        return MM_ERR_CONFIG;
    }
    struct mm_pipeline *pipeline = mm_arena_new(arena, struct mm_pipeline);
    if (!pipeline)
        return MM_ERR_MEMORY;
    size_t errors = problems->errors;
    struct other other = {0};
    const struct mm_param_target targets[] = {{mm_pipeline_params, pipeline}, {mm_pipeline_other_params, &other}};
    const struct mm_pipeline_kind *kind = find_kind(component, problems);
    enum mm_status s = mm_params_read(arena, targets, 2, component->args, component->node, problems);
    if (s && s != MM_ERR_CONFIG)
        return s;
    pipeline->name = component->name;
    read_cache(pipeline, kind, component->args, &other, problems);
    read_cache_dir(pipeline, other.cache_dir_limit, problems);
    if (other.duplicate_count > 1)
        mm_problem(problems, MM_SEVERITY_ERROR, mm_json_get(component->args, "duplicate_count"),
                   "only 1 is possible: to use an item more than once in an epoch, list it again in the datalist");
    read_batch_transforms(pipeline, stage, problems);
    *out = pipeline;
    return problems->errors > errors ? MM_ERR_CONFIG : MM_OK;
}

bool mm_pipeline_skips(const struct mm_pipeline *pipeline, enum mm_status status)
{
    return (status == MM_ERR_DATA || status == MM_ERR_IO) && pipeline->on_bad_item &&
           strcmp(pipeline->on_bad_item, "skip") == 0;
}
