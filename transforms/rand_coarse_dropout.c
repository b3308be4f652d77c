/* With a probability, fills random boxes (MONAI RandCoarseDropout; Cutout). Draws: 1 happens or not, the boxes, then the
 * values they are filled with. */
#include "transforms/holes.h"
#include "transforms/intensity.h"

struct rand_coarse_dropout {
    double prob;
    int64_t holes, max_holes;
    struct mm_ints spatial_size, max_spatial_size;
    bool dropout_holes;
    struct mm_doubles fill_value;
};
#define P struct rand_coarse_dropout

static const struct mm_param params[] = {
    MM_HOLES_PARAMS(P), MM_BOOL(P, dropout_holes, .def = 1, .help = "fill the boxes; false: fill all but the boxes"),
    MM_DOUBLES(P, fill_value, .count_max = 2, .unit = "intensity",
               .help = "the value, or the range of random ones; none: the range of the image"),
    MM_DOUBLE(P, prob, .def = 0.1, .max = 1, .help = "probability of doing it"), MM_PARAMS_END};

static bool is_random(const void *self)
{
    const P *p = self;
    return p->prob > 0;
}

static void find_range(const P *p, const struct mm_volume *v, double *low, double *high)
{
    float least, most;
    mm_intensity_bounds(v->data, mm_volume_voxels(v) * (size_t)v->channels, &least, &most);
    *low = p->fill_value.count ? p->fill_value.items[0] : (double)least;
    *high = p->fill_value.count ? p->fill_value.items[p->fill_value.count - 1] : (double)most;
}

static void fill_box(struct mm_volume *v, const struct mm_box *box, double low, double high, struct mm_random *random)
{
    for (int c = 0; c < v->channels; c++)
        for (int z = 0; z < box->size[2]; z++)
            for (int y = 0; y < box->size[1]; y++) {
                float *row = (float *)mm_volume_row(v, c, box->start[2] + z, box->start[1] + y) + box->start[0];
                for (int x = 0; x < box->size[0]; x++)
                    row[x] = (float)(low < high ? mm_random_uniform(random, low, high) : low);
            }
}

/* Copies the box of `from`. */
static void keep_box(struct mm_volume *v, const struct mm_box *box, const struct mm_volume *from)
{
    for (int c = 0; c < v->channels; c++)
        for (int z = box->start[2]; z < box->start[2] + box->size[2]; z++)
            for (int y = box->start[1]; y < box->start[1] + box->size[1]; y++)
                memcpy((float *)mm_volume_row(v, c, z, y) + box->start[0],
                       (const float *)mm_volume_row(from, c, z, y) + box->start[0],
                       (size_t)box->size[0] * sizeof(float));
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key;
    const P *p = step->self;
    const struct mm_holes holes = {p->holes, p->max_holes, &p->spatial_size, &p->max_spatial_size};
    enum mm_status s;
    struct mm_volume *v, *before = NULL;
    struct mm_box *boxes;
    size_t count;
    double low, high;
    struct mm_random random;
    mm_step_random(step, context, &random);
    if (!mm_step_happens(&random, p->prob))
        return MM_OK;
    if (MM_TRY(s, mm_voxels_write_float(sample, field, &v, err)) ||
        MM_TRY(s, mm_holes_draw(sample->arena, &holes, v, &random, &boxes, &count, err)))
        return s;
    find_range(p, v, &low, &high);
    if (!p->dropout_holes) {
        const struct mm_box all = {.size = {v->size[0], v->size[1], v->size[2]}};
        if (!(before = mm_volume_copy(sample->arena, v)))
            return mm_fail_memory(err, "a copy of an image");
        fill_box(v, &all, low, high, &random);
    }
    for (size_t i = 0; i < count; i++) {
        if (before)
            keep_box(v, &boxes[i], before);
        else
            fill_box(v, &boxes[i], low, high, &random);
    }
    return MM_OK;
}

const struct mm_transform mm_transform_rand_coarse_dropout = {
    .name = "RandCoarseDropout",
    .aliases = "RandCutOut CutOut",
    .summary = "fill random boxes of the image, with a probability",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM | MM_IN_PLACE,
    .is_random = is_random,
    .each = each,
    .example = "{\"name\": \"RandCoarseDropoutd\", \"args\": {\"keys\": \"image\", \"prob\": 0.5, \"holes\": 2, "
               "\"spatial_size\": [4, 4, 4], \"fill_value\": 0}}",
};
