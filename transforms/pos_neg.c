/* Crops by the ratio of foreground and background. Packed images are read voxel by voxel, as few as the draws look at; only where all of
 * them have to be looked at are they unpacked. */
#include "transforms/pos_neg.h"

#include <stdlib.h>

#include "transforms/marks.h"

#define TRIES 1000

enum kind { BACKGROUND, FOREGROUND };

/* Where voxels of a kind are looked for. Voxel i is at x + size.x * (y + size.y * z). */
struct search {
    struct mm_arena *arena;
    const struct mm_volume *label, *image; /* image: NULL when it does not matter */
    const struct mm_field *index;          /* the foreground, ascending; NULL: not listed */
    double threshold;
    double *row;   /* of one image row */
    uint8_t *mask; /* likewise         */
};

enum mm_status mm_pos_neg_check(double pos, double neg, struct mm_error *err)
{
    return pos + neg > 0 ? MM_OK : mm_fail(err, MM_ERR_CONFIG, "pos and neg are both 0: one must be above 0");
}

static enum mm_status search_make(struct mm_arena *arena, const struct mm_volume *label, struct search *search,
                                  struct mm_error *err)
{
    *search = (struct search){.arena = arena, .label = label};
    if (mm_volume_voxels(label) > UINT32_MAX)
        return mm_fail(err, MM_ERR_DATA, "the label has more than 2^32 voxels: crop it first");
    search->row = mm_arena_array(arena, double, (size_t)label->size[0]);
    search->mask = mm_arena_array(arena, uint8_t, (size_t)label->size[0]);
    return search->row && search->mask ? MM_OK : mm_fail_memory(err, "a row of voxels");
}

static int first_channel(const struct mm_volume *label)
{
    return label->channels > 1;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Is a channel from `first` on above the threshold, or with `any`, other than 0? */
static enum mm_status is_marked(const struct search *search, const struct mm_volume *volume, int first, bool any,
                                uint32_t voxel, bool *is, struct mm_error *err)
{
    *is = false;
    if (volume->packed) {
        volume = mm_box_voxel(search->arena, volume, voxel);
        voxel = 0;
    }
    if (!volume)
        return mm_fail_memory(err, "a voxel");
    uint32_t nx = (uint32_t)volume->size[0], ny = (uint32_t)volume->size[1];
    for (int c = first; c < volume->channels && !*is; c++) {
        double value = mm_volume_get(volume, c, (int)(voxel / nx / ny), (int)(voxel / nx % ny), (int)(voxel % nx));
        *is = any ? value != 0 : value > search->threshold;
    }
    return MM_OK;
}

static enum mm_status is_background(const struct search *search, uint32_t voxel, bool *is, struct mm_error *err)
{
    enum mm_status s = MM_OK;
    const struct mm_field *index = search->index;
    bool is_foreground;
    if (index)
        is_foreground = bsearch(&voxel, index->indices, index->count, sizeof *index->indices, by_number);
    else
        s = is_marked(search, search->label, first_channel(search->label), true, voxel, &is_foreground, err);
    if (s)
        return s;
    *is = !is_foreground;
    return is_foreground || !search->image ? MM_OK : is_marked(search, search->image, 0, false, voxel, is, err);
}

static void load_row(const struct search *search, const struct mm_volume *v, int c, int z, int y)
{
    mm_convert(search->row, MM_F64, mm_volume_row(v, c, z, y), v->type, (size_t)v->size[0], v->stride[0]);
}

/* Sets the mask to 1 where the row's voxels are of that kind; returns how many are. */
static size_t mark_row(const struct search *search, enum kind kind, int z, int y)
{
    const struct mm_volume *label = search->label, *image = search->image;
    size_t n = (size_t)label->size[0], found = 0;
    uint8_t *mask = search->mask;
    memset(mask, 0, n);
    for (int c = first_channel(label); c < label->channels; c++)
        mm_marks_add(mask, mm_volume_row(label, c, z, y), label->type, n, label->stride[0]);
    if (kind == FOREGROUND)
        return mm_marks_count(mask, n);
    for (size_t x = 0; x < n; x++)
        mask[x] = image ? (uint8_t)(mask[x] ? 2 : 0) : !mask[x];
    for (int c = 0; image && c < image->channels; c++) {
        load_row(search, image, c, z, y);
        for (size_t x = 0; x < n; x++)
            if (mask[x] == 0 && search->row[x] > search->threshold)
                mask[x] = 1;
    }
    for (size_t x = 0; x < n; x++)
        found += mask[x] == 1;
    return found;
}

static size_t count_kind(const struct search *search, enum kind kind)
{
    size_t count = 0;
    for (int z = 0; z < search->label->size[2]; z++)
        for (int y = 0; y < search->label->size[1]; y++)
            count += mark_row(search, kind, z, y);
    return count;
}

/* The voxels of that kind with ordinal numbers from `skip` on, at most `most` of them. */
static void list_kind(const struct search *search, enum kind kind, size_t skip, size_t most, uint32_t *voxels)
{
    uint32_t start = 0;
    for (int z = 0; z < search->label->size[2] && most; z++)
        for (int y = 0; y < search->label->size[1] && most; y++, start += (uint32_t)search->label->size[0]) {
            size_t found = mark_row(search, kind, z, y);
            if (found <= skip) {
                skip -= found;
                continue;
            }
            for (uint32_t x = 0; x < (uint32_t)search->label->size[0] && most; x++)
                if (search->mask[x] == 1 && (skip == 0 || skip-- == 0)) {
                    *voxels++ = start + x;
                    most--;
                }
        }
}

/* A voxel of that kind, by scanning all of them. */
static enum mm_status draw_by_scan(struct search *search, enum kind kind, struct mm_random *random, uint32_t *voxel,
                                   bool *found, struct mm_error *err)
{
    enum mm_status s;
    if (MM_TRY(s, mm_box_unpack(search->arena, &search->label, err)) ||
        MM_TRY(s, mm_box_unpack(search->arena, &search->image, err)))
        return s;
    size_t count = count_kind(search, kind);
    if (count)
        list_kind(search, kind, mm_random_below(random, (uint32_t)count), 1, voxel);
    *found = count > 0;
    return MM_OK;
}

static enum mm_status draw_foreground(struct search *search, struct mm_random *random, uint32_t *voxel, bool *found,
                                      struct mm_error *err)
{
    const struct mm_field *index = search->index;
    if (!index)
        return draw_by_scan(search, FOREGROUND, random, voxel, found, err);
    if (index->count)
        *voxel = index->indices[mm_random_below(random, (uint32_t)index->count)];
    *found = index->count > 0;
    return MM_OK;
}

static enum mm_status draw_background(struct search *search, struct mm_random *random, uint32_t *voxel, bool *found,
                                      struct mm_error *err)
{
    enum mm_status s;
    uint32_t voxels = (uint32_t)mm_volume_voxels(search->label);
    for (int i = 0; i < TRIES; i++) {
        *voxel = mm_random_below(random, voxels);
        if (MM_TRY(s, is_background(search, *voxel, found, err)) || *found)
            return s;
    }
    return draw_by_scan(search, BACKGROUND, random, voxel, found, err);
}

/* "<label>:foreground" */
static const char *index_name(struct mm_arena *arena, const char *label_field)
{
    return mm_arena_format(arena, "%s:foreground", label_field);
}

/* Of the kind that is drawn first or, where there is none, of the other. */
static enum mm_status draw_voxel(struct search *search, const struct mm_pos_neg *how, struct mm_random *random,
                                 uint32_t *voxel, struct mm_error *err)
{
    enum mm_status s;
    bool found = false, positive = mm_step_happens(random, how->pos / (how->pos + how->neg));
    for (int i = 0; i < 2 && !found; i++, positive = !positive) {
        s = positive ? draw_foreground(search, random, voxel, &found, err)
                     : draw_background(search, random, voxel, &found, err);
        if (s)
            return s;
    }
    return found ? MM_OK : mm_fail(err, MM_ERR_DATA, "no voxel is foreground or background: nowhere to crop");
}

/* The list of the foreground, when there is one. */
static enum mm_status find_index(struct mm_sample *sample, const struct mm_pos_neg *how, struct search *search,
                                 struct mm_error *err)
{
    const char *name = index_name(sample->arena, how->label_field);
    if (!name)
        return mm_fail_memory(err, "a name");
    const struct mm_field *index = mm_sample_find(sample, name);
    search->index = index && index->indices ? index : NULL;
    return MM_OK;
}

static enum mm_status find_box(const struct mm_step *step, struct mm_sample *sample, const struct mm_field *label,
                               const struct mm_pos_neg *how, const struct mm_context *context, struct mm_box *box,
                               struct mm_error *err)
{
    enum mm_status s;
    int size[3];
    struct search search;
    struct mm_field *image = NULL;
    if (MM_TRY(s, mm_spatial_sizes(how->size, "size", label->volume, size, err)) ||
        (!how->allow_smaller && MM_TRY(s, mm_box_fits(label->volume, size, err))) ||
        MM_TRY(s, search_make(sample->arena, label->volume, &search, err)) ||
        MM_TRY(s, find_index(sample, how, &search, err)))
        return s;
    if (how->image_field && (MM_TRY(s, mm_sample_volume(sample, how->image_field, &image, err)) ||
                             MM_TRY(s, mm_field_same_grid(image, label, err))))
        return s;
    search.image = image ? image->volume : NULL;
    search.threshold = how->threshold;
    struct mm_random random;
    uint32_t voxel;
    mm_step_random(step, context, &random);
    if (MM_TRY(s, draw_voxel(&search, how, &random, &voxel, err)))
        return s;
    uint32_t nx = (uint32_t)label->volume->size[0], ny = (uint32_t)label->volume->size[1];
    const int middle[3] = {(int)(voxel % nx), (int)(voxel / nx % ny), (int)(voxel / nx / ny)};
    *box = mm_box_inside(label->volume, middle, size);
    return MM_OK;
}

static enum mm_status crop_field(const struct mm_step *step, struct mm_sample *sample, const struct mm_pos_neg *how,
                                 const char *name, const struct mm_field *label, const struct mm_box *box,
                                 struct mm_error *err)
{
    if (how->allow_missing_fields && !mm_sample_find(sample, name))
        return MM_OK;
    enum mm_status s;
    struct mm_field *field;
    if (MM_TRY(s, mm_sample_volume(sample, name, &field, err)) || MM_TRY(s, mm_field_same_grid(field, label, err)))
        return s;
    return mm_box_apply(step, sample, field, box, NULL, err) ? mm_fail_in(err, "%s", name) : MM_OK;
}

enum mm_status mm_pos_neg_crop(const struct mm_step *step, struct mm_sample *sample, const struct mm_pos_neg *how,
                               const struct mm_context *context, struct mm_error *err)
{
    enum mm_status s;
    struct mm_field *field;
    if (MM_TRY(s, mm_sample_volume(sample, how->label_field, &field, err)))
        return s;
    const struct mm_field label = *field; /* as it was, while the fields are cropped */
    struct mm_box box;
    if (find_box(step, sample, &label, how, context, &box, err))
        return mm_fail_in(err, "%s (%s)", label.name, label.source ? label.source : "made here");
    bool cropped = !how->crops_label;
    for (size_t i = 0; i < how->fields.count; i++) {
        const char *name = how->fields.items[i];
        cropped |= strcmp(name, how->label_field) == 0;
        if (MM_TRY(s, crop_field(step, sample, how, name, &label, &box, err)))
            return s;
    }
    return cropped ? MM_OK : crop_field(step, sample, how, how->label_field, &label, &box, err);
}

/* All of it, ascending, and one number more. */
static void list_foreground(const struct search *search, uint32_t *voxels)
{
    const struct mm_volume *label = search->label;
    uint32_t start = 0;
    for (int z = 0; z < label->size[2]; z++)
        for (int y = 0; y < label->size[1]; y++, start += (uint32_t)label->size[0])
            if (mark_row(search, FOREGROUND, z, y))
                voxels = mm_marks_list(search->mask, (size_t)label->size[0], start, voxels);
}

enum mm_status mm_pos_neg_prepare(struct mm_sample *sample, const char *label_field, struct mm_error *err)
{
    const char *name = index_name(sample->arena, label_field);
    if (!name)
        return mm_fail_memory(err, "a name");
    struct mm_field *label = mm_sample_find(sample, label_field), *index = mm_sample_find(sample, name);
    if (!label || label->kind != MM_FIELD_VOLUME || (index && index->indices))
        return MM_OK;
    enum mm_status s;
    struct search search;
    if (MM_TRY(s, mm_field_unpack(sample, label, err)) ||
        MM_TRY(s, search_make(sample->arena, label->volume, &search, err)))
        return s;
    size_t count = count_kind(&search, FOREGROUND);
    uint32_t *voxels = mm_arena_array(sample->arena, uint32_t, count + 1);
    if (!voxels)
        return mm_fail_memory(err, "the list of the foreground's voxels");
    list_foreground(&search, voxels);
    if (MM_TRY(s, mm_sample_add(sample, name, MM_FIELD_INDEX, &index, err)))
        return s;
    index->indices = voxels;
    index->count = count;
    return MM_OK;
}
