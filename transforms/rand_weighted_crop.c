/* Crops about voxels drawn by a map of weights (MONAI RandWeightedCrop). Its first channel counts, and of it the voxels about which a crop
 * lies inside the image: from size/2 on, as many as the image has more than the crop. Weights below 0 are lifted to 0 by the least; where they
 * are all 0 or not finite, all voxels are alike. Draws: one number (three where all are alike). */
#include <math.h>

#include "transforms/box.h"

struct rand_weighted_crop {
    const char *w_key;
    struct mm_ints spatial_size;
    int64_t num_samples;
};
#define P struct rand_weighted_crop

static const struct mm_param params[] = {
    MM_STRING(P, w_key, .required = true, .help = "field with the weights, on the grid of the images"),
    MM_INTS(P, spatial_size, .required = true, .min = -1, .max = 1 << 16, .count_min = 1, .count_max = 3,
            .unit = "voxel", .help = "size of a crop; -1 or 0 keeps the axis"),
    MM_INT(P, num_samples, .def = 1, .min = 1, .max = 1 << 16, .help = "crops of one image"),
    MM_IGNORED("center_coord_key", .help = "the sample records where a crop was"),
    MM_IGNORED("meta_keys", .help = "what MONAI keeps beside the image"),
    MM_IGNORED("meta_key_postfix", .help = "what MONAI keeps beside the image"),
    MM_PARAM_LAZY,
    MM_PARAMS_END};

static size_t outputs(const void *self)
{
    const P *p = self;
    return (size_t)p->num_samples;
}

/* The voxels that can be drawn, and for each of their rows (y, z) the sum of the weights up to its end. */
struct weights {
    const struct mm_volume *map;
    struct mm_box region;
    double least; /* taken off each: 0, or the least when that is negative */
    double *sums;
    size_t rows;
};

static double weight_of(const struct weights *w, size_t row, int i)
{
    int y = (int)(row % (size_t)w->region.size[1]), z = (int)(row / (size_t)w->region.size[1]);
    const int *start = w->region.start;
    return mm_volume_get(w->map, 0, start[2] + z, start[1] + y, start[0] + i) - w->least;
}

static void find_region(const struct mm_volume *map, const int size[3], struct mm_box *region)
{
    for (int a = 0; a < 3; a++) {
        bool larger = map->size[a] > size[a];
        region->start[a] = (larger ? size[a] : map->size[a]) / 2;
        region->size[a] = larger ? map->size[a] - size[a] : 1;
    }
}

/* The last number of `sums` behind those of the rows is the least weight taken off. */
static enum mm_status sum_up(struct mm_arena *arena, struct weights *w, struct mm_error *err)
{
    double least = 0, sum = 0;
    if (!(w->sums = mm_arena_array(arena, double, w->rows + 1)))
        return mm_fail_memory(err, "sums of weights");
    w->least = 0;
    for (size_t row = 0; row < w->rows; row++)
        for (int i = 0; i < w->region.size[0]; i++)
            least = fmin(least, weight_of(w, row, i));
    w->least = least;
    for (size_t row = 0; row < w->rows; row++) {
        for (int i = 0; i < w->region.size[0]; i++)
            sum += weight_of(w, row, i);
        w->sums[row] = sum;
    }
    w->sums[w->rows] = least;
    return MM_OK;
}

/* The map, what of it can be drawn for this step, and the name of the field that keeps the sums. */
static enum mm_status find_weights(const P *p, struct mm_sample *sample, struct weights *w, int size[3],
                                   const char **name, struct mm_error *err)
{
    enum mm_status s;
    struct mm_field *field;
    if (MM_TRY(s, mm_sample_volume(sample, p->w_key, &field, err)) ||
        MM_TRY(s, mm_spatial_sizes(&p->spatial_size, "spatial_size", field->volume, size, err)))
        return s;
    *w = (struct weights){.map = field->volume};
    find_region(w->map, size, &w->region);
    w->rows = (size_t)w->region.size[1] * (size_t)w->region.size[2];
    *name = mm_arena_format(sample->arena, "%s:weights:%dx%dx%d", p->w_key, size[0], size[1], size[2]);
    return *name ? MM_OK : mm_fail_memory(err, "a name");
}

/* Sums kept as words of 32 bits, the only kind an index field has. */
static enum mm_status prepare(const struct mm_step *step, struct mm_sample *sample, struct mm_error *err)
{
    const P *p = step->self;
    const struct mm_field *map = mm_sample_find(sample, p->w_key);
    enum mm_status s;
    struct weights w;
    struct mm_field *field;
    const char *name;
    int size[3];
    if (!map || map->kind != MM_FIELD_VOLUME)
        return MM_OK;
    if (MM_TRY(s, find_weights(p, sample, &w, size, &name, err)))
        return s;
    field = mm_sample_find(sample, name);
    if (field && field->indices)
        return MM_OK;
    size_t words = (w.rows + 1) * (sizeof(double) / sizeof(uint32_t));
    uint32_t *kept = mm_arena_array(sample->arena, uint32_t, words);
    if (!kept)
        return mm_fail_memory(err, "sums of weights");
    if (MM_TRY(s, sum_up(sample->arena, &w, err)) ||
        MM_TRY(s, mm_sample_add(sample, name, MM_FIELD_INDEX, &field, err)))
        return s;
    memcpy(kept, w.sums, words * sizeof *kept);
    field->indices = kept;
    field->count = words;
    return MM_OK;
}

static enum mm_status get_sums(struct mm_sample *sample, const char *name, struct weights *w, struct mm_error *err)
{
    const struct mm_field *field = mm_sample_find(sample, name);
    if (!field || field->kind != MM_FIELD_INDEX || !field->indices)
        return sum_up(sample->arena, w, err);
    if (!(w->sums = mm_arena_array(sample->arena, double, w->rows + 1)))
        return mm_fail_memory(err, "sums of weights");
    memcpy(w->sums, field->indices, (w->rows + 1) * sizeof *w->sums);
    w->least = w->sums[w->rows];
    return MM_OK;
}

/* The first row whose sum is above the target, and in it the voxel. */
static void find_voxel(const struct weights *w, double target, int at[3])
{
    size_t low = 0, high = w->rows - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (w->sums[middle] > target)
            high = middle;
        else
            low = middle + 1;
    }
    double seen = low ? w->sums[low - 1] : 0;
    at[0] = 0;
    for (int i = 0; i < w->region.size[0] && seen <= target; i++) {
        double weight = weight_of(w, low, i);
        seen += weight;
        at[0] = weight > 0 ? i : at[0];
    }
    at[1] = (int)(low % (size_t)w->region.size[1]);
    at[2] = (int)(low / (size_t)w->region.size[1]);
}

static void draw(const struct weights *w, struct mm_random *random, int voxel[3])
{
    double total = w->sums[w->rows - 1];
    if (total > 0 && isfinite(total))
        find_voxel(w, mm_random_double(random) * total, voxel);
    else
        for (int a = 0; a < 3; a++)
            voxel[a] = (int)mm_random_below(random, (uint32_t)w->region.size[a]);
    for (int a = 0; a < 3; a++)
        voxel[a] += w->region.start[a];
}

static enum mm_status crop(const struct mm_step *step, struct mm_sample *sample, const struct mm_box *box,
                           const struct mm_field *map, struct mm_error *err)
{
    for (size_t i = 0; i < step->common.keys.count; i++) {
        const char *name = step->common.keys.items[i];
        enum mm_status s;
        struct mm_field *field;
        if (step->common.allow_missing_keys && !mm_sample_find(sample, name))
            continue;
        if (MM_TRY(s, mm_sample_volume(sample, name, &field, err)) || MM_TRY(s, mm_field_same_grid(field, map, err)))
            return s;
        if (mm_box_apply(step, sample, field, box, NULL, err))
            return mm_fail_in(err, "%s", name);
    }
    return MM_OK;
}

static enum mm_status apply(const struct mm_step *step, struct mm_sample *sample, const struct mm_context *context,
                            struct mm_error *err)
{
    enum mm_status s;
    struct weights w;
    struct mm_random random;
    const char *name;
    int size[3], voxel[3];
    if (MM_TRY(s, find_weights(step->self, sample, &w, size, &name, err)) ||
        MM_TRY(s, get_sums(sample, name, &w, err)))
        return s;
    mm_step_random(step, context, &random);
    draw(&w, &random, voxel);
    const struct mm_box box = mm_box_about(w.map, voxel, size);
    const struct mm_field map = *mm_sample_find(sample, ((const P *)step->self)->w_key); /* as it was */
    return crop(step, sample, &box, &map, err);
}

const struct mm_transform mm_transform_rand_weighted_crop = {
    .name = "RandWeightedCrop",
    .summary = "crops about voxels drawn by a map of weights",
    .notes = "The sums of the weights are made once, when a sample is cached.",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM | MM_SPATIAL | MM_MANY | MM_INVERTIBLE,
    .outputs = outputs,
    .apply = apply,
    .prepare = prepare,
    .invert = mm_box_invert,
    .example = "{\"name\": \"RandWeightedCropd\", \"args\": {\"keys\": [\"image\", \"label\"], \"w_key\": \"label\", "
               "\"spatial_size\": [8, 8, 8], \"num_samples\": 4}}",
};
