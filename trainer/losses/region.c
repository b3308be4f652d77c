/* The passes over voxels of the region losses; see region.h. */
#include "trainer/losses/region.h"

#include <math.h>

struct mm_region_shape mm_region_shape(const struct mm_region *region, const struct mm_desc *prediction)
{
    size_t items = (size_t)prediction->dim[0], classes = (size_t)prediction->dim[1];
    return (struct mm_region_shape){
        .items = items,
        .classes = classes,
        .area = mm_voxels_area(prediction),
        .rows = region->batch ? 1 : items,
        .first = region->background || classes == 1 ? 0 : 1,
    };
}

/* A softmax over one channel would be 1 everywhere: the prediction is used as it is, as in MONAI. */
static enum mm_voxel_activation activation_of(const struct mm_region *region, const struct mm_desc *prediction)
{
    return region->activation == MM_VOXEL_SOFTMAX && prediction->dim[1] == 1 ? MM_VOXEL_NONE : region->activation;
}

size_t mm_region_bytes(const struct mm_region *region, const struct mm_desc *prediction)
{
    struct mm_region_shape s = mm_region_shape(region, prediction);
    size_t sums = 2 * s.rows * s.classes * sizeof(struct mm_region_sums);
    bool keeps = activation_of(region, prediction) != MM_VOXEL_NONE;
    return mm_voxels_aligned(sums + (keeps ? mm_voxels_count(prediction) * sizeof(float) : 0));
}

struct mm_region_memory mm_region_memory(const struct mm_region *region, const struct mm_desc *prediction,
                                         void *saved)
{
    struct mm_region_shape s = mm_region_shape(region, prediction);
    struct mm_region_sums *sums = saved;
    bool keeps = activation_of(region, prediction) != MM_VOXEL_NONE;
    return (struct mm_region_memory){
        .sums = sums,
        .slopes = sums + s.rows * s.classes,
        .p = keeps ? (float *)(sums + 2 * s.rows * s.classes) : NULL,
    };
}

/* Adds a tile's products to the sums: in float over the few voxels of a lane, in double across lanes and tiles.
 * The padding of a short tile is 0 in both p and t. */
static void add_tile(const float *p, const float *t, bool squared, struct mm_region_sums *sums)
{
    float both[MM_TILE_LANES] = {0}, pred[MM_TILE_LANES] = {0}, truth[MM_TILE_LANES] = {0};
    for (int v = 0; v < MM_TILE; v += MM_TILE_LANES)
        for (int i = 0; i < MM_TILE_LANES; i++)
            both[i] += p[v + i] * t[v + i];
    if (squared) {
        for (int v = 0; v < MM_TILE; v += MM_TILE_LANES)
            for (int i = 0; i < MM_TILE_LANES; i++)
                pred[i] += p[v + i] * p[v + i];
        for (int v = 0; v < MM_TILE; v += MM_TILE_LANES)
            for (int i = 0; i < MM_TILE_LANES; i++)
                truth[i] += t[v + i] * t[v + i];
    } else {
        for (int v = 0; v < MM_TILE; v += MM_TILE_LANES)
            for (int i = 0; i < MM_TILE_LANES; i++)
                pred[i] += p[v + i];
        for (int v = 0; v < MM_TILE; v += MM_TILE_LANES)
            for (int i = 0; i < MM_TILE_LANES; i++)
                truth[i] += t[v + i];
    }
    for (int i = 0; i < MM_TILE_LANES; i++) {
        sums->both += both[i];
        sums->prediction += pred[i];
        sums->truth += truth[i];
    }
}

/* Every voxel of an index target must be in exactly one mask. */
static void poison_wrong_labels(const struct mm_region_shape *s, struct mm_region_sums *sums)
{
    double covered = 0;
    for (size_t i = 0; i < s->rows * s->classes; i++)
        covered += sums[i].truth;
    if (covered != (double)(s->items * s->area))
        for (size_t i = 0; i < s->rows * s->classes; i++)
            sums[i].both = sums[i].prediction = sums[i].truth = NAN;
}

void mm_region_forward(const struct mm_region *region, const struct mm_loss_call *call,
                       const struct mm_region_memory *memory, float *log_sum)
{
    struct mm_region_shape s = mm_region_shape(region, call->prediction);
    struct mm_voxel_target target = mm_voxel_target_of(call, region->onehot);
    const float *p = memory->p ? memory->p : call->x;
    if (activation_of(region, call->prediction) == MM_VOXEL_SOFTMAX)
        mm_voxels_softmax(call->prediction, call->x, memory->p, log_sum);
    else if (memory->p)
        mm_voxels_sigmoid(call->x, memory->p, mm_voxels_count(call->prediction));

    memset(memory->sums, 0, s.rows * s.classes * sizeof(*memory->sums));
    float p_buffer[MM_TILE], t_buffer[MM_TILE];
    for (size_t n = 0; n < s.items; n++)
        for (size_t c = 0; c < s.classes; c++) {
            struct mm_region_sums *sums = &memory->sums[(region->batch ? 0 : n) * s.classes + c];
            const float *row = p + (n * s.classes + c) * s.area;
            for (size_t v = 0; v < s.area; v += MM_TILE)
                add_tile(mm_tile_read(row + v, s.area - v, p_buffer),
                         mm_voxel_target_tile(&target, n, c, v, s.area - v, t_buffer), region->squared, sums);
        }
    if (target.indices)
        poison_wrong_labels(&s, memory->sums);
}

/* g = d value / d p = slope.both t + slope.prediction (2 p when squared) for one tile of one class. */
static void tile_gradient(const struct mm_region_sums *slope, bool squared, const float *p, const float *t,
                          float g[MM_TILE])
{
    float a = (float)slope->both, b = (float)slope->prediction;
    if (squared) {
        b *= 2.0f;
        for (int i = 0; i < MM_TILE; i++)
            g[i] = a * t[i] + b * p[i];
    } else {
        for (int i = 0; i < MM_TILE; i++)
            g[i] = a * t[i] + b;
    }
}

/* Through the softmax: dx_c = p_c (g_c - sum_k g_k p_k); dx holds g. */
static void softmax_back(const float *p, float *dx, const struct mm_region_shape *s, size_t length)
{
    float p_buffer[MM_TILE], g_buffer[MM_TILE], dot[MM_TILE] = {0}, out[MM_TILE];
    for (size_t c = s->first; c < s->classes; c++) {
        const float *pc = mm_tile_read(p + c * s->area, length, p_buffer);
        const float *g = mm_tile_read(dx + c * s->area, length, g_buffer);
        for (int i = 0; i < MM_TILE; i++)
            dot[i] += g[i] * pc[i];
    }
    for (size_t c = 0; c < s->classes; c++) {
        const float *pc = mm_tile_read(p + c * s->area, length, p_buffer);
        const float *g = mm_tile_read(dx + c * s->area, length, g_buffer);
        for (int i = 0; i < MM_TILE; i++)
            out[i] = pc[i] * (g[i] - dot[i]);
        mm_tile_write(dx + c * s->area, length, out);
    }
}

static void sigmoid_back(const float p[MM_TILE], float g[MM_TILE])
{
    for (int i = 0; i < MM_TILE; i++)
        g[i] *= p[i] * (1.0f - p[i]);
}

void mm_region_backward(const struct mm_region *region, const struct mm_loss_call *call,
                        const struct mm_region_memory *memory)
{
    struct mm_region_shape s = mm_region_shape(region, call->prediction);
    struct mm_voxel_target target = mm_voxel_target_of(call, region->onehot);
    enum mm_voxel_activation activation = activation_of(region, call->prediction);
    const float *p = memory->p ? memory->p : call->x;
    float p_buffer[MM_TILE], t_buffer[MM_TILE], g[MM_TILE];
    for (size_t n = 0; n < s.items; n++) {
        const struct mm_region_sums *slopes = memory->slopes + (region->batch ? 0 : n) * s.classes;
        for (size_t v = 0; v < s.area; v += MM_TILE) {
            size_t length = s.area - v, at = n * s.classes * s.area + v;
            for (size_t c = 0; c < s.classes; c++) {
                const float *pc = mm_tile_read(p + at + c * s.area, length, p_buffer);
                const float *t = mm_voxel_target_tile(&target, n, c, v, length, t_buffer);
                tile_gradient(&slopes[c], region->squared, pc, t, g);
                if (activation == MM_VOXEL_SIGMOID)
                    sigmoid_back(pc, g);
                mm_tile_write(call->dx + at + c * s.area, length, g);
            }
            if (activation == MM_VOXEL_SOFTMAX)
                softmax_back(p + at, call->dx + at, &s, length);
        }
    }
}
