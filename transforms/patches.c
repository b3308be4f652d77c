/* Patches: their places in rows, last axis first, and which of them is wanted. Source of the rules: MONAI's iter_patch and GridPatch. */
#include "transforms/patches.h"

#include <math.h>
#include <stdlib.h>

#include "transforms/voxels.h"

struct grid {
    int offset[3], step[3], count[3], size[3];
    size_t patches;
};

static enum mm_status find_grid(const struct mm_patches *how, const struct mm_volume *image, const int offset[3],
                                struct grid *grid, struct mm_error *err)
{
    enum mm_status s;
    double overlap[3];
    if (MM_TRY(s, mm_spatial_ints(&how->patch_size, "patch_size", image->rank, 1, grid->size, err)) ||
        MM_TRY(s, mm_spatial_doubles(&how->overlap, "overlap", image->rank, 0, overlap, err)))
        return s;
    grid->patches = 1;
    for (int a = 0; a < 3; a++) {
        double step = rint(grid->size[a] * (1 - overlap[a]));
        int last = how->pad_mode ? image->size[a] - 1 : image->size[a] - grid->size[a];
        grid->offset[a] = a < image->rank ? offset[a] : 0;
        grid->step[a] = step < 1 ? 1 : (int)step;
        grid->count[a] = last < grid->offset[a] ? 0 : (last - grid->offset[a]) / grid->step[a] + 1;
        if (!how->pad_mode && grid->offset[a] < 0)
            return mm_fail(err, MM_ERR_CONFIG, "offset %d needs a pad_mode", grid->offset[a]);
        if (!mm_size_mul(grid->patches, (size_t)grid->count[a], &grid->patches) || grid->patches > INT32_MAX)
            return mm_fail(err, MM_ERR_DATA, "there are more than 2^31 patches");
    }
    return MM_OK;
}

static struct mm_box box_of(const struct grid *grid, size_t number)
{
    struct mm_box box;
    for (int a = 2; a >= 0; a--) {
        box.start[a] = grid->offset[a] + grid->step[a] * (int)(number % (size_t)grid->count[a]);
        box.size[a] = grid->size[a];
        number /= (size_t)grid->count[a];
    }
    return box;
}

struct ranked {
    double sum;
    size_t number;
};

static int compare(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    return x->sum != y->sum ? (x->sum > y->sum) - (x->sum < y->sum)
                            : (x->number > y->number) - (x->number < y->number);
}

static enum mm_status sum_patch(const struct mm_volume *image, const struct mm_box *box,
                                const struct mm_box_fill *fill, double *sum, struct mm_error *err)
{
    double x[MM_VOXELS_CHUNK];
    struct mm_arena scratch;
    mm_arena_init(&scratch, NULL);
    const struct mm_volume *patch = mm_box_cut(&scratch, image, box, fill);
    *sum = 0;
    for (int c = 0; patch && c < patch->channels; c++)
        for (size_t from = 0, n; (n = mm_voxels_get(patch, c, from, x)); from += n)
            for (size_t i = 0; i < n; i++)
                *sum += x[i];
    mm_arena_done(&scratch);
    return patch ? MM_OK : mm_fail_memory(err, "a patch");
}

/* All patches in the order wanted, and how many of them count. */
static enum mm_status rank_patches(const struct mm_patches *how, const struct mm_volume *image,
                                   const struct grid *grid, const struct mm_box_fill *fill, struct mm_random *random,
                                   struct ranked *list, size_t *count, struct mm_error *err)
{
    const char *sort = how->sort_fn ? how->sort_fn : "";
    bool sorts = strcmp(sort, "min") == 0 || strcmp(sort, "max") == 0;
    *count = 0;
    for (size_t i = 0; i < grid->patches; i++) {
        const struct mm_box box = box_of(grid, i);
        enum mm_status s;
        double sum = 0;
        if ((sorts || !isnan(how->threshold)) && MM_TRY(s, sum_patch(image, &box, fill, &sum, err)))
            return s;
        if (isnan(how->threshold) || sum < how->threshold)
            list[(*count)++] = (struct ranked){strcmp(sort, "max") == 0 ? -sum : sum, i};
    }
    if (sorts)
        qsort(list, *count, sizeof *list, compare);
    for (size_t i = *count; strcmp(sort, "random") == 0 && i > 1; i--) {
        size_t other = mm_random_below(random, (uint32_t)i);
        struct ranked kept = list[i - 1];
        list[i - 1] = list[other];
        list[other] = kept;
    }
    return MM_OK;
}

static enum mm_status find_box(const struct mm_patches *how, const struct mm_volume *image, const int offset[3],
                               size_t number, struct mm_random *random, struct mm_box *box, struct mm_error *err)
{
    enum mm_status s;
    struct grid grid;
    size_t count;
    if (MM_TRY(s, find_grid(how, image, offset, &grid, err)))
        return s;
    const struct mm_strings mode = {how->pad_mode != NULL, &how->pad_mode};
    const struct mm_box_fill fill = mm_box_fill_of(&mode, 0, how->value);
    struct ranked *list = mm_alloc((grid.patches + 1) * sizeof *list);
    if (!list)
        return mm_fail_memory(err, "a list of patches");
    s = rank_patches(how, image, &grid, &fill, random, list, &count, err);
    if (!s && number < count)
        *box = box_of(&grid, list[number].number);
    for (int a = 0; !s && number >= count && a < 3; a++) { /* lacking: nothing but padding */
        box->start[a] = a < image->rank ? image->size[a] : 0;
        box->size[a] = grid.size[a];
    }
    mm_free(list);
    return s;
}

enum mm_status mm_patches_apply(const struct mm_step *step, struct mm_sample *sample, const struct mm_patches *how,
                                const int offset[3], size_t number, struct mm_random *random, struct mm_error *err)
{
    const struct mm_strings *keys = &step->common.keys;
    enum mm_status s;
    struct mm_field first = {.name = NULL};
    struct mm_box box;
    for (size_t key = 0; key < keys->count; key++) {
        struct mm_field *field;
        if (step->common.allow_missing_keys && !mm_sample_find(sample, keys->items[key]))
            continue;
        if (MM_TRY(s, mm_sample_volume(sample, keys->items[key], &field, err)))
            return s;
        if (!first.name && MM_TRY(s, find_box(how, field->volume, offset, number, random, &box, err)))
            return s;
        first = first.name ? first : *field;
        if (MM_TRY(s, mm_field_same_grid(field, &first, err)))
            return s;
        bool outside = box.start[0] >= first.volume->size[0];
        const struct mm_strings mode = {how->pad_mode && !outside, &how->pad_mode};
        const struct mm_box_fill fill = mm_box_fill_of(&mode, 0, how->value);
        if (mm_box_apply(step, sample, field, &box, &fill, err))
            return mm_fail_in(err, "%s", field->name);
    }
    return MM_OK;
}
