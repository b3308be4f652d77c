/* Max and average pooling on the processor, channels-last. Forward goes over rows of output voxels; backward gathers:
 * every input voxel looks up the windows it lies in, so that shards never write the same place. saved (max): uint8_t
 * [n][oz][oy][ox][c], the winner's number in its window. */
#include <math.h>

#include "trainer/backends/cpu/kernels.h"
#include "trainer/backends/host.h"
#include "trainer/ops/ops.h"

#define TAPS_MAX 255
#define CHUNK    64 /* channels at a time */

/* Along one axis: of every output the input its window holds, and the share of each in an average; of every input the
 * outputs whose windows hold it. */
struct range {
    int64_t first, last; /* last excluded */
};
struct axis {
    int64_t in, out, kernel, stride, low;
    struct range *window, *holders;
    double *share;
};

struct pool {
    struct mm_device *device;
    bool average, count_padding;
    int64_t items, channels;
    struct axis axis[3];
};

static void set_shape(struct pool *self, const struct mm_kernel_query *query)
{
    const struct mm_pool_op *p = query->params;
    self->average = p->average;
    self->count_padding = p->count_padding;
    self->items = query->in[0].dim[0];
    self->channels = query->in[0].dim[1];
    for (int i = 0; i < 3; i++) {
        bool whole = p->kernel[i] == 0;
        int64_t in = query->in[0].dim[2 + i];
        self->axis[i] = (struct axis){.in = in,
                                      .out = query->out.dim[2 + i],
                                      .kernel = whole ? in : p->kernel[i],
                                      .stride = whole ? 1 : p->stride[i],
                                      .low = whole ? 0 : p->low[i]};
    }
}

static bool offer(const struct mm_kernel_query *query, struct mm_kernel_offer *offer)
{
    struct pool self;
    const struct mm_desc *x = &query->in[0];
    set_shape(&self, query);
    int64_t taps = self.axis[0].kernel * self.axis[1].kernel * self.axis[2].kernel;
    if (x->dtype != MM_DT_F32 || (!self.average && taps > TAPS_MAX))
        return false;
    *offer = (struct mm_kernel_offer){
        .in = {mm_host_channels_last(x)},
        .out = mm_host_channels_last(&query->out),
        .saved = self.average ? 0 : (size_t)mm_desc_count(&query->out),
        .cost = mm_host_seconds((query->wanted ? 3 : 1.5) * (double)mm_desc_bytes(x)),
    };
    return true;
}

static enum mm_status make_axis(struct mm_arena *arena, struct axis *a, bool count_padding, struct mm_error *err)
{
    a->window = mm_arena_array(arena, struct range, (size_t)a->out);
    a->holders = mm_arena_array(arena, struct range, (size_t)a->in);
    a->share = mm_arena_array(arena, double, (size_t)a->out);
    if (!a->window || !a->holders || !a->share)
        return mm_fail_memory(err, "tables of a pooling");
    for (int64_t o = 0; o < a->out; o++) {
        int64_t first = o * a->stride - a->low, last = first + a->kernel;
        struct range *w = &a->window[o];
        *w = (struct range){first > 0 ? first : 0, last < a->in ? last : a->in};
        a->share[o] = 1 / (double)(count_padding ? a->kernel : w->last - w->first);
        for (int64_t i = w->first; i < w->last; i++) {
            if (a->holders[i].last == 0)
                a->holders[i].first = o;
            a->holders[i].last = o + 1;
        }
    }
    return MM_OK;
}

static enum mm_status make(struct mm_arena *arena, struct mm_device *device, const struct mm_kernel_query *query,
                           const struct mm_kernel_offer *offer, void **state, struct mm_error *err)
{
    struct pool *self = *state = mm_arena_new(arena, struct pool);
    enum mm_status s = MM_OK;
    (void)offer;
    if (!self)
        return mm_fail_memory(err, "a pooling");
    set_shape(self, query);
    self->device = device;
    for (int i = 0; i < 3 && s == MM_OK; i++)
        s = make_axis(arena, &self->axis[i], self->count_padding, err);
    return s;
}

struct work {
    const struct pool *self;
    const float *from;
    float *to;
    uint8_t *winner;
    int64_t rows, shard_rows; /* of `to` */
};

static size_t cut(struct work *work, int64_t depth, int64_t height, int64_t width)
{
    work->rows = work->self->items * depth * height;
    work->shard_rows = MM_HOST_SHARD / (width * work->self->channels) + 1;
    return (size_t)((work->rows + work->shard_rows - 1) / work->shard_rows);
}

/* The part of the window of output `at` inside the input, and the weight of each voxel in an average. */
struct box {
    int64_t at[3];
    struct range z, y, x;
    float weight;
};

static struct box box_of(const struct pool *self, int64_t z, int64_t y, int64_t x)
{
    const struct axis *a = self->axis;
    return (struct box){.at = {z, y, x},
                        .z = a[0].window[z],
                        .y = a[1].window[y],
                        .x = a[2].window[x],
                        .weight = (float)(a[0].share[z] * a[1].share[y] * a[2].share[x])};
}

static int64_t place_of(const struct pool *self, int64_t z, int64_t y, int64_t x)
{
    return ((z * self->axis[1].in + y) * self->axis[2].in + x) * self->channels;
}

/* Number of an input voxel along one axis of the window of output `at`. */
static int64_t step_of(const struct axis *a, int64_t at, int64_t in)
{
    return in - (at * a->stride - a->low);
}

/* Number of input voxel `in` in the window of output (z, y, x). */
static inline uint8_t tap_of(const struct pool *self, const int64_t at[3], int64_t z, int64_t y, int64_t x)
{
    const struct axis *a = self->axis;
    return (uint8_t)((step_of(&a[0], at[0], z) * a[1].kernel + step_of(&a[1], at[1], y)) * a[2].kernel +
                     step_of(&a[2], at[2], x));
}

/* One output voxel, `n` of its channels from `x` on, the item's first voxel. */
MM_VECTORS static void max_voxel(const struct pool *self, const struct box *box, const float *restrict x, int64_t n,
                                 float *restrict y, uint8_t *restrict winner)
{
    float best[CHUNK];
    int32_t number[CHUNK];
    for (int64_t c = 0; c < n; c++) {
        best[c] = -INFINITY;
        number[c] = -1;
    }
    for (int64_t iz = box->z.first; iz < box->z.last; iz++)
        for (int64_t iy = box->y.first; iy < box->y.last; iy++)
            for (int64_t ix = box->x.first; ix < box->x.last; ix++) {
                const float *restrict from = x + place_of(self, iz, iy, ix);
                int32_t tap = tap_of(self, box->at, iz, iy, ix);
                for (int64_t c = 0; c < n; c++) {
                    /* NaN wins; the first voxel wins over nothing. */
                    bool wins = from[c] > best[c] || from[c] != from[c] || number[c] < 0;
                    best[c] = wins ? from[c] : best[c];
                    number[c] = wins ? tap : number[c];
                }
            }
    for (int64_t c = 0; c < n; c++) {
        y[c] = best[c];
        winner[c] = (uint8_t)number[c];
    }
}

MM_VECTORS static void average_voxel(const struct pool *self, const struct box *box, const float *restrict x,
                                     int64_t n, float *restrict y)
{
    double sum[CHUNK] = {0};
    for (int64_t iz = box->z.first; iz < box->z.last; iz++)
        for (int64_t iy = box->y.first; iy < box->y.last; iy++)
            for (int64_t ix = box->x.first; ix < box->x.last; ix++) {
                const float *restrict from = x + place_of(self, iz, iy, ix);
                for (int64_t c = 0; c < n; c++)
                    sum[c] += (double)from[c];
            }
    for (int64_t c = 0; c < n; c++)
        y[c] = (float)sum[c] * box->weight;
}

static void forward_row(const struct work *w, int64_t row)
{
    const struct pool *self = w->self;
    const struct axis *a = self->axis;
    int64_t y = row % a[1].out, z = row / a[1].out % a[0].out, item = row / a[1].out / a[0].out;
    const float *x = w->from + item * place_of(self, a[0].in, 0, 0);
    for (int64_t i = 0; i < a[2].out; i++) {
        const struct box box = box_of(self, z, y, i);
        int64_t place = (row * a[2].out + i) * self->channels;
        for (int64_t c = 0; c < self->channels; c += CHUNK) {
            int64_t n = self->channels - c < CHUNK ? self->channels - c : CHUNK;
            if (self->average)
                average_voxel(self, &box, x + c, n, w->to + place + c);
            else
                max_voxel(self, &box, x + c, n, w->to + place + c, w->winner + place + c);
        }
    }
}

static void forward_shard(void *context, size_t shard, unsigned thread)
{
    const struct work *w = context;
    int64_t from = (int64_t)shard * w->shard_rows, to = from + w->shard_rows;
    (void)thread;
    for (int64_t row = from; row < to && row < w->rows; row++)
        forward_row(w, row);
}

typedef int32_t ints __attribute__((vector_size(64)));
typedef uint8_t bytes __attribute__((vector_size(16)));

/* Sixteen at a time by hand: compilers take 64 bytes of winners at once, more than most rows have. */
static inline void take_winners(const float *restrict dy, const uint8_t *restrict winner, uint8_t tap, int64_t n,
                                float *restrict dx)
{
    int64_t c = 0;
    for (; c + 16 <= n; c += 16) {
        bytes number;
        ints taken;
        float sum[16];
        memcpy(&number, winner + c, sizeof number);
        memcpy(&taken, dy + c, sizeof taken);
        taken &= __builtin_convertvector(number, ints) == (int32_t)tap;
        memcpy(sum, &taken, sizeof sum);
        for (int k = 0; k < 16; k++)
            dx[c + k] += sum[k];
    }
    for (; c < n; c++)
        dx[c] += winner[c] == tap ? dy[c] : 0;
}

static inline void take_weighted(const float *restrict dy, float weight, int64_t n, float *restrict dx)
{
    for (int64_t c = 0; c < n; c++)
        dx[c] += weight * dy[c];
}

/* One input voxel from all windows that hold it; dy and winners are the item's. */
MM_VECTORS static void gather_voxel(const struct work *w, const int64_t in[3], const float *dy, const uint8_t *winner,
                                    float *restrict dx)
{
    const struct pool *self = w->self;
    const struct axis *a = self->axis;
    const struct range rz = a[0].holders[in[0]], ry = a[1].holders[in[1]], rx = a[2].holders[in[2]];
    memset(dx, 0, (size_t)self->channels * sizeof *dx);
    for (int64_t z = rz.first; z < rz.last; z++)
        for (int64_t y = ry.first; y < ry.last; y++)
            for (int64_t x = rx.first; x < rx.last; x++) {
                int64_t place = ((z * a[1].out + y) * a[2].out + x) * self->channels;
                if (self->average)
                    take_weighted(dy + place, (float)(a[0].share[z] * a[1].share[y] * a[2].share[x]), self->channels,
                                  dx);
                else
                    take_winners(dy + place, winner + place, tap_of(self, (int64_t[]){z, y, x}, in[0], in[1], in[2]),
                                 self->channels, dx);
            }
}

static void backward_shard(void *context, size_t shard, unsigned thread)
{
    const struct work *w = context;
    const struct axis *a = w->self->axis;
    int64_t from = (int64_t)shard * w->shard_rows, to = from + w->shard_rows;
    (void)thread;
    for (int64_t row = from; row < to && row < w->rows; row++) {
        int64_t item = row / a[1].in / a[0].in;
        int64_t out = item * a[0].out * a[1].out * a[2].out * w->self->channels;
        int64_t in[3] = {row / a[1].in % a[0].in, row % a[1].in, 0};
        for (; in[2] < a[2].in; in[2]++)
            gather_voxel(w, in, w->from + out, w->winner ? w->winner + out : NULL,
                         w->to + (row * a[2].in + in[2]) * w->self->channels);
    }
}

static enum mm_status forward(void *state, const struct mm_kernel_run *run, struct mm_error *err)
{
    const struct pool *self = state;
    struct work work = {.self = self,
                        .from = mm_host_data(self->device, &run->x[0]),
                        .to = mm_host_data(self->device, &run->y),
                        .winner = (void *)mm_host_data(self->device, &run->saved)};
    (void)err;
    mm_pool_run(self->device->pool, cut(&work, self->axis[0].out, self->axis[1].out, self->axis[2].out),
                forward_shard, &work);
    return MM_OK;
}

static enum mm_status backward(void *state, const struct mm_kernel_run *run, struct mm_error *err)
{
    const struct pool *self = state;
    struct work work = {.self = self,
                        .from = mm_host_data(self->device, &run->dy),
                        .to = mm_host_data(self->device, &run->dx[0]),
                        .winner = (void *)mm_host_data(self->device, &run->saved)};
    (void)err;
    if (work.to)
        mm_pool_run(self->device->pool, cut(&work, self->axis[0].in, self->axis[1].in, self->axis[2].in),
                    backward_shard, &work);
    return MM_OK;
}

const struct mm_kernel mm_cpu_pool = {
    .op = &mm_op_pool, .offer = offer, .make = make, .forward = forward, .backward = backward};
