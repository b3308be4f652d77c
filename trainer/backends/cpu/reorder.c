/* Layouts differ only in the strides of an item, of a block of 16 channels, and of channel and voxel within it. Work is cut into
 * tiles of one item, one block of channels and a run of voxels. */
#include "trainer/backends/cpu/reorder.h"

#define BLOCK 16 /* channels of MM_LAYOUT_BLOCKED16 */

/* Where element (n, 16 * block + c, s) lies, s the voxel: base(n, block) + c * channel + s * voxel. */
struct strides {
    int64_t item, block, channel, voxel;
};

static struct strides strides_of(const struct mm_desc *desc)
{
    int64_t channels = desc->dim[1], area = mm_desc_area(desc), blocks = (channels + BLOCK - 1) / BLOCK;
    switch (desc->layout) {
    case MM_LAYOUT_BLOCKED16:
        return (struct strides){blocks * area * BLOCK, area * BLOCK, 1, BLOCK};
    case MM_LAYOUT_CHANNELS_LAST:
        return (struct strides){channels * area, BLOCK, 1, channels};
    default:
        return (struct strides){channels * area, BLOCK * area, area, 1};
    }
}

/* A shard is a tile: one item, 16 channels, TILE voxels. */
#define TILE 1024

struct reorder {
    const float *from;
    float *to;
    struct strides in, out;
    int64_t blocks, channels, area, tiles;
    bool pad; /* the target stores the channels that are not there, as 0 */
};

static void copy_tile(const float *from, struct strides in, float *to, struct strides out, int64_t channels,
                      int64_t voxels)
{
    if (in.voxel == 1)
        for (int64_t s = 0; s < voxels; s++)
            for (int64_t c = 0; c < channels; c++)
                to[s * out.voxel + c * out.channel] = from[c * in.channel + s];
    else if (out.voxel == 1)
        for (int64_t c = 0; c < channels; c++)
            for (int64_t s = 0; s < voxels; s++)
                to[c * out.channel + s] = from[s * in.voxel + c];
    else
        for (int64_t s = 0; s < voxels; s++)
            memcpy(to + s * out.voxel, from + s * in.voxel, (size_t)channels * sizeof *to);
}
static void reorder_shard(void *context, size_t shard, unsigned thread)
{
    const struct reorder *r = context;
    int64_t tile = (int64_t)shard % r->tiles, block = (int64_t)shard / r->tiles % r->blocks;
    int64_t item = (int64_t)shard / r->tiles / r->blocks, first = tile * TILE;
    int64_t voxels = r->area - first < TILE ? r->area - first : TILE;
    int64_t channels = r->channels - block * BLOCK < BLOCK ? r->channels - block * BLOCK : BLOCK;
    float *to = r->to + item * r->out.item + block * r->out.block + first * r->out.voxel;
    (void)thread;
    copy_tile(r->from + item * r->in.item + block * r->in.block + first * r->in.voxel, r->in, to, r->out, channels,
              voxels);
    for (int64_t s = 0; s < voxels && r->pad; s++)
        for (int64_t c = channels; c < BLOCK; c++)
            to[s * BLOCK + c] = 0;
}

void mm_reorder_run(struct mm_pool *pool, const struct mm_desc *in, const float *from, const struct mm_desc *out,
                    float *to)
{
    int64_t area = mm_desc_area(in);
    struct reorder r = {.from = from,
                        .to = to,
                        .in = strides_of(in),
                        .out = strides_of(out),
                        .blocks = (in->dim[1] + BLOCK - 1) / BLOCK,
                        .channels = in->dim[1],
                        .area = area,
                        .tiles = (area + TILE - 1) / TILE,
                        .pad = out->layout == MM_LAYOUT_BLOCKED16};
    mm_pool_run(pool, (size_t)(in->dim[0] * r.blocks * r.tiles), reorder_shard, &r);
}
