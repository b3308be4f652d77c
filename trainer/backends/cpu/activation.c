/* Activations on the processor, in shards of a run of values: any layout without padding, except that prelu with a
 * slope a channel goes over rows of channels (channels-last) or planes (plain). Backward of prelu needs x, of all
 * others y (ops/activation.c). Workspace: partial slope gradients. */
#include <math.h>

#include "trainer/backends/cpu/kernels.h"
#include "trainer/backends/host.h"
#include "trainer/ops/ops.h"

#define LANES       64 /* of slope gradients, summed in float within a block and in double beyond */
#define SLOPE_BLOCK 4096

struct activation {
    struct mm_device *device;
    enum mm_activation_kind kind;
    float slope;
    int64_t count;
    /* prelu: rows of `channels` slopes, or planes of `area` values with one slope each, going round through
     * `channels` slopes */
    bool rows;
    int64_t channels, planes, area, shard_area, shards_per_plane;
};

static void set_shape(struct activation *a, const struct mm_kernel_query *query)
{
    const struct mm_activation *p = query->params;
    const struct mm_desc *x = &query->in[0];
    a->kind = p->kind;
    a->slope = (float)p->slope;
    a->count = mm_desc_count(x);
    a->channels = p->kind == MM_PRELU ? query->in[1].dim[0] : 1;
    a->rows = a->channels > 1 && mm_host_either(x) == MM_LAYOUT_CHANNELS_LAST;
    a->planes = a->rows || a->channels == 1 ? 1 : x->dim[0] * x->dim[1];
    a->area = a->count / a->planes / (a->rows ? a->channels : 1);
    a->shard_area = a->rows ? (MM_HOST_SHARD + a->channels - 1) / a->channels : MM_HOST_SHARD;
    a->shards_per_plane = (a->area + a->shard_area - 1) / a->shard_area;
}

static int64_t shards_of(const struct activation *a)
{
    return a->planes * a->shards_per_plane;
}

static int64_t parts_of_shard(const struct activation *a)
{
    return a->rows ? a->channels : 1;
}

static bool offer(const struct mm_kernel_query *query, struct mm_kernel_offer *offer)
{
    struct activation a = {0};
    const struct mm_desc *x = &query->in[0];
    if (x->dtype != MM_DT_F32)
        return false;
    set_shape(&a, query);
    double passes = query->wanted ? 5 : 2;
    *offer = (struct mm_kernel_offer){.in = {mm_host_either(x)},
                                      .out = mm_host_either(x),
                                      .cost = mm_host_seconds(passes * (double)mm_desc_bytes(x))};
    if (a.kind == MM_PRELU)
        offer->workspace = (size_t)(shards_of(&a) * parts_of_shard(&a)) * sizeof(double);
    return true;
}

static enum mm_status make(struct mm_arena *arena, struct mm_device *device, const struct mm_kernel_query *query,
                           const struct mm_kernel_offer *offer, void **state, struct mm_error *err)
{
    struct activation *a = *state = mm_arena_new(arena, struct activation);
    (void)offer;
    if (!a)
        return mm_fail_memory(err, "an activation");
    a->device = device;
    set_shape(a, query);
    return MM_OK;
}

struct work {
    const struct activation *self;
    const float *x, *y, *dy, *slope; /* y: forward's result, in backward */
    float *to;
    double *parts;
};

MM_VECTORS static void leaky(const float *restrict x, float slope, float *restrict y, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = x[i] > 0 ? x[i] : slope * x[i];
}

MM_VECTORS static void relu(const float *restrict x, float *restrict y, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = x[i] < 0 ? 0 : x[i]; /* NaN stays */
}

/* `sign` has the sign of x. */
MM_VECTORS static void leaky_backward(const float *restrict sign, float slope, const float *restrict dy,
                                      float *restrict dx, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        dx[i] = sign[i] > 0 ? dy[i] : slope * dy[i];
}

MM_VECTORS static void smooth_backward(enum mm_activation_kind kind, float slope, const float *restrict y,
                                       const float *restrict dy, float *restrict dx, int64_t n)
{
    if (kind == MM_SIGMOID)
        for (int64_t i = 0; i < n; i++)
            dx[i] = dy[i] * y[i] * (1 - y[i]);
    else if (kind == MM_TANH)
        for (int64_t i = 0; i < n; i++)
            dx[i] = dy[i] * (1 - y[i] * y[i]);
    else /* elu: slope * exp(x) = y + slope */
        for (int64_t i = 0; i < n; i++)
            dx[i] = y[i] > 0 ? dy[i] : dy[i] * (y[i] + slope);
}

static void smooth(enum mm_activation_kind kind, float slope, const float *x, float *y, int64_t n)
{
    if (kind == MM_SIGMOID)
        for (int64_t i = 0; i < n; i++)
            y[i] = 1 / (1 + expf(-x[i]));
    else if (kind == MM_TANH)
        for (int64_t i = 0; i < n; i++)
            y[i] = tanhf(x[i]);
    else
        for (int64_t i = 0; i < n; i++)
            y[i] = x[i] > 0 ? x[i] : slope * expm1f(x[i]);
}

static void forward_shard(void *context, size_t shard, unsigned thread)
{
    const struct work *w = context;
    const struct activation *a = w->self;
    int64_t from, n = mm_host_range(a->count, shard, &from) - from;
    (void)thread;
    if (a->kind == MM_RELU)
        relu(w->x + from, w->to + from, n);
    else if (a->kind == MM_LEAKY_RELU)
        leaky(w->x + from, a->slope, w->to + from, n);
    else
        smooth(a->kind, a->slope, w->x + from, w->to + from, n);
}

static void backward_shard(void *context, size_t shard, unsigned thread)
{
    const struct work *w = context;
    const struct activation *a = w->self;
    int64_t from, n = mm_host_range(a->count, shard, &from) - from;
    (void)thread;
    if (a->kind == MM_RELU || a->kind == MM_LEAKY_RELU)
        leaky_backward(w->y + from, a->kind == MM_RELU ? 0 : a->slope, w->dy + from, w->to + from, n);
    else
        smooth_backward(a->kind, a->slope, w->y + from, w->dy + from, w->to + from, n);
}

/* prelu: the shard's first value, its rows (or values), and the number of its first slope. */
struct place {
    int64_t at, n, slope;
};

static struct place place_of(const struct activation *a, size_t shard)
{
    int64_t plane = (int64_t)shard / a->shards_per_plane, from = (int64_t)shard % a->shards_per_plane * a->shard_area;
    int64_t left = a->area - from, width = a->rows ? a->channels : 1;
    return (struct place){.at = plane * a->area + from * width,
                          .n = left < a->shard_area ? left : a->shard_area,
                          .slope = a->rows ? 0 : plane % a->channels};
}

MM_VECTORS static void prelu_rows(const float *restrict x, const float *restrict slope, float *restrict y,
                                  int64_t rows, int64_t channels)
{
    for (int64_t r = 0; r < rows; r++, x += channels, y += channels)
        for (int64_t c = 0; c < channels; c++)
            y[c] = x[c] > 0 ? x[c] : slope[c] * x[c];
}

MM_VECTORS static void prelu_rows_backward(const float *restrict x, const float *restrict slope,
                                           const float *restrict dy, float *restrict dx, int64_t rows,
                                           int64_t channels)
{
    for (int64_t r = 0; r < rows; r++, x += channels, dy += channels, dx += channels)
        for (int64_t c = 0; c < channels; c++)
            dx[c] = x[c] > 0 ? dy[c] : slope[c] * dy[c];
}

MM_VECTORS static void slope_rows(const float *restrict x, const float *restrict dy, double *restrict sum,
                                  int64_t rows, int64_t channels)
{
    for (int64_t r = 0; r < rows; r++, x += channels, dy += channels)
        for (int64_t c = 0; c < channels; c++)
            sum[c] += (double)((x[c] > 0 ? 0.0f : x[c]) * dy[c]);
}

MM_VECTORS static double slope_run(const float *restrict x, const float *restrict dy, int64_t n)
{
    double sum = 0;
    for (int64_t from = 0; from < n; from += SLOPE_BLOCK) {
        float lane[LANES] = {0};
        int64_t to = from + SLOPE_BLOCK < n ? from + SLOPE_BLOCK : n, i = from;
        for (; i + LANES <= to; i += LANES)
            for (int k = 0; k < LANES; k++)
                lane[k] += (x[i + k] > 0 ? 0.0f : x[i + k]) * dy[i + k];
        for (int k = 0; i + k < to; k++)
            lane[k] += (x[i + k] > 0 ? 0.0f : x[i + k]) * dy[i + k];
        for (int k = 0; k < LANES; k++)
            sum += (double)lane[k];
    }
    return sum;
}

static void prelu_shard(void *context, size_t shard, unsigned thread)
{
    const struct work *w = context;
    const struct place p = place_of(w->self, shard);
    (void)thread;
    if (w->self->rows)
        prelu_rows(w->x + p.at, w->slope, w->to + p.at, p.n, w->self->channels);
    else
        leaky(w->x + p.at, w->slope[p.slope], w->to + p.at, p.n);
}

static void prelu_backward_shard(void *context, size_t shard, unsigned thread)
{
    const struct work *w = context;
    const struct activation *a = w->self;
    const struct place p = place_of(a, shard);
    double *part = w->parts + (int64_t)shard * parts_of_shard(a);
    (void)thread;
    if (a->rows) {
        memset(part, 0, (size_t)a->channels * sizeof *part);
        slope_rows(w->x + p.at, w->dy + p.at, part, p.n, a->channels);
        if (w->to)
            prelu_rows_backward(w->x + p.at, w->slope, w->dy + p.at, w->to + p.at, p.n, a->channels);
    } else {
        *part = slope_run(w->x + p.at, w->dy + p.at, p.n);
        if (w->to)
            leaky_backward(w->x + p.at, w->slope[p.slope], w->dy + p.at, w->to + p.at, p.n);
    }
}

static enum mm_status forward(void *state, const struct mm_kernel_run *run, struct mm_error *err)
{
    const struct activation *a = state;
    struct mm_device *device = a->device;
    struct work work = {.self = a, .x = mm_host_data(device, &run->x[0]), .to = mm_host_data(device, &run->y)};
    (void)err;
    if (a->kind == MM_PRELU) {
        work.slope = mm_host_data(device, &run->x[1]);
        mm_pool_run(device->pool, (size_t)shards_of(a), prelu_shard, &work);
    } else
        mm_pool_run(device->pool, mm_host_shards(a->count), forward_shard, &work);
    return MM_OK;
}

/* In the order of the shards. */
static void add_slopes(const struct activation *a, double *parts, float *dslope)
{
    for (int64_t c = 0; c < a->channels; c++) {
        double sum = 0;
        for (int64_t s = 0; s < shards_of(a); s++)
            if (a->rows)
                sum += parts[s * a->channels + c];
            else if (place_of(a, (size_t)s).slope == c)
                sum += parts[s];
        dslope[c] += (float)sum;
    }
}

static enum mm_status backward(void *state, const struct mm_kernel_run *run, struct mm_error *err)
{
    const struct activation *a = state;
    struct mm_device *device = a->device;
    struct work work = {.self = a, .dy = mm_host_data(device, &run->dy), .to = mm_host_data(device, &run->dx[0])};
    (void)err;
    if (a->kind == MM_PRELU) {
        float *dslope = mm_host_data(device, &run->dx[1]);
        work.x = mm_host_data(device, &run->x[0]);
        work.slope = mm_host_data(device, &run->x[1]);
        work.parts = (void *)mm_host_data(device, &run->workspace);
        mm_pool_run(device->pool, (size_t)shards_of(a), prelu_backward_shard, &work);
        if (dslope)
            add_slopes(a, work.parts, dslope);
    } else if (work.to) {
        work.y = mm_host_data(device, &run->y);
        mm_pool_run(device->pool, mm_host_shards(a->count), backward_shard, &work);
    }
    return MM_OK;
}

const struct mm_kernel mm_cpu_activation = {
    .op = &mm_op_activation, .offer = offer, .make = make, .forward = forward, .backward = backward};
