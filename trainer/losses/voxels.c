/* Shared pieces of the losses; see voxels.h. */
#include "trainer/losses/voxels.h"

#include <math.h>

size_t mm_voxels_aligned(size_t bytes)
{
    return (bytes + 63) & ~(size_t)63;
}

size_t mm_voxels_area(const struct mm_desc *desc)
{
    return (size_t)mm_desc_area(desc);
}

size_t mm_voxels_count(const struct mm_desc *desc)
{
    return (size_t)mm_desc_count(desc);
}

void mm_voxels_sigmoid(const float *x, float *p, size_t count)
{
    float buffer[MM_TILE], e[MM_TILE], out[MM_TILE];
    for (size_t v = 0; v < count; v += MM_TILE) {
        const float *in = mm_tile_read(x + v, count - v, buffer);
        for (int i = 0; i < MM_TILE; i++)
            e[i] = -fabsf(in[i]); /* exp in (0, 1]: no overflow, no cancellation on either side */
        mm_tile_exp(e);
        for (int i = 0; i < MM_TILE; i++)
            out[i] = in[i] >= 0.0f ? 1.0f : e[i];
        for (int i = 0; i < MM_TILE; i++)
            out[i] /= 1.0f + e[i];
        mm_tile_write(p + v, count - v, out);
    }
}

/* One tile of one item: channels are `area` apart. */
static void softmax_tile(const float *x, float *p, float *log_sum, size_t channels, size_t area, size_t length)
{
    float buffer[MM_TILE], top[MM_TILE], sum[MM_TILE] = {0}, out[MM_TILE];
    memcpy(top, mm_tile_read(x, length, buffer), sizeof(top));
    for (size_t c = 1; c < channels; c++) {
        const float *in = mm_tile_read(x + c * area, length, buffer);
        for (int i = 0; i < MM_TILE; i++)
            top[i] = in[i] > top[i] ? in[i] : top[i];
    }
    for (size_t c = 0; c < channels; c++) {
        const float *in = mm_tile_read(x + c * area, length, buffer);
        for (int i = 0; i < MM_TILE; i++)
            out[i] = in[i] - top[i];
        mm_tile_exp(out);
        for (int i = 0; i < MM_TILE; i++)
            sum[i] += out[i];
        mm_tile_write(p + c * area, length, out);
    }
    if (log_sum) {
        for (int i = 0; i < MM_TILE; i++)
            out[i] = top[i] + mm_tile_log(sum[i]);
        mm_tile_write(log_sum, length, out);
    }
    for (int i = 0; i < MM_TILE; i++)
        sum[i] = 1.0f / sum[i];
    for (size_t c = 0; c < channels; c++) {
        const float *in = mm_tile_read(p + c * area, length, buffer);
        for (int i = 0; i < MM_TILE; i++)
            out[i] = in[i] * sum[i];
        mm_tile_write(p + c * area, length, out);
    }
}

void mm_voxels_softmax(const struct mm_desc *desc, const float *x, float *p, float *log_sum)
{
    size_t channels = (size_t)desc->dim[1], area = mm_voxels_area(desc);
    for (size_t n = 0; n < (size_t)desc->dim[0]; n++)
        for (size_t v = 0; v < area; v += MM_TILE) {
            size_t at = n * channels * area + v;
            softmax_tile(x + at, p + at, log_sum ? log_sum + n * area + v : NULL, channels, area, area - v);
        }
}

struct mm_voxel_target mm_voxel_target_of(const struct mm_loss_call *call, bool onehot_asked)
{
    return (struct mm_voxel_target){
        .t = call->t,
        .classes = (size_t)call->prediction->dim[1],
        .area = mm_voxels_area(call->prediction),
        .indices = onehot_asked && call->prediction->dim[1] > 1,
    };
}

const float *mm_voxel_target_tile(const struct mm_voxel_target *target, size_t n, size_t class, size_t voxel,
                                  size_t length, float buffer[MM_TILE])
{
    if (!target->indices)
        return mm_tile_read(target->t + (n * target->classes + class) * target->area + voxel, length, buffer);
    float padded[MM_TILE], value = (float)class;
    const float *in = mm_tile_read(target->t + n * target->area + voxel, length, padded);
    for (int i = 0; i < MM_TILE; i++)
        buffer[i] = in[i] == value ? 1.0f : 0.0f;
    if (length < MM_TILE)
        memset(buffer + length, 0, (MM_TILE - length) * sizeof(float));
    return buffer;
}

enum mm_status mm_voxels_check(const struct mm_desc *prediction, const struct mm_desc *target, bool indices,
                               struct mm_error *err)
{
    char a[96], b[96];
    mm_desc_text(prediction, a, sizeof(a));
    mm_desc_text(target, b, sizeof(b));
    for (int i = 0; i < 5; i++)
        if (i != 1 && prediction->dim[i] != target->dim[i])
            return mm_fail(err, MM_ERR_DATA, "prediction is %s and target %s: they may differ in channels only", a,
                           b);
    int64_t classes = prediction->dim[1], channels = target->dim[1];
    if (indices && classes > 1 && channels != 1)
        return mm_fail(err, MM_ERR_DATA,
                       "prediction is %s and target %s: to_onehot_y expects one channel of class indices", a, b);
    if ((!indices || classes == 1) && channels != classes)
        return mm_fail(err, MM_ERR_DATA, "prediction is %s and target %s: expected %lld channels%s", a, b,
                       (long long)classes,
                       channels == 1 ? "; set to_onehot_y when the target holds class indices" : "");
    return MM_OK;
}

struct mm_desc mm_voxels_scalar(void)
{
    return mm_desc_make(0, 1, 1, 1, 1, 1);
}

bool mm_voxels_reduces(const char *reduction)
{
    return strcmp(reduction, "none") != 0;
}

float mm_voxels_reduce(const char *reduction, double total, size_t count)
{
    return (float)(strcmp(reduction, "mean") == 0 ? total / (double)count : total);
}

double mm_voxels_share(const char *reduction, size_t count, const float *dy, size_t i)
{
    if (!mm_voxels_reduces(reduction))
        return dy[i];
    return strcmp(reduction, "mean") == 0 ? dy[0] / (double)count : dy[0];
}
