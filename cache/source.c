/* Opening a source, the pipeline of a stage with its datalist and chain; and preparing an item of it. */
#include "base/file.h"
#include "base/threads.h"
#include "cache/pipeline.h"

static enum mm_status read_list(struct mm_arena *arena, const struct mm_config *config, const struct mm_stage *stage,
                                const char *root, struct mm_pipeline *pipeline, const struct mm_datalist **out,
                                struct mm_problems *problems, struct mm_error *err)
{
    if (!pipeline->data_list_file_path)
        pipeline->data_list_file_path = mm_config_text(config, "DATASET_JSON", NULL);
    if (!pipeline->data_file_base_dir)
        pipeline->data_file_base_dir = mm_config_text(config, "DATA_ROOT", NULL);
    if (!pipeline->data_list_file_path) {
        mm_problem(problems, MM_SEVERITY_ERROR, stage->pipeline->node,
                   "data_list_file_path is missing, and there is no variable DATASET_JSON");
        return MM_ERR_CONFIG;
    }
    const char *path = mm_file_join(arena, root, pipeline->data_list_file_path), *base = NULL;
    if (pipeline->data_file_base_dir)
        base = mm_file_join(arena, root, pipeline->data_file_base_dir);
    if (!path || (pipeline->data_file_base_dir && !base))
        return mm_fail_memory(err, "a path");
    struct mm_datalist *list = NULL;
    enum mm_status s = mm_datalist_read(arena, path, pipeline->data_list_key, base, &list, problems, err);
    *out = list;
    return s;
}

enum mm_status mm_source_open(struct mm_arena *arena, const struct mm_config *config, const struct mm_stage *stage,
                              const char *root, struct mm_source **out, struct mm_problems *problems,
                              struct mm_error *err)
{
    struct mm_source *source = mm_arena_new(arena, struct mm_source);
    if (!source)
        return mm_fail_memory(err, "a source of data");
    struct mm_pipeline *pipeline;
    struct mm_chain *chain;
    /* All three are tried, so that one run finds what is wrong with each. */
    enum mm_status of_chain = mm_chain_make(arena, &stage->pre_transforms, &chain, problems);
    enum mm_status of_pipeline = mm_pipeline_read(arena, stage, &pipeline, problems), of_list = MM_OK;
    if (!of_pipeline)
        of_list = read_list(arena, config, stage, root, pipeline, &source->list, problems, err);
    if (of_chain || of_pipeline || of_list)
        return of_list ? of_list : of_pipeline ? of_pipeline : of_chain;
    if (pipeline->cache_dir && !(pipeline->cache_dir = mm_file_join(arena, root, pipeline->cache_dir)))
        return mm_fail_memory(err, "a path");
    source->pipeline = pipeline;
    source->chain = chain;
    source->prefix = mm_chain_prefix(chain);
    *out = source;
    return MM_OK;
}

/* Its field then joins the sample, which was made without it. */
static enum mm_status run_apart(const struct mm_apart *apart, const struct mm_item *entries, uint32_t item,
                                const struct mm_context *context, struct mm_sample *sample, struct mm_error *err)
{
    enum mm_status s;
    struct mm_sample *other;
    struct mm_field *field;
    if (MM_TRY(s, mm_sample_from_item(sample->arena, entries, item, &other, err)))
        return s;
    if (!mm_sample_find(other, apart->field))
        return mm_fail(err, MM_ERR_DATA, "has no \"%s\"", apart->field);
    mm_sample_remove(other, apart->without);
    if (MM_TRY(s, mm_chain_run_views(apart->chain, 0, apart->chain->count, other, context, err)) ||
        MM_TRY(s, mm_sample_volume(other, apart->field, &field, err)))
        return s;
    return mm_sample_derive(sample, field, apart->field, field->volume, err);
}

enum mm_status mm_source_run(const struct mm_source *source, uint32_t item, uint64_t seed,
                             struct mm_chain_watch *watch, struct mm_arena *arena, struct mm_sample **out,
                             struct mm_error *err)
{
    const struct mm_context context = {.seed = seed,
                                       .watch = watch}; /* the seed: for transforms that are random by name only */
    enum mm_status s;
    const struct mm_item *entries = &source->list->items[item];
    if (MM_TRY(s, mm_sample_from_item(arena, entries, item, out, err)))
        return s;
    if (source->apart)
        mm_sample_remove(*out, source->apart->field);
    if (MM_TRY(s, mm_chain_run_views(source->chain, 0, source->prefix, *out, &context, err)) ||
        (source->apart && MM_TRY(s, run_apart(source->apart, entries, item, &context, *out, err))))
        return s;
    return mm_sample_settle_values(*out, err);
}

enum mm_status mm_source_prepare(const struct mm_source *source, uint32_t item, uint64_t seed,
                                 struct mm_chain_watch *watch, struct mm_arena *arena, struct mm_sample **out,
                                 struct mm_error *err)
{
    enum mm_status s = mm_source_run(source, item, seed, watch, arena, out, err);
    return s ? s : mm_chain_prepare(source->chain, source->prefix, *out, err);
}

enum mm_status mm_source_measure(const struct mm_source *source, uint64_t seed, struct mm_source_cost *out,
                                 struct mm_error *err)
{
    struct mm_arena arena;
    struct mm_sample *sample;
    uint32_t item = (uint32_t)(source->list->count / 2);
    mm_arena_init(&arena, NULL);
    double start = mm_clock();
    enum mm_status s = mm_source_prepare(source, item, seed, NULL, &arena, &sample, err);
    if (s == MM_OK)
        *out = (struct mm_source_cost){.item = item, .seconds = mm_clock() - start, .bytes = mm_sample_bytes(sample)};
    else
        mm_fail_in(err, "item %u of %s", item, source->list->file);
    mm_arena_done(&arena);
    return s;
}
