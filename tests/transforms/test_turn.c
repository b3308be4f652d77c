/* Flips, quarter turns and orientation. Expected turns are numpy.rot90's. */
#include "chains.h"
#include "image/affine.h"

/* A 3x2 image of value 2x + y, as numpy's arange(6).reshape(3, 2); storage order is x fastest. */
static void put_small(struct bench *b)
{
    b->sample = mm_sample_make(&b->arena);
    bench_put(b, "image", MM_U8, 1, 3, 2, 0, VALUES(0, 2, 4, 1, 3, 5));
}

static void quarter_turns_are_those_of_numpy(void **state)
{
    struct bench *b = *state;
    static const struct {
        int k, nx;
        double expected[6]; /* numpy.rot90(a, k, (0, 1)).flatten("F") */
    } cases[] = {{1, 2, {1, 0, 3, 2, 5, 4}},
                 {2, 3, {5, 3, 1, 4, 2, 0}},
                 {3, 2, {4, 5, 2, 3, 0, 1}},
                 {4, 3, {0, 2, 4, 1, 3, 5}},
                 {-1, 2, {4, 5, 2, 3, 0, 1}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put_small(b);
        bench_runs(b,
                   mm_arena_format(&b->arena, "{\"name\": \"Rotate90d\", \"args\": {\"keys\": \"image\", \"k\": %d}}",
                                   cases[i].k));
        assert_int_equal(bench_volume(b, "image")->size[0], cases[i].nx);
        bench_expect(b, "image", MM_U8, 1, cases[i].expected, 0);
    }
    put_small(b);
    bench_fails(b, "{\"name\": \"Rotate90d\", \"args\": {\"keys\": \"image\", \"spatial_axes\": [0, 2]}}",
                MM_ERR_CONFIG, "axis 2, an image of 2 axes allows -2 to 1");
    bench_fails(b, "{\"name\": \"Rotate90d\", \"args\": {\"keys\": \"image\", \"spatial_axes\": [1, -1]}}",
                MM_ERR_CONFIG, "names axis 1 twice");
}

static void flips(void **state)
{
    struct bench *b = *state;
    put_small(b);
    bench_runs(b, "{\"name\": \"Flipd\", \"args\": {\"keys\": \"image\", \"spatial_axis\": [-1]}}");
    bench_expect(b, "image", MM_U8, 1, VALUES(1, 3, 5, 0, 2, 4), 0);
    const double *affine = bench_volume(b, "image")->affine;
    assert_true(affine[5] == -1 && affine[7] == 1); /* y' = 1 - y */
    put_small(b);
    bench_runs(b, "{\"name\": \"Flipd\", \"args\": {\"keys\": \"image\"}}");
    bench_expect(b, "image", MM_U8, 1, VALUES(5, 3, 1, 4, 2, 0), 0);
}

/* How often each set of flipped axes comes, told by the signs of the affine. */
static void count_flips(struct bench *b, const char *component, int counts[8])
{
    for (uint32_t position = 0; position < 2000; position++) {
        struct mm_arena arena;
        mm_arena_init(&arena, NULL);
        b->sample = make_pair(&arena, 3, 2, 2, 2, NULL);
        assert_int_equal(bench_run_at(b, component, &(struct mm_context){.position = position}), MM_OK);
        const struct mm_volume *image = volume_in(b->sample, "image"), *label = volume_in(b->sample, "label");
        assert_memory_equal(image->affine, label->affine, sizeof image->affine);
        counts[(image->affine[0] < 0) | (image->affine[5] < 0) << 1 | (image->affine[10] < 0) << 2]++;
        mm_arena_done(&arena);
    }
}

static void random_flips_have_their_odds(void **state)
{
    struct bench *b = *state;
    int each[8] = {0}, one[8] = {0}, set[8] = {0};
    count_flips(b, "{\"name\": \"RandomSpatialFlip\", \"args\": {\"fields\": [\"image\", \"label\"]}}", each);
    for (int i = 0; i < 8; i++)
        assert_in_range(each[i], 195, 305); /* 250 +- 3.7 standard deviations */
    count_flips(
        b, "{\"name\": \"RandomAxisFlip\", \"args\": {\"fields\": [\"image\", \"label\"], \"probability\": 0.75}}",
        one);
    assert_in_range(one[0], 430, 570);
    assert_in_range(one[1], 430, 570);
    assert_in_range(one[2], 430, 570);
    assert_in_range(one[4], 430, 570);
    assert_int_equal(one[0] + one[1] + one[2] + one[4], 2000);
    count_flips(b,
                "{\"name\": \"RandFlipd\", \"args\": {\"keys\": [\"image\", \"label\"], \"prob\": 0.25, "
                "\"spatial_axis\": [0, 2]}}",
                set);
    assert_in_range(set[5], 430, 570);
    assert_int_equal(set[0] + set[5], 2000);
}

/* MONAI draws 1 to max_k turns. */
static void random_turns_have_their_odds(void **state)
{
    struct bench *b = *state;
    int counts[4] = {0};
    for (uint32_t position = 0; position < 1000; position++) {
        put_small(b);
        assert_int_equal(
            bench_run_at(b,
                         "{\"name\": \"RandRotate90d\", \"args\": {\"keys\": \"image\", \"prob\": 1, \"max_k\": 3}}",
                         &(struct mm_context){.position = position}),
            MM_OK);
        static const double corner[4] = {0, 1, 5, 4}; /* the first voxel after k turns */
        for (int k = 0; k < 4; k++)
            counts[k] += mm_volume_get(bench_volume(b, "image"), 0, 0, 0, 0) == corner[k];
    }
    assert_int_equal(counts[0], 0);
    for (int k = 1; k < 4; k++)
        assert_in_range(counts[k], 275, 390);
}

static void letters_say_where_axes_point(void **state)
{
    struct bench *b = *state;
    static const char *const codes[] = {"RAS", "LPS", "PIL", "SRA", "ARI"};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        b->sample = make_pair(&b->arena, 3, 4, 3, 2, NULL);
        struct mm_volume *v = volume_in(b->sample, "image");
        static const double oblique[16] = {0.1, 1.9, 0, -3, -1, 0.2, 0.1, 4, 0, 0.1, -3, 5, 0, 0, 0, 1};
        memcpy(v->affine, oblique, sizeof oblique);
        double place[3], found[3];
        bench_runs(
            b, mm_arena_format(&b->arena,
                               "{\"name\": \"Orientationd\", \"args\": {\"keys\": \"image\", \"axcodes\": \"%s\"}}",
                               codes[i]));
        const struct mm_volume *turned = volume_in(b->sample, "image");
        char got[4];
        mm_affine_codes(turned->affine, 3, got);
        assert_string_equal(got, codes[i]);
        /* Every voxel is still where it was in the world. */
        for (int z = 0; z < turned->size[2]; z++)
            for (int y = 0; y < turned->size[1]; y++)
                for (int x = 0; x < turned->size[0]; x++) {
                    int code = (int)mm_volume_get(turned, 0, z, y, x);
                    mm_affine_point(place, oblique, (double[]){code % 32, code / 32 % 32, code / 1024});
                    mm_affine_point(found, turned->affine, (double[]){x, y, z});
                    for (int a = 0; a < 3; a++)
                        assert_true(place[a] - found[a] < 1e-9 && found[a] - place[a] < 1e-9);
                }
    }
}

static void wrong_letters_are_refused(void **state)
{
    struct bench *b = *state;
    put_small(b);
    bench_fails(b, "{\"name\": \"Orientationd\", \"args\": {\"keys\": \"image\", \"axcodes\": \"RAX\"}}",
                MM_ERR_CONFIG, "axcodes \"RAX\": one letter of each");
    bench_fails(b, "{\"name\": \"Orientationd\", \"args\": {\"keys\": \"image\", \"axcodes\": \"RLS\"}}",
                MM_ERR_CONFIG, "one letter of each");
    bench_fails(b, "{\"name\": \"Orientationd\", \"args\": {\"keys\": \"image\"}}", MM_ERR_CONFIG,
                "axcodes is needed");
    bench_fails(b, "{\"name\": \"Orientationd\", \"args\": {\"keys\": \"image\", \"axcodes\": \"SRA\"}}", MM_ERR_DATA,
                "no axis of the image lies along S");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(quarter_turns_are_those_of_numpy), BENCH_TEST(flips),
        BENCH_TEST(random_flips_have_their_odds),     BENCH_TEST(random_turns_have_their_odds),
        BENCH_TEST(letters_say_where_axes_point),     BENCH_TEST(wrong_letters_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
