/* Classes of a label. Packed images are read voxel by voxel while that finds something, and unpacked where all voxels are looked at. */
#include "transforms/label_classes.h"

#include "transforms/box.h"

#define TRIES 1000

struct search {
    struct mm_arena *arena;
    const struct mm_volume *label, *image; /* image: NULL when it does not matter */
    double threshold;
    uint32_t classes;
};

enum mm_status mm_label_classes_count(const struct mm_label_classes *classes, const struct mm_volume *label,
                                      uint32_t *count, struct mm_error *err)
{
    if (label->channels > MM_LABEL_CLASSES_MAX)
        return mm_fail(err, MM_ERR_DATA, "the label has %d channels: at most %d classes are allowed", label->channels,
                       MM_LABEL_CLASSES_MAX);
    if (label->channels == 1 && classes->count < 1)
        return mm_fail(err, MM_ERR_DATA, "the label has one channel: num_classes must say how many classes it has");
    *count = label->channels > 1 ? (uint32_t)label->channels : (uint32_t)classes->count;
    return MM_OK;
}

static enum mm_status search_make(struct mm_sample *sample, const struct mm_label_classes *classes,
                                  struct search *search, struct mm_error *err)
{
    enum mm_status s;
    struct mm_field *label, *image;
    *search = (struct search){.arena = sample->arena, .threshold = classes->threshold};
    if (MM_TRY(s, mm_sample_volume(sample, classes->label_field, &label, err)) ||
        MM_TRY(s, mm_label_classes_count(classes, label->volume, &search->classes, err)))
        return s;
    search->label = label->volume;
    if (mm_volume_voxels(label->volume) > UINT32_MAX)
        return mm_fail(err, MM_ERR_DATA, "the label has more than 2^32 voxels: crop it first");
    if (classes->image_field && (MM_TRY(s, mm_sample_volume(sample, classes->image_field, &image, err)) ||
                                 MM_TRY(s, mm_field_same_grid(image, label, err))))
        return s;
    search->image = classes->image_field ? image->volume : NULL;
    return MM_OK;
}

/* Does the image let a voxel count? */
static bool is_open(const struct search *search, int z, int y, int x)
{
    for (int c = 0; search->image && c < search->image->channels; c++)
        if (mm_volume_get(search->image, c, z, y, x) > search->threshold)
            return true;
    return !search->image;
}

static bool is_of(const struct search *search, uint32_t class, int z, int y, int x)
{
    const struct mm_volume *label = search->label;
    bool is_class = label->channels > 1 ? mm_volume_get(label, (int)class, z, y, x) != 0
                                        : mm_volume_get(label, 0, z, y, x) == class;
    return is_class && is_open(search, z, y, x);
}

/* Walks over all voxels of classes [first, end): counts those of class k in found[k - first] and, where there is a list, writes
 * voxel found[k - first]. */
static void walk(const struct search *search, uint32_t first, uint32_t end, uint32_t *found, uint32_t *list)
{
    const struct mm_volume *label = search->label;
    uint32_t voxel = 0;
    for (int z = 0; z < label->size[2]; z++)
        for (int y = 0; y < label->size[1]; y++)
            for (int x = 0; x < label->size[0]; x++, voxel++) {
                double value = label->channels > 1 ? 0 : mm_volume_get(label, 0, z, y, x);
                if (label->channels == 1 && !(value >= first && value < end))
                    continue;
                uint32_t from = label->channels > 1 ? first : (uint32_t)value;
                uint32_t to = label->channels > 1 ? end : from + 1;
                for (uint32_t k = from; k < to; k++)
                    if (is_of(search, k, z, y, x)) {
                        if (list)
                            list[found[k - first]] = voxel;
                        found[k - first]++;
                    }
            }
}

/* The list of classes [first, end): `*ends` of each, and the voxels, in the arena. */
static enum mm_status make_list(struct search *search, uint32_t first, uint32_t end, uint32_t **list, size_t *size,
                                struct mm_error *err)
{
    enum mm_status s;
    uint32_t classes = end - first, *found = mm_arena_array(search->arena, uint32_t, classes), total = 0;
    if (!found)
        return mm_fail_memory(err, "the classes of a label");
    if (MM_TRY(s, mm_box_unpack(search->arena, &search->label, err)) ||
        MM_TRY(s, mm_box_unpack(search->arena, &search->image, err)))
        return s;
    walk(search, first, end, found, NULL);
    for (uint32_t k = 0; k < classes; k++) {
        uint32_t count = found[k];
        found[k] = total; /* where it starts */
        if (mm_size_add(total, count, size) && *size > UINT32_MAX)
            return mm_fail(err, MM_ERR_DATA, "the classes of the label have more than 2^32 voxels together");
        total += count;
    }
    *size = (size_t)classes + total;
    *list = mm_arena_array(search->arena, uint32_t, *size);
    if (!*list)
        return mm_fail_memory(err, "the classes of a label");
    walk(search, first, end, found, *list + classes);
    memcpy(*list, found, classes * sizeof **list); /* where it ends */
    return MM_OK;
}

/* "<label>:classes" */
static const char *list_name(struct mm_arena *arena, const char *label_field)
{
    return mm_arena_format(arena, "%s:classes", label_field);
}

enum mm_status mm_label_classes_prepare(struct mm_sample *sample, const struct mm_label_classes *classes,
                                        struct mm_error *err)
{
    const struct mm_field *label = mm_sample_find(sample, classes->label_field);
    const char *name = list_name(sample->arena, classes->label_field);
    if (!name)
        return mm_fail_memory(err, "a name");
    struct mm_field *field = mm_sample_find(sample, name);
    if (!label || label->kind != MM_FIELD_VOLUME || (field && field->indices))
        return MM_OK;
    enum mm_status s;
    struct search search;
    uint32_t *list;
    size_t size;
    if (MM_TRY(s, search_make(sample, classes, &search, err)) ||
        MM_TRY(s, make_list(&search, 1, search.classes, &list, &size, err)) ||
        MM_TRY(s, mm_sample_add(sample, name, MM_FIELD_INDEX, &field, err)))
        return s;
    field->indices = list;
    field->count = size;
    return MM_OK;
}

static enum mm_status is_background(const struct search *search, uint32_t voxel, bool *is, struct mm_error *err)
{
    struct search here = *search;
    const int *n = search->label->size;
    if (here.label->packed || (here.image && here.image->packed)) {
        here.label = mm_box_voxel(search->arena, search->label, voxel);
        here.image = here.image ? mm_box_voxel(search->arena, search->image, voxel) : NULL;
        if (!here.label || (search->image && !here.image))
            return mm_fail_memory(err, "a voxel");
        *is = is_of(&here, 0, 0, 0, 0);
        return MM_OK;
    }
    uint32_t row = voxel / (uint32_t)n[0];
    *is = is_of(&here, 0, (int)(row / (uint32_t)n[1]), (int)(row % (uint32_t)n[1]), (int)(voxel % (uint32_t)n[0]));
    return MM_OK;
}

static enum mm_status draw_background(struct search *search, struct mm_random *random, uint32_t *voxel, bool *found,
                                      struct mm_error *err)
{
    enum mm_status s;
    for (int i = 0; i < TRIES; i++) {
        *voxel = mm_random_below(random, (uint32_t)mm_volume_voxels(search->label));
        if (MM_TRY(s, is_background(search, *voxel, found, err)) || *found)
            return s;
    }
    uint32_t *list;
    size_t size;
    if (MM_TRY(s, make_list(search, 0, 1, &list, &size, err)))
        return s;
    *found = size > 1;
    if (*found)
        *voxel = list[1 + mm_random_below(random, list[0])];
    return MM_OK;
}

/* One of the classes that are still in the draw, by ratio; `classes` when none is. */
static uint32_t draw_class(const double *ratios, uint32_t classes, struct mm_random *random)
{
    double total = 0, seen = 0, target = mm_random_double(random);
    uint32_t last = classes;
    for (uint32_t k = 0; k < classes; k++)
        total += ratios[k];
    for (uint32_t k = 0; k < classes && total > 0; k++) {
        if (!(ratios[k] > 0))
            continue;
        last = k;
        seen += ratios[k];
        if (target * total < seen)
            break;
    }
    return last;
}

/* The list of a cached sample, else one made now. */
static enum mm_status find_list(struct mm_sample *sample, const struct mm_label_classes *classes,
                                struct search *search, const uint32_t **list, struct mm_error *err)
{
    enum mm_status s;
    size_t size;
    uint32_t *made;
    const char *name = list_name(sample->arena, classes->label_field);
    if (!name)
        return mm_fail_memory(err, "a name");
    const struct mm_field *field = mm_sample_find(sample, name);
    if (field && field->kind == MM_FIELD_INDEX && field->indices) {
        *list = field->indices;
        return MM_OK;
    }
    s = make_list(search, 1, search->classes, &made, &size, err);
    *list = made;
    return s;
}

/* The ratios of the classes that have voxels; of class 0 that is not known yet. */
static enum mm_status make_shares(struct mm_arena *arena, const struct mm_doubles *ratios, const uint32_t *list,
                                  uint32_t classes, double **shares, struct mm_error *err)
{
    if (ratios->count && ratios->count != classes)
        return mm_fail(err, MM_ERR_DATA, "ratios has %zu numbers, the label has %u classes", ratios->count, classes);
    *shares = mm_arena_array(arena, double, classes);
    if (!*shares)
        return mm_fail_memory(err, "ratios");
    for (uint32_t k = 0; k < classes; k++) {
        bool has = k == 0 || list[k - 1] > (k > 1 ? list[k - 2] : 0);
        (*shares)[k] = !has ? 0 : ratios->count ? ratios->items[k] : 1;
    }
    return MM_OK;
}

enum mm_status mm_label_classes_draw(struct mm_sample *sample, const struct mm_label_classes *classes,
                                     const struct mm_doubles *ratios, struct mm_random *random, int voxel[3],
                                     struct mm_error *err)
{
    enum mm_status s;
    struct search search;
    const uint32_t *list = NULL;
    double *shares;
    uint32_t chosen = 0;
    bool found;
    if (MM_TRY(s, search_make(sample, classes, &search, err)) ||
        MM_TRY(s, find_list(sample, classes, &search, &list, err)))
        return s;
    if (MM_TRY(s, make_shares(sample->arena, ratios, list, search.classes, &shares, err)))
        return s;
    uint32_t class = draw_class(shares, search.classes, random);
    if (class == 0 && MM_TRY(s, draw_background(&search, random, &chosen, &found, err)))
        return s;
    if (class == 0 && !found) {
        shares[0] = 0;
        class = draw_class(shares, search.classes, random);
    }
    if (class == search.classes)
        return mm_fail(err, MM_ERR_DATA, "no voxel is of a class with a ratio above 0: nowhere to crop");
    if (class > 0) {
        uint32_t start = class > 1 ? list[class - 2] : 0;
        chosen = list[search.classes - 1 + start + mm_random_below(random, list[class - 1] - start)];
    }
    const int *n = search.label->size;
    voxel[0] = (int)(chosen % (uint32_t)n[0]);
    voxel[1] = (int)(chosen / (uint32_t)n[0] % (uint32_t)n[1]);
    voxel[2] = (int)(chosen / (uint32_t)n[0] / (uint32_t)n[1]);
    return MM_OK;
}
