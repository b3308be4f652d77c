/* Samples: named fields in an arena. Names, paths and texts of a datalist's item are borrowed: the datalist
 * outlives them. */
#include "transforms/sample.h"

#include "base/names.h"
#include "image/packed.h"

const char *mm_field_kind_name(enum mm_field_kind kind)
{
    static const char *const names[] = {
        [MM_FIELD_PATHS] = "file paths", [MM_FIELD_VOLUME] = "an image",   [MM_FIELD_CLASS] = "class numbers",
        [MM_FIELD_POINTS] = "points",    [MM_FIELD_POLYGONS] = "polygons", [MM_FIELD_REGION] = "a region",
        [MM_FIELD_TEXT] = "text",        [MM_FIELD_NUMBER] = "a number",   [MM_FIELD_INDEX] = "voxel indices",
    };
    return names[kind];
}

struct mm_sample *mm_sample_make(struct mm_arena *arena)
{
    struct mm_sample *sample = mm_arena_new(arena, struct mm_sample);
    if (sample)
        sample->arena = arena;
    return sample;
}

static enum mm_status add_entry(struct mm_sample *sample, const struct mm_entry *entry, struct mm_error *err)
{
    static const enum mm_field_kind kinds[] = {
        [MM_ENTRY_PATHS] = MM_FIELD_PATHS, [MM_ENTRY_NUMBERS] = MM_FIELD_CLASS, [MM_ENTRY_TEXT] = MM_FIELD_TEXT};
    enum mm_status s;
    struct mm_field *field;
    if (MM_TRY(s, mm_sample_add(sample, entry->key, kinds[entry->kind], &field, err)))
        return s;
    field->count = entry->count;
    switch (entry->kind) {
    case MM_ENTRY_PATHS:
        field->paths = entry->paths;
        field->source = entry->count ? entry->paths[0] : NULL;
        break;
    case MM_ENTRY_NUMBERS:
        field->numbers = entry->numbers;
        break;
    case MM_ENTRY_TEXT:
        field->text = entry->count ? entry->paths[0] : "";
        break;
    }
    return MM_OK;
}

enum mm_status mm_sample_from_item(struct mm_arena *arena, const struct mm_item *item, uint32_t index,
                                   struct mm_sample **out, struct mm_error *err)
{
    struct mm_sample *sample = mm_sample_make(arena);
    if (!sample)
        return mm_fail_memory(err, "a sample");
    sample->item = index;
    enum mm_status s;
    for (size_t i = 0; i < item->count; i++)
        if (MM_TRY(s, add_entry(sample, &item->entries[i], err)))
            return s;
    *out = sample;
    return MM_OK;
}

struct mm_field *mm_sample_find(const struct mm_sample *sample, const char *name)
{
    for (size_t i = 0; i < sample->count; i++)
        if (strcmp(sample->fields[i].name, name) == 0)
            return (struct mm_field *)&sample->fields[i];
    return NULL;
}

static enum mm_status fail_unknown(const struct mm_sample *sample, const char *name, struct mm_error *err)
{
    struct mm_nearest nearest;
    mm_nearest_init(&nearest, name);
    struct mm_text names;
    mm_text_init(&names, 1024);
    for (size_t i = 0; i < sample->count; i++) {
        mm_nearest_offer(&nearest, sample->fields[i].name);
        mm_text_format(&names, "%s%s", i ? ", " : "", sample->fields[i].name);
    }
    char hint[128];
    enum mm_status s = mm_fail(err, MM_ERR_DATA, "there is no field \"%s\"%s (there are: %s)", name,
                               mm_nearest_hint(&nearest, hint, sizeof hint), sample->count ? names.bytes : "none");
    mm_text_done(&names);
    return s;
}

enum mm_status mm_sample_field(struct mm_sample *sample, const char *name, struct mm_field **out,
                               struct mm_error *err)
{
    *out = mm_sample_find(sample, name);
    return *out ? MM_OK : fail_unknown(sample, name, err);
}

enum mm_status mm_field_volume(const struct mm_field *field, struct mm_volume **out, struct mm_error *err)
{
    if (field->kind == MM_FIELD_PATHS)
        return mm_fail(err, MM_ERR_DATA, "field \"%s\" is not loaded yet: LoadImage must come before", field->name);
    if (field->kind != MM_FIELD_VOLUME)
        return mm_fail(err, MM_ERR_DATA, "field \"%s\" is %s, an image is needed", field->name,
                       mm_field_kind_name(field->kind));
    *out = field->volume;
    return MM_OK;
}

enum mm_status mm_sample_volume(struct mm_sample *sample, const char *name, struct mm_field **out,
                                struct mm_error *err)
{
    enum mm_status s;
    struct mm_volume *volume = NULL;
    if (MM_TRY(s, mm_sample_field(sample, name, out, err)))
        return s;
    return mm_field_volume(*out, &volume, err);
}

enum mm_status mm_field_same_grid(const struct mm_field *a, const struct mm_field *b, struct mm_error *err)
{
    if (mm_volume_same_size(a->volume, b->volume))
        return MM_OK;
    const int *m = a->volume->size, *n = b->volume->size;
    return mm_fail(err, MM_ERR_DATA, "%s (%s) has %dx%dx%d voxels, %s (%s) %dx%dx%d: they must be on one grid",
                   a->name, a->source ? a->source : "made here", m[0], m[1], m[2], b->name,
                   b->source ? b->source : "made here", n[0], n[1], n[2]);
}

const struct mm_file_grid *mm_field_file(const struct mm_field *field)
{
    static const struct mm_file_grid none;
    return field->file ? field->file : &none;
}

enum mm_status mm_field_set_file(struct mm_sample *sample, struct mm_field *field, struct mm_error *err)
{
    const struct mm_volume *volume = field->volume;
    struct mm_file_grid *file = mm_arena_new(sample->arena, struct mm_file_grid);
    if (!file)
        return mm_fail_memory(err, "the grid of a file");
    *file = (struct mm_file_grid){.rank = volume->rank, .type = volume->type};
    memcpy(file->size, volume->size, sizeof file->size);
    memcpy(file->affine, volume->affine, sizeof file->affine);
    field->file = file;
    return MM_OK;
}

enum mm_status mm_sample_add(struct mm_sample *sample, const char *name, enum mm_field_kind kind,
                             struct mm_field **out, struct mm_error *err)
{
    struct mm_field *field = mm_sample_find(sample, name);
    const char *kept = field ? field->name : mm_arena_text(sample->arena, name);
    if (!kept)
        return mm_fail_memory(err, "a field's name");
    if (!field && sample->count == MM_SAMPLE_FIELDS_MAX)
        return mm_fail(err, MM_ERR_DATA, "no room for field \"%s\": a sample has at most %d fields", name,
                       MM_SAMPLE_FIELDS_MAX);
    if (!field)
        field = &sample->fields[sample->count++];
    *field = (struct mm_field){.name = kept, .kind = kind};
    *out = field;
    return MM_OK;
}

enum mm_status mm_sample_derive(struct mm_sample *sample, const struct mm_field *from, const char *name,
                                struct mm_volume *volume, struct mm_error *err)
{
    enum mm_status s;
    struct mm_field like = *from, *to;
    if (MM_TRY(s, mm_sample_add(sample, name, MM_FIELD_VOLUME, &to, err)))
        return s;
    like.name = to->name;
    *to = like;
    mm_field_put(sample, to, volume);
    return MM_OK;
}

void mm_sample_remove(struct mm_sample *sample, const char *name)
{
    struct mm_field *field = mm_sample_find(sample, name);
    if (!field)
        return;
    size_t after = sample->count - 1 - (size_t)(field - sample->fields);
    memmove(field, field + 1, after * sizeof *field);
    sample->count--;
}

/* What was computed from the voxels of `field` ("label:foreground") holds no longer. */
static void forget_indices(struct mm_sample *sample, const struct mm_field *field)
{
    size_t length = strlen(field->name);
    for (size_t i = 0; i < sample->count; i++) {
        struct mm_field *other = &sample->fields[i];
        if (other->kind == MM_FIELD_INDEX && mm_text_starts(other->name, field->name) && other->name[length] == ':') {
            other->indices = NULL;
            other->count = 0;
        }
    }
}

void mm_field_put(struct mm_sample *sample, struct mm_field *field, struct mm_volume *volume)
{
    forget_indices(sample, field);
    field->kind = MM_FIELD_VOLUME;
    field->volume = volume;
}

/* The voxels stay what they are, so what was computed from them holds. */
enum mm_status mm_field_unpack(struct mm_sample *sample, struct mm_field *field, struct mm_error *err)
{
    if (field->kind != MM_FIELD_VOLUME || !field->volume->packed)
        return MM_OK;
    return mm_volume_unpack(sample->arena, field->volume, &field->volume, err);
}

enum mm_status mm_sample_unpack(struct mm_sample *sample, struct mm_error *err)
{
    for (size_t i = 0; i < sample->count; i++)
        if (mm_field_unpack(sample, &sample->fields[i], err))
            return mm_fail_in(err, "%s", sample->fields[i].name);
    return MM_OK;
}

enum mm_status mm_field_writable(struct mm_sample *sample, struct mm_field *field, struct mm_volume **out,
                                 struct mm_error *err)
{
    enum mm_status s;
    struct mm_volume *volume = NULL;
    if (MM_TRY(s, mm_field_unpack(sample, field, err)) || MM_TRY(s, mm_field_volume(field, &volume, err)))
        return s;
    if ((volume->shared || volume->rescale) && !(volume = mm_volume_copy(sample->arena, volume)))
        return mm_fail_memory(err, "a copy of an image");
    mm_field_put(sample, field, volume);
    *out = volume;
    return MM_OK;
}

enum mm_status mm_field_writable_float(struct mm_sample *sample, struct mm_field *field, struct mm_volume **out,
                                       struct mm_error *err)
{
    enum mm_status s;
    struct mm_volume *volume = NULL;
    if (MM_TRY(s, mm_field_volume(field, &volume, err)))
        return s;
    if (volume->type == MM_F32)
        return mm_field_writable(sample, field, out, err);
    if (!(volume = mm_volume_convert(sample->arena, volume, MM_F32)))
        return mm_fail_memory(err, "an image as float32");
    mm_field_put(sample, field, volume);
    *out = volume;
    return MM_OK;
}

static enum mm_status settle(struct mm_sample *sample, bool values_only, struct mm_error *err)
{
    for (size_t i = 0; i < sample->count; i++) {
        struct mm_field *field = &sample->fields[i];
        if (field->kind != MM_FIELD_VOLUME || field->volume->packed ||
            (values_only ? !field->volume->rescale : mm_volume_is_dense(field->volume)))
            continue;
        struct mm_volume *dense = mm_volume_copy(sample->arena, field->volume);
        if (!dense)
            return mm_fail_memory(err, "a copy of an image");
        field->volume = dense; /* not mm_field_put: the voxels are the same */
    }
    return MM_OK;
}

enum mm_status mm_sample_settle(struct mm_sample *sample, struct mm_error *err)
{
    return settle(sample, false, err);
}

enum mm_status mm_sample_settle_values(struct mm_sample *sample, struct mm_error *err)
{
    return settle(sample, true, err);
}

enum mm_status mm_field_moved(struct mm_sample *sample, struct mm_field *field, const struct mm_step *step,
                              struct mm_volume *volume, const void *memo, size_t memo_size, struct mm_error *err)
{
    struct mm_applied *applied = mm_arena_new(sample->arena, struct mm_applied);
    void *kept = mm_arena_alloc(sample->arena, memo_size);
    if (!applied || !kept)
        return mm_fail_memory(err, "the record of a spatial transform");
    if (memo_size)
        memcpy(kept, memo, memo_size);
    const struct mm_volume *before = field->volume;
    *applied = (struct mm_applied){
        .step = step, .rank = before->rank, .memo = kept, .memo_size = memo_size, .before = field->applied};
    memcpy(applied->size_before, before->size, sizeof before->size);
    memcpy(applied->size_after, volume->size, sizeof volume->size);
    memcpy(applied->affine_before, before->affine, sizeof before->affine);
    memcpy(applied->affine_after, volume->affine, sizeof volume->affine);
    field->applied = applied;
    mm_field_put(sample, field, volume);
    return MM_OK;
}
