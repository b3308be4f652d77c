/* Sigmoid, or softmax over the channels, chosen for each key (MONAI Activations). */
#include <math.h>

#include "transforms/per_key.h"
#include "transforms/transform.h"
#include "transforms/voxels.h"

struct activations {
    const cJSON *sigmoid, *softmax, *other;
    int64_t dim;
    struct mm_doubles sigmoids, softmaxes; /* by key */
};
#define P struct activations

static const struct mm_param params[] = {
    MM_JSON(P, sigmoid, .help = "true: 1 / (1 + exp(-x)); one value or one a key"),
    MM_JSON(P, softmax, .help = "true: softmax over the channels; one value or one a key"),
    MM_JSON(P, other, .help = "only null: Python functions cannot run here"),
    MM_INT(P, dim, .def = 0, .help = "axis of softmax: only 0, the channels"), MM_PARAMS_END};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    P *p = self;
    enum mm_status s;
    if (p->other)
        return mm_fail(err, MM_ERR_CONFIG, "other: Python functions cannot run here, there are sigmoid and softmax");
    if (p->dim != 0)
        return mm_fail(err, MM_ERR_CONFIG, "dim is %lld, softmax runs over the channels: 0", (long long)p->dim);
    if (MM_TRY(s, mm_per_key_read(arena, p->sigmoid, "sigmoid", MM_PER_KEY_BOOL, NULL, &p->sigmoids, err)) ||
        MM_TRY(s, mm_per_key_read(arena, p->softmax, "softmax", MM_PER_KEY_BOOL, NULL, &p->softmaxes, err)))
        return s;
    size_t count = p->sigmoids.count > p->softmaxes.count ? p->sigmoids.count : p->softmaxes.count;
    for (size_t key = 0; key < count; key++)
        if (mm_per_key_on(&p->sigmoids, key) && mm_per_key_on(&p->softmaxes, key))
            return mm_fail(err, MM_ERR_CONFIG, "sigmoid and softmax are both true");
    return MM_OK;
}

/* exp without a call: 2^k times a polynomial on [-ln 2 / 2, ln 2 / 2] (Cephes expf), off by at most 2 units in the last place,
 * for x of -87 to 88. Adding 1.5 * 2^23 rounds to an integer, which then stands in the low bits. */
static inline float exponential(float x)
{
    const float rounder = 12582912.0f;
    float shifted = x * 1.44269504f + rounder, k = shifted - rounder;
    float r = x - k * 0.693359375f + k * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1;
    uint32_t bits;
    float power;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 127) << 23;
    memcpy(&power, &bits, sizeof power);
    return p * power;
}

/* x = exp(x) for a chunk. Clamping is a loop of its own: both are vectorised then. */
static void exponentials(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float v = x[i] < -87.0f ? -87.0f : x[i];
        x[i] = v > 88.0f ? 88.0f : v;
    }
    for (size_t i = 0; i < n; i++)
        x[i] = exponential(x[i]);
}

static void sigmoid_chunk(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = -x[i];
    exponentials(x, n);
    for (size_t i = 0; i < n; i++)
        x[i] = 1 / (1 + x[i]);
}

static void apply_sigmoid(const struct mm_volume *v)
{
    struct mm_voxels_parts all = mm_voxels_split(v, false);
    for (size_t from = 0; from < all.length; from += MM_VOXELS_CHUNK)
        sigmoid_chunk(all.data + from, all.length - from < MM_VOXELS_CHUNK ? all.length - from : MM_VOXELS_CHUNK);
}

/* Softmax of n voxels from `from` on; the greatest channel is subtracted first so that exp stays finite. */
static void softmax_chunk(const struct mm_volume *v, size_t from, size_t n)
{
    float top[MM_VOXELS_CHUNK], sum[MM_VOXELS_CHUNK] = {0};
    memcpy(top, mm_voxels_floats(v, 0) + from, n * sizeof *top);
    for (int c = 1; c < v->channels; c++) {
        const float *x = mm_voxels_floats(v, c) + from;
        for (size_t i = 0; i < n; i++)
            top[i] = x[i] > top[i] ? x[i] : top[i];
    }
    for (int c = 0; c < v->channels; c++) {
        float *x = mm_voxels_floats(v, c) + from;
        for (size_t i = 0; i < n; i++)
            x[i] -= top[i];
        exponentials(x, n);
        for (size_t i = 0; i < n; i++)
            sum[i] += x[i];
    }
    for (int c = 0; c < v->channels; c++) {
        float *x = mm_voxels_floats(v, c) + from;
        for (size_t i = 0; i < n; i++)
            x[i] /= sum[i];
    }
}

static void apply_softmax(const struct mm_volume *v)
{
    size_t voxels = mm_volume_voxels(v);
    for (size_t from = 0; from < voxels; from += MM_VOXELS_CHUNK)
        softmax_chunk(v, from, voxels - from < MM_VOXELS_CHUNK ? voxels - from : MM_VOXELS_CHUNK);
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *v;
    if (MM_TRY(s, mm_voxels_write_float(sample, field, &v, err)))
        return s;
    if (mm_per_key_on(&p->sigmoids, key))
        apply_sigmoid(v);
    if (mm_per_key_on(&p->softmaxes, key))
        apply_softmax(v);
    return MM_OK;
}

const struct mm_transform mm_transform_activations = {
    .name = "Activations",
    .summary = "sigmoid, or softmax over the channels",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_VOXELWISE | MM_IN_PLACE,
    .check = check,
    .each = each,
    .example = "{\"name\": \"Activationsd\", \"args\": {\"keys\": \"image\", \"sigmoid\": true}}",
};
