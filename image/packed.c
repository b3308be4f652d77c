/* Packing and unpacking by liblz4's block functions (the format: lz4_Block_format.md of LZ4 1.9).
 *
 * Rows a block: as many as fit in BLOCK_BYTES, one at least. Larger blocks pack a little better, smaller ones let a crop decode less
 * beside its own rows. By build/bench/packed, a crop of 96^3 out of 400 x 400 x 200 takes with blocks of 16, 32, 64, 128 KiB: of a
 * windowed CT in float32 9.1, 9.5, 10.2, 9.6 ms (33, 33, 33, 26 % of the bytes are left), of its label in uint8 0.50, 0.55, 0.72,
 * 1.01 ms (1 %). */
#include <lz4.h>

#include "image/packed_internal.h"

#define BLOCK_BYTES   ((size_t)16 << 10)
#define PROBES        16  /* blocks that tell whether the others are worth trying */
#define EXPANSION_MAX 255 /* a byte of LZ4 stands for no more: each adds at most 255 to the length of a match */

static enum mm_status fail_damaged(const char *what, struct mm_error *err)
{
    return mm_fail(err, MM_ERR_DATA, "the packed voxels are damaged: %s", what);
}

size_t mm_packed_bytes(const struct mm_packed *packed)
{
    size_t blocks = packed->block_count;
    return (blocks ? (size_t)packed->ends[blocks - 1] : 0) + blocks * sizeof *packed->ends;
}

/* Sizes whose product is one of a volume, and how they cut into rows. */
static bool measure(const struct mm_volume *volume, struct mm_packed_reader *reader)
{
    size_t voxels = 1;
    const int factors[4] = {volume->size[0], volume->size[1], volume->size[2], volume->channels};
    for (int a = 0; a < 4; a++)
        if (factors[a] <= 0 || !mm_size_mul(voxels, (size_t)factors[a], &voxels) || voxels > MM_VOLUME_VOXELS_MAX)
            return false;
    reader->volume = volume;
    reader->row_bytes = (size_t)volume->size[0] * mm_type_bytes(volume->type);
    reader->row_count = voxels / (size_t)volume->size[0];
    reader->held = SIZE_MAX;
    return true;
}

enum mm_status mm_packed_open(struct mm_arena *arena, const struct mm_volume *volume, struct mm_packed_reader *reader,
                              struct mm_error *err)
{
    const struct mm_packed *packed = volume->packed;
    *reader = (struct mm_packed_reader){.arena = arena};
    if (!measure(volume, reader))
        return fail_damaged("an impossible size", err);
    size_t rows = packed->rows, block_bytes;
    if (rows == 0 || !mm_size_mul(rows, reader->row_bytes, &block_bytes) || block_bytes > LZ4_MAX_INPUT_SIZE)
        return fail_damaged("an impossible number of rows in a block", err);
    if (packed->block_count != (reader->row_count - 1) / rows + 1)
        return fail_damaged("the number of blocks is not that of the rows", err);
    if (mm_volume_bytes(volume) / EXPANSION_MAX > packed->ends[packed->block_count - 1])
        return fail_damaged("too few bytes for so many voxels", err);
    return MM_OK;
}

enum mm_status mm_packed_decode(const struct mm_packed_reader *reader, size_t block, unsigned char *to,
                                struct mm_error *err)
{
    const struct mm_packed *packed = reader->volume->packed;
    size_t first = block * packed->rows, left = reader->row_count - first;
    size_t raw = (left < packed->rows ? left : packed->rows) * reader->row_bytes;
    uint64_t start = block ? packed->ends[block - 1] : 0, end = packed->ends[block];
    if (start >= end || end > packed->ends[packed->block_count - 1] || end - start > LZ4_MAX_INPUT_SIZE)
        return fail_damaged("blocks are out of order", err);
    int size = LZ4_decompress_safe((const char *)packed->bytes + start, (char *)to, (int)(end - start), (int)raw);
    return size == (int)raw ? MM_OK : fail_damaged("a block does not give its rows", err);
}

enum mm_status mm_packed_row(struct mm_packed_reader *reader, int c, int z, int y, const unsigned char **row,
                             struct mm_error *err)
{
    enum mm_status s;
    const struct mm_volume *volume = reader->volume;
    size_t rows = volume->packed->rows;
    size_t r = ((size_t)c * (size_t)volume->size[2] + (size_t)z) * (size_t)volume->size[1] + (size_t)y;
    size_t most = rows < reader->row_count ? rows : reader->row_count;
    if (!reader->block && !(reader->block = mm_arena_alloc(reader->arena, most * reader->row_bytes)))
        return mm_fail_memory(err, "a block of voxels");
    if (reader->held != r / rows) {
        reader->held = SIZE_MAX;
        if (MM_TRY(s, mm_packed_decode(reader, r / rows, reader->block, err)))
            return s;
        reader->held = r / rows;
    }
    *row = reader->block + r % rows * reader->row_bytes;
    return MM_OK;
}

enum mm_status mm_volume_unpack(struct mm_arena *arena, const struct mm_volume *from, struct mm_volume **out,
                                struct mm_error *err)
{
    enum mm_status s;
    struct mm_packed_reader reader;
    if (MM_TRY(s, mm_packed_open(arena, from, &reader, err)))
        return s;
    struct mm_volume *to = mm_volume_like(arena, from, from->type, 0);
    if (!to)
        return mm_fail_memory(err, "unpacked voxels");
    size_t step = from->packed->rows * reader.row_bytes;
    for (size_t block = 0; block < from->packed->block_count; block++)
        if (MM_TRY(s, mm_packed_decode(&reader, block, (unsigned char *)to->data + block * step, err)))
            return s;
    *out = to;
    return MM_OK;
}

/* Blocks on their way into LZ4. */
struct packer {
    const unsigned char *voxels;
    size_t total, step; /* bytes of all rows, of a block of them */
    unsigned char *bytes;
    size_t used, room; /* room: what would not pay, and one block more */
};

static size_t packer_block(const struct packer *packer, size_t block, size_t at)
{
    size_t start = block * packer->step, left = packer->total - start;
    int size = LZ4_compress_default((const char *)packer->voxels + start, (char *)packer->bytes + at,
                                    (int)(left < packer->step ? left : packer->step),
                                    (int)(packer->room - at < INT32_MAX ? packer->room - at : INT32_MAX));
    return (size_t)size;
}

static size_t paying(size_t raw)
{
    return (size_t)(MM_PACKED_PAYS * (double)raw);
}

/* Do blocks spread over the volume shrink? The first and the last of a CT are air, so neither is asked. */
static bool probe(const struct packer *packer, size_t blocks)
{
    size_t packed = 0, raw = 0;
    if (blocks < 2 * PROBES)
        return true;
    for (size_t i = 0; i < PROBES; i++) {
        packed += packer_block(packer, (2 * i + 1) * blocks / (2 * PROBES), 0);
        raw += packer->step;
    }
    return packed <= paying(raw);
}

/* All blocks and their ends; false as soon as they are too many bytes. */
static bool pack_blocks(struct packer *packer, size_t blocks, uint64_t *ends)
{
    size_t most = paying(packer->total);
    for (size_t block = 0; block < blocks; block++) {
        packer->used += packer_block(packer, block, packer->used);
        ends[block] = packer->used;
        if (packer->used + blocks * sizeof *ends > most)
            return false;
    }
    return true;
}

static struct mm_volume *wrap_packed(struct mm_arena *arena, const struct mm_volume *from,
                                     const struct packer *packer, uint32_t rows, size_t blocks, const uint64_t *ends)
{
    struct mm_packed *packed = mm_arena_new(arena, struct mm_packed);
    uint64_t *table = mm_arena_array(arena, uint64_t, blocks);
    unsigned char *bytes = mm_arena_alloc(arena, packer->used);
    struct mm_volume *to = mm_volume_wrap(arena, from->type, from->rank, from->channels, from->size, NULL);
    if (!packed || !table || !bytes || !to)
        return NULL;
    memcpy(table, ends, blocks * sizeof *table);
    memcpy(bytes, packer->bytes, packer->used);
    memcpy(to->affine, from->affine, sizeof to->affine);
    *packed = (struct mm_packed){.rows = rows, .block_count = blocks, .ends = table, .bytes = bytes};
    to->packed = packed;
    return to;
}

enum mm_status mm_volume_pack_rows(struct mm_arena *arena, const struct mm_volume *from, size_t rows,
                                   struct mm_volume **out, struct mm_error *err)
{
    enum mm_status s = MM_OK;
    struct mm_arena scratch;
    struct mm_packed_reader like;
    *out = NULL;
    if (!measure(from, &like))
        return MM_OK;
    size_t blocks = (like.row_count - 1) / rows + 1, total = like.row_count * like.row_bytes;
    mm_arena_init(&scratch, arena->budget);
    const struct mm_volume *dense = mm_volume_is_dense(from) ? from : mm_volume_copy(&scratch, from);
    uint64_t *ends = mm_arena_array(&scratch, uint64_t, blocks);
    size_t step = rows < like.row_count ? rows * like.row_bytes : total;
    size_t room = paying(total) + (size_t)LZ4_compressBound((int)step);
    struct packer packer = {.step = step, .total = total, .room = room, .bytes = mm_alloc_raw(room)};
    if (!dense || !ends || !packer.bytes) {
        s = mm_fail_memory(err, "packed voxels");
        goto done;
    }
    packer.voxels = dense->data;
    if (probe(&packer, blocks) && pack_blocks(&packer, blocks, ends) &&
        !(*out = wrap_packed(arena, from, &packer, (uint32_t)rows, blocks, ends)))
        s = mm_fail_memory(err, "packed voxels");
done:
    mm_free(packer.bytes);
    mm_arena_done(&scratch);
    return s;
}

enum mm_status mm_volume_pack(struct mm_arena *arena, const struct mm_volume *from, struct mm_volume **out,
                              struct mm_error *err)
{
    size_t row_bytes = (size_t)from->size[0] * mm_type_bytes(from->type);
    *out = NULL;
    if (from->packed || row_bytes > LZ4_MAX_INPUT_SIZE)
        return MM_OK;
    return mm_volume_pack_rows(arena, from, row_bytes < BLOCK_BYTES ? BLOCK_BYTES / row_bytes : 1, out, err);
}
