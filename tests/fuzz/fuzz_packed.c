/* libFuzzer target: packed volumes. The input is the type, channels and size of a volume (11 bytes), the table's rows and count (6 bytes),
 * its ends (8 bytes each) and the blocks' bytes.
 * Reaches image/packed.c and gather.c. */
#include "image/packed.h"

#define FUZZ_MEMORY_MAX ((uint64_t)256 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The next bytes of the input, zeros behind its end. */
static uint64_t take(const uint8_t **at, const uint8_t *end, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes && *at < end; i++)
        value |= (uint64_t) * (*at)++ << 8 * i;
    return value;
}

static bool read_volume(struct mm_arena *arena, const uint8_t *data, size_t size, struct mm_volume *volume,
                        struct mm_packed *packed)
{
    const uint8_t *at = data, *end = data + size;
    *volume = (struct mm_volume){.type = (enum mm_type)(take(&at, end, 1) % MM_TYPE_COUNT), .rank = 3};
    volume->channels = (int)take(&at, end, 1);
    for (int a = 0; a < 3; a++)
        volume->size[a] = (int)take(&at, end, 3);
    volume->packed = packed;
    *packed = (struct mm_packed){.rows = (uint32_t)take(&at, end, 4), .block_count = take(&at, end, 2)};
    uint64_t *ends = mm_arena_array(arena, uint64_t, packed->block_count);
    for (size_t i = 0; i < packed->block_count; i++)
        ends[i] = take(&at, end, 8);
    packed->ends = ends;
    /* What a reader owes: as many bytes as the last end says, here in memory of exactly that size. */
    if (packed->block_count == 0 || ends[packed->block_count - 1] != (uint64_t)(end - at))
        return false;
    unsigned char *bytes = mm_arena_alloc(arena, (size_t)(end - at));
    memcpy(bytes, at, (size_t)(end - at));
    packed->bytes = bytes;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mm_budget budget;
    struct mm_arena arena;
    struct mm_volume volume, *out;
    struct mm_packed packed;
    mm_budget_init(&budget, FUZZ_MEMORY_MAX);
    mm_arena_init(&arena, &budget);
    if (read_volume(&arena, data, size, &volume, &packed)) {
        const struct mm_box box = {{volume.size[0] / 3, volume.size[1] / 3, -1}, {9, 8, 7}};
        bool is_whole = mm_volume_unpack(&arena, &volume, &out, NULL) == MM_OK;
        if (is_whole && (!mm_volume_is_dense(out) || mm_volume_bytes(out) != mm_volume_bytes(&volume)))
            mm_bug("a volume was unpacked to something else");
        mm_volume_crop(&arena, &volume, &box, 0);
    }
    mm_arena_done(&arena);
    return 0;
}
