/* The loaders' core. */
#include "transforms/load.h"

#include "image/affine.h"
#include "image/format.h"

#define AFFINE_TOLERANCE 1e-3 /* mm */

/* Does every value of type `from` keep its value in type `to`? */
static bool holds(enum mm_type to, enum mm_type from)
{
    if (to == from)
        return true;
    size_t bytes = mm_type_bytes(to), from_bytes = mm_type_bytes(from);
    if (!mm_type_is_integer(to))
        return mm_type_is_integer(from) ? from_bytes < bytes : from_bytes <= bytes;
    bool is_unsigned = to == MM_U8 || to == MM_U16 || to == MM_U32 || to == MM_U64;
    bool from_unsigned = from == MM_U8 || from == MM_U16 || from == MM_U32 || from == MM_U64;
    return mm_type_is_integer(from) && from_bytes < bytes && (from_unsigned || !is_unsigned);
}

/* The smallest type that holds both; float64 when none does. */
static enum mm_type common_type(enum mm_type a, enum mm_type b)
{
    enum mm_type best = MM_F64;
    for (int t = 0; t < MM_TYPE_COUNT; t++) {
        enum mm_type type = (enum mm_type)t;
        if (holds(type, a) && holds(type, b) && mm_type_bytes(type) < mm_type_bytes(best))
            best = type;
    }
    return best;
}

static enum mm_status fail_grids(const struct mm_volume *a, const char *path_a, const struct mm_volume *b,
                                 const char *path_b, struct mm_error *err)
{
    if (!mm_volume_same_size(a, b) || a->rank != b->rank)
        return mm_fail(err, MM_ERR_DATA,
                       "%s has %dx%dx%d voxels, %s %dx%dx%d: files of one image must be on one grid", path_a,
                       a->size[0], a->size[1], a->size[2], path_b, b->size[0], b->size[1], b->size[2]);
    return mm_fail(err, MM_ERR_DATA,
                   "%s and %s lie differently in space (their affines differ): files of one image must be on one "
                   "grid",
                   path_a, path_b);
}

/* Copies the channels of `from` behind the first `at` channels of `to`. */
static void put_channels(struct mm_volume *to, int at, const struct mm_volume *from)
{
    for (int c = 0; c < from->channels; c++)
        for (int z = 0; z < from->size[2]; z++)
            for (int y = 0; y < from->size[1]; y++)
                mm_convert(mm_volume_row(to, at + c, z, y), to->type, mm_volume_row(from, c, z, y), from->type,
                           (size_t)from->size[0], from->stride[0]);
}

/* One image of several that were read into `scratch`. */
static enum mm_status join(struct mm_arena *arena, struct mm_volume *const *parts, const char *const *paths,
                           size_t count, struct mm_volume **out, struct mm_error *err)
{
    enum mm_type type = parts[0]->type;
    int channels = parts[0]->channels;
    for (size_t i = 1; i < count; i++) {
        if (!mm_volume_same_size(parts[0], parts[i]) || parts[0]->rank != parts[i]->rank ||
            !mm_affine_near(parts[0]->affine, parts[i]->affine, AFFINE_TOLERANCE))
            return fail_grids(parts[0], paths[0], parts[i], paths[i], err);
        type = common_type(type, parts[i]->type);
        channels += parts[i]->channels;
    }
    struct mm_volume *volume = mm_volume_like(arena, parts[0], type, channels);
    if (!volume)
        return mm_fail_memory(err, "an image of several files");
    for (size_t i = 0, at = 0; i < count; at += (size_t)parts[i++]->channels)
        put_channels(volume, (int)at, parts[i]);
    *out = volume;
    return MM_OK;
}

static enum mm_status read_several(struct mm_arena *arena, const char *const *paths, size_t count,
                                   struct mm_volume **out, struct mm_error *err)
{
    enum mm_status s = MM_OK;
    struct mm_arena scratch;
    mm_arena_init(&scratch, arena->budget);
    struct mm_volume **parts = mm_arena_array(&scratch, struct mm_volume *, count);
    if (!parts) {
        s = mm_fail_memory(err, "a list of images");
        goto done;
    }
    for (size_t i = 0; i < count; i++)
        if (MM_TRY(s, mm_image_read(&scratch, paths[i], &parts[i], err)))
            goto done;
    s = join(arena, parts, paths, count, out, err);
done:
    mm_arena_done(&scratch);
    return s;
}

enum mm_status mm_load_field(struct mm_sample *sample, struct mm_field *field, struct mm_error *err)
{
    if (field->kind != MM_FIELD_PATHS)
        return mm_fail(err, MM_ERR_DATA, "field \"%s\" is %s, file paths are needed", field->name,
                       mm_field_kind_name(field->kind));
    if (field->count == 0)
        return mm_fail(err, MM_ERR_DATA, "field \"%s\" names no file", field->name);
    enum mm_status s;
    struct mm_volume *volume;
    const char *source = field->paths[0];
    if (MM_TRY(s, field->count == 1 ? mm_image_read(sample->arena, source, &volume, err)
                                    : read_several(sample->arena, field->paths, field->count, &volume, err)))
        return s;
    mm_field_put(sample, field, volume);
    field->source = source;
    field->count = 0;
    field->applied = NULL;
    return mm_field_set_file(sample, field, err);
}

enum mm_status mm_load_each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                            const struct mm_context *context, struct mm_error *err)
{
    (void)step, (void)key, (void)context;
    return mm_load_field(sample, field, err);
}
