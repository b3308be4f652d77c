/* Predictions of files. */
#include "mmar/predict_file.h"

#include "base/log.h"
#include "cache/whole.h"
#include "trainer/predict.h"
#include "transforms/load.h"

struct mm_file_source {
    const struct mm_model_use *use;
    struct mm_pipeline pipeline;
    struct mm_datalist list;
    struct mm_source source;
    struct mm_loader *loader;
};

static enum mm_status keep_classes(const struct mm_ints *classes, struct mm_arena *arena, struct mm_volume **volume,
                                   struct mm_error *err)
{
    const struct mm_volume *all = *volume;
    if (!classes->count)
        return MM_OK;
    struct mm_volume *kept = mm_volume_like(arena, all, all->type, (int)classes->count);
    if (!kept)
        return mm_fail_memory(err, "the prediction");
    size_t bytes = mm_volume_voxels(all) * mm_type_bytes(all->type);
    for (size_t i = 0; i < classes->count; i++) {
        if (classes->items[i] >= all->channels)
            return mm_fail(err, MM_ERR_USAGE, "--classes %lld: the model has classes 0 to %d",
                           (long long)classes->items[i], all->channels - 1);
        memcpy((char *)kept->data + i * bytes, (const char *)all->data + (size_t)classes->items[i] * bytes, bytes);
    }
    *volume = kept;
    return MM_OK;
}

/* Of a sample that the loader has prepared, or a slice of one. */
static enum mm_status predict(const struct mm_file_source *source, const struct mm_file_prediction *how,
                              struct mm_sample *sample, struct mm_volume **out, struct mm_error *err)
{
    enum mm_status s;
    const struct mm_model_use *use = source->use;
    const struct mm_chain *chain = source->source.chain;
    if (MM_TRY(s, mm_chain_run(chain, source->source.prefix, chain->count, sample, NULL, err)))
        return s;
    if (!how->probabilities)
        return mm_predict_on_file_grid(use->network, use->training, sample, out, err);
    if (MM_TRY(s, mm_predict_probabilities(use->network, use->training, sample, out, err)))
        return s;
    return keep_classes(&how->classes, sample->arena, out, err);
}

/* Steps that load, which must be the first ones. */
static size_t loaders(const struct mm_chain *chain)
{
    size_t count = 0;
    while (count < chain->count && chain->steps[count].transform->each == mm_load_each)
        count++;
    return count;
}

/* A sample with one slice of a stack, as if a file of its own had been loaded. */
static enum mm_status slice_of(const struct mm_field *stack, int z, struct mm_arena *arena, struct mm_sample **out,
                               struct mm_error *err)
{
    enum mm_status s;
    struct mm_field *field;
    const struct mm_box box = {{0, 0, z}, {stack->volume->size[0], stack->volume->size[1], 1}};
    struct mm_volume *slice = mm_volume_crop(arena, stack->volume, &box, 0);
    if (!slice || !(*out = mm_sample_make(arena)))
        return mm_fail_memory(err, "a slice");
    slice->rank = 2;
    if (MM_TRY(s, mm_sample_derive(*out, stack, stack->name, slice, err)))
        return s;
    field = mm_sample_find(*out, stack->name);
    return mm_field_set_file(*out, field, err);
}

static void put_slice(const struct mm_volume *slice, int z, struct mm_volume *stack)
{
    size_t bytes = mm_volume_voxels(slice) * mm_type_bytes(slice->type);
    for (int c = 0; c < slice->channels; c++)
        memcpy(mm_volume_row(stack, c, z, 0), (const char *)slice->data + (size_t)c * bytes, bytes);
}

static enum mm_status predict_slices(const struct mm_file_source *source, const struct mm_file_prediction *how,
                                     const struct mm_field *stack, struct mm_arena *arena, struct mm_volume **out,
                                     struct mm_error *err)
{
    enum mm_status s = MM_OK;
    struct mm_arena scratch;
    mm_arena_init(&scratch, NULL);
    *out = NULL;
    for (int z = 0; z < stack->volume->size[2] && s == MM_OK; z++) {
        struct mm_sample *sample;
        struct mm_volume *slice;
        mm_arena_reset(&scratch);
        if (MM_TRY(s, slice_of(stack, z, &scratch, &sample, err)) ||
            MM_TRY(s, predict(source, how, sample, &slice, err))) {
            mm_fail_in(err, "slice %d", z + 1);
            break;
        }
        if (!*out)
            *out = mm_volume_like(arena, stack->volume, slice->type, slice->channels);
        if (*out)
            put_slice(slice, z, *out);
        else
            s = mm_fail_memory(err, "the prediction");
    }
    mm_arena_done(&scratch);
    return s;
}

static enum mm_status predict_sample(const struct mm_file_source *source, const struct mm_file_prediction *how,
                                     struct mm_sample *sample, struct mm_volume **out, struct mm_error *err)
{
    const struct mm_training *training = source->use->training;
    const struct mm_field *field = mm_sample_find(sample, training->prediction.image_field);
    bool is_stack = field && field->kind == MM_FIELD_VOLUME && field->volume->rank == 3 &&
                    field->volume->size[2] > 1 && training->graph->spatial == 2;
    return is_stack ? predict_slices(source, how, field, sample->arena, out, err)
                    : predict(source, how, sample, out, err);
}

enum mm_status mm_predict_file(struct mm_file_source *source, const struct mm_file_prediction *how, size_t index,
                               struct mm_arena *arena, struct mm_volume **out, struct mm_error *err)
{
    enum mm_status s;
    struct mm_sample *prepared, *sample;
    if (MM_TRY(s, mm_loader_sample(source->loader, (uint32_t)index, arena, &prepared, err)))
        return s;
    sample = mm_sample_view(arena, prepared);
    s = sample ? predict_sample(source, how, sample, out, err) : mm_fail_memory(err, "a sample");
    mm_loader_release(source->loader, (uint32_t)index);
    return s;
}

/* What the config says of reading; inference needs no pipeline, nor a sound one. */
static void read_pipeline(struct mm_arena *arena, const struct mm_config *config, struct mm_pipeline *out)
{
    struct mm_pipeline *found;
    struct mm_problems ignored;
    *out = (struct mm_pipeline){.num_workers = 2, .item_deadline = 600, .on_bad_item = "stop"};
    mm_problems_init(&ignored, arena);
    if (!config->validate.pipeline)
        return;
    if (mm_pipeline_read(arena, &config->validate, &found, &ignored)) {
        mm_warn("warning: validate.image_pipeline is wrong (mmar check says why): files are read by the defaults");
        return;
    }
    out->num_workers = found->num_workers;
    out->item_deadline = found->item_deadline;
    out->cache_memory = found->cache_memory;
}

/* Items {"image": path}, as a datalist would have them. */
static bool make_list(struct mm_arena *arena, const char *field, const char *const *paths, size_t count,
                      struct mm_datalist *list)
{
    struct mm_entry *entries = mm_arena_array(arena, struct mm_entry, count);
    struct mm_item *items = mm_arena_array(arena, struct mm_item, count);
    for (size_t i = 0; entries && items && i < count; i++) {
        entries[i] = (struct mm_entry){.key = field, .kind = MM_ENTRY_PATHS, .count = 1, .paths = &paths[i]};
        items[i] = (struct mm_item){.count = 1, .entries = &entries[i]};
    }
    *list = (struct mm_datalist){.count = count, .items = items};
    return entries && items;
}

/* The chain of the config narrowed to the image. Slices of a stack pass what follows its loading one by one. */
static enum mm_status make_chain(struct mm_arena *arena, const struct mm_model_use *use, struct mm_source *source,
                                 struct mm_error *err)
{
    enum mm_status s;
    struct mm_chain *all;
    const struct mm_training *training = use->training;
    if (MM_TRY(s, mm_chain_make(arena, &use->project->config->validate.pre_transforms, &all, use->project->problems)))
        return mm_problems_fail(use->project->problems, s, err);
    source->chain = mm_chain_narrow(arena, all, training->prediction.image_field, false);
    if (!source->chain)
        return mm_fail_memory(err, "the chain");
    source->prefix = training->graph->spatial == 2 ? loaders(source->chain) : mm_chain_prefix(source->chain);
    return MM_OK;
}

enum mm_status mm_file_source_open(struct mm_arena *arena, const struct mm_model_use *use, const char *const *paths,
                                   size_t count, struct mm_file_source **out, struct mm_error *err)
{
    enum mm_status s;
    struct mm_file_source *source = mm_arena_new(arena, struct mm_file_source);
    const char *const fields[] = {use->training->prediction.image_field};
    const struct mm_loader_options options = {
        .fields = fields, .field_count = 1, .interrupted = mm_interrupted, .waiting = mm_note_wait};
    if (!source || !make_list(arena, fields[0], paths, count, &source->list))
        return mm_fail_memory(err, "the list of inputs");
    *out = source;
    source->use = use;
    source->source = (struct mm_source){.pipeline = &source->pipeline, .list = &source->list};
    read_pipeline(arena, use->project->config, &source->pipeline);
    if (MM_TRY(s, make_chain(arena, use, &source->source, err)))
        return s;
    return mm_loader_open_once(arena, &source->source, &options, &source->loader, err);
}

void mm_file_source_close(struct mm_file_source *source)
{
    if (source)
        mm_loader_close(source->loader);
}
