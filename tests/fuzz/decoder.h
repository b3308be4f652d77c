/* What the fuzzers of image formats do with one input: decode it under a memory limit and walk what was read. */
#ifndef MM_TESTS_FUZZ_DECODER_H
#define MM_TESTS_FUZZ_DECODER_H

#include "image/decode.h"

#define FUZZ_MEMORY_MAX ((uint64_t)256 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline int fuzz_decoder(mm_decoder *decode, const uint8_t *data, size_t size)
{
    struct mm_budget budget;
    struct mm_arena arena;
    struct mm_error err;
    struct mm_volume *v;
    mm_budget_init(&budget, FUZZ_MEMORY_MAX);
    mm_arena_init(&arena, &budget);
    if (decode(&arena, data, size, &v, &err) == MM_OK) {
        if (mm_volume_voxels(v) == 0 || !mm_volume_is_dense(v))
            mm_bug("a volume without voxels was read");
        mm_volume_convert(&arena, v, MM_F32);
    }
    mm_arena_done(&arena);
    return 0;
}

#endif
