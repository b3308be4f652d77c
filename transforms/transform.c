/* What transforms share: look-up by any spelling, their streams of draws, arguments for each spatial axis, undoing. */
#include "transforms/transform.h"

#include "base/names.h"

const struct mm_param mm_transform_common_params[] = {
    MM_STRINGS(struct mm_transform_common, keys, .aliases = "fields field", .required = true, .count_min = 1,
               .help = "fields to work on"),
    MM_BOOL(struct mm_transform_common, allow_missing_keys, .help = "skip fields that a sample does not have"),
    MM_PARAMS_END};

#define NAME_MAX_SIZE 128

/* The member whose name or alias is the first `length` bytes of `name`. */
static const struct mm_transform *find_spelling(const char *name, size_t length)
{
    char wanted[NAME_MAX_SIZE];
    if (length == 0 || length >= sizeof wanted)
        return NULL;
    memcpy(wanted, name, length);
    wanted[length] = '\0';
    for (const struct mm_transform *const *t = mm_transforms; *t; t++)
        if (strcmp((*t)->name, wanted) == 0 || ((*t)->aliases && mm_names_contain((*t)->aliases, wanted)))
            return *t;
    return NULL;
}

const struct mm_transform *mm_transform_find(const char *name)
{
    size_t length = strlen(name);
    const struct mm_transform *found = find_spelling(name, length);
    if (!found && (mm_text_ends(name, "d") || mm_text_ends(name, "D")))
        found = find_spelling(name, length - 1);
    if (!found && mm_text_ends(name, "Dict"))
        found = find_spelling(name, length - 4);
    return found;
}

/* Counter words as base/random.h lays them out. */
void mm_step_random(const struct mm_step *step, const struct mm_context *context, struct mm_random *random)
{
    static const struct mm_context nowhere;
    const struct mm_context *at = context ? context : &nowhere;
    mm_random_init(random, at->seed, MM_RANDOM_TRANSFORM, step->index << 20 | (at->output & 0xFFFFF), at->position,
                   at->epoch << 8 | (at->visit & 0xFF));
}

bool mm_step_happens(struct mm_random *random, double probability)
{
    return mm_random_double(random) < probability;
}

const char *mm_string_of_key(const struct mm_strings *list, size_t key)
{
    if (list->count == 0)
        return NULL;
    return list->items[key < list->count ? key : list->count - 1];
}

static enum mm_status fail_count(const char *name, size_t count, int rank, struct mm_error *err)
{
    return mm_fail(err, MM_ERR_CONFIG, "%s has %zu values: give 1 or %d, the axes of the image", name, count, rank);
}

enum mm_status mm_spatial_ints(const struct mm_ints *list, const char *name, int rank, int otherwise, int out[3],
                               struct mm_error *err)
{
    if (list->count != 1 && list->count != (size_t)rank)
        return fail_count(name, list->count, rank, err);
    for (int a = 0; a < 3; a++) {
        int64_t value = a >= rank ? otherwise : list->items[list->count == 1 ? 0 : a];
        if (value < INT32_MIN || value > INT32_MAX)
            return mm_fail(err, MM_ERR_CONFIG, "%s: %lld is out of range", name, (long long)value);
        out[a] = (int)value;
    }
    return MM_OK;
}

enum mm_status mm_spatial_doubles(const struct mm_doubles *list, const char *name, int rank, double otherwise,
                                  double out[3], struct mm_error *err)
{
    if (list->count != 1 && list->count != (size_t)rank)
        return fail_count(name, list->count, rank, err);
    for (int a = 0; a < 3; a++)
        out[a] = a >= rank ? otherwise : list->items[list->count == 1 ? 0 : a];
    return MM_OK;
}

enum mm_status mm_spatial_sizes(const struct mm_ints *list, const char *name, const struct mm_volume *image,
                                int out[3], struct mm_error *err)
{
    enum mm_status s;
    if (MM_TRY(s, mm_spatial_ints(list, name, image->rank, 0, out, err)))
        return s;
    for (int a = 0; a < 3; a++)
        out[a] = out[a] > 0 ? out[a] : image->size[a];
    return MM_OK;
}

enum mm_status mm_spatial_axes(const struct mm_ints *list, int rank, unsigned *mask, struct mm_error *err)
{
    *mask = list->count ? 0 : (1u << rank) - 1;
    for (size_t i = 0; i < list->count; i++) {
        int64_t axis = list->items[i];
        if (axis < -rank || axis >= rank)
            return mm_fail(err, MM_ERR_CONFIG, "spatial axis %lld: an image of %d axes allows %d to %d",
                           (long long)axis, rank, -rank, rank - 1);
        *mask |= 1u << (axis < 0 ? axis + rank : axis);
    }
    return MM_OK;
}

static enum mm_status undo(const struct mm_applied *applied, struct mm_arena *arena, const struct mm_volume *in,
                           bool nearest, struct mm_volume **out, struct mm_error *err)
{
    const struct mm_transform *transform = applied->step->transform;
    if (!transform->invert)
        return mm_fail(err, MM_ERR_DATA, "%s cannot be undone", transform->name);
    if (transform->invert(applied, arena, in, nearest, out, err))
        return mm_fail_in(err, "undoing %s", transform->name);
    memcpy((*out)->affine, applied->affine_before, sizeof applied->affine_before);
    return MM_OK;
}

const void *mm_applied_memo(const struct mm_applied *applied, size_t size)
{
    return applied->memo_size == size ? applied->memo : NULL;
}

enum mm_status mm_applied_damaged(struct mm_error *err)
{
    return mm_fail(err, MM_ERR_DATA, "the record of what the step did is damaged");
}

enum mm_status mm_field_invert(const struct mm_field *field, struct mm_arena *arena,
                               const struct mm_volume *prediction, bool nearest, struct mm_volume **out,
                               struct mm_error *err)
{
    enum mm_status s;
    struct mm_volume *grid;
    if (MM_TRY(s, mm_field_volume(field, &grid, err)))
        return s;
    if (!mm_volume_same_size(prediction, grid))
        return mm_fail(err, MM_ERR_DATA, "the prediction has %dx%dx%d voxels, \"%s\" after its transforms %dx%dx%d",
                       prediction->size[0], prediction->size[1], prediction->size[2], field->name, grid->size[0],
                       grid->size[1], grid->size[2]);
    struct mm_volume *at = mm_volume_view(arena, prediction);
    if (!at)
        return mm_fail_memory(err, "an image");
    memcpy(at->affine, grid->affine, sizeof grid->affine);
    for (const struct mm_applied *applied = field->applied; applied; applied = applied->before)
        if (MM_TRY(s, undo(applied, arena, at, nearest, &at, err)))
            return s;
    *out = at;
    return MM_OK;
}

enum mm_status mm_field_return(struct mm_sample *sample, struct mm_field *field, const struct mm_field *original,
                               bool nearest, struct mm_error *err)
{
    enum mm_status s;
    struct mm_volume *prediction, *back;
    if (MM_TRY(s, mm_field_volume(field, &prediction, err)) ||
        MM_TRY(s, mm_field_invert(original, sample->arena, prediction, nearest, &back, err)))
        return s;
    const struct mm_field from = *original;
    mm_field_put(sample, field, back);
    field->applied = NULL;
    field->source = from.source;
    field->file = from.file;
    return MM_OK;
}
