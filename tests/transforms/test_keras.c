/* Keras' augmentation: the rules at the border on a row of numbers, as scipy's documentation draws them. */
#include <math.h>

#include "chains.h"
#include "image/affine.h"

static void the_border_is_scipys(void **state)
{
    struct bench *b = *state;
    static const struct {
        const char *mode;
        double expected[4];
    } cases[] = {{"constant", {-1, -1, -1, 1}},
                 {"nearest", {1, 1, 1, 1}},
                 {"reflect", {3, 2, 1, 1}},
                 {"wrap", {4, 2, 3, 1}}}; /* with a period of n - 1, and -(n - 1) is n - 1 */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        b->sample = mm_sample_make(&b->arena);
        bench_put(b, "image", MM_F32, 1, 4, 1, 0, VALUES(1, 2, 3, 4));
        bench_runs(b, mm_arena_format(&b->arena,
                                      "{\"name\": \"KerasAffine\", \"args\": {\"keys\": \"image\", \"ty\": -3, "
                                      "\"cval\": -1, \"fill_mode\": \"%s\"}}",
                                      cases[i].mode));
        bench_expect(b, "image", MM_F32, 1, cases[i].expected, 1e-6);
    }
}

static void rows_and_columns(void **state)
{
    struct bench *b = *state;
    bench_put(b, "image", MM_U8, 1, 2, 3, 0, VALUES(1, 2, 3, 4, 5, 6));
    bench_runs(b, "{\"name\": \"KerasAffine\", \"args\": {\"keys\": \"image\", \"tx\": 1, \"order\": 0, "
                  "\"flip_horizontal\": true}}");
    bench_expect(b, "image", MM_U8, 1, VALUES(4, 3, 6, 5, 6, 5), 0);
    const struct mm_field *matrix = mm_sample_find(b->sample, "matrix");
    static const double expected[9] = {1, 0, 1, 0, 1, 0, 0, 0, 1};
    assert_int_equal(matrix->count, 9);
    for (int i = 0; i < 9; i++)
        assert_true(fabs(matrix->numbers[i] - expected[i]) < 1e-12);
    double place[3]; /* voxel (0, 0) shows what was at column 1, row 1 */
    mm_affine_point(place, bench_volume(b, "image")->affine, (double[]){0, 0, 0});
    assert_true(place[0] == 1 && place[1] == 1);
}

static void the_generator_moves_image_and_mask_together(void **state)
{
    struct bench *b = *state;
    int flips = 0;
    for (uint32_t position = 0; position < 200; position++) {
        b->sample = make_pair(&b->arena, 2, 20, 10, 1, NULL);
        assert_int_equal(bench_run_at(b,
                                      "{\"name\": \"ImageDataGenerator\", \"args\": {\"keys\": [\"image\", "
                                      "\"label\"], \"width_shift_range\": 0.1, \"height_shift_range\": 3, "
                                      "\"horizontal_flip\": true}}",
                                      &(struct mm_context){.position = position}),
                         MM_OK);
        const struct mm_volume *image = volume_in(b->sample, "image"), *label = volume_in(b->sample, "label");
        assert_memory_equal(image->affine, label->affine, sizeof image->affine);
        assert_int_equal(label->type, MM_U8);
        bool flipped = image->affine[0] < 0;
        double shift = flipped ? image->affine[3] - 19 : image->affine[3];
        assert_true(fabs(shift) <= 2 && fabs(image->affine[7]) <= 3);
        flips += flipped;
    }
    assert_in_range(flips, 70, 130);
}

static void wrong_arguments_are_refused(void **state)
{
    struct bench *b = *state;
    bench_fails(b, "{\"name\": \"ImageDataGenerator\", \"args\": {\"keys\": \"image\", \"zoom_range\": 1}}",
                MM_ERR_CONFIG, "zoom_range: factors from 0 to 2");
    bench_put(b, "image", MM_F32, 1, 4, 1, 0, VALUES(1, 2, 3, 4));
    bench_fails(b, "{\"name\": \"KerasAffine\", \"args\": {\"keys\": \"image\", \"zx\": 0}}", MM_ERR_CONFIG,
                "singular");
}

int main(void)
{
    const struct CMUnitTest tests[] = {BENCH_TEST(the_border_is_scipys), BENCH_TEST(rows_and_columns),
                                       BENCH_TEST(the_generator_moves_image_and_mask_together),
                                       BENCH_TEST(wrong_arguments_are_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
