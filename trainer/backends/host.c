/* What kernels on the device "cpu" share (host.h). */
#include "trainer/backends/host.h"

float *mm_host_data(struct mm_device *device, const struct mm_ref *ref)
{
    return ref->buffer ? device->type->host(device, ref->buffer, ref->offset) : NULL;
}

bool mm_host_flat(const struct mm_desc *desc)
{
    return desc->dim[1] == 1 || mm_desc_area(desc) == 1;
}

enum mm_layout mm_host_channels_last(const struct mm_desc *desc)
{
    return mm_host_flat(desc) ? MM_LAYOUT_PLAIN : MM_LAYOUT_CHANNELS_LAST;
}

enum mm_layout mm_host_either(const struct mm_desc *desc)
{
    return desc->layout == MM_LAYOUT_PLAIN ? MM_LAYOUT_PLAIN : mm_host_channels_last(desc);
}

size_t mm_host_shards(int64_t count)
{
    return (size_t)((count + MM_HOST_SHARD - 1) / MM_HOST_SHARD);
}

int64_t mm_host_range(int64_t count, size_t shard, int64_t *from)
{
    *from = (int64_t)shard * MM_HOST_SHARD;
    return *from + MM_HOST_SHARD < count ? *from + MM_HOST_SHARD : count;
}

double mm_host_seconds(double bytes)
{
    return bytes / 1e10;
}
