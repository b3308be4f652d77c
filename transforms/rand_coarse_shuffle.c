/* With a probability, shuffles the voxels within random boxes (MONAI RandCoarseShuffle). Draws: 1 happens or not, the
 * boxes, then the shuffles, a channel after the other. */
#include "transforms/holes.h"
#include "transforms/voxels.h"

struct rand_coarse_shuffle {
    double prob;
    int64_t holes, max_holes;
    struct mm_ints spatial_size, max_spatial_size;
};
#define P struct rand_coarse_shuffle

static const struct mm_param params[] = {
    MM_HOLES_PARAMS(P), MM_DOUBLE(P, prob, .def = 0.1, .max = 1, .help = "probability of doing it"), MM_PARAMS_END};

static bool is_random(const void *self)
{
    const P *p = self;
    return p->prob > 0;
}

static float *voxel(const struct mm_volume *v, int c, const struct mm_box *box, uint32_t i)
{
    uint32_t nx = (uint32_t)box->size[0], ny = (uint32_t)box->size[1];
    int x = box->start[0] + (int)(i % nx), y = box->start[1] + (int)(i / nx % ny);
    return (float *)mm_volume_row(v, c, box->start[2] + (int)(i / nx / ny), y) + x;
}

/* Fisher-Yates. */
static void shuffle_box(const struct mm_volume *v, const struct mm_box *box, struct mm_random *random)
{
    uint32_t n = (uint32_t)box->size[0] * (uint32_t)box->size[1] * (uint32_t)box->size[2];
    for (int c = 0; c < v->channels; c++)
        for (uint32_t i = n; i > 1; i--) {
            float *a = voxel(v, c, box, i - 1), *b = voxel(v, c, box, mm_random_below(random, i)), kept = *a;
            *a = *b;
            *b = kept;
        }
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key;
    const P *p = step->self;
    const struct mm_holes holes = {p->holes, p->max_holes, &p->spatial_size, &p->max_spatial_size};
    enum mm_status s;
    struct mm_volume *v;
    struct mm_box *boxes;
    size_t count;
    struct mm_random random;
    mm_step_random(step, context, &random);
    if (!mm_step_happens(&random, p->prob))
        return MM_OK;
    if (MM_TRY(s, mm_voxels_write_float(sample, field, &v, err)) ||
        MM_TRY(s, mm_holes_draw(sample->arena, &holes, v, &random, &boxes, &count, err)))
        return s;
    if (mm_volume_voxels(v) > UINT32_MAX)
        return mm_fail(err, MM_ERR_DATA, "%zu voxels are too many to shuffle", mm_volume_voxels(v));
    for (size_t i = 0; i < count; i++)
        shuffle_box(v, &boxes[i], &random);
    return MM_OK;
}

const struct mm_transform mm_transform_rand_coarse_shuffle = {
    .name = "RandCoarseShuffle",
    .summary = "shuffle the voxels within random boxes, with a probability",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM | MM_IN_PLACE,
    .is_random = is_random,
    .each = each,
    .example = "{\"name\": \"RandCoarseShuffled\", \"args\": {\"keys\": \"image\", \"prob\": 0.5, \"holes\": 2, "
               "\"spatial_size\": [4, 4, 4]}}",
};
