/* The processor as a device: buffers are host memory, work is done when the call returns. Loops over elements are cut into
 * shards of fixed size for the pool, so that results do not depend on the number of threads. */
#include "trainer/backends/device.h"
#include "base/memory.h"
#include "trainer/backends/cpu/reorder.h"
#include "trainer/optimizers/optimizer.h"

#define SHARD ((size_t)1 << 16) /* elements a shard */

struct mm_buffer {
    size_t bytes;
    unsigned char *memory;
};

static enum mm_status cpu_open(struct mm_pool *pool, struct mm_device **out, struct mm_error *err)
{
    struct mm_device *device = mm_alloc(sizeof *device);
    if (!device)
        return mm_fail_memory(err, "the device");
    *device = (struct mm_device){&mm_device_cpu, pool};
    *out = device;
    return MM_OK;
}

static void cpu_close(struct mm_device *device)
{
    mm_free(device);
}

static enum mm_status buffer_make(struct mm_device *device, size_t bytes, struct mm_buffer **out,
                                  struct mm_error *err)
{
    (void)device;
    struct mm_buffer *buffer = mm_alloc(sizeof *buffer);
    unsigned char *memory = buffer ? mm_alloc_large(bytes) : NULL;
    if (!memory) {
        mm_free(buffer);
        return mm_fail(err, MM_ERR_MEMORY, "cannot allocate %zu bytes for tensors", bytes);
    }
    memset(memory, 0, bytes);
    *buffer = (struct mm_buffer){bytes, memory};
    *out = buffer;
    return MM_OK;
}

static void buffer_free(struct mm_device *device, struct mm_buffer *buffer)
{
    (void)device;
    if (buffer)
        mm_free_large(buffer->memory, buffer->bytes);
    mm_free(buffer);
}

static void *floats_at(const struct mm_buffer *buffer, size_t offset)
{
    return buffer->memory + offset;
}

static enum mm_status check_range(const struct mm_buffer *buffer, size_t offset, size_t bytes, struct mm_error *err)
{
    if (offset > buffer->bytes || bytes > buffer->bytes - offset)
        return mm_fail(err, MM_ERR_DEVICE, "%zu bytes at %zu are outside a buffer of %zu", bytes, offset,
                       buffer->bytes);
    return MM_OK;
}

static enum mm_status upload(struct mm_device *device, struct mm_buffer *to, size_t offset, const void *from,
                             size_t bytes, struct mm_error *err)
{
    (void)device;
    enum mm_status s = check_range(to, offset, bytes, err);
    if (!s)
        memcpy(to->memory + offset, from, bytes);
    return s;
}

static enum mm_status download(struct mm_device *device, const struct mm_buffer *from, size_t offset, void *to,
                               size_t bytes, struct mm_error *err)
{
    (void)device;
    enum mm_status s = check_range(from, offset, bytes, err);
    if (!s)
        memcpy(to, from->memory + offset, bytes);
    return s;
}

/* `count` floats in shards; each shard knows its first element and their number. */
struct floats {
    float *to;
    const float *from;
    float value;
    size_t count;
};

static size_t shards_of(size_t count)
{
    return (count + SHARD - 1) / SHARD;
}

static size_t shard_size(size_t count, size_t shard)
{
    size_t rest = count - shard * SHARD;
    return rest < SHARD ? rest : SHARD;
}

static void fill_shard(void *context, size_t shard, unsigned thread)
{
    const struct floats *f = context;
    float *to = f->to + shard * SHARD;
    size_t n = shard_size(f->count, shard);
    (void)thread;
    for (size_t i = 0; i < n; i++)
        to[i] = f->value;
}

static enum mm_status fill(struct mm_device *device, struct mm_buffer *to, size_t offset, float value, size_t count,
                           struct mm_error *err)
{
    enum mm_status s = check_range(to, offset, count * sizeof(float), err);
    struct floats floats = {.to = floats_at(to, offset), .value = value, .count = count};
    if (!s)
        mm_pool_run(device->pool, shards_of(count), fill_shard, &floats);
    return s;
}

static void accumulate_shard(void *context, size_t shard, unsigned thread)
{
    const struct floats *f = context;
    float *to = f->to + shard * SHARD;
    const float *from = f->from + shard * SHARD;
    size_t n = shard_size(f->count, shard);
    (void)thread;
    for (size_t i = 0; i < n; i++)
        to[i] += from[i];
}

static enum mm_status accumulate(struct mm_device *device, struct mm_buffer *to, size_t to_offset,
                                 const struct mm_buffer *from, size_t from_offset, size_t count, struct mm_error *err)
{
    enum mm_status s;
    if (MM_TRY(s, check_range(to, to_offset, count * sizeof(float), err)) ||
        MM_TRY(s, check_range(from, from_offset, count * sizeof(float), err)))
        return s;
    struct floats floats = {.to = floats_at(to, to_offset), .from = floats_at(from, from_offset), .count = count};
    mm_pool_run(device->pool, shards_of(count), accumulate_shard, &floats);
    return MM_OK;
}

static enum mm_status reorder(struct mm_device *device, const struct mm_ref *from, const struct mm_ref *to,
                              struct mm_error *err)
{
    const struct mm_desc *in = from->desc, *out = to->desc;
    enum mm_status s;
    if (!mm_desc_same_shape(in, out) || in->dtype != MM_DT_F32 || out->dtype != MM_DT_F32)
        return mm_fail(err, MM_ERR_DEVICE, "reorder between different shapes or types");
    if (MM_TRY(s, check_range(from->buffer, from->offset, mm_desc_bytes(in), err)) ||
        MM_TRY(s, check_range(to->buffer, to->offset, mm_desc_bytes(out), err)))
        return s;
    mm_reorder_run(device->pool, in, floats_at(from->buffer, from->offset), out, floats_at(to->buffer, to->offset));
    return MM_OK;
}

struct updating {
    const struct mm_optimizer *optimizer;
    const void *self;
    struct mm_update whole;
};

static void update_shard(void *context, size_t shard, unsigned thread)
{
    const struct updating *u = context;
    struct mm_update part = u->whole;
    (void)thread;
    part.n = shard_size(u->whole.n, shard);
    part.w += shard * SHARD;
    part.g += shard * SHARD;
    for (size_t k = 0; k < u->optimizer->slots; k++)
        part.slot[k] += shard * SHARD;
    u->optimizer->update(u->self, &part);
}

static enum mm_status update(struct mm_device *device, const struct mm_optimizer *optimizer, const void *self,
                             double lr, int64_t step, const struct mm_ref *weight, const struct mm_ref *gradient,
                             const struct mm_ref *slots, struct mm_error *err)
{
    size_t bytes = mm_desc_bytes(weight->desc);
    enum mm_status s;
    if (MM_TRY(s, check_range(weight->buffer, weight->offset, bytes, err)) ||
        MM_TRY(s, check_range(gradient->buffer, gradient->offset, bytes, err)))
        return s;
    struct updating u = {optimizer, self, {.lr = lr, .step = step, .n = bytes / sizeof(float)}};
    u.whole.w = floats_at(weight->buffer, weight->offset);
    u.whole.g = floats_at(gradient->buffer, gradient->offset);
    for (size_t k = 0; k < optimizer->slots; k++) {
        if (MM_TRY(s, check_range(slots[k].buffer, slots[k].offset, bytes, err)))
            return s;
        u.whole.slot[k] = floats_at(slots[k].buffer, slots[k].offset);
    }
    if (optimizer->elementwise)
        mm_pool_run(device->pool, shards_of(u.whole.n), update_shard, &u);
    else
        optimizer->update(self, &u.whole);
    return MM_OK;
}

static enum mm_status wait(struct mm_device *device, struct mm_error *err)
{
    (void)device, (void)err;
    return MM_OK;
}

static void *host(struct mm_device *device, const struct mm_buffer *buffer, size_t offset)
{
    (void)device;
    return buffer->memory + offset;
}

const struct mm_device_type mm_device_cpu = {
    .name = "cpu",
    .open = cpu_open,
    .close = cpu_close,
    .buffer_make = buffer_make,
    .buffer_free = buffer_free,
    .upload = upload,
    .download = download,
    .fill = fill,
    .accumulate = accumulate,
    .reorder = reorder,
    .update = update,
    .wait = wait,
    .host = host,
};
