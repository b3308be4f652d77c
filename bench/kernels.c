/* Times the kernels that the plan would choose, layer by layer: `kernels [threads]` (default: all). Best of a few
 * runs, in milliseconds: forward, backward to the data, backward to the weights, and the layer's rate in the three.
 */
#include "base/arena.h"
#include "base/threads.h"
#include "trainer/backends/backend.h"
#include "trainer/ops/ops.h"

#define REPEATS 5

struct bench {
    struct mm_device *device;
    const struct mm_backend *backends[MM_BACKENDS_MAX];
    size_t backend_count;
};

/* One layer at work. Buffers hold small numbers; gradients are not reset. */
struct layer {
    struct bench *bench;
    struct mm_arena arena;
    struct mm_kernel_query query;
    struct mm_kernel_offer offer;
    const struct mm_kernel *kernel;
    void *state;
    struct mm_desc in[MM_OP_INPUTS_MAX];
    struct mm_ref x[MM_OP_INPUTS_MAX], dx[MM_OP_INPUTS_MAX];
    struct mm_kernel_run run;
    struct mm_buffer *buffers[2 * MM_OP_INPUTS_MAX + 4];
    size_t buffer_count;
};

static void check(enum mm_status s, const struct mm_error *err)
{
    if (s == MM_OK)
        return;
    fprintf(stderr, "%s\n", err->text);
    exit(1);
}

static struct mm_ref buffer_of(struct layer *layer, const struct mm_desc *desc, size_t bytes)
{
    struct mm_device *device = layer->bench->device;
    struct mm_ref ref = {.desc = desc};
    struct mm_error err;
    check(device->type->buffer_make(device, bytes + 64, &ref.buffer, &err), &err);
    float *values = device->type->host(device, ref.buffer, 0);
    for (size_t i = 0; desc && i < bytes / sizeof *values; i++)
        values[i] = (float)(i * 2654435761u % 1000) / 500.0f - 1.0f;
    layer->buffers[layer->buffer_count++] = ref.buffer;
    return ref;
}

static bool choose(struct layer *layer)
{
    for (size_t b = 0; b < layer->bench->backend_count; b++)
        for (const struct mm_kernel *const *k = layer->bench->backends[b]->kernels; *k; k++) {
            layer->kernel = *k;
            layer->offer = (struct mm_kernel_offer){0};
            if ((!(*k)->op || (*k)->op == layer->query.op) && (*k)->offer(&layer->query, &layer->offer))
                return true;
        }
    return false;
}

static void open_layer(struct layer *layer)
{
    struct mm_kernel_query *q = &layer->query;
    struct mm_error err;
    mm_arena_init(&layer->arena, NULL);
    check(q->op->shape(q->params, q->count, q->in, &q->out, &err), &err);
    if (!choose(layer))
        exit(1);
    for (size_t i = 0; i < q->count; i++) {
        layer->in[i] = mm_desc_with(q->in[i], layer->offer.in[i]);
        layer->x[i] = buffer_of(layer, &layer->in[i], mm_desc_bytes(&layer->in[i]));
        layer->dx[i] = buffer_of(layer, &layer->in[i], mm_desc_bytes(&layer->in[i]));
    }
    q->in = layer->in;
    q->out.layout = layer->offer.out;
    layer->run = (struct mm_kernel_run){.x = layer->x,
                                        .y = buffer_of(layer, &q->out, mm_desc_bytes(&q->out)),
                                        .dy = buffer_of(layer, &q->out, mm_desc_bytes(&q->out)),
                                        .saved = buffer_of(layer, NULL, layer->offer.saved),
                                        .workspace = buffer_of(layer, NULL, layer->offer.workspace),
                                        .moment = {.training = true}};
    check(layer->kernel->make(&layer->arena, layer->bench->device, q, &layer->offer, &layer->state, &err), &err);
}

static void close_layer(struct layer *layer)
{
    if (layer->kernel->drop)
        layer->kernel->drop(layer->state);
    while (layer->buffer_count > 0)
        layer->bench->device->type->buffer_free(layer->bench->device, layer->buffers[--layer->buffer_count]);
    mm_arena_done(&layer->arena);
}

/* Milliseconds of forward (wanted 0), or of backward to the inputs of `wanted`. */
static double time_pass(struct layer *layer, unsigned wanted)
{
    struct mm_ref dx[MM_OP_INPUTS_MAX] = {{0}};
    struct mm_error err;
    double best = 1e9;
    for (size_t i = 0; i < layer->query.count; i++)
        if (wanted >> i & 1)
            dx[i] = layer->dx[i];
    layer->run.dx = dx;
    for (int i = 0; i < REPEATS; i++) {
        double start = mm_clock();
        check((wanted ? layer->kernel->backward : layer->kernel->forward)(layer->state, &layer->run, &err), &err);
        double seconds = mm_clock() - start;
        best = seconds < best ? seconds : best;
    }
    return best * 1e3;
}

static void measure(struct bench *bench, const char *name, const struct mm_op *op, const void *params, size_t count,
                    const struct mm_desc *in)
{
    unsigned all = (1u << count) - 1, weights = op->weights & all, data = all & ~weights & ~op->states;
    struct layer layer = {
        .bench = bench,
        .query = {.op = op, .params = params, .count = count, .in = in, .training = true, .wanted = data | weights}};
    struct mm_op_cost cost = {0};
    open_layer(&layer);
    op->cost(params, count, in, &layer.query.out, &cost);
    double forward = time_pass(&layer, 0), to_data = time_pass(&layer, data);
    double to_weights = weights ? time_pass(&layer, weights) : 0;
    printf("%-32s %9.3f %9.3f %9.3f   %7.1f GF/s\n", name, forward, to_data, to_weights,
           (cost.flops_forward + cost.flops_backward) / (forward + to_data + to_weights) / 1e6);
    close_layer(&layer);
}

struct conv_layer {
    int spatial, from, to, size, kernel, stride;
};

static void measure_conv(struct bench *bench, const struct conv_layer *c)
{
    struct mm_conv p = {.groups = 1};
    char name[64];
    for (int i = 0; i < 3; i++) {
        bool flat = c->spatial == 2 && i == 0;
        p.kernel[i] = flat ? 1 : c->kernel;
        p.stride[i] = flat ? 1 : c->stride;
        p.dilation[i] = 1;
        p.low[i] = p.high[i] = flat ? 0 : c->kernel / 2;
    }
    struct mm_desc in[] = {mm_desc_make(c->spatial, 2, c->from, c->spatial == 2 ? 1 : c->size, c->size, c->size),
                           mm_desc_make(c->spatial, c->to, c->from, p.kernel[0], p.kernel[1], p.kernel[2]),
                           mm_desc_vector(c->to)};
    in[0].layout = MM_LAYOUT_CHANNELS_LAST;
    snprintf(name, sizeof name, "conv %dD %d->%d %d k%d s%d", c->spatial, c->from, c->to, c->size, c->kernel,
             c->stride);
    measure(bench, name, &mm_op_conv, &p, 3, in);
}

static void measure_others(struct bench *bench)
{
    struct mm_desc x = mm_desc_with(mm_desc_make(3, 2, 16, 48, 48, 48), MM_LAYOUT_CHANNELS_LAST);
    struct mm_desc v = mm_desc_vector(16), half = mm_desc_with(mm_desc_make(3, 2, 32, 24, 24, 24), x.layout);
    const struct mm_desc norm[] = {x, v, v, v, v}, prelu[] = {x, mm_desc_vector(1)}, two[] = {x, x};
    const struct mm_desc up[] = {half, mm_desc_make(3, 32, 16, 2, 2, 2), v};
    measure(bench, "batch_norm", &mm_op_batch_norm, &(struct mm_norm){1e-5, 0.1}, 5, norm);
    measure(bench, "instance_norm", &mm_op_instance_norm, &(struct mm_norm){1e-5, 0.1}, 3, norm);
    measure(bench, "prelu", &mm_op_activation, &(struct mm_activation){MM_PRELU, 0}, 2, prelu);
    measure(bench, "relu", &mm_op_activation, &(struct mm_activation){MM_RELU, 0}, 1, &x);
    measure(bench, "sigmoid", &mm_op_activation, &(struct mm_activation){MM_SIGMOID, 0}, 1, &x);
    measure(bench, "add", &mm_op_add, &(struct mm_add){0}, 2, two);
    measure(bench, "concat", &mm_op_concat, &(struct mm_concat){0}, 2, two);
    measure(bench, "dropout", &mm_op_dropout, &(struct mm_dropout){.p = 0.2}, 1, &x);
    measure(bench, "max pool k2", &mm_op_pool, &(struct mm_pool_op){.kernel = {2, 2, 2}, .stride = {2, 2, 2}}, 1, &x);
    measure(bench, "upsample linear", &mm_op_upsample, &(struct mm_upsample){.linear = true, .factor = {2, 2, 2}}, 1,
            &half);
    measure(bench, "conv_transpose 32->16 k2 s2", &mm_op_conv_transpose,
            &(struct mm_conv_transpose){.kernel = {2, 2, 2}, .stride = {2, 2, 2}}, 3, up);
    measure(bench, "softmax", &mm_op_softmax, &(struct mm_softmax){0}, 1, &x);
}

int main(int argc, char **argv)
{
    static const struct conv_layer convs[] = {
        {2, 16, 16, 256, 3, 1}, {2, 64, 64, 128, 3, 1}, {2, 256, 256, 32, 3, 1}, {3, 16, 16, 48, 3, 1},
        {3, 32, 32, 48, 3, 1},  {3, 1, 16, 48, 3, 1},   {3, 32, 3, 48, 3, 1},    {3, 16, 32, 48, 3, 2},
    };
    struct bench bench = {0};
    const struct mm_device_type *type;
    struct mm_pool *pool;
    struct mm_error err;
    unsigned threads = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : mm_threads_available();
    check(mm_backend_select("auto", bench.backends, &bench.backend_count, &type, &err), &err);
    check(mm_pool_open(threads, &pool, &err), &err);
    check(type->open(pool, &bench.device, &err), &err);
    printf("batch 2, 3D size 48 unless said; %u threads, ms:  forward      data   weights\n", threads);
    for (size_t i = 0; i < sizeof convs / sizeof *convs; i++)
        measure_conv(&bench, &convs[i]);
    measure_others(&bench);
    type->close(bench.device);
    mm_pool_close(pool);
    return 0;
}
