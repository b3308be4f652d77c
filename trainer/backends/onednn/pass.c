/* One pass of a convolution over all its shards (pass.h).
 *
 * Workspace: formatted weights (one, or one partial gradient a shard), partial bias gradients a shard, scratch a
 * shard. */
#include "trainer/backends/onednn/pass.h"

#include "base/memory.h"
#include "trainer/backends/onednn/split.h"

#define REDUCE_FLOATS 16384 /* of a shard that sums partial gradients */
#define RATE          1e11  /* flops a second of one thread; behind copies a third */

struct shard {
    const struct mm_dnnl_conv *conv;
    struct mm_dnnl_call *call;
    int64_t source, destination; /* offsets in floats */
    bool ok;
};

struct mm_pass {
    enum mm_dnnl_pass kind;
    struct mm_dnnl_shape shape;
    struct mm_split split;
    struct mm_dnnl_conv **convs; /* [split.strips], NULL where an earlier strip has the same shape */
    struct mm_strip *strips;
    struct shard *shards;
    struct mm_dnnl_reorder **reorders;
    int reorder_count;
    size_t weights_bytes, bias_bytes, scratch_bytes; /* of a shard, multiples of 64 */
};

static size_t align(size_t bytes)
{
    return (bytes + 63) & ~(size_t)63;
}

static bool backward_weights(const struct mm_pass *pass)
{
    return pass->kind == MM_DNNL_BACKWARD_WEIGHTS;
}

static bool same_strip(const struct mm_dnnl_shape *a, const struct mm_dnnl_shape *b)
{
    for (int i = 0; i < 3; i++)
        if (a->in[i] != b->in[i] || a->out[i] != b->out[i] || a->low[i] != b->low[i] || a->high[i] != b->high[i])
            return false;
    return true;
}

/* The convolution of a strip: that of an earlier strip of the same shape, or a new one with the same weights format.
 */
static enum mm_status make_strip(struct mm_pass *pass, int strip, bool compile, struct mm_error *err)
{
    enum mm_status s;
    mm_split_strip(&pass->shape, pass->kind, &pass->split, strip, &pass->strips[strip]);
    for (int i = 0; i < strip; i++)
        if (same_strip(&pass->strips[i].shape, &pass->strips[strip].shape))
            return MM_OK;
    struct mm_dnnl_conv **conv = &pass->convs[strip];
    if (MM_TRY(s,
               mm_dnnl_conv_make(&pass->strips[strip].shape, pass->kind, strip ? pass->convs[0] : NULL, conv, err)))
        return s;
    size_t scratch = align(mm_dnnl_conv_scratch(*conv));
    if (scratch > pass->scratch_bytes)
        pass->scratch_bytes = scratch;
    return compile ? mm_dnnl_conv_compile(*conv, err) : MM_OK;
}

static const struct mm_dnnl_conv *conv_of(const struct mm_pass *pass, int strip)
{
    for (int i = 0; i < strip; i++)
        if (pass->convs[i] && same_strip(&pass->strips[i].shape, &pass->strips[strip].shape))
            return pass->convs[i];
    return pass->convs[strip];
}

static enum mm_status make_shards(struct mm_pass *pass, struct mm_error *err)
{
    enum mm_status s = MM_OK;
    int64_t source = mm_dnnl_shape_sample(&pass->shape, true),
            destination = mm_dnnl_shape_sample(&pass->shape, false);
    for (int i = 0; i < pass->split.shards && s == MM_OK; i++) {
        int strip = i % pass->split.strips, group = i / pass->split.strips;
        struct shard *shard = &pass->shards[i];
        const struct mm_strip *from = &pass->strips[strip];
        shard->conv = conv_of(pass, strip);
        shard->source = group * pass->split.group * source + from->source_row * mm_dnnl_shape_row(&pass->shape, true);
        shard->destination =
            group * pass->split.group * destination + from->destination_row * mm_dnnl_shape_row(&pass->shape, false);
        s = mm_dnnl_call_make(shard->conv, &shard->call, err);
    }
    return s;
}

static enum mm_status reorder_in(struct mm_pass *pass, int parts, struct mm_error *err)
{
    enum mm_status s = MM_OK;
    pass->reorder_count = 0;
    for (int i = 0; i < parts && s == MM_OK; i++)
        if ((s = mm_dnnl_reorder_make(pass->convs[0], i, parts, &pass->reorders[i], err)) == MM_OK)
            pass->reorder_count++;
    return s;
}

/* Some weight formats cannot be cut along their output channels: those are reordered whole. */
static enum mm_status make_reorders(struct mm_pass *pass, struct mm_error *err)
{
    int parts = mm_dnnl_reorder_parts(pass->convs[0]);
    pass->reorders = mm_alloc((size_t)parts * sizeof(struct mm_dnnl_reorder *));
    if (!pass->reorders)
        return mm_fail_memory(err, "reorders of weights");
    enum mm_status s = reorder_in(pass, parts, err);
    if (s == MM_OK || parts == 1)
        return s;
    for (int i = 0; i < pass->reorder_count; i++)
        mm_dnnl_reorder_free(pass->reorders[i]);
    return reorder_in(pass, 1, err);
}

static enum mm_status make_strips(struct mm_pass *pass, bool compile, struct mm_error *err)
{
    enum mm_status s = MM_OK;
    pass->split = mm_split_choose(&pass->shape, pass->kind);
    pass->convs = mm_alloc((size_t)pass->split.strips * sizeof(struct mm_dnnl_conv *));
    pass->strips = mm_alloc((size_t)pass->split.strips * sizeof(struct mm_strip));
    pass->shards = mm_alloc((size_t)pass->split.shards * sizeof(struct shard));
    if (!pass->convs || !pass->strips || !pass->shards)
        return mm_fail_memory(err, "the shards of a convolution");
    for (int i = 0; i < pass->split.strips && s == MM_OK; i++)
        s = make_strip(pass, i, compile, err);
    if (s != MM_OK)
        return s;
    pass->weights_bytes = align(mm_dnnl_conv_weights_bytes(pass->convs[0]));
    pass->bias_bytes = backward_weights(pass) ? align((size_t)pass->shape.out_channels * sizeof(float)) : 0;
    return MM_OK;
}

enum mm_status mm_pass_make(const struct mm_dnnl_shape *shape, enum mm_dnnl_pass kind, bool compile,
                            struct mm_pass **out, struct mm_error *err)
{
    enum mm_status s;
    struct mm_pass *pass = *out = mm_alloc(sizeof(*pass));
    if (!pass)
        return mm_fail_memory(err, "a convolution");
    pass->kind = kind;
    pass->shape = *shape;
    s = make_strips(pass, compile, err);
    if (s == MM_OK && compile)
        s = make_shards(pass, err);
    if (s == MM_OK && compile)
        s = make_reorders(pass, err);
    if (s != MM_OK) {
        mm_pass_free(pass);
        *out = NULL;
    }
    return s;
}

void mm_pass_free(struct mm_pass *pass)
{
    if (!pass)
        return;
    for (int i = 0; i < pass->reorder_count; i++)
        mm_dnnl_reorder_free(pass->reorders[i]);
    for (int i = 0; pass->shards && i < pass->split.shards; i++)
        mm_dnnl_call_free(pass->shards[i].call);
    for (int i = 0; pass->convs && i < pass->split.strips; i++)
        mm_dnnl_conv_free(pass->convs[i]);
    mm_free(pass->reorders);
    mm_free(pass->shards);
    mm_free(pass->strips);
    mm_free(pass->convs);
    mm_free(pass);
}

static size_t weights_copies(const struct mm_pass *pass)
{
    return backward_weights(pass) ? (size_t)pass->split.shards : 1;
}

size_t mm_pass_workspace(const struct mm_pass *pass)
{
    return weights_copies(pass) * pass->weights_bytes +
           (size_t)pass->split.shards * (pass->bias_bytes + pass->scratch_bytes);
}

double mm_pass_seconds(const struct mm_pass *pass)
{
    double rate = mm_dnnl_conv_is_gemm(pass->convs[0]) ? RATE / 3 : RATE;
    return mm_dnnl_shape_flops(&pass->shape) / rate;
}

struct work {
    struct mm_pass *pass;
    float *partials;
    size_t stride; /* floats between partial gradients */
    bool *ok;
};

static void run_reorder(void *context, size_t i, unsigned thread)
{
    struct work *work = context;
    (void)thread;
    if (!mm_dnnl_reorder_run(work->pass->reorders[i]))
        __atomic_store_n(work->ok, false, __ATOMIC_RELAXED);
}

static void run_shard(void *context, size_t i, unsigned thread)
{
    struct work *work = context;
    (void)thread;
    if (!mm_dnnl_call_run(work->pass->shards[i].call))
        __atomic_store_n(work->ok, false, __ATOMIC_RELAXED);
}

/* Partial gradient 0 becomes the sum of all, in their order. */
static void run_reduce(void *context, size_t i, unsigned thread)
{
    struct work *work = context;
    (void)thread;
    size_t from = i * REDUCE_FLOATS, to = from + REDUCE_FLOATS < work->stride ? from + REDUCE_FLOATS : work->stride;
    for (int p = 1; p < work->pass->split.shards; p++) {
        float *restrict sum = work->partials;
        const float *restrict part = work->partials + (size_t)p * work->stride;
        for (size_t k = from; k < to; k++)
            sum[k] += part[k];
    }
}

static bool run_reorders(struct work *work, struct mm_pool *pool, float *plain, char *formatted)
{
    struct mm_pass *pass = work->pass;
    for (int i = 0; i < pass->reorder_count; i++)
        if (!mm_dnnl_reorder_bind(pass->reorders[i], plain, formatted))
            return false;
    mm_pool_run(pool, (size_t)pass->reorder_count, run_reorder, work);
    return *work->ok;
}

static bool bind_shards(struct mm_pass *pass, const struct mm_pass_buffers *b, char *biases, char *scratches)
{
    bool partial = backward_weights(pass);
    for (int i = 0; i < pass->split.shards; i++) {
        const struct shard *shard = &pass->shards[i];
        struct mm_dnnl_buffers at = {
            .source = b->source + shard->source,
            .destination = b->destination + shard->destination,
            .weights = b->workspace + (partial ? (size_t)i * pass->weights_bytes : 0),
            .bias = partial ? (void *)(biases + (size_t)i * pass->bias_bytes) : b->bias,
            .scratch = scratches + (size_t)i * pass->scratch_bytes,
        };
        if (!mm_dnnl_call_bind(shard->call, &at))
            return false;
    }
    return true;
}

static void add_biases(const struct mm_pass *pass, const char *biases, float *bias)
{
    for (int i = 0; i < pass->split.shards; i++) {
        const float *part = (const float *)(biases + (size_t)i * pass->bias_bytes);
        for (int64_t c = 0; c < pass->shape.out_channels; c++)
            bias[c] += part[c];
    }
}

static bool run_pass(struct work *work, struct mm_pool *pool, const struct mm_pass_buffers *b)
{
    struct mm_pass *pass = work->pass;
    char *biases = b->workspace + weights_copies(pass) * pass->weights_bytes;
    char *scratches = biases + (size_t)pass->split.shards * pass->bias_bytes;
    if (!backward_weights(pass) && !run_reorders(work, pool, b->weights, b->workspace))
        return false;
    if (!bind_shards(pass, b, biases, scratches))
        return false;
    mm_pool_run(pool, (size_t)pass->split.shards, run_shard, work);
    if (!*work->ok || !backward_weights(pass))
        return *work->ok;
    if (b->bias && pass->shape.bias)
        add_biases(pass, biases, b->bias);
    if (!b->weights)
        return true;
    if (pass->split.shards > 1)
        mm_pool_run(pool, (work->stride + REDUCE_FLOATS - 1) / REDUCE_FLOATS, run_reduce, work);
    return run_reorders(work, pool, b->weights, b->workspace);
}

enum mm_status mm_pass_run(struct mm_pass *pass, struct mm_pool *pool, const struct mm_pass_buffers *buffers,
                           struct mm_error *err)
{
    bool ok = true;
    struct work work = {.pass = pass,
                        .partials = (float *)buffers->workspace,
                        .stride = pass->weights_bytes / sizeof(float),
                        .ok = &ok};
    if (!run_pass(&work, pool, buffers))
        return mm_fail(err, MM_ERR_DEVICE, "oneDNN cannot run a convolution");
    return MM_OK;
}
