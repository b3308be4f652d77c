/* Kernels by name, in 2D and 3D. */
#include "chains.h"

/* x fastest; the numbers are MONAI 1.6.1's for the same images. */
static const double voxels[] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4, 6, 2, 6, 4,
                                3, 3, 8, 3, 2, 7, 9, 5, 0, 2, 8, 8, 4, 1, 9, 7, 1, 6, 9, 3, 9, 9, 3, 7};

static void filter(struct bench *b, const char *kernel, int size, int nz)
{
    char text[200];
    b->sample = mm_sample_make(&b->arena);
    bench_put(b, "image", MM_U8, 1, nz ? 4 : 6, nz ? 3 : 5, nz, voxels);
    snprintf(text, sizeof text,
             "{\"name\": \"ImageFilterd\", \"args\": {\"keys\": \"image\", \"kernel\": \"%s\", \"kernel_size\": %d}}",
             kernel, size);
    bench_runs(b, text);
}

static void slices(void **state)
{
    struct bench *b = *state;
    filter(b, "mean", 3, 0);
    bench_expect(b, "image", MM_F32, 1,
                 VALUES(12, 21, 20, 23, 31, 27, 28, 46, 39, 37, 39, 32, 36, 56, 45, 41, 36, 28, 34, 57, 45, 41, 32,
                        24, 18, 32, 26, 27, 24, 19),
                 1e-4);
    filter(b, "laplace", 3, 0);
    bench_expect(b, "image", MM_F32, 1,
                 VALUES(15, -12, 16, -14, 14, 54, -10, 8, 6, -10, 6, 40, 45, 7, 36, -14, -18, -1, 38, -21, 9, -23, 22,
                        12, 9, -5, 46, 0, -6, 44),
                 1e-4);
    filter(b, "elliptical", 3, 0);
    bench_expect(b, "image", MM_F32, 1,
                 VALUES(6, 14, 11, 13, 20, 22, 20, 21, 27, 17, 23, 25, 26, 35, 30, 19, 19, 17, 24, 28, 29, 20, 16, 20,
                        14, 18, 20, 15, 18, 13),
                 1e-4);
    filter(b, "sharpen", 3, 0);
    bench_expect(b, "image", MM_F32, 1,
                 VALUES(12, -8, 13, -7, 10, 32, -8, 15, 3, 1, 7, 23, 28, 7, 24, -1, -7, 1, 24, -4, 7, -8, 20, 4, 4, 0,
                        28, 3, -6, 29),
                 1e-4);
    filter(b, "sharpen", 5, 0);
    bench_expect(b, "image", MM_F32, 1,
                 VALUES(17, -15, 19, -22, 33, 95, -13, 31, 18, -11, 20, 73, 75, 35, 58, -13, -24, -5, 70, -9, 20, -24,
                        41, 22, 7, 0, 72, 2, -6, 73),
                 1e-4);
    filter(b, "median", 3, 0);
    bench_expect(b, "image", MM_F32, 1,
                 VALUES(3, 3, 3, 4, 5, 8, 3, 5, 4, 4, 3, 5, 7, 6, 5, 5, 3, 4, 7, 7, 4, 3, 3, 4, 3, 4, 3, 3, 3, 6),
                 1e-4);
}

static void volumes(void **state)
{
    struct bench *b = *state;
    filter(b, "laplace", 3, 3);
    bench_expect(b, "image", MM_F32, 1,
                 VALUES(42, -35, 51, -10, 80, 154, -31, 102, 100, 25, 75, 173, 189, 95, 151, 19, -18, -50, 78, 7, 116,
                        -30, 63, 35, 45, 11, 147, 32, 8, 95, 144, 60, -24, -1, 150, 164),
                 1e-4);
    filter(b, "elliptical", 3, 3);
    bench_expect(b, "image", MM_F32, 1,
                 VALUES(18, 24, 17, 14, 24, 23, 34, 21, 19, 24, 24, 23, 24, 32, 39, 20, 27, 38, 41, 30, 15, 22, 33,
                        30, 17, 28, 32, 19, 14, 26, 45, 29, 10, 19, 33, 25),
                 1e-4);
    filter(b, "sharpen", 3, 3);
    bench_expect(b, "image", MM_F32, 1,
                 VALUES(6, -16, 15, -6, 16, 49, -18, 27, 21, 0, 16, 41, 48, 24, 33, 4, -11, -14, 23, 2, 33, -6, 15, 2,
                        7, -4, 32, 5, 2, 30, 27, 11, -10, -3, 31, 39),
                 1e-4);
    filter(b, "median", 3, 3);
    bench_expect(b, "image", MM_F32, 1,
                 VALUES(3, 4, 4, 3, 5, 5, 4, 4, 5, 5, 5, 6, 3, 4, 4, 4, 3, 5, 5, 5, 3, 5, 5, 6, 3, 7, 5, 4, 3, 6, 6,
                        5, 2, 3, 6, 8),
                 1e-4);
    filter(b, "mean", 3, 3);
    bench_expect(b, "image", MM_F32, 1,
                 VALUES(39, 62, 57, 37, 55, 89, 85, 60, 35, 56, 60, 43, 54, 94, 92, 62, 72, 131, 138, 101, 46, 84, 99,
                        73, 36, 70, 69, 49, 46, 94, 99, 75, 24, 55, 66, 52),
                 1e-4);
}

static void gaussians_and_chance(void **state)
{
    struct bench *b = *state;
    for (int i = 0; i < 2; i++) {
        b->sample = mm_sample_make(&b->arena);
        bench_put(b, "image", MM_F32, 1, 6, 5, 0, voxels);
        bench_runs(
            b,
            i ? "{\"name\": \"RandImageFilterd\", \"args\": {\"keys\": \"image\", \"prob\": 1, \"kernel\": "
                "\"gauss\", "
                "\"sigma\": 0.7, \"truncated\": 2}}"
              : "{\"name\": \"ImageFilterd\", \"args\": {\"keys\": \"image\", \"kernel\": \"gauss\", \"sigma\": 0.7, "
                "\"truncated\": 2}}");
        bench_expect(b, "image", MM_F32, 1,
                     VALUES(1.46976, 2.13023, 2.3575, 2.16111, 3.66122, 4.23672, 3.03613, 4.62343, 4.52406, 3.43523,
                            4.25522, 4.52426, 4.94697, 6.21416, 5.65723, 3.76583, 3.36129, 2.99382, 4.55514, 5.31478,
                            5.11207, 3.67373, 3.60073, 3.15858, 2.30172, 3.25721, 3.89393, 2.81035, 2.70553, 2.92082),
                     1e-4);
    }
    bench_fails(b, "{\"name\": \"ImageFilterd\", \"args\": {\"keys\": \"image\", \"kernel\": \"gauss\"}}",
                MM_ERR_CONFIG, "needs a sigma");
    bench_fails(
        b, "{\"name\": \"ImageFilterd\", \"args\": {\"keys\": \"image\", \"kernel\": \"mean\", \"kernel_size\": 4}}",
        MM_ERR_CONFIG, "needs an odd one");
    bench_fails(
        b,
        "{\"name\": \"ImageFilterd\", \"args\": {\"keys\": \"image\", \"kernel\": \"median\", \"kernel_size\": 23}}",
        MM_ERR_CONFIG, "of medians at most 21");
}

int main(void)
{
    const struct CMUnitTest tests[] = {BENCH_TEST(slices), BENCH_TEST(volumes), BENCH_TEST(gaussians_and_chance)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
