/* Cuts convolutions into shards (split.h). The constants trade the cost of a call (about 10 microseconds) and of
 * summing partial weight gradients against work for many threads; they were measured on two cores. */
#include "trainer/backends/onednn/split.h"

#define SHARDS_WANTED  16        /* strips are cut until there are so many shards */
#define SHARDS_MAX     64        /* of samples */
#define SHARD_FLOPS    2e7       /* least work of a shard */
#define WEIGHTS_CACHED (1 << 18) /* weights that stay in a core's cache from shard to shard ... */
#define WEIGHTS_AREA   128       /* ... and least positions of a shard that has to read others again */
#define PARTIALS_AREA  256       /* least destination positions for each partial weight gradient */
#define PARTIALS_BYTES (64 << 20)

static int axis_of(const struct mm_dnnl_shape *shape)
{
    return 3 - shape->spatial;
}

static int64_t area(const int64_t *space, int from)
{
    int64_t product = 1;
    for (int i = from; i < 3; i++)
        product *= space[i];
    return product;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t weight_count(const struct mm_dnnl_shape *s)
{
    return s->out_channels * (s->in_channels / s->groups) * s->kernel[0] * s->kernel[1] * s->kernel[2];
}

double mm_dnnl_shape_flops(const struct mm_dnnl_shape *shape)
{
    return 2.0 * (double)weight_count(shape) * (double)area(shape->out, 0) * (double)shape->n;
}

int64_t mm_dnnl_shape_row(const struct mm_dnnl_shape *shape, bool source)
{
    int axis = axis_of(shape);
    return source ? area(shape->in, axis + 1) * shape->in_channels : area(shape->out, axis + 1) * shape->out_channels;
}

int64_t mm_dnnl_shape_sample(const struct mm_dnnl_shape *shape, bool source)
{
    int axis = axis_of(shape);
    return mm_dnnl_shape_row(shape, source) * (source ? shape->in[axis] : shape->out[axis]);
}

/* Most shards that pay: each has enough work for its call and for reading the weights, and in backward weights their
 * partial gradients are few enough. */
static int64_t shards_allowed(const struct mm_dnnl_shape *shape, enum mm_dnnl_pass pass)
{
    int64_t by_flops = (int64_t)(mm_dnnl_shape_flops(shape) / SHARD_FLOPS), most = by_flops;
    int64_t weights = weight_count(shape), positions = area(shape->out, 0) * shape->n;
    if (pass == MM_DNNL_BACKWARD_WEIGHTS) {
        int64_t by_bytes = PARTIALS_BYTES / (weights * (int64_t)sizeof(float) + 1);
        most = least(most, least(positions / PARTIALS_AREA, by_bytes));
    } else if (weights > WEIGHTS_CACHED)
        most = least(most, positions / WEIGHTS_AREA);
    most = most > 2 ? most : least(by_flops, 2);
    return most > 1 ? most : 1;
}

struct mm_split mm_split_choose(const struct mm_dnnl_shape *shape, enum mm_dnnl_pass pass)
{
    int64_t allowed = shards_allowed(shape, pass);
    int64_t groups = least(least(allowed, SHARDS_MAX), shape->n);
    while (shape->n % groups)
        groups--;
    int axis = axis_of(shape);
    const int64_t *written = pass == MM_DNNL_BACKWARD_DATA ? shape->in : shape->out;
    int64_t strips = 1;
    if (groups == shape->n) {
        strips = least((SHARDS_WANTED + groups - 1) / groups, allowed / groups);
        strips = least(strips, written[axis] / (2 * shape->stride[axis]));
        strips = strips > 1 ? strips : 1;
    }
    struct mm_split split = {.group = shape->n / groups, .strips = (int)strips, .shards = (int)(groups * strips)};
    struct mm_strip strip;
    for (int i = 0; i < split.strips; i++)
        if (split.strips > 1 && !mm_split_strip(shape, pass, &split, i, &strip))
            split = (struct mm_split){.group = split.group, .strips = 1, .shards = (int)groups};
    return split;
}

/* Destination rows [from, to) and the source rows below their windows. */
static bool strip_of_destination(struct mm_strip *strip, int axis, int64_t from, int64_t to)
{
    struct mm_dnnl_shape *s = &strip->shape;
    int64_t reach = (int64_t)(s->kernel[axis] - 1) * s->dilation[axis] + 1;
    int64_t first = from * s->stride[axis] - s->low[axis], end = (to - 1) * s->stride[axis] - s->low[axis] + reach;
    int64_t low = first < 0 ? -first : 0, high = end > s->in[axis] ? end - s->in[axis] : 0;
    strip->source_row = first + low;
    strip->destination_row = from;
    s->in[axis] = end - high - strip->source_row;
    s->out[axis] = to - from;
    s->low[axis] = low;
    s->high[axis] = high;
    return s->in[axis] > 0;
}

static int64_t ceil_divide(int64_t a, int64_t b)
{
    return a > 0 ? (a + b - 1) / b : -(-a / b);
}

/* Source rows [from, to) and the destination rows whose windows touch them: the convolution of these rows alone, with
 * as much padding as makes it produce exactly those destinations. */
static bool strip_of_source(struct mm_strip *strip, int axis, int64_t from, int64_t to)
{
    struct mm_dnnl_shape *s = &strip->shape;
    int64_t stride = s->stride[axis], reach = (int64_t)(s->kernel[axis] - 1) * s->dilation[axis] + 1;
    int64_t first = ceil_divide(from + s->low[axis] - (reach - 1), stride),
            end = (to - 1 + s->low[axis]) / stride + 1;
    first = first > 0 ? first : 0;
    end = end < s->out[axis] ? end : s->out[axis];
    int64_t low = from + s->low[axis] - first * stride;
    int64_t high = (end - first - 1) * stride + reach - (to - from) - low;
    strip->source_row = from;
    strip->destination_row = first;
    s->in[axis] = to - from;
    s->out[axis] = end - first;
    s->low[axis] = low;
    s->high[axis] = high > 0 ? high : 0;
    return s->out[axis] > 0 && low >= 0 && high > -stride && low < reach && high < reach;
}

bool mm_split_strip(const struct mm_dnnl_shape *shape, enum mm_dnnl_pass pass, const struct mm_split *split,
                    int strip, struct mm_strip *out)
{
    *out = (struct mm_strip){.shape = *shape};
    out->shape.n = split->group;
    if (split->strips == 1)
        return true;
    int axis = axis_of(shape);
    if (pass != MM_DNNL_BACKWARD_DATA)
        return strip_of_destination(out, axis, shape->out[axis] * strip / split->strips,
                                    shape->out[axis] * (strip + 1) / split->strips);
    int64_t blocks = shape->in[axis] / shape->stride[axis], stride = shape->stride[axis];
    int64_t to = strip + 1 == split->strips ? shape->in[axis] : blocks * (strip + 1) / split->strips * stride;
    return strip_of_source(out, axis, blocks * strip / split->strips * stride, to);
}
