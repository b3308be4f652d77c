/* A device whose memory the processor cannot read: host() is NULL and every byte is stored inverted under a mask, so that whoever
 * looks behind a buffer finds rubbish. Its backend copies in, runs the op's reference and copies out, as a library on a card would. */
#ifndef MM_TESTS_TRAINER_FAKE_DEVICE_H
#define MM_TESTS_TRAINER_FAKE_DEVICE_H

#include <string.h>

#include "base/memory.h"
#include "trainer/backends/backend.h"
#include "trainer/optimizers/optimizer.h"

#define FAKE_MASK 0xA5

struct mm_buffer { /* as this device defines it */
    size_t bytes;
    unsigned char *masked;
};

static inline unsigned char *fake_bytes(const struct mm_buffer *buffer, size_t offset, size_t bytes)
{
    if (offset > buffer->bytes || bytes > buffer->bytes - offset)
        mm_bug("access outside a buffer");
    return buffer->masked + offset;
}

static inline enum mm_status fake_upload(struct mm_device *device, struct mm_buffer *to, size_t offset,
                                         const void *from, size_t bytes, struct mm_error *err)
{
    unsigned char *masked = fake_bytes(to, offset, bytes);
    const unsigned char *plain = from;
    (void)device, (void)err;
    for (size_t i = 0; i < bytes; i++)
        masked[i] = plain[i] ^ FAKE_MASK;
    return MM_OK;
}

static inline enum mm_status fake_download(struct mm_device *device, const struct mm_buffer *from, size_t offset,
                                           void *to, size_t bytes, struct mm_error *err)
{
    const unsigned char *masked = fake_bytes(from, offset, bytes);
    unsigned char *plain = to;
    (void)device, (void)err;
    for (size_t i = 0; i < bytes; i++)
        plain[i] = masked[i] ^ FAKE_MASK;
    return MM_OK;
}

static inline enum mm_status fake_buffer_make(struct mm_device *device, size_t bytes, struct mm_buffer **out,
                                              struct mm_error *err)
{
    struct mm_buffer *fake = mm_alloc(sizeof *fake);
    (void)device;
    if (!fake || !(fake->masked = mm_alloc_raw(bytes))) {
        mm_free(fake);
        return mm_fail_memory(err, "a fake buffer");
    }
    memset(fake->masked, FAKE_MASK, bytes);
    fake->bytes = bytes;
    *out = fake;
    return MM_OK;
}

static inline void fake_buffer_free(struct mm_device *device, struct mm_buffer *buffer)
{
    (void)device;
    if (buffer)
        mm_free(buffer->masked);
    mm_free(buffer);
}

/* A host copy of a piece of a buffer; the caller frees it. */
static inline void *fake_copy(const struct mm_buffer *buffer, size_t offset, size_t bytes)
{
    void *copy = mm_alloc(bytes);
    if (!copy)
        mm_bug("a test is out of memory");
    if (buffer)
        fake_download(NULL, buffer, offset, copy, bytes, NULL);
    return copy;
}

static inline enum mm_status fake_fill(struct mm_device *device, struct mm_buffer *to, size_t offset, float value,
                                       size_t count, struct mm_error *err)
{
    for (size_t i = 0; i < count; i++)
        fake_upload(device, to, offset + i * sizeof value, &value, sizeof value, err);
    return MM_OK;
}

static inline enum mm_status fake_accumulate(struct mm_device *device, struct mm_buffer *to, size_t to_offset,
                                             const struct mm_buffer *from, size_t from_offset, size_t count,
                                             struct mm_error *err)
{
    float *sum = fake_copy(to, to_offset, count * sizeof *sum),
          *add = fake_copy(from, from_offset, count * sizeof *add);
    for (size_t i = 0; i < count; i++)
        sum[i] += add[i];
    fake_upload(device, to, to_offset, sum, count * sizeof *sum, err);
    mm_free(sum);
    mm_free(add);
    return MM_OK;
}

static inline enum mm_status fake_reorder(struct mm_device *device, const struct mm_ref *from,
                                          const struct mm_ref *to, struct mm_error *err)
{
    (void)device, (void)from, (void)to;
    return mm_fail(err, MM_ERR_DEVICE, "the fake device knows the plain layout only");
}

static inline enum mm_status fake_update(struct mm_device *device, const struct mm_optimizer *optimizer,
                                         const void *self, double lr, int64_t step, const struct mm_ref *weight,
                                         const struct mm_ref *gradient, const struct mm_ref *slots,
                                         struct mm_error *err)
{
    size_t bytes = mm_desc_bytes(weight->desc);
    struct mm_update update = {.lr = lr, .step = step, .n = bytes / sizeof(float)};
    float *g = fake_copy(gradient->buffer, gradient->offset, bytes);
    update.w = fake_copy(weight->buffer, weight->offset, bytes);
    update.g = g;
    for (size_t k = 0; k < optimizer->slots; k++)
        update.slot[k] = fake_copy(slots[k].buffer, slots[k].offset, bytes);
    optimizer->update(self, &update);
    fake_upload(device, weight->buffer, weight->offset, update.w, bytes, err);
    for (size_t k = 0; k < optimizer->slots; k++) {
        fake_upload(device, slots[k].buffer, slots[k].offset, update.slot[k], bytes, err);
        mm_free(update.slot[k]);
    }
    mm_free(update.w);
    mm_free(g);
    return MM_OK;
}

static inline enum mm_status fake_wait(struct mm_device *device, struct mm_error *err)
{
    (void)device, (void)err;
    return MM_OK;
}

static inline void *fake_host(struct mm_device *device, const struct mm_buffer *buffer, size_t offset)
{
    (void)device, (void)buffer, (void)offset;
    return NULL;
}

static inline enum mm_status fake_open(struct mm_pool *pool, struct mm_device **out, struct mm_error *err);

static inline void fake_close(struct mm_device *device)
{
    mm_free(device);
}

static const struct mm_device_type fake_device = {.name = "fake",
                                                  .open = fake_open,
                                                  .close = fake_close,
                                                  .buffer_make = fake_buffer_make,
                                                  .buffer_free = fake_buffer_free,
                                                  .upload = fake_upload,
                                                  .download = fake_download,
                                                  .fill = fake_fill,
                                                  .accumulate = fake_accumulate,
                                                  .reorder = fake_reorder,
                                                  .update = fake_update,
                                                  .wait = fake_wait,
                                                  .host = fake_host};

static inline enum mm_status fake_open(struct mm_pool *pool, struct mm_device **out, struct mm_error *err)
{
    struct mm_device *device = mm_alloc(sizeof *device);
    if (!device)
        return mm_fail_memory(err, "a fake device");
    *device = (struct mm_device){&fake_device, pool};
    *out = device;
    return MM_OK;
}

static inline bool fake_offer(const struct mm_kernel_query *query, struct mm_kernel_offer *offer)
{
    offer->saved =
        query->op->saved_bytes ? query->op->saved_bytes(query->params, query->count, query->in, &query->out) : 0;
    offer->cost = 1;
    return true; /* all layouts plain */
}

static inline enum mm_status fake_make(struct mm_arena *arena, struct mm_device *device,
                                       const struct mm_kernel_query *query, const struct mm_kernel_offer *offer,
                                       void **state, struct mm_error *err)
{
    struct mm_kernel_query *copy = mm_arena_new(arena, struct mm_kernel_query);
    (void)device, (void)offer;
    if (!copy)
        return mm_fail_memory(err, "a fake kernel");
    *copy = *query;
    *state = copy;
    return MM_OK;
}

static inline float *fake_in(const struct mm_ref *ref)
{
    return fake_copy(ref->buffer, ref->offset, mm_desc_bytes(ref->desc));
}

static inline void fake_out(const struct mm_ref *ref, const void *host, size_t bytes)
{
    if (ref->buffer)
        fake_upload(NULL, ref->buffer, ref->offset, host, bytes, NULL);
}

static inline enum mm_status fake_run(const struct mm_kernel_query *query, const struct mm_kernel_run *run, bool back)
{
    float *x[MM_OP_INPUTS_MAX], *dx[MM_OP_INPUTS_MAX];
    struct mm_kernel_offer offer = {0};
    fake_offer(query, &offer);
    for (size_t i = 0; i < query->count; i++) {
        x[i] = fake_in(&run->x[i]);
        dx[i] = back && run->dx[i].buffer ? fake_in(&run->dx[i]) : NULL;
    }
    float *y = fake_in(&run->y), *dy = back ? fake_in(&run->dy) : NULL;
    void *saved = fake_copy(run->saved.buffer, run->saved.offset, offer.saved);
    const struct mm_op_call call = {.params = query->params,
                                    .count = query->count,
                                    .in = query->in,
                                    .out = &query->out,
                                    .x = x,
                                    .y = y,
                                    .saved = saved,
                                    .dy = dy,
                                    .dx = dx,
                                    .moment = run->moment};
    if (back)
        query->op->backward(&call);
    else
        query->op->forward(&call);
    for (size_t i = 0; i < query->count; i++) {
        if (!back && query->op->states >> i & 1)
            fake_out(&run->x[i], x[i], mm_desc_bytes(&query->in[i]));
        if (dx[i])
            fake_out(&run->dx[i], dx[i], mm_desc_bytes(&query->in[i]));
        mm_free(x[i]);
        mm_free(dx[i]);
    }
    if (!back) {
        fake_out(&run->y, y, mm_desc_bytes(&query->out));
        fake_out(&run->saved, saved, offer.saved);
    }
    mm_free(y);
    mm_free(dy);
    mm_free(saved);
    return MM_OK;
}

static inline enum mm_status fake_forward(void *state, const struct mm_kernel_run *run, struct mm_error *err)
{
    (void)err;
    return fake_run(state, run, false);
}

static inline enum mm_status fake_backward(void *state, const struct mm_kernel_run *run, struct mm_error *err)
{
    (void)err;
    return fake_run(state, run, true);
}

static const struct mm_kernel fake_kernel = {
    .offer = fake_offer, .make = fake_make, .forward = fake_forward, .backward = fake_backward};
static const struct mm_kernel *const fake_kernels[] = {&fake_kernel, NULL};
static const struct mm_backend fake_backend = {
    .name = "fake", .summary = "references behind copies", .device = &fake_device, .kernels = fake_kernels};

#endif
