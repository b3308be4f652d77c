/* Reading a config: the passes in their order, and the values at its top that every run needs. */
#include "config/config.h"

#include <math.h>

#include "base/file.h"
#include "base/params.h"
#include "config/config_internal.h"

/* The file that `path` means: in the MMAR's folder when it is there, else as it is. */
static const char *find_file(struct mm_arena *arena, const char *root, const char *path)
{
    if (!root || !*root || strcmp(root, ".") == 0)
        return path;
    const char *inside = mm_file_join(arena, root, path);
    return !inside || mm_file_exists(inside) || !mm_file_exists(path) ? inside : path;
}

/* A file with an object; *out is NULL when it is malformed, which is then among the problems. */
static enum mm_status read_object(struct mm_config_reader *reader, const char *path, cJSON **out)
{
    struct mm_error err = {0};
    cJSON *json = NULL;
    enum mm_status s = mm_json_read(reader->arena, path, &json, &err);
    *out = NULL;
    if (s == MM_ERR_CONFIG || s == MM_ERR_DATA) {
        mm_problem_at(reader->problems, MM_SEVERITY_ERROR, (struct mm_place){0}, "%s", err.text);
        return MM_OK;
    }
    if (s)
        return mm_fail(reader->err, s, "%s", err.text);
    int count = cJSON_GetArraySize(json);
    if (cJSON_IsObject(json) && count <= MM_CONFIG_VARIABLES_MAX)
        *out = json;
    else if (cJSON_IsObject(json))
        mm_problem(reader->problems, MM_SEVERITY_ERROR, json, "%d members, at most %d are read", count,
                   MM_CONFIG_VARIABLES_MAX);
    else
        mm_problem(reader->problems, MM_SEVERITY_ERROR, json, "expected an object, got %s",
                   mm_json_found(reader->arena, json));
    return MM_OK;
}

/* Variables that every config may count on; the files and --set override them. The folders are an MMAR's layout. */
/* Paths made from MMAR_ROOT must mean the same wherever they are opened from. */
static const char *absolute(struct mm_arena *arena, const char *path)
{
    char *real = realpath(path, NULL);
    const char *copy = real ? mm_arena_text(arena, real) : path;
    free(real);
    return copy;
}

static enum mm_status predefine(struct mm_config_reader *reader, const char *root)
{
    const char *const values[][2] = {
        {"MMAR_ROOT", absolute(reader->arena, root && *root ? root : ".")},
        {"MMAR_CKPT_DIR", "models"},
        {"MMAR_CKPT", "models/model.pt"},
        {"MMAR_TORCHSCRIPT", "models/model.ts"},
        {"MMAR_EVAL_OUTPUT_PATH", "eval"},
    };
    reader->extra = mm_json_object(reader->arena);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        if (!mm_json_add(reader->arena, reader->extra, values[i][0], mm_json_text(reader->arena, values[i][1])))
            return mm_fail_memory(reader->err, "a config");
    }
    return MM_OK;
}

/* Reads the config; a bare list of components becomes the transforms of a file without sections, where that is allowed. */
static enum mm_status read_config(struct mm_config_reader *reader, const struct mm_config_sources *sources,
                                  const char *file)
{
    cJSON *json = NULL;
    if (!sources->list_allowed || mm_json_read(reader->arena, file, &json, NULL) || !cJSON_IsArray(json))
        return read_object(reader, file, &reader->root);
    reader->root = mm_json_object(reader->arena);
    if (!mm_json_add(reader->arena, reader->root, "pre_transforms", json))
        return mm_fail_memory(reader->err, "a config");
    return MM_OK;
}

/* Config and environment; reader->root is NULL when the config is malformed. */
static enum mm_status read_files(struct mm_config_reader *reader, const struct mm_config_sources *sources,
                                 const char *file)
{
    enum mm_status s;
    if (MM_TRY(s, predefine(reader, sources->root)) || MM_TRY(s, read_config(reader, sources, file)))
        return s;
    const char *path = sources->environment ? find_file(reader->arena, sources->root, sources->environment) : NULL;
    if (!path || (sources->environment_optional && !mm_file_exists(path)))
        return MM_OK;
    cJSON *environment;
    if (MM_TRY(s, read_object(reader, path, &environment)))
        return s;
    if (environment && reader->root)
        mm_config_apply_environment(reader, environment);
    return MM_OK;
}

static int compare_variables(const void *a, const void *b)
{
    return strcmp(((const struct mm_variable *)a)->name, ((const struct mm_variable *)b)->name);
}

/* The table of variables, from what config and `extra` hold now. Marks those of `extra` that came by --set as own. */
static enum mm_status list_variables(struct mm_config_reader *reader)
{
    size_t count = (size_t)cJSON_GetArraySize(reader->root) + (size_t)cJSON_GetArraySize(reader->extra);
    reader->variables = mm_arena_array(reader->arena, struct mm_variable, count);
    if (!reader->variables)
        return mm_fail_memory(reader->err, "a config");
    const cJSON *const owners[] = {reader->root, reader->extra};
    for (size_t i = 0; i < 2; i++)
        for (const cJSON *member = owners[i]->child; member; member = member->next) {
            if (mm_config_value(reader, member->string) != member)
                continue; /* a section, or predefined and given by the config */
            struct mm_place place = mm_json_place(reader->arena, member);
            bool is_own = owners[i] == reader->root || (place.file && strcmp(place.file, "--set") == 0);
            reader->variables[reader->variable_count++] =
                (struct mm_variable){.name = member->string, .is_own = is_own};
        }
    qsort(reader->variables, reader->variable_count, sizeof *reader->variables, compare_variables);
    return MM_OK;
}

/* The values at the top. --------------------------------------------------------------------------------------- */

struct common {
    int64_t epochs, num_training_epoch_per_valid, seed;
    double learning_rate;
    bool use_amp, multi_gpu;
    const cJSON *determinism;
};
#define P          struct common
#define EPOCHS_MAX 1000000 /* a run remembers a number for each */

static const struct mm_param common_params[] = {
    MM_INT(P, epochs, .min = 1, .max = EPOCHS_MAX, .help = "passes over the training data"),
    MM_INT(P, num_training_epoch_per_valid, .def = 1, .min = 1, .max = 1e9, .aliases = "num_interval_per_valid",
           .unit = "epochs", .help = "from one validation to the next"),
    MM_INT(P, seed, .def = -1, .min = 0, .max = 0x1p62, .help = "of all random draws"),
    MM_DOUBLE(P, learning_rate, .def = NAN, .exclusive_min = true, .help = "at the start"),
    MM_BOOL(P, use_amp, .aliases = "amp", .help = "mixed precision"),
    MM_BOOL(P, multi_gpu, .help = "several devices"),
    MM_JSON(P, determinism, .help = "{\"random_seed\": n}"),
    MM_PARAMS_END,
};

struct determinism {
    int64_t random_seed;
};
static const struct mm_param determinism_params[] = {
    MM_INT(struct determinism, random_seed, .min = 0, .max = 0x1p62, .help = "of all random draws"),
    MM_IGNORED("python_seed"),
    MM_IGNORED("numpy_seed"),
    MM_IGNORED("tf_seed"),
    MM_PARAMS_END,
};

/* The members of the table, from wherever they stand, as one object: it reads like any component's arguments. */
static cJSON *gather_common(struct mm_config_reader *reader)
{
    cJSON *object = mm_json_object(reader->arena);
    for (size_t i = 0; i < reader->variable_count; i++) {
        const char *name = reader->variables[i].name;
        if (mm_params_find(common_params, name) &&
            !mm_json_append(object, mm_json_copy(reader->arena, mm_config_value(reader, name))))
            return NULL;
    }
    return object;
}

static enum mm_status read_common(struct mm_config_reader *reader, struct mm_config *config)
{
    cJSON *object = gather_common(reader);
    if (!object)
        return mm_fail_memory(reader->err, "a config");
    struct common common = {0};
    struct determinism determinism = {0};
    const struct mm_param_target top = {common_params, &common};
    const struct mm_param_target inner = {determinism_params, &determinism};
    enum mm_status s = mm_params_read(reader->arena, &top, 1, object, NULL, reader->problems);
    if (s != MM_ERR_MEMORY)
        s = mm_params_read(reader->arena, &inner, 1, common.determinism, NULL, reader->problems);
    if (s == MM_ERR_MEMORY)
        return mm_fail_memory(reader->err, "a config");
    config->epochs = common.epochs;
    config->valid_interval = common.num_training_epoch_per_valid;
    config->learning_rate = common.learning_rate;
    config->use_amp = common.use_amp;
    config->multi_gpu = common.multi_gpu;
    config->seed = (uint64_t)(common.seed >= 0 ? common.seed : determinism.random_seed);
    return MM_OK;
}

/* Passes. ------------------------------------------------------------------------------------------------------ */

static enum mm_status read_stages(struct mm_config_reader *reader, struct mm_config *config)
{
    cJSON *train = (cJSON *)mm_json_get(reader->root, "train"),
          *validate = (cJSON *)mm_json_get(reader->root, "validate");
    if (!train && !validate)
        validate = reader->root;
    cJSON *const nodes[] = {train, validate};
    struct mm_stage *const stages[] = {&config->train, &config->validate};
    enum mm_status s;
    for (size_t i = 0; i < 2; i++)
        if (nodes[i] && MM_TRY(s, mm_config_convert_v4(reader, nodes[i])))
            return s;
    if (MM_TRY(s, mm_config_collect_named(reader)))
        return s;
    for (size_t i = 0; i < 2; i++)
        if (nodes[i] && MM_TRY(s, mm_config_read_stage(reader, nodes[i], stages[i])))
            return s;
    return MM_OK;
}

/* Version 4 says once more, at its trainer and its ValidationHandler, how long and how often; what stands there is what counts. */
static void read_trainer(struct mm_config_reader *reader, struct mm_config *config)
{
    const cJSON *epochs = mm_json_get(mm_json_get(mm_json_get(config->train.node, "trainer"), "args"), "max_epochs");
    int64_t value;
    if (epochs && mm_json_int(epochs, &value) && value >= 1 && value <= EPOCHS_MAX)
        config->epochs = value;
    else if (epochs)
        mm_problem(reader->problems, MM_SEVERITY_ERROR, epochs, "expected a whole number of epochs, 1 to %d, got %s",
                   EPOCHS_MAX, mm_json_found(reader->arena, epochs));
    for (size_t i = 0; i < config->train.handlers.count; i++) {
        const struct mm_component *handler = &config->train.handlers.items[i];
        const cJSON *interval = mm_json_get(handler->args, "interval"),
                    *by_epoch = mm_json_get(handler->args, "epoch_level");
        if (strcmp(handler->name, "ValidationHandler") != 0 || !interval)
            continue;
        if (by_epoch && !cJSON_IsTrue(by_epoch))
            mm_problem(reader->problems, MM_SEVERITY_NOTE, by_epoch,
                       "epoch_level has no effect here: intervals are epochs");
        else if (mm_json_int(interval, &value) && value >= 1)
            config->valid_interval = value;
        else
            mm_problem(reader->problems, MM_SEVERITY_ERROR, interval,
                       "expected a whole number of epochs, 1 or more, got %s",
                       mm_json_found(reader->arena, interval));
    }
}

static enum mm_status resolve(struct mm_config_reader *reader, const struct mm_config_sources *sources,
                              struct mm_config *config)
{
    enum mm_status s;
    mm_config_drop_comments(reader->root);
    mm_config_drop_comments(reader->extra);
    for (size_t i = 0; i < sources->set_count; i++)
        if (MM_TRY(s, mm_config_apply_set(reader, sources->sets[i])))
            return s;
    if (MM_TRY(s, list_variables(reader)) || MM_TRY(s, mm_config_substitute(reader)) ||
        MM_TRY(s, read_common(reader, config)) || MM_TRY(s, read_stages(reader, config)))
        return s;
    read_trainer(reader, config);
    mm_config_check_search(reader);
    mm_config_check_unused(reader);
    return MM_OK;
}

enum mm_status mm_config_read(struct mm_arena *arena, const struct mm_config_sources *sources, struct mm_config **out,
                              struct mm_problems *problems, struct mm_error *err)
{
    *out = NULL;
    struct mm_config_reader reader = {.arena = arena, .problems = problems, .err = err, .propose = sources->propose};
    size_t errors = problems->errors;
    struct mm_config *config = mm_arena_new(arena, struct mm_config);
    const char *file = find_file(arena, sources->root, sources->config);
    if (!config || !file)
        return mm_fail_memory(err, "a config");
    enum mm_status s;
    if (MM_TRY(s, read_files(&reader, sources, file)))
        return s;
    if (!reader.root)
        return MM_ERR_CONFIG;
    config->file = file;
    config->root = reader.root;
    config->variables = reader.extra;
    config->kind = mm_config_kind_of(reader.root);
    if (!mm_config_kind_is_used(config->kind)) {
        *out = config;
        return problems->errors > errors ? MM_ERR_CONFIG : MM_OK;
    }
    if (MM_TRY(s, resolve(&reader, sources, config)))
        return s;
    *out = config;
    return problems->errors > errors ? MM_ERR_CONFIG : MM_OK;
}

const cJSON *mm_config_variable(const struct mm_config *config, const char *name)
{
    const cJSON *own = mm_json_get(config->root, name);
    return own ? own : mm_json_get(config->variables, name);
}

const char *mm_config_text(const struct mm_config *config, const char *name, const char *otherwise)
{
    const cJSON *value = mm_config_variable(config, name);
    return cJSON_IsString(value) ? value->valuestring : otherwise;
}
