/* Sliding-window inference; see infer.h. Window positions, blending weights and padding are those of MONAI 1.3
 * (monai.inferers.utils.sliding_window_inference, monai.data.utils.dense_patch_slices, compute_importance_map). */
#include "trainer/infer.h"

#include <math.h>
#include <string.h>

/* A run: everything in (x, y, z). The grid of windows lies over the padded image, the result on the image itself. */
struct sweep {
    const struct mm_inferer *inferer;
    const struct mm_volume *image; /* padded up to the window */
    int rank, roi[3], call[3];     /* call: the window padded up to the model's multiple */
    int before[3], size[3];        /* padding before the image; the image's own size     */
    int interval[3], count[3];
    size_t windows, batch;
    int channels, out_channels;
    float *x, *y, *weights,
        *sum; /* batch in, batch out, one window's weights, weights summed over windows (the image's size) */
    struct mm_volume *out;
};

static bool product(size_t *out, size_t a, size_t b, size_t c, size_t d, size_t e)
{
    return mm_size_mul(a, b, out) && mm_size_mul(*out, c, out) && mm_size_mul(*out, d, out) &&
           mm_size_mul(*out, e, out);
}

static size_t voxels(const int size[3])
{
    return (size_t)size[0] * (size_t)size[1] * (size_t)size[2];
}

static double overlap_of(const struct mm_inferer *inferer, int axis)
{
    const struct mm_doubles *o = &inferer->overlap;
    return o->count == 0 ? 0.25 : o->items[o->count == 1 ? 0 : axis];
}

static enum mm_status check_counts(const struct mm_inferer *inferer, int rank, struct mm_error *err)
{
    if (inferer->roi_size.count > 1 && inferer->roi_size.count != (size_t)rank)
        return mm_fail(err, MM_ERR_CONFIG, "roi_size has %zu values, the image has %d axes", inferer->roi_size.count,
                       rank);
    if (inferer->overlap.count > 1 && inferer->overlap.count != (size_t)rank)
        return mm_fail(err, MM_ERR_CONFIG, "overlap has %zu values, the image has %d axes", inferer->overlap.count,
                       rank);
    return MM_OK;
}

/* Window size, steps and number of windows along one axis of n voxels. */
static void plan_axis(struct sweep *s, int axis, int n)
{
    const struct mm_ints *roi = &s->inferer->roi_size;
    int64_t wanted = roi->count && axis < s->rank ? roi->items[roi->count == 1 ? 0 : axis] : 0;
    int window = wanted > 0 ? (int)wanted : n, image = n > window ? n : window;
    s->roi[axis] = window;
    s->before[axis] = (image - n) / 2;
    int interval = window == image ? window : (int)(window * (1.0 - overlap_of(s->inferer, axis)));
    s->interval[axis] = interval > 0 ? interval : 1;
    s->count[axis] = 1 + (image - window + s->interval[axis] - 1) / s->interval[axis];
}

static enum mm_pad_mode pad_mode_of(const char *name)
{
    return strcmp(name, "reflect") == 0     ? MM_PAD_REFLECT
           : strcmp(name, "replicate") == 0 ? MM_PAD_EDGE
           : strcmp(name, "circular") == 0  ? MM_PAD_WRAP
                                            : MM_PAD_CONSTANT;
}

/* The image brought up to at least one window. */
static enum mm_status pad_image(struct mm_arena *arena, struct sweep *s, const struct mm_volume *image,
                                struct mm_error *err)
{
    struct mm_box box;
    bool needed = false;
    for (int axis = 0; axis < 3; axis++) {
        box.start[axis] = -s->before[axis];
        box.size[axis] = s->roi[axis] > image->size[axis] ? s->roi[axis] : image->size[axis];
        needed = needed || box.size[axis] != image->size[axis];
    }
    s->image =
        needed ? mm_volume_pad(arena, image, &box, pad_mode_of(s->inferer->padding_mode), s->inferer->cval) : image;
    return s->image ? MM_OK : mm_fail_memory(err, "the padded image");
}

/* Weights of one window: 1, or a Gaussian about its centre, at least 1e-3 and at least its smallest value. */
static void fill_weights(struct sweep *s)
{
    bool gaussian = strcmp(s->inferer->mode, "gaussian") == 0;
    float *at = s->weights, low = 1.0f;
    for (int z = 0; z < s->roi[2]; z++)
        for (int y = 0; y < s->roi[1]; y++)
            for (int x = 0; x < s->roi[0]; x++) {
                const int place[3] = {x, y, z};
                double weight = 1.0;
                for (int axis = 0; axis < s->rank && gaussian; axis++) {
                    double sigma = s->roi[axis] * s->inferer->sigma_scale, r = place[axis] - (s->roi[axis] - 1) / 2.0;
                    weight *= exp(-r * r / (2.0 * sigma * sigma));
                }
                *at++ = (float)weight;
                low = (float)weight < low ? (float)weight : low;
            }
    low = low > 1e-3f ? low : 1e-3f;
    for (size_t i = 0; i < voxels(s->roi); i++)
        s->weights[i] = s->weights[i] < low ? low : s->weights[i];
}

/* First voxel of window `index` in the padded image; x runs slowest, as in MONAI. The last window of an axis is shifted back. */
static void window_start(const struct sweep *s, size_t index, int start[3])
{
    for (int axis = 2; axis >= 0; axis--) {
        int i = (int)(index % (size_t)s->count[axis]), last = s->image->size[axis] - s->roi[axis];
        index /= (size_t)s->count[axis];
        int64_t at = (int64_t)i * s->interval[axis];
        start[axis] = at < last ? (int)at : last;
    }
}

static int clamp(int value, int limit)
{
    return value < limit ? value : limit;
}

/* Copies a window into the batch; beyond the window up to the call's size its last voxels are repeated. */
static void load_window(const struct sweep *s, const int start[3], float *x)
{
    for (int c = 0; c < s->channels; c++)
        for (int z = 0; z < s->call[2]; z++)
            for (int y = 0; y < s->call[1]; y++, x += s->call[0]) {
                const float *row = mm_volume_row(s->image, c, start[2] + clamp(z, s->roi[2] - 1),
                                                 start[1] + clamp(y, s->roi[1] - 1));
                memcpy(x, row + start[0], (size_t)s->roi[0] * sizeof(float));
                for (int i = s->roi[0]; i < s->call[0]; i++)
                    x[i] = x[s->roi[0] - 1];
            }
}

/* out[k] += w[k] * y[k] for the part of a window's row that lies in the image; y NULL: += w[k]. */
static void add_row(const struct sweep *s, const int start[3], const float *w, const float *y, float *out)
{
    int first = start[0] < s->before[0] ? s->before[0] - start[0] : 0;
    int end = clamp(s->roi[0], s->before[0] + s->size[0] - start[0]);
    out += start[0] - s->before[0];
    for (int i = first; i < end; i++)
        out[i] += y ? w[i] * y[i] : w[i];
}

/* Adds one channel of a window's prediction, or its weights alone, to an array of the image's size. */
static void add_window(const struct sweep *s, const int start[3], const float *y, float *out)
{
    for (int z = 0; z < s->roi[2]; z++)
        for (int r = 0; r < s->roi[1]; r++) {
            int iz = start[2] + z - s->before[2], iy = start[1] + r - s->before[1];
            if (iz < 0 || iz >= s->size[2] || iy < 0 || iy >= s->size[1])
                continue;
            const float *w = s->weights + ((size_t)z * (size_t)s->roi[1] + (size_t)r) * (size_t)s->roi[0];
            size_t row = ((size_t)z * (size_t)s->call[1] + (size_t)r) * (size_t)s->call[0];
            add_row(s, start, w, y ? y + row : NULL,
                    out + ((size_t)iz * (size_t)s->size[1] + (size_t)iy) * (size_t)s->size[0]);
        }
}

static enum mm_status run_batch(struct sweep *s, size_t from, size_t n, mm_predict *predict, void *context,
                                struct mm_error *err)
{
    int start[3];
    enum mm_status status;
    size_t call = voxels(s->call), image = voxels(s->size);
    struct mm_desc desc = mm_desc_make(s->rank, (int64_t)n, s->channels, s->call[2], s->call[1], s->call[0]);
    for (size_t i = 0; i < n; i++) {
        window_start(s, from + i, start);
        load_window(s, start, s->x + i * call * (size_t)s->channels);
    }
    if (MM_TRY(status, predict(context, &desc, s->x, s->y, err)))
        return status;
    for (size_t i = 0; i < n; i++) {
        window_start(s, from + i, start);
        for (int c = 0; c < s->out_channels; c++)
            add_window(s, start, s->y + (i * (size_t)s->out_channels + (size_t)c) * call,
                       (float *)s->out->data + (size_t)c * image);
        add_window(s, start, NULL, s->sum);
    }
    return MM_OK;
}

static enum mm_status plan_sweep(struct mm_arena *arena, struct sweep *s, const struct mm_volume *image,
                                 const int multiple[3], struct mm_error *err)
{
    enum mm_status status;
    if (image->type != MM_F32 || !mm_volume_is_dense(image))
        return mm_fail(err, MM_ERR_DATA, "inference needs a dense float32 image");
    if (MM_TRY(status, check_counts(s->inferer, s->rank, err)))
        return status;
    s->windows = 1;
    for (int axis = 0; axis < 3; axis++) {
        s->size[axis] = image->size[axis];
        plan_axis(s, axis, image->size[axis]);
        s->call[axis] = (s->roi[axis] + multiple[axis] - 1) / multiple[axis] * multiple[axis];
        s->windows *= (size_t)s->count[axis];
    }
    s->batch = (size_t)s->inferer->sw_batch_size < s->windows ? (size_t)s->inferer->sw_batch_size : s->windows;
    return pad_image(arena, s, image, err);
}

static float *floats(size_t a, size_t b, const int size[3])
{
    size_t bytes;
    return product(&bytes, a, b, (size_t)size[0], (size_t)size[1], (size_t)size[2]) &&
                   mm_size_mul(bytes, sizeof(float), &bytes)
               ? mm_alloc(bytes)
               : NULL;
}

enum mm_status mm_infer_volume(struct mm_arena *arena, const struct mm_inferer *inferer,
                               const struct mm_volume *image, int out_channels, const int multiple[3],
                               mm_predict *predict, void *context, struct mm_volume **out, struct mm_error *err)
{
    struct sweep s = {
        .inferer = inferer, .rank = image->rank, .channels = image->channels, .out_channels = out_channels};
    enum mm_status status;
    if (MM_TRY(status, plan_sweep(arena, &s, image, multiple, err)))
        return status;
    s.x = floats(s.batch, (size_t)s.channels, s.call);
    s.y = floats(s.batch, (size_t)out_channels, s.call);
    s.weights = floats(1, 1, s.roi);
    s.sum = floats(1, 1, s.size);
    s.out = mm_volume_like(arena, image, MM_F32, out_channels);
    if (!s.x || !s.y || !s.weights || !s.sum || !s.out) {
        status = mm_fail_memory(err, "the windows of an inference");
        goto done;
    }
    fill_weights(&s);
    for (size_t i = 0; i < s.windows && status == MM_OK; i += s.batch)
        status = run_batch(&s, i, s.windows - i < s.batch ? s.windows - i : s.batch, predict, context, err);
    for (int c = 0; c < out_channels; c++)
        for (size_t i = 0; i < voxels(s.size); i++)
            ((float *)s.out->data)[(size_t)c * voxels(s.size) + i] /= s.sum[i];
    *out = s.out;
done:
    mm_free(s.x);
    mm_free(s.y);
    mm_free(s.weights);
    mm_free(s.sum);
    return status;
}
