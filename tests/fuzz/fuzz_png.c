/* libFuzzer target: PNG files. The input is a whole file.
 * Reaches image/png.c and the parts of libpng that it lets in; every image read is walked. */
#include "image/png_internal.h"

#define MEMORY_MAX ((uint64_t)256 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mm_budget budget;
    struct mm_arena arena;
    struct mm_error err;
    struct mm_volume *v;
    mm_budget_init(&budget, MEMORY_MAX);
    mm_arena_init(&arena, &budget);
    if (mm_png_from_bytes(&arena, data, size, &v, &err) == MM_OK) {
        if (mm_volume_voxels(v) == 0 || !mm_volume_is_dense(v))
            mm_bug("a volume without voxels was read");
        mm_volume_convert(&arena, v, MM_F32);
    }
    mm_arena_done(&arena);
    return 0;
}
