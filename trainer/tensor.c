/* Descriptions of tensors: sizes and text. Sizes do not overflow: mm_graph_shapes refuses shapes near the limits. */
#include "trainer/tensor.h"

struct mm_desc mm_desc_make(int spatial, int64_t n, int64_t c, int64_t d, int64_t h, int64_t w)
{
    return (struct mm_desc){MM_DT_F32, MM_LAYOUT_PLAIN, spatial, {n, c, d, h, w}};
}

struct mm_desc mm_desc_vector(int64_t c)
{
    return mm_desc_make(0, c, 1, 1, 1, 1);
}

struct mm_desc mm_desc_with(struct mm_desc desc, enum mm_layout layout)
{
    desc.layout = layout;
    return desc;
}

int64_t mm_desc_count(const struct mm_desc *desc)
{
    return desc->dim[0] * desc->dim[1] * mm_desc_area(desc);
}

size_t mm_desc_elements(const struct mm_desc *desc)
{
    int64_t channels = desc->dim[1];
    if (desc->layout == MM_LAYOUT_BLOCKED16)
        channels = (channels + 15) / 16 * 16;
    return (size_t)(desc->dim[0] * channels * mm_desc_area(desc));
}

size_t mm_desc_bytes(const struct mm_desc *desc)
{
    return mm_desc_elements(desc) * (desc->dtype == MM_DT_BF16 ? 2 : 4);
}

int64_t mm_desc_area(const struct mm_desc *desc)
{
    return desc->dim[2] * desc->dim[3] * desc->dim[4];
}

bool mm_desc_same_shape(const struct mm_desc *a, const struct mm_desc *b)
{
    return memcmp(a->dim, b->dim, sizeof a->dim) == 0;
}

const char *mm_desc_text(const struct mm_desc *desc, char *buffer, size_t size)
{
    const int64_t *dim = desc->dim;
    int rank = 5;
    if (desc->spatial == 0) /* a vector or scalar: without the ones behind */
        while (rank > 1 && dim[rank - 1] == 1)
            rank--;
    int length = snprintf(buffer, size, "%lld", (long long)dim[0]);
    for (int i = 1; i < rank && length >= 0 && (size_t)length < size; i++)
        if (i != 2 || desc->spatial != 2 || dim[2] != 1)
            length += snprintf(buffer + length, size - (size_t)length, "x%lld", (long long)dim[i]);
    return buffer;
}

const char *mm_layout_name(enum mm_layout layout)
{
    static const char *const names[MM_LAYOUT_COUNT] = {"plain", "blocked16", "channels_last"};
    return (unsigned)layout < MM_LAYOUT_COUNT ? names[layout] : "unknown";
}
