/* Predictions of files. */
#include "mmar/predict_file.h"

#include "image/format.h"
#include "trainer/predict.h"
#include "transforms/load.h"

/* A sample of one image file: what an item {"image": path} of a datalist would be. */
static enum mm_status sample_of(struct mm_arena *arena, const char *field, const char *path, struct mm_sample **out,
                                struct mm_error *err)
{
    const char **paths = mm_arena_array(arena, const char *, 1);
    struct mm_entry *entry = mm_arena_new(arena, struct mm_entry);
    struct mm_item *item = mm_arena_new(arena, struct mm_item);
    if (!paths || !entry || !item)
        return mm_fail_memory(err, "a sample");
    paths[0] = path;
    *entry = (struct mm_entry){.key = field, .kind = MM_ENTRY_PATHS, .count = 1, .paths = paths};
    *item = (struct mm_item){.count = 1, .entries = entry};
    return mm_sample_from_item(arena, item, 0, out, err);
}

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

static enum mm_status predict(const struct mm_model_use *use, const struct mm_file_prediction *how,
                              struct mm_sample *sample, size_t from, struct mm_volume **out, struct mm_error *err)
{
    enum mm_status s;
    if (MM_TRY(s, mm_chain_run(how->chain, from, how->chain->count, sample, NULL, err)))
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
    field->file_rank = 2;
    field->file_size[2] = 1;
    memcpy(field->file_affine, slice->affine, sizeof field->file_affine);
    return MM_OK;
}

static void put_slice(const struct mm_volume *slice, int z, struct mm_volume *stack)
{
    size_t bytes = mm_volume_voxels(slice) * mm_type_bytes(slice->type);
    for (int c = 0; c < slice->channels; c++)
        memcpy(mm_volume_row(stack, c, z, 0), (const char *)slice->data + (size_t)c * bytes, bytes);
}

static enum mm_status predict_slices(const struct mm_model_use *use, const struct mm_file_prediction *how,
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
            MM_TRY(s, predict(use, how, sample, loaders(how->chain), &slice, err))) {
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

enum mm_status mm_predict_file(const struct mm_model_use *use, const struct mm_file_prediction *how, const char *path,
                               struct mm_arena *arena, struct mm_volume **out, struct mm_error *err)
{
    enum mm_status s;
    struct mm_sample *sample;
    const char *name = use->training->prediction.image_field;
    size_t loading = loaders(how->chain);
    if (MM_TRY(s, sample_of(arena, name, path, &sample, err)) ||
        MM_TRY(s, mm_chain_run(how->chain, 0, loading, sample, NULL, err)))
        return s;
    const struct mm_field *field = mm_sample_find(sample, name);
    bool is_stack = field && field->kind == MM_FIELD_VOLUME && field->volume->rank == 3 &&
                    field->volume->size[2] > 1 && use->training->graph->spatial == 2;
    return is_stack ? predict_slices(use, how, field, arena, out, err) : predict(use, how, sample, loading, out, err);
}
