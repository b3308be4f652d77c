/* What packing costs and gains: `packed` prints, for CT-like volumes and labels and for several block sizes, the share that is left of
 * the bytes, how long packing and unpacking take, and a crop of 96 x 96 x 96 from packed voxels beside one from dense voxels. The best
 * of a few runs over the same random boxes. The block size of image/packed.c was chosen by this table. */
#include "base/random.h"
#include "base/threads.h"
#include "image/packed_internal.h"
#include "image/phantom.h"

#define REPEATS 3
#define CROPS   50

static void check(enum mm_status s, const struct mm_error *err)
{
    if (s == MM_OK)
        return;
    fprintf(stderr, "%s\n", err->text);
    exit(1);
}

/* Seconds that the crops take; the same boxes each time. */
static double crop_all(const struct mm_volume *volume)
{
    double best = 1e9;
    for (int repeat = 0; repeat < REPEATS; repeat++) {
        struct mm_random random;
        struct mm_arena arena;
        mm_random_init(&random, 1, MM_RANDOM_SYNTHESIS, 0, 0, 0);
        mm_arena_init(&arena, NULL);
        arena.chunk_size = (size_t)16 << 20; /* like a loader thread's */
        double start = mm_clock();
        for (int i = 0; i < CROPS; i++) {
            struct mm_box box = {.size = {96, 96, 96}};
            for (int a = 0; a < 3; a++)
                box.start[a] = (int)mm_random_below(&random, (uint32_t)(volume->size[a] - box.size[a] + 1));
            if (!mm_volume_crop(&arena, volume, &box, 0))
                exit(1);
            mm_arena_reset(&arena);
        }
        double seconds = mm_clock() - start;
        best = seconds < best ? seconds : best;
        mm_arena_done(&arena);
    }
    return best;
}

static void measure(const char *name, const struct mm_volume *volume, size_t block_bytes)
{
    struct mm_arena arena;
    struct mm_volume *packed, *dense;
    struct mm_error err;
    size_t rows = block_bytes / ((size_t)volume->size[0] * mm_type_bytes(volume->type));
    mm_arena_init(&arena, NULL);
    double start = mm_clock();
    check(mm_volume_pack_rows(&arena, volume, rows, &packed, &err), &err);
    double packing = mm_clock() - start, gigabytes = (double)mm_volume_bytes(volume) / 1e9;
    if (!packed) {
        printf("%-12s %4zu KiB  does not pay, known after %.2f ms\n", name, block_bytes >> 10, 1e3 * packing);
        mm_arena_done(&arena);
        return;
    }
    start = mm_clock();
    check(mm_volume_unpack(&arena, packed, &dense, &err), &err);
    double unpacking = mm_clock() - start, of_dense = crop_all(volume), of_packed = crop_all(packed);
    printf(
        "%-12s %4zu KiB  %5.1f %%  pack %5.2f GB/s  unpack %5.2f GB/s  crop %6.2f ms, dense %5.2f ms: %4.1f times\n",
        name, block_bytes >> 10, 100 * (double)mm_packed_bytes(packed->packed) / (double)mm_volume_bytes(volume),
        gigabytes / packing, gigabytes / unpacking, 1e3 * of_packed / CROPS, 1e3 * of_dense / CROPS,
        of_packed / of_dense);
    mm_arena_done(&arena);
}

/* Intensities as ScaleIntensityRange leaves them: a window onto 0..1, cut off at both ends. */
static struct mm_volume *windowed(struct mm_arena *arena, const struct mm_volume *image)
{
    struct mm_volume *out = mm_volume_convert(arena, image, MM_F32);
    float *values = out ? out->data : NULL;
    for (size_t i = 0; values && i < mm_volume_voxels(out); i++) {
        float value = (values[i] - 20.0f) / 160.0f;
        values[i] = value < 0 ? 0 : value > 1 ? 1 : value;
    }
    return out;
}

int main(void)
{
    static const size_t sizes[] = {16 << 10, 32 << 10, 64 << 10, 128 << 10};
    const struct mm_phantom spec = {.rank = 3,
                                    .size = {400, 400, 200},
                                    .spacing = {1, 1, 1},
                                    .classes = 2,
                                    .per_class = 3,
                                    .noise = 12,
                                    .bias = 0.1,
                                    .seed = 1,
                                    .type = MM_I16};
    struct mm_arena arena;
    struct mm_volume *image, *label;
    struct mm_error err;
    mm_arena_init(&arena, NULL);
    check(mm_phantom_make(&arena, &spec, 0, &image, &label, &err), &err);
    struct mm_volume *window = windowed(&arena, image), *label_float = mm_volume_convert(&arena, label, MM_F32);
    if (!window || !label_float)
        return 1;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        measure("int16", image, sizes[i]);
        measure("window, f32", window, sizes[i]);
        measure("label, u8", label, sizes[i]);
        measure("label, f32", label_float, sizes[i]);
    }
    mm_arena_done(&arena);
    return 0;
}
