/* The bound on a prepared item, from the headers of its files and from the parameters of the cached steps that can make an image larger;
 * channels and further images: bound_fields.c. A step that only crops leaves the bound as it is, whatever sizes it names: what it makes
 * can only stay below. */
#include "cache/bound.h"

#include <math.h>

#include "cache/bound_fields.h"
#include "image/format.h"

#define SAMPLE_OVERHEAD 16384 /* names, affines, history */

/* Value of a list for an axis; lists may be shorter (one value for all axes). */
static double axis_value(const struct mm_param *param, const void *self, int axis, double otherwise)
{
    const void *value = (const char *)self + param->offset;
    if (param->type == MM_PARAM_DOUBLES) {
        const struct mm_doubles *list = value;
        return list->count ? list->items[(size_t)axis < list->count ? (size_t)axis : list->count - 1] : otherwise;
    }
    if (param->type == MM_PARAM_INTS) {
        const struct mm_ints *list = value;
        return list->count ? (double)list->items[(size_t)axis < list->count ? (size_t)axis : list->count - 1]
                           : otherwise;
    }
    return otherwise;
}

static void grow_to_resolution(struct mm_bound_field *extent, int axis, double target)
{
    if (!(target > 0))
        return;
    extent->size[axis] = ceil(extent->size[axis] * extent->spacing[axis] / target) + 1;
    extent->spacing[axis] = target;
}

static void grow_to_size(struct mm_bound_field *extent, int axis, double target)
{
    extent->size[axis] = fmax(extent->size[axis], target);
}

static void grow_to_multiple(struct mm_bound_field *extent, int axis, double k)
{
    if (k >= 1)
        extent->size[axis] = ceil(extent->size[axis] / k) * k;
}

static void grow_by_border(struct mm_bound_field *extent, int axis, double border)
{
    extent->size[axis] += 2 * fmax(border, 0);
}

static void grow_by_factor(struct mm_bound_field *extent, int axis, double factor)
{
    if (!(factor > 0))
        return;
    extent->size[axis] = ceil(extent->size[axis] * factor) + 1;
    extent->spacing[axis] /= factor;
}

/* Parameters that make images larger, by name: transforms of one effect call them the same. Where the boolean parameter `unless` is
 * true the step keeps within the image. */
static const struct growth {
    const char *parameter;
    void (*grow)(struct mm_bound_field *extent, int axis, double value);
    const char *unless;
} growths[] = {
    {"pixdim", grow_to_resolution, NULL},
    {"target_resolution", grow_to_resolution, NULL},
    {"factor", grow_by_factor, NULL},
    {"zoom", grow_by_factor, "keep_size"},
    {"spatial_size", grow_to_size, "allow_smaller"},
    {"margin", grow_by_border, "allow_smaller"},
    {"k", grow_to_multiple, NULL},
    {"k_divisible", grow_to_multiple, NULL},
    {"spatial_border", grow_by_border, NULL},
};

static bool is_on(const struct mm_step *step, const char *name)
{
    const bool *on = name ? mm_bound_param(step, name, MM_PARAM_BOOL) : NULL;
    return on && *on;
}

static void grow_by_step(struct mm_bound_field *extent, const struct mm_step *step)
{
    if (!(step->transform->flags & MM_SPATIAL) || !step->transform->params)
        return;
    for (size_t i = 0; i < sizeof growths / sizeof *growths; i++) {
        const struct mm_param *param = mm_params_find(step->transform->params, growths[i].parameter);
        if (!param || param->offset == SIZE_MAX || is_on(step, growths[i].unless))
            continue;
        for (int axis = 0; axis < extent->rank; axis++)
            growths[i].grow(extent, axis, axis_value(param, step->self, axis, 0));
    }
}

static bool lists_key(const struct mm_step *step, const char *key)
{
    for (size_t i = 0; i < step->common.keys.count; i++)
        if (strcmp(step->common.keys.items[i], key) == 0)
            return true;
    return false;
}

static bool uses_key(void *key, const struct mm_step *step)
{
    return lists_key(step, key);
}

static bool prepares(void *context, const struct mm_step *step)
{
    (void)context;
    return step->transform->prepare != NULL;
}

/* A field of several files has their channels, one after the other. */
static enum mm_status add_file(struct mm_bound_fields *fields, const char *key, const char *path,
                               struct mm_error *err)
{
    enum mm_status s;
    struct mm_image_info info;
    struct mm_bound_field *field = mm_bound_find(fields, key);
    if (MM_TRY(s, mm_image_header(path, &info, err)))
        return s;
    if (!field && fields->count == MM_SAMPLE_FIELDS_MAX)
        return mm_fail(err, MM_ERR_DATA, "an item has more than %d images", MM_SAMPLE_FIELDS_MAX);
    if (!field) {
        field = &fields->items[fields->count++];
        *field = (struct mm_bound_field){.rank = info.rank, .width = 4};
        snprintf(field->name, sizeof field->name, "%s", key);
    }
    for (int a = 0; a < 3; a++) {
        double x = info.affine[a], y = info.affine[4 + a], z = info.affine[8 + a];
        field->size[a] = fmax(field->size[a], info.size[a]);
        field->spacing[a] = fmax(field->spacing[a], sqrt(x * x + y * y + z * z));
    }
    field->channels += info.channels;
    field->width = fmax(field->width, (double)mm_type_bytes(info.type));
    return MM_OK;
}

/* Of a group in the prefix only one member may ever run: else it would be random. */
static bool pass_step(void *context, const struct mm_step *step)
{
    struct mm_bound_fields *fields = context;
    for (size_t f = 0; f < fields->count; f++)
        if (lists_key(step, fields->items[f].name))
            grow_by_step(&fields->items[f], step);
    mm_bound_channels(fields, step);
    return false;
}

/* Through the prefix, step by step. */
static double bytes_of(const struct mm_source *source, struct mm_bound_fields *fields)
{
    const struct mm_chain *chain = source->chain;
    double bytes = SAMPLE_OVERHEAD;
    mm_chain_any(chain, 0, source->prefix, pass_step, fields);
    bool has_indices = mm_chain_any(chain, source->prefix, chain->count, prepares, NULL);
    for (size_t f = 0; f < fields->count; f++) {
        const struct mm_bound_field *field = &fields->items[f];
        double voxels = field->size[0] * field->size[1] * field->size[2];
        bytes += voxels * field->channels * field->width;
        if (has_indices && strcmp(field->name, "label") == 0)
            bytes += voxels * sizeof(uint32_t);
    }
    return bytes;
}

static enum mm_status bound_item(const struct mm_source *source, const struct mm_item *item, uint64_t *bound,
                                 struct mm_error *err)
{
    enum mm_status s;
    struct mm_bound_fields fields = {.count = 0};
    for (size_t i = 0; i < item->count; i++) {
        const struct mm_entry *entry = &item->entries[i];
        if (entry->kind != MM_ENTRY_PATHS ||
            !mm_chain_any(source->chain, 0, source->prefix, uses_key, (void *)entry->key))
            continue;
        for (size_t j = 0; j < entry->count; j++)
            if (MM_TRY(s, add_file(&fields, entry->key, entry->paths[j], err)))
                return s;
    }
    double bytes = bytes_of(source, &fields);
    uint64_t whole = bytes < 0x1p62 ? (uint64_t)bytes : (uint64_t)1 << 62;
    *bound = whole > *bound ? whole : *bound;
    return MM_OK;
}

enum mm_status mm_bound_items(const struct mm_source *source, size_t headers, uint64_t *bound, uint32_t *largest,
                              struct mm_error *err)
{
    enum mm_status s;
    size_t count = source->list->count, looked = headers < count ? headers : count;
    for (size_t i = 0; i < looked; i++) {
        uint64_t before = *bound;
        size_t item = i * count / looked;
        if (MM_TRY(s, bound_item(source, &source->list->items[item], bound, err)) &&
            !mm_pipeline_skips(source->pipeline, s))
            return s;
        *largest = *bound > before ? (uint32_t)item : *largest;
    }
    return MM_OK;
}
