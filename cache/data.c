/* An MMAR's data in one call: config, source and loader, in one arena. */
#include "base/problems.h"
#include "cache/loader.h"
#include "cache/pipeline.h"

struct mm_data {
    struct mm_arena arena;
    struct mm_source *source;
    struct mm_loader *loader;
    const char *warnings;
};

static enum mm_status read_config(struct mm_data *data, const char *folder, const struct mm_data_options *options,
                                  struct mm_config **out, struct mm_problems *problems, struct mm_error *err)
{
    const struct mm_config_sources sources = {
        .root = folder,
        .config = options->config ? options->config : "config/config_train.json",
        .environment = options->environment ? options->environment : "config/environment.json",
        .environment_optional = !options->environment,
        .sets = options->sets,
        .set_count = options->set_count,
    };
    enum mm_status s = mm_config_read(&data->arena, &sources, out, problems, err);
    return problems->errors ? mm_problems_fail(problems, MM_ERR_CONFIG, err) : s;
}

static enum mm_status open_source(struct mm_data *data, const char *folder, const struct mm_config *config,
                                  bool validation, struct mm_problems *problems, struct mm_error *err)
{
    const struct mm_stage *stage = validation ? &config->validate : &config->train;
    if (!stage->pipeline)
        return mm_fail(err, MM_ERR_CONFIG, "%s: has no %s.image_pipeline, so no data are described there",
                       config->file, validation ? "validate" : "train");
    enum mm_status s = mm_source_open(&data->arena, config, stage, folder, &data->source, problems, err);
    return problems->errors ? mm_problems_fail(problems, s ? s : MM_ERR_CONFIG, err) : s;
}

static enum mm_status keep_warnings(struct mm_data *data, const struct mm_problems *problems, struct mm_error *err)
{
    struct mm_text text;
    mm_text_init(&text, 1 << 16);
    mm_problems_print(&text, problems);
    data->warnings = mm_arena_text(&data->arena, text.bytes);
    mm_text_done(&text);
    return data->warnings ? MM_OK : mm_fail_memory(err, "the warnings");
}

/* The loader's options in memory of ours: the caller's may go. */
static enum mm_status own_options(struct mm_data *data, const struct mm_loader_options *given, uint64_t seed,
                                  struct mm_loader_options *out, struct mm_error *err)
{
    const char **fields = mm_arena_array(&data->arena, const char *, given->field_count + 1);
    *out = *given;
    for (size_t i = 0; fields && i < given->field_count; i++)
        if (!(fields[i] = mm_arena_text(&data->arena, given->fields[i])))
            fields = NULL;
    if (!fields)
        return mm_fail_memory(err, "the names of the fields");
    out->fields = fields;
    out->seed = given->seed ? given->seed : seed;
    return MM_OK;
}

static enum mm_status open_data(struct mm_data *data, const char *folder, const struct mm_data_options *options,
                                struct mm_error *err)
{
    enum mm_status s;
    struct mm_problems problems;
    struct mm_config *config;
    struct mm_loader_options how;
    mm_problems_init(&problems, &data->arena);
    if (MM_TRY(s, read_config(data, folder, options, &config, &problems, err)) ||
        MM_TRY(s, open_source(data, folder, config, options->validation, &problems, err)) ||
        MM_TRY(s, keep_warnings(data, &problems, err)) ||
        MM_TRY(s, own_options(data, &options->loader, config->seed, &how, err)))
        return s;
    return mm_loader_open(data->source, &how, &data->loader, err);
}

enum mm_status mm_data_open(const char *folder, const struct mm_data_options *options, struct mm_data **out,
                            struct mm_error *err)
{
    static const struct mm_data_options usual = {.loader = {.shuffle = true}};
    struct mm_data *data = mm_alloc(sizeof *data);
    *out = NULL;
    if (!data)
        return mm_fail_memory(err, "the data");
    mm_arena_init(&data->arena, NULL);
    enum mm_status s = open_data(data, folder, options ? options : &usual, err);
    if (s) {
        mm_data_close(data);
        return s;
    }
    *out = data;
    return MM_OK;
}

void mm_data_close(struct mm_data *data)
{
    if (!data)
        return;
    mm_loader_close(data->loader);
    mm_arena_done(&data->arena);
    mm_free(data);
}

struct mm_loader *mm_data_loader(struct mm_data *data)
{
    return data->loader;
}

uint32_t mm_data_items(const struct mm_data *data)
{
    return (uint32_t)data->source->list->count;
}

const char *mm_data_file(const struct mm_data *data, uint32_t item, const char *field)
{
    if (item >= data->source->list->count)
        return NULL;
    const struct mm_entry *entry = mm_item_get(&data->source->list->items[item], field);
    return entry && entry->kind == MM_ENTRY_PATHS && entry->count ? entry->paths[0] : NULL;
}

const char *mm_data_warnings(const struct mm_data *data)
{
    return data->warnings;
}
