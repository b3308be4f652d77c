/* Enlargement on the processor, channels-last. The weights of an axis are tables: for every output its two inputs,
 * and for every input the outputs it went to, so that backward gathers and shards never write the same place. */
#include "trainer/backends/cpu/kernels.h"
#include "trainer/backends/host.h"
#include "trainer/ops/ops.h"

/* Along one axis: `take[o]` for forward; for backward input i went to outputs first[i] .. first[i + 1] - 1 of `give`.
 */
struct axis {
    int64_t in, out;
    struct mm_upsample_source *take;
    int64_t *first;
    struct give {
        int64_t at;
        float weight;
    } * give;
};

struct upsample {
    struct mm_device *device;
    int64_t items, channels;
    struct axis axis[3];
};

static bool offer(const struct mm_kernel_query *query, struct mm_kernel_offer *offer)
{
    const struct mm_upsample *p = query->params;
    if (query->in[0].dtype != MM_DT_F32)
        return false;
    *offer = (struct mm_kernel_offer){
        .in = {mm_host_channels_last(&query->in[0])},
        .out = mm_host_channels_last(&query->out),
        .cost = mm_host_seconds((p->linear ? 3 : 2) * (double)mm_desc_bytes(&query->out)),
    };
    return true;
}

/* The outputs of every input, in order: counted, summed up to starts, filled. */
static enum mm_status make_gives(struct mm_arena *arena, struct axis *a, struct mm_error *err)
{
    a->first = mm_arena_array(arena, int64_t, (size_t)a->in + 2);
    a->give = mm_arena_array(arena, struct give, (size_t)a->out * 2);
    if (!a->first || !a->give)
        return mm_fail_memory(err, "tables of an enlargement");
    int64_t *next = a->first + 1; /* next[i] moves from the start of i to the start of i + 1 */
    for (int64_t o = 0; o < a->out; o++)
        for (int k = 0; k < 2; k++)
            if (a->take[o].weight[k] != 0)
                next[a->take[o].at[k] + 1]++;
    for (int64_t i = 0; i < a->in; i++)
        next[i + 1] += next[i];
    for (int64_t o = 0; o < a->out; o++)
        for (int k = 0; k < 2; k++)
            if (a->take[o].weight[k] != 0)
                a->give[next[a->take[o].at[k]]++] = (struct give){o, a->take[o].weight[k]};
    return MM_OK;
}

static enum mm_status make(struct mm_arena *arena, struct mm_device *device, const struct mm_kernel_query *query,
                           const struct mm_kernel_offer *offer, void **state, struct mm_error *err)
{
    struct upsample *self = *state = mm_arena_new(arena, struct upsample);
    enum mm_status s;
    (void)offer;
    if (!self)
        return mm_fail_memory(err, "an enlargement");
    *self = (struct upsample){.device = device, .items = query->in[0].dim[0], .channels = query->in[0].dim[1]};
    for (int i = 0; i < 3; i++) {
        struct axis *a = &self->axis[i];
        a->in = query->in[0].dim[2 + i];
        a->out = query->out.dim[2 + i];
        a->take = mm_arena_array(arena, struct mm_upsample_source, (size_t)a->out);
        if (!a->take)
            return mm_fail_memory(err, "tables of an enlargement");
        for (int64_t o = 0; o < a->out; o++)
            a->take[o] = mm_upsample_source_of(query->params, i, o, a->in);
        if (query->wanted && MM_TRY(s, make_gives(arena, a, err)))
            return s;
    }
    return MM_OK;
}

struct work {
    const struct upsample *self;
    const float *from;
    float *to;
    int64_t rows, shard_rows; /* of `to` */
};

MM_VECTORS static void add_row(const float *restrict from, float weight, int64_t n, float *restrict to)
{
    for (int64_t c = 0; c < n; c++)
        to[c] += weight * from[c];
}

static const float *input_at(const struct upsample *self, const float *x, int64_t z, int64_t y, int64_t i)
{
    return x + ((z * self->axis[1].in + y) * self->axis[2].in + i) * self->channels;
}

/* One output voxel from up to eight input voxels of its item. */
static void forward_voxel(const struct upsample *self, const float *x, const struct mm_upsample_source *const take[3],
                          float *to)
{
    bool empty = true;
    for (int k = 0; k < 8; k++) {
        int z = k >> 2, y = k >> 1 & 1, i = k & 1;
        float weight = take[0]->weight[z] * take[1]->weight[y] * take[2]->weight[i];
        const float *from = input_at(self, x, take[0]->at[z], take[1]->at[y], take[2]->at[i]);
        if (weight == 0)
            continue;
        if (empty && weight == 1) {
            memcpy(to, from, (size_t)self->channels * sizeof *to);
            return;
        }
        if (empty)
            memset(to, 0, (size_t)self->channels * sizeof *to);
        empty = false;
        add_row(from, weight, self->channels, to);
    }
}

static void forward_shard(void *context, size_t shard, unsigned thread)
{
    const struct work *w = context;
    const struct upsample *self = w->self;
    const struct axis *z = &self->axis[0], *y = &self->axis[1], *x = &self->axis[2];
    int64_t from = (int64_t)shard * w->shard_rows, to = from + w->shard_rows;
    (void)thread;
    for (int64_t row = from; row < to && row < w->rows; row++) {
        int64_t item = row / y->out / z->out;
        const float *in = w->from + item * z->in * y->in * x->in * self->channels;
        for (int64_t o = 0; o < x->out; o++) {
            const struct mm_upsample_source *const take[3] = {&z->take[row / y->out % z->out], &y->take[row % y->out],
                                                              &x->take[o]};
            forward_voxel(self, in, take, w->to + (row * x->out + o) * self->channels);
        }
    }
}

/* One input voxel from all outputs it went to. */
static void gather_voxel(const struct upsample *self, const float *dy, const int64_t in[3], float *dx)
{
    const struct axis *z = &self->axis[0], *y = &self->axis[1], *x = &self->axis[2];
    memset(dx, 0, (size_t)self->channels * sizeof *dx);
    for (int64_t a = z->first[in[0]]; a < z->first[in[0] + 1]; a++)
        for (int64_t b = y->first[in[1]]; b < y->first[in[1] + 1]; b++) {
            const float *row = dy + (z->give[a].at * y->out + y->give[b].at) * x->out * self->channels;
            float weight = z->give[a].weight * y->give[b].weight;
            for (int64_t c = x->first[in[2]]; c < x->first[in[2] + 1]; c++)
                add_row(row + x->give[c].at * self->channels, weight * x->give[c].weight, self->channels, dx);
        }
}

static void backward_shard(void *context, size_t shard, unsigned thread)
{
    const struct work *w = context;
    const struct upsample *self = w->self;
    const struct axis *z = &self->axis[0], *y = &self->axis[1], *x = &self->axis[2];
    int64_t from = (int64_t)shard * w->shard_rows, to = from + w->shard_rows;
    (void)thread;
    for (int64_t row = from; row < to && row < w->rows; row++) {
        const float *dy = w->from + row / y->in / z->in * z->out * y->out * x->out * self->channels;
        int64_t in[3] = {row / y->in % z->in, row % y->in, 0};
        for (; in[2] < x->in; in[2]++)
            gather_voxel(self, dy, in, w->to + (row * x->in + in[2]) * self->channels);
    }
}

static enum mm_status forward(void *state, const struct mm_kernel_run *run, struct mm_error *err)
{
    const struct upsample *self = state;
    struct work work = {.self = self,
                        .from = mm_host_data(self->device, &run->x[0]),
                        .to = mm_host_data(self->device, &run->y),
                        .rows = self->items * self->axis[0].out * self->axis[1].out,
                        .shard_rows = MM_HOST_SHARD / (self->axis[2].out * self->channels) + 1};
    (void)err;
    mm_pool_run(self->device->pool, (size_t)((work.rows + work.shard_rows - 1) / work.shard_rows), forward_shard,
                &work);
    return MM_OK;
}

static enum mm_status backward(void *state, const struct mm_kernel_run *run, struct mm_error *err)
{
    const struct upsample *self = state;
    struct work work = {.self = self,
                        .from = mm_host_data(self->device, &run->dy),
                        .to = mm_host_data(self->device, &run->dx[0]),
                        .rows = self->items * self->axis[0].in * self->axis[1].in,
                        .shard_rows = MM_HOST_SHARD / (self->axis[2].in * self->channels * 8) + 1};
    (void)err;
    if (work.to)
        mm_pool_run(self->device->pool, (size_t)((work.rows + work.shard_rows - 1) / work.shard_rows), backward_shard,
                    &work);
    return MM_OK;
}

const struct mm_kernel mm_cpu_upsample = {
    .op = &mm_op_upsample, .offer = offer, .make = make, .forward = forward, .backward = backward};
