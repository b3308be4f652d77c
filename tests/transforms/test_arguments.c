/* Arguments that MONAI got after 1.3, and SpatialResample, against numbers of MONAI 1.6.1. */
#include <math.h>

#include "one_step.h"

static void turns_in_any_order(void **state)
{
    struct bench *b = *state;
    bench_put(b, "a", MM_F32, 1, 4, 3, 3,
              VALUES(10, 6, 19, 15, 0, 7, 14, 17, 11, 2, 7, 0, 3, 0, 5, 16, 19, 14, 1, 14, 9, 2, 11, 9, 8, 12, 8, 5,
                     10, 17, 10, 0, 10, 1, 1, 18));
    bench_runs(b, "{\"name\": \"Affined\", \"args\": {\"keys\": \"a\", \"rotate_params\": [0.3, -0.5, 0.8], "
                  "\"rotate_order\": \"ZXY\", \"padding_mode\": \"zeros\"}}");
    bench_expect(b, "a", MM_F32, 1,
                 VALUES(5.7997208, 1.7684836, 4.2408638, 7.3026981, 9.2026167, 8.2457027, 9.2079449, 7.7510848,
                        6.4485388, 6.4598889, 3.575422, 0, 6.774683, 9.741147, 6.4423184, 14.833736, 11.631698,
                        12.961192, 6.03545, 15.695804, 8.5566807, 4.073822, 6.6620827, 4.6285119, 0, 5.7916613,
                        5.545083, 6.6157808, 2.5962284, 5.6187658, 8.0630732, 9.0566397, 1.6135631, 2.1414165,
                        6.6794424, 1.4839723),
                 2e-4);
    bench_put(b, "a", MM_F32, 1, 4, 3, 3,
              VALUES(10, 6, 19, 15, 0, 7, 14, 17, 11, 2, 7, 0, 3, 0, 5, 16, 19, 14, 1, 14, 9, 2, 11, 9, 8, 12, 8, 5,
                     10, 17, 10, 0, 10, 1, 1, 18));
    bench_runs(b, "{\"name\": \"Affined\", \"args\": {\"keys\": \"a\", \"rotate_params\": [0.3, -0.5, 0.8], "
                  "\"rotate_order\": \"zyx\", \"padding_mode\": \"zeros\"}}");
    bench_expect(b, "a", MM_F32, 1,
                 VALUES(0.035478048, 6.9929504, 15.649605, 7.7214985, 2.7263978, 6.7237277, 8.6350107, 8.451869,
                        2.7860467, 2.3619037, 5.9486523, 12.330946, 3.7779379, 9.2142076, 9.9684725, 13.331842,
                        5.6207175, 10.975298, 4.3898048, 4.7145162, 9.5286503, 5.1220169, 4.7688103, 4.6961794,
                        6.5486794, 1.2598743, 2.7923789, 3.0165815, 8.0097427, 9.1288128, 10.480682, 4.2474203,
                        6.7800894, 11.565637, 7.8382044, 0.051878717),
                 2e-4);
}

static void rotates_in_any_order(void **state)
{
    struct bench *b = *state;
    bench_put(b, "a", MM_F32, 1, 4, 3, 3,
              VALUES(10, 6, 19, 15, 0, 7, 14, 17, 11, 2, 7, 0, 3, 0, 5, 16, 19, 14, 1, 14, 9, 2, 11, 9, 8, 12, 8, 5,
                     10, 17, 10, 0, 10, 1, 1, 18));
    bench_runs(b, "{\"name\": \"Rotated\", \"args\": {\"keys\": \"a\", \"angle\": [0.3, 0.2, -0.4], "
                  "\"rotate_order\": \"zxz\"}}");
    bench_expect(b, "a", MM_F32, 1,
                 VALUES(6.3658905, 6.2713881, 18.009626, 15.190548, 3.8861408, 6.3508182, 12.715001, 16.281862,
                        9.1741848, 2.9922686, 6.9919767, 2.6801615, 6.5283642, 2.4331851, 6.6425571, 14.919107,
                        15.991156, 13.132612, 1.5088192, 13.006649, 8.357235, 2.5654118, 8.6005774, 11.249821,
                        6.5110226, 8.7444782, 7.8710542, 6.5726337, 10.883853, 15.696544, 10.038578, 2.3766818,
                        9.7859221, 3.4262707, 3.4377809, 11.458603),
                 2e-4);
    bench_fails(b, "{\"name\": \"Rotated\", \"args\": {\"keys\": \"a\", \"angle\": 1, \"rotate_order\": \"XxY\"}}",
                MM_ERR_CONFIG, "rotate_order is");
    bench_fails(b,
                "{\"name\": \"Affined\", \"args\": {\"keys\": \"a\", \"rotate_params\": [1, 2, 3], \"rotate_order\": "
                "\"XY\"}}",
                MM_ERR_CONFIG, "fewer axes");
    bench_fails(
        b, "{\"name\": \"Affined\", \"args\": {\"keys\": \"a\", \"rotate_params\": 1, \"rotate_order\": \"ZZ\"}}",
        MM_ERR_CONFIG, "twice in a row");
}

static void enhancing_tumour_of_3(void **state)
{
    struct bench *b = *state;
    bench_put(b, "a", MM_U8, 1, 2, 3, 0, VALUES(0, 3, 1, 4, 2, 0));
    bench_runs(
        b, "{\"name\": \"ConvertToMultiChannelBasedOnBratsClassesd\", \"args\": {\"keys\": \"a\", \"et_label\": 3}}");
    bench_expect(b, "a", MM_U8, 3, VALUES(0, 1, 1, 0, 0, 0, 0, 1, 1, 0, 1, 0, 0, 1, 0, 0, 0, 0), 0);
    bench_fails(
        b, "{\"name\": \"ConvertToMultiChannelBasedOnBratsClassesd\", \"args\": {\"keys\": \"a\", \"et_label\": 2}}",
        MM_ERR_CONFIG, "another region");
}

/* Voxels of half a square millimetre: objects of 2 and 4 voxels. MONAI asks skimage, whose min_size became a max_size in 0.26. */
static void objects_by_measure(void **state)
{
    struct bench *b = *state;
    struct mm_volume *v0 =
        bench_put(b, "a", MM_U8, 1, 7, 3, 0, VALUES(1, 0, 0, 1, 1, 1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
    v0->affine[0] = 2, v0->affine[5] = 0.25;
    bench_runs(
        b, "{\"name\": \"RemoveSmallObjectsd\", \"args\": {\"keys\": \"a\", \"min_size\": 1, \"by_measure\": true}}");
    bench_expect(b, "a", MM_U8, 1, VALUES(1, 0, 0, 1, 1, 1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 0);
    struct mm_volume *v1 =
        bench_put(b, "a", MM_U8, 1, 7, 3, 0, VALUES(1, 0, 0, 1, 1, 1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
    v1->affine[0] = 2, v1->affine[5] = 0.25;
    bench_runs(
        b, "{\"name\": \"RemoveSmallObjectsd\", \"args\": {\"keys\": \"a\", \"min_size\": 2, \"by_measure\": true}}");
    bench_expect(b, "a", MM_U8, 1, VALUES(0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 0);
    struct mm_volume *v2 =
        bench_put(b, "a", MM_U8, 1, 7, 3, 0, VALUES(1, 0, 0, 1, 1, 1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
    v2->affine[0] = 2, v2->affine[5] = 0.25;
    bench_runs(
        b, "{\"name\": \"RemoveSmallObjectsd\", \"args\": {\"keys\": \"a\", \"min_size\": 3, \"by_measure\": true}}");
    bench_expect(b, "a", MM_U8, 1, VALUES(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 0);
}

static void modes_as_orders_of_splines(void **state)
{
    struct bench *b = *state;
    bench_put(b, "a", MM_F32, 1, 5, 1, 1, VALUES(3, 9, 4, 7, 1));
    bench_put(b, "b", MM_U8, 1, 5, 1, 1, VALUES(3, 9, 4, 7, 1));
    bench_runs(
        b,
        "{\"name\": \"Spacingd\", \"args\": {\"keys\": [\"a\", \"b\"], \"pixdim\": [0.8, 1, 1], \"mode\": [1, 0]}}");
    bench_expect(b, "a", MM_F32, 1, VALUES(3, 7.8000002, 6, 5.1999998, 5.8000002, 1), 1e-5);
    bench_expect(b, "b", MM_U8, 1, VALUES(3, 9, 4, 4, 7, 1), 0);
    bench_fails(b, "{\"name\": \"Spacingd\", \"args\": {\"keys\": \"a\", \"pixdim\": 1, \"mode\": 6}}", MM_ERR_CONFIG,
                "mode");
}

static double spread_of(const struct mm_volume *v)
{
    double square = 0;
    for (int i = 0; i < 4096; i++)
        square += pow((double)((const float *)v->data)[i], 2) / 4096;
    return sqrt(square);
}

static void noise_of_a_given_strength(void **state)
{
    struct bench *b = *state;
    const int size[3] = {64, 64, 1};
    for (uint32_t epoch = 0; epoch < 3; epoch++) {
        const struct mm_context context = {.seed = 3, .epoch = epoch};
        struct mm_field *field;
        assert_int_equal(mm_sample_add(b->sample, "a", MM_FIELD_VOLUME, &field, &b->err), MM_OK);
        field->volume = mm_volume_make(&b->arena, MM_F32, 2, 1, size);
        assert_int_equal(bench_run_at(b,
                                      "{\"name\": \"RandGaussianNoised\", \"args\": {\"keys\": \"a\", \"prob\": 1, "
                                      "\"std\": 2, \"sample_std\": false}}",
                                      &context),
                         MM_OK);
        assert_true(fabs(spread_of(bench_volume(b, "a")) - 2) < 0.1);
    }
}

static void resamples_to_an_affine(void **state)
{
    struct bench *b = *state;
    struct mm_volume *a = bench_put(b, "a", MM_F32, 1, 4, 3, 3,
                                    VALUES(10, 6, 19, 15, 0, 7, 14, 17, 11, 2, 7, 0, 3, 0, 5, 16, 19, 14, 1, 14, 9, 2,
                                           11, 9, 8, 12, 8, 5, 10, 17, 10, 0, 10, 1, 1, 18));
    memcpy(a->affine, VALUES(-1.5, 0, 0, 10, 0, 1, 0, -5, 0, 0, 2, 3, 0, 0, 0, 1), sizeof a->affine);
    struct mm_volume *like = bench_put(b, "like", MM_U8, 1, 1, 1, 1, VALUES(0));
    memcpy(like->affine,
           VALUES(0.98006658, -0.19866933, 0, 1, 0.19866933, 0.98006658, 0, -4, 0, 0, 1.5, 2.5, 0, 0, 0, 1),
           sizeof like->affine);
    bench_runs(b, "{\"name\": \"SpatialResampled\", \"args\": {\"keys\": \"a\", \"dst_keys\": \"like\"}}");
    const struct mm_volume *out = bench_volume(b, "a");
    assert_true(out->size[0] == 6 && out->size[1] == 4 && out->size[2] == 4);
    bench_expect(b, "a", MM_F32, 1,
                 VALUES(17, 13.622622, 10.245243, 6.8678641, 3.4904854, 1.96357, 0.33886817, 0, 0, 0, 0, 0.9410966, 0,
                        0, 0, 0, 0, 0.013973062, 0, 0, 0, 0, 0, 0, 15.5, 13.314637, 11.129274, 8.9439125, 6.7585492,
                        5.7519894, 4.7192678, 4.5, 4.5, 4.5, 4.5, 5.1049905, 4.5, 4.5, 4.5, 4.5, 4.5, 4.5089827, 4.5,
                        4.5, 4.5, 4.5, 4.5, 4.5, 10.5, 10.649002, 10.798004, 10.947006, 11.096008, 10.503076,
                        11.23505, 11.25, 11.25, 11.25, 11.25, 10.880283, 11.25, 11.25, 11.25, 11.25, 11.25, 11.244511,
                        11.25, 11.25, 11.25, 11.25, 11.25, 11.25, 2.220446e-15, 3.5760479, 7.1520958, 10.728144,
                        14.304192, 13.391078, 17.641199, 18, 18, 18, 18, 15.714479, 18, 18, 18, 18, 18, 17.966066, 18,
                        18, 18, 18, 18, 18),
                 1e-4);
    for (int i = 0; i < 16; i++)
        assert_true(fabs(out->affine[i] - like->affine[i]) < 1e-6);
    bench_fails(b, "{\"name\": \"SpatialResampled\", \"args\": {\"keys\": \"a\"}}", MM_ERR_DATA, "dst_affine");
}

int main(void)
{
    const struct CMUnitTest tests[] = {BENCH_TEST(turns_in_any_order),         BENCH_TEST(rotates_in_any_order),
                                       BENCH_TEST(enhancing_tumour_of_3),      BENCH_TEST(objects_by_measure),
                                       BENCH_TEST(modes_as_orders_of_splines), BENCH_TEST(noise_of_a_given_strength),
                                       BENCH_TEST(resamples_to_an_affine)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
