/* Colours: torchvision's arithmetic on pixels worked out by hand, and stain normalisation against numpy. */
#include <math.h>

#include "chains.h"

/* One pixel a list: red, green, blue. */
static void put_pixels(struct bench *b, enum mm_type type, const double *values, int pixels)
{
    b->sample = mm_sample_make(&b->arena);
    bench_put(b, "rgb", type, 3, pixels, 1, 0, values);
}

static void pinned_jitters_are_torchvisions(void **state)
{
    struct bench *b = *state;
    put_pixels(b, MM_U8, VALUES(200, 10, 100, 21, 50, 31), 2);
    bench_runs(b, "{\"name\": \"ColorJitter\", \"args\": {\"keys\": \"rgb\", \"brightness\": [1.5, 1.5]}}");
    bench_expect(b, "rgb", MM_U8, 3, VALUES(255, 15, 150, 31, 75, 46), 0);
    /* grey: 0.2989 R + 0.587 G + 0.114 B = 124 and 18, cut off; their mean is 71 */
    put_pixels(b, MM_U8, VALUES(200, 10, 100, 21, 50, 31), 2);
    bench_runs(b, "{\"name\": \"ColorJitter\", \"args\": {\"keys\": \"rgb\", \"contrast\": [0.5, 0.5]}}");
    bench_expect(b, "rgb", MM_U8, 3, VALUES(135, 40, 85, 46, 60, 51), 0);
    put_pixels(b, MM_U8, VALUES(200, 10, 100, 21, 50, 31), 2);
    bench_runs(b, "{\"name\": \"TorchVisiond\", \"args\": {\"keys\": \"rgb\", \"name\": \"ColorJitter\", "
                  "\"saturation\": [0, 0]}}");
    bench_expect(b, "rgb", MM_U8, 3, VALUES(124, 18, 124, 18, 124, 18), 0);
    put_pixels(b, MM_F32, VALUES(1, 0.2, 0, 0.2, 0, 0.2), 2); /* red to green, grey stays */
    bench_runs(b, "{\"name\": \"ColorJitter\", \"args\": {\"keys\": \"rgb\", \"hue\": [0.33333333333, "
                  "0.33333333333]}}");
    bench_expect(b, "rgb", MM_F32, 3, VALUES(0, 0.2, 1, 0.2, 0, 0.2), 1e-6);
    bench_fails(b, "{\"name\": \"ColorJitter\", \"args\": {\"keys\": \"rgb\", \"contrast\": [2, 1]}}", MM_ERR_CONFIG,
                "contrast: 2 is above 1");
    bench_put(b, "grey", MM_U8, 1, 1, 1, 0, VALUES(1));
    bench_fails(b, "{\"name\": \"ColorJitter\", \"args\": {\"keys\": \"grey\", \"hue\": 0.1}}", MM_ERR_DATA,
                "the image has 1 channels, colours need 3");
}

/* 24 pixels of two stains, and what the published formulas make of them, computed by numpy (eigh, percentile, lstsq). */
static const double slide[72] = {195, 173, 104, 125, 205, 144, 141, 192, 109, 190, 154, 134, 148, 124, 108,
                                 91,  163, 118, 113, 162, 217, 87,  161, 166, 91,  104, 66,  62,  197, 76,
                                 99,  175, 59,  86,  125, 75,  111, 64,  56,  71,  79,  64,  60,  79,  151,
                                 42,  75,  149, 205, 198, 159, 169, 222, 181, 183, 215, 161, 202, 193, 176,
                                 189, 169, 159, 153, 190, 166, 163, 189, 222, 144, 188, 202};
static const double macenko[72] = {194, 166, 91,  114, 200, 134, 130, 185, 97,  188, 143, 123, 137, 113, 96,
                                   77,  156, 106, 101, 155, 216, 74,  154, 156, 107, 109, 58,  62,  190, 78,
                                   93,  168, 55,  102, 116, 74,  104, 63,  53,  56,  87,  61,  57,  87,  163,
                                   38,  83,  137, 137, 144, 104, 104, 210, 118, 136, 195, 99,  132, 157, 116,
                                   146, 105, 96,  106, 123, 104, 100, 123, 183, 79,  120, 175};
static const double reinhard[72] = {255, 244, 121, 153, 255, 187, 186, 255, 127, 255, 213, 170, 201, 152, 125,
                                    102, 220, 142, 134, 218, 255, 92,  216, 239, 141, 161, 90,  86,  255, 110,
                                    148, 255, 80,  131, 196, 107, 170, 89,  75,  95,  117, 88,  82,  117, 255,
                                    53,  110, 243, 217, 210, 138, 150, 255, 173, 184, 255, 138, 210, 209, 165,
                                    197, 151, 134, 132, 188, 147, 141, 186, 255, 110, 183, 231};

static void stains_are_normalised_as_by_numpy(void **state)
{
    struct bench *b = *state;
    put_pixels(b, MM_U8, slide, 24);
    bench_runs(b, "{\"name\": \"NormalizeHEStainsd\", \"args\": {\"keys\": \"rgb\"}}");
    bench_expect(b, "rgb", MM_U8, 3, macenko, 1);
    put_pixels(b, MM_U8, slide, 24);
    bench_runs(b, "{\"name\": \"ReinhardNormalize\", \"args\": {\"keys\": \"rgb\"}}");
    bench_expect(b, "rgb", MM_U8, 3, reinhard, 1);
    put_pixels(b, MM_U8, VALUES(255, 255, 255, 255, 255, 255), 2);
    bench_fails(b, "{\"name\": \"NormalizeHEStainsd\", \"args\": {\"keys\": \"rgb\"}}", MM_ERR_DATA, "no stain");
}

static void without_spread_every_pixel_gets_the_mean(void **state)
{
    struct bench *b = *state;
    put_pixels(b, MM_F32, VALUES(0.5, 0.5, 0.5, 0.5, 0.5, 0.5), 2);
    bench_runs(b, "{\"name\": \"ReinhardNormalize\", \"args\": {\"keys\": \"rgb\", \"target_mean\": [8.4, 0, 0], "
                  "\"target_std\": [1, 1, 1]}}");
    /* lms = exp(8.4 / sqrt 3) = 127.78, and the rows of M^-1 say how grey that is */
    const struct mm_volume *v = bench_volume(b, "rgb");
    for (int c = 0; c < 3; c++)
        assert_true(fabs(mm_volume_get(v, c, 0, 0, 0) - 127.78 / 255) < 0.005);
}

int main(void)
{
    const struct CMUnitTest tests[] = {BENCH_TEST(pinned_jitters_are_torchvisions),
                                       BENCH_TEST(stains_are_normalised_as_by_numpy),
                                       BENCH_TEST(without_spread_every_pixel_gets_the_mean)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
