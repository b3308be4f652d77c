/* Concatenation along channels on the processor. Channels-last: every voxel's row is made of the inputs' rows; plain:
 * every item of the inputs' items. Both are rows of `row` floats of which each input has a piece. */
#include "trainer/backends/cpu/kernels.h"
#include "trainer/backends/host.h"
#include "trainer/ops/ops.h"

struct concat {
    struct mm_device *device;
    size_t count;
    int64_t rows, row, piece[MM_OP_INPUTS_MAX], shard_rows;
};

static enum mm_layout layout_of(const struct mm_kernel_query *query)
{
    for (size_t i = 0; i < query->count; i++)
        if (mm_host_either(&query->in[i]) == MM_LAYOUT_CHANNELS_LAST)
            return MM_LAYOUT_CHANNELS_LAST;
    return MM_LAYOUT_PLAIN;
}

static bool offer(const struct mm_kernel_query *query, struct mm_kernel_offer *offer)
{
    if (query->in[0].dtype != MM_DT_F32)
        return false;
    for (size_t i = 1; i < query->count; i++)
        if (mm_desc_area(&query->in[i]) != mm_desc_area(&query->in[0]))
            return false; /* replicated: left to the reference */
    *offer = (struct mm_kernel_offer){
        .out = layout_of(query),
        .cost = mm_host_seconds((query->wanted ? 4 : 2) * (double)mm_desc_bytes(&query->out))};
    for (size_t i = 0; i < query->count; i++)
        offer->in[i] = mm_host_flat(&query->in[i]) ? MM_LAYOUT_PLAIN : offer->out;
    return true;
}

static enum mm_status make(struct mm_arena *arena, struct mm_device *device, const struct mm_kernel_query *query,
                           const struct mm_kernel_offer *offer, void **state, struct mm_error *err)
{
    struct concat *self = *state = mm_arena_new(arena, struct concat);
    if (!self)
        return mm_fail_memory(err, "a concatenation");
    bool last = offer->out == MM_LAYOUT_CHANNELS_LAST;
    int64_t area = mm_desc_area(&query->out), width = last ? 1 : area;
    self->device = device;
    self->count = query->count;
    self->rows = query->out.dim[0] * (last ? area : 1);
    self->row = query->out.dim[1] * width;
    for (size_t i = 0; i < query->count; i++)
        self->piece[i] = query->in[i].dim[1] * width;
    self->shard_rows = (MM_HOST_SHARD + self->row - 1) / self->row;
    return MM_OK;
}

struct work {
    const struct concat *self;
    float *part[MM_OP_INPUTS_MAX], *whole;
    bool split;
};

typedef float sixteen __attribute__((vector_size(64), aligned(4), may_alias));

/* `n` pieces of as many floats; pieces of whole vectors without a call of memcpy for each. */
MM_VECTORS static void copy_pieces(const float *from, int64_t from_step, float *to, int64_t to_step, int64_t piece,
                                   int64_t n)
{
    if (piece % 16 || piece > 256)
        for (int64_t r = 0; r < n; r++, from += from_step, to += to_step)
            memcpy(to, from, (size_t)piece * sizeof *to);
    else
        for (int64_t r = 0; r < n; r++, from += from_step, to += to_step)
            for (int64_t k = 0; k < piece; k += 16)
                *(sixteen *)(to + k) = *(const sixteen *)(from + k);
}

static void copy_shard(void *context, size_t shard, unsigned thread)
{
    const struct work *w = context;
    const struct concat *self = w->self;
    int64_t from = (int64_t)shard * self->shard_rows, to = from + self->shard_rows, start = 0;
    to = to < self->rows ? to : self->rows;
    (void)thread;
    for (size_t i = 0; i < self->count; start += self->piece[i++]) {
        int64_t piece = self->piece[i];
        if (!w->part[i])
            continue;
        float *part = w->part[i] + from * piece, *whole = w->whole + from * self->row + start;
        if (w->split)
            copy_pieces(whole, self->row, part, piece, piece, to - from);
        else
            copy_pieces(part, piece, whole, self->row, piece, to - from);
    }
}

static enum mm_status copy(const struct concat *self, struct work *work, const struct mm_ref *parts,
                           const struct mm_ref *whole)
{
    work->self = self;
    work->whole = mm_host_data(self->device, whole);
    for (size_t i = 0; i < self->count; i++)
        work->part[i] = mm_host_data(self->device, &parts[i]);
    mm_pool_run(self->device->pool, (size_t)((self->rows + self->shard_rows - 1) / self->shard_rows), copy_shard,
                work);
    return MM_OK;
}

static enum mm_status forward(void *state, const struct mm_kernel_run *run, struct mm_error *err)
{
    struct work work = {.split = false};
    (void)err;
    return copy(state, &work, run->x, &run->y);
}

static enum mm_status backward(void *state, const struct mm_kernel_run *run, struct mm_error *err)
{
    struct work work = {.split = true};
    (void)err;
    return copy(state, &work, run->dx, &run->dy);
}

const struct mm_kernel mm_cpu_concat = {
    .op = &mm_op_concat, .offer = offer, .make = make, .forward = forward, .backward = backward};
