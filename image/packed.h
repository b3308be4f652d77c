/* Voxels compressed by LZ4 in blocks of whole rows, so that a part of a volume can be read without inflating the rest: the cache holds
 * more of them, and a crop costs about what it covers. Lossless.
 *
 * A packed volume is a struct mm_volume with `packed` set and `data` NULL: everything else in it (type, size, affine) is as usual.
 * mm_volume_crop reads packed volumes; whoever needs `data` unpacks first. */
#ifndef MM_IMAGE_PACKED_H
#define MM_IMAGE_PACKED_H

#include "image/volume.h"

/* Row r of a volume is (c*Z + z)*Y + y; block b holds rows [b*rows, b*rows + rows), the last one what is left, as one LZ4 block (the raw
 * block format) of bytes [ends[b-1], ends[b]). */
struct mm_packed {
    uint32_t rows;
    size_t block_count;
    const uint64_t *ends; /* [block_count] */
    const unsigned char *bytes;
};

/* A volume is worth packing when its voxels shrink to this share at most. */
#define MM_PACKED_PAYS 0.7

/* A packed volume of the same voxels in the arena; *out NULL when it does not pay, which some blocks spread over the volume tell first.
 * MM_ERR_MEMORY. */
enum mm_status mm_volume_pack(struct mm_arena *arena, const struct mm_volume *from, struct mm_volume **out,
                              struct mm_error *err);
/* Dense voxels again, new in the arena. Bytes are not trusted: MM_ERR_DATA where a block does not give exactly its rows. */
enum mm_status mm_volume_unpack(struct mm_arena *arena, const struct mm_volume *from, struct mm_volume **out,
                                struct mm_error *err);
/* Bytes of blocks and table together. */
size_t mm_packed_bytes(const struct mm_packed *packed);

#endif
