/* A device: where buffers live and work is queued. Kernels (backend.h) run on one device; several backends may share it
 * (onednn, cpu and reference all run on the device "cpu").
 * Buffers are opaque. `host` is for the kernels of backends on devices whose memory the processor can read; it is NULL for others,
 * and nobody outside trainer/backends/ calls it. */
#ifndef MM_TRAINER_BACKENDS_DEVICE_H
#define MM_TRAINER_BACKENDS_DEVICE_H

#include "base/error.h"
#include "base/threads.h"
#include "trainer/tensor.h"

struct mm_buffer; /* defined by each device */
struct mm_device;
struct mm_optimizer;
struct mm_update;

/* A tensor at run time. */
struct mm_ref {
    struct mm_buffer *buffer; /* NULL: not there (a gradient nobody wants) */
    size_t offset;            /* bytes */
    const struct mm_desc *desc;
};

struct mm_device_type {
    const char *name;
    enum mm_status (*open)(struct mm_pool *pool, struct mm_device **out, struct mm_error *err);
    void (*close)(struct mm_device *device);
    enum mm_status (*buffer_make)(struct mm_device *device, size_t bytes, struct mm_buffer **out,
                                  struct mm_error *err); /* zeroed */
    void (*buffer_free)(struct mm_device *device, struct mm_buffer *buffer);
    /* Queued in order with kernels; the host memory may be reused when the call returns. */
    enum mm_status (*upload)(struct mm_device *device, struct mm_buffer *to, size_t offset, const void *from,
                             size_t bytes, struct mm_error *err);
    enum mm_status (*download)(struct mm_device *device, const struct mm_buffer *from, size_t offset, void *to,
                               size_t bytes, struct mm_error *err);
    enum mm_status (*fill)(struct mm_device *device, struct mm_buffer *to, size_t offset, float value, size_t count,
                           struct mm_error *err);
    /* to += from, `count` floats. */
    enum mm_status (*accumulate)(struct mm_device *device, struct mm_buffer *to, size_t to_offset,
                                 const struct mm_buffer *from, size_t from_offset, size_t count,
                                 struct mm_error *err);
    /* Between layouts of the same logical tensor. */
    enum mm_status (*reorder)(struct mm_device *device, const struct mm_ref *from, const struct mm_ref *to,
                              struct mm_error *err);
    /* One optimizer update of one parameter (weights, gradient and state slots as refs of the same count). */
    enum mm_status (*update)(struct mm_device *device, const struct mm_optimizer *optimizer, const void *self,
                             double lr, int64_t step, const struct mm_ref *weight, const struct mm_ref *gradient,
                             const struct mm_ref *slots, struct mm_error *err);
    enum mm_status (*wait)(struct mm_device *device, struct mm_error *err); /* for everything queued */
    void *(*host)(struct mm_device *device, const struct mm_buffer *buffer, size_t offset);
};

struct mm_device {
    const struct mm_device_type *type;
    struct mm_pool *pool; /* borrowed; threads for kernels that run on the processor */
};

extern const struct mm_device_type mm_device_cpu; /* trainer/backends/cpu/device.c */

#endif
