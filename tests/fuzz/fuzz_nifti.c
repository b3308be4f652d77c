/* libFuzzer target: NIfTI files. The input is a whole file, plain or gzip.
 * Reaches image/nifti_read.c, nifti_describe.c, nifti_header.c, nifti_affine.c, gzip.c, by both ways in: bytes that are
 * borrowed and bytes that become the volume, which must agree. */
#include "image/nifti_internal.h"

#define MEMORY_MAX ((uint64_t)256 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compare(const struct mm_volume *a, const struct mm_volume *b)
{
    if (mm_volume_bytes(a) != mm_volume_bytes(b) || memcmp(a->data, b->data, mm_volume_bytes(a)) != 0)
        mm_bug("borrowed and owned bytes give other volumes");
    if (mm_volume_voxels(a) == 0 || !mm_volume_is_dense(a) || !mm_volume_is_dense(b))
        mm_bug("a volume without voxels was read");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mm_budget budget;
    struct mm_arena arena;
    struct mm_error err;
    struct mm_volume *borrowed, *owned;
    mm_budget_init(&budget, MEMORY_MAX);
    mm_arena_init(&arena, &budget);
    unsigned char *copy = mm_arena_alloc(&arena, size);
    if (copy)
        memcpy(copy, data, size);
    if (mm_nifti_from_bytes(&arena, data, size, &borrowed, &err) == MM_OK && copy &&
        mm_nifti_from_owned(&arena, copy, size, &owned, &err) == MM_OK)
        compare(borrowed, owned);
    mm_arena_done(&arena);
    return 0;
}
