/* DeepGrow's clicks. The numbers come from MONAI 1.6's monai.apps.deepgrow.transforms (whose arrays have z in front) and from
 * scipy.ndimage.distance_transform_cdt. */
#include <math.h>

#include "chains.h"
#include "image/affine.h"
#include "image/distance.h"
#include "transforms/clicks.h"

static void put_clicks(struct bench *b, const char *name, enum mm_field_kind kind, size_t count,
                       const double *numbers)
{
    struct mm_field *field;
    assert_int_equal(mm_sample_add(b->sample, name, kind, &field, &b->err), MM_OK);
    field->numbers = numbers;
    field->count = kind == MM_FIELD_POINTS ? count : 3 * count;
}

static void expect_clicks(struct bench *b, const char *name, size_t count, const double *numbers)
{
    const struct mm_field *field = mm_sample_find(b->sample, name);
    assert_non_null(field);
    assert_int_equal(field->kind, MM_FIELD_POINTS);
    assert_int_equal(field->count, count);
    for (size_t i = 0; i < 3 * count; i++)
        if (field->numbers[i] != numbers[i])
            fail_msg("%s: number %zu is %g, not %g", name, i, field->numbers[i], numbers[i]);
}

static struct mm_volume *put_zeros(struct bench *b, const char *name, int nx, int ny, int nz)
{
    const int size[3] = {nx, ny, nz ? nz : 1};
    struct mm_volume *v = mm_volume_make(&b->arena, MM_F32, nz ? 3 : 2, 1, size);
    struct mm_field *field = put_field(b->sample, name, v);
    assert_int_equal(mm_field_set_file(b->sample, field, NULL), MM_OK);
    return v;
}

static void expect_voxel(const struct mm_volume *v, int c, int x, int y, int z, double value)
{
    double found = mm_volume_get(v, c, z, y, x);
    if (!(fabs(found - value) < 2e-5))
        fail_msg("channel %d (%d, %d, %d) is %.9g, not %.9g", c, x, y, z, found, value);
}

static void distances_are_scipys(void **state)
{
    (void)state;
    const int size[3] = {9, 8, 7};
    uint8_t mask[9 * 8 * 7];
    int32_t distance[9 * 8 * 7], sum = 0, most = 0;
    for (int i = 0; i < 9 * 8 * 7; i++) {
        int x = i % 9 - 4, y = i / 9 % 8 - 4, z = i / 72 - 3;
        mask[i] = x * x + y * y + z * z < 12;
    }
    mm_distance_chessboard(mask, size, distance);
    for (int i = 0; i < 9 * 8 * 7; i++) {
        sum += distance[i];
        most = distance[i] > most ? distance[i] : most;
    }
    assert_int_equal(sum, 199);
    assert_int_equal(most, 2);
    assert_int_equal(distance[2 + 9 * (4 + 8 * 3)], 2);
    assert_int_equal(distance[3 + 9 * (3 + 8 * 2)], 1);
    memset(mask, 1, sizeof mask);
    mm_distance_chessboard(mask, size, distance);
    assert_int_equal(distance[100], MM_DISTANCE_NONE);
}

static void signals_are_monais(void **state)
{
    struct bench *b = *state;
    put_zeros(b, "image", 10, 9, 8);
    put_clicks(b, "guidance", MM_FIELD_POINTS, 2, VALUES(3, 4, 5, 8, 1, 2));
    put_clicks(b, "guidance:background", MM_FIELD_POINTS, 1, VALUES(6, 6, 6));
    bench_runs(b, "{\"name\": \"AddGuidanceSignald\", \"args\": {\"sigma\": 1.5}}");
    const struct mm_volume *image = volume_in(b->sample, "image");
    assert_int_equal(image->channels, 3);
    expect_voxel(image, 1, 3, 4, 5, 1);
    expect_voxel(image, 1, 4, 4, 5, 0.807852);
    expect_voxel(image, 1, 9, 0, 0, 0.276648);
    expect_voxel(image, 1, 5, 3, 4, 0.302862);
    expect_voxel(image, 2, 6, 6, 6, 1);
    expect_voxel(image, 2, 7, 5, 6, 0.651647);
    expect_voxel(image, 2, 0, 0, 0, 0);
}

static void signals_of_flat_images(void **state)
{
    struct bench *b = *state;
    put_zeros(b, "image", 10, 9, 0);
    put_clicks(b, "guidance", MM_FIELD_POINTS, 2, VALUES(3, 4, 0, 3, 4, 0));
    bench_runs(b, "{\"name\": \"AddGuidanceSignald\", \"args\": {}}");
    const struct mm_volume *image = volume_in(b->sample, "image");
    expect_voxel(image, 1, 3, 4, 0, 1);
    expect_voxel(image, 1, 4, 5, 0, 0.782458);
    expect_voxel(image, 1, 9, 8, 0, 0);
    for (int i = 0; i < 90; i++)
        expect_voxel(image, 2, i % 10, i / 10, 0, 0);
    bench_fails(b, "{\"name\": \"AddGuidanceSignald\", \"args\": {\"guidance\": \"image\"}}", MM_ERR_DATA,
                "\"image\" is an image where clicks are needed");
}

static void crops_about_clicks(void **state)
{
    struct bench *b = *state;
    static const struct {
        const char *args;
        size_t inside, outside;
        double clicks[2][3];
        int size[3];
        double corner, moved[2][3];
    } cases[] = {
        {"[8, 8, 6], \"margin\": 1", 1, 1, {{12, 10, 5}, {13, 12, 6}}, {8, 8, 6}, 9 + 22 * 7, {{3, 3, 5}, {4, 5, 6}}},
        {"[4, 4, 4], \"margin\": 3", 1, 0, {{12, 10, 5}}, {7, 7, 7}, 9 + 22 * (7 + 24 * 2), {{3, 3, 3}}},
        {"[20, 20], \"margin\": 2", 1, 1, {{12, 10, 5}, {3, 3, 7}}, {20, 20, 10}, 0, {{12, 10, 5}, {3, 3, 7}}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char step[256];
        b->sample = mm_sample_make(&b->arena);
        struct mm_volume *v = put_zeros(b, "image", 22, 24, 10);
        for (int k = 0; k < 22 * 24 * 10; k++)
            ((float *)v->data)[k] = (float)k;
        put_clicks(b, "guidance", MM_FIELD_POINTS, cases[i].inside, cases[i].clicks[0]);
        put_clicks(b, "guidance:background", MM_FIELD_POINTS, cases[i].outside, cases[i].clicks[1]);
        snprintf(step, sizeof step,
                 "{\"name\": \"SpatialCropGuidanced\", \"args\": {\"keys\": \"image\", \"guidance\": \"guidance\", "
                 "\"spatial_size\": %s}}",
                 cases[i].args);
        bench_runs(b, step);
        const struct mm_volume *cut = volume_in(b->sample, "image");
        assert_size(cut, cases[i].size[0], cases[i].size[1], cases[i].size[2]);
        expect_voxel(cut, 0, 0, 0, 0, cases[i].corner);
        expect_clicks(b, "guidance", cases[i].inside, cases[i].moved[0]);
        expect_clicks(b, "guidance:background", cases[i].outside, cases[i].moved[1]);
    }
}

static const char from_points_3d[] =
    "{\"name\": \"AddGuidanceFromPointsd\", \"args\": {\"ref_image\": \"image\", \"spatial_dims\": 3}}";

/* A file of 60x30x24 voxels whose image is 30x20x12 by now. */
static struct mm_field *put_resampled(struct bench *b)
{
    put_zeros(b, "image", 30, 20, 12);
    struct mm_field *field = mm_sample_find(b->sample, "image");
    struct mm_file_grid *file = mm_arena_new(&b->arena, struct mm_file_grid);
    *file = *field->file;
    memcpy(file->size, (const int[3]){60, 30, 24}, sizeof file->size);
    field->file = file;
    return field;
}

static void clicks_of_a_person(void **state)
{
    struct bench *b = *state;
    struct mm_field *field = put_resampled(b);
    put_clicks(b, "foreground", MM_FIELD_CLASS, 2, VALUES(31, 20, 11, 3, 3, 3));
    put_clicks(b, "background", MM_FIELD_CLASS, 1, VALUES(59, 0, 23));
    bench_runs(b, from_points_3d);
    expect_clicks(b, "guidance", 2, VALUES(15, 13, 5, 1, 2, 1));
    expect_clicks(b, "guidance:background", 1, VALUES(29, 0, 11));
    /* The image was turned upside down along x meanwhile. */
    field->volume->affine[0] = -1;
    bench_runs(b, from_points_3d);
    expect_clicks(b, "guidance", 2, VALUES(14, 13, 5, 28, 2, 1));
    b->sample = mm_sample_make(&b->arena);
    put_resampled(b);
    bench_fails(b, from_points_3d, MM_ERR_DATA, "there are no clicks");
    put_clicks(b, "foreground", MM_FIELD_CLASS, 1, VALUES(31, 20, 11));
    mm_sample_find(b->sample, "foreground")->count = 2;
    bench_fails(b, from_points_3d, MM_ERR_DATA, "each click has three, x, y and z");
}

static void one_slice_there_and_back(void **state)
{
    static const char *const axes[3] = {"0", "1", "2"};
    static const int of_axis[3] = {2, 0, 1};
    struct bench *b = *state;
    for (int i = 0; i < 3; i++) {
        char from[256], fetch[256];
        const int n[3] = {7, 6, 5};
        int a = of_axis[i], across[2] = {a == 0, a == 2 ? 1 : 2};
        b->sample = mm_sample_make(&b->arena);
        struct mm_volume *v = put_zeros(b, "image", n[0], n[1], n[2]);
        for (int k = 0; k < 7 * 6 * 5; k++)
            ((float *)v->data)[k] = (float)k + 1;
        put_clicks(b, "foreground", MM_FIELD_CLASS, 2, VALUES(1, 2, 3, 4, 4, 4));
        snprintf(from, sizeof from,
                 "{\"name\": \"AddGuidanceFromPointsd\", \"args\": {\"ref_image\": \"image\", \"axis\": %d, "
                 "\"depth_first\": false}}",
                 a);
        snprintf(fetch, sizeof fetch, "{\"name\": \"Fetch2DSliced\", \"args\": {\"keys\": \"image\", \"axis\": %s}}",
                 axes[i]);
        bench_runs(b, from);
        const double click[3] = {1, 2, 3};
        expect_clicks(b, "guidance", 1, VALUES(click[across[0]], click[across[1]], 0));
        bench_runs(b, fetch);
        const struct mm_field *field = mm_sample_find(b->sample, "image");
        assert_int_equal(field->volume->rank, 2);
        assert_size(field->volume, n[across[0]], n[across[1]], 1);
        struct mm_volume *back;
        assert_int_equal(mm_field_invert(field, &b->arena, field->volume, true, &back, &b->err), MM_OK);
        assert_size(back, n[0], n[1], n[2]);
        for (int k = 0; k < 7 * 6 * 5; k++) {
            const int at[3] = {k % 7, k / 7 % 6, k / 42};
            expect_voxel(back, 0, at[0], at[1], at[2], at[a] == click[a] ? k + 1 : 0);
        }
    }
    bench_fails(b, "{\"name\": \"AddGuidanceFromPointsd\", \"args\": {\"ref_image\": \"image\", \"axis\": 1}}",
                MM_ERR_CONFIG, "with depth_first slices lie across axis 0");
}

static void clicks_follow_a_resize(void **state)
{
    struct bench *b = *state;
    put_zeros(b, "image", 10, 16, 8);
    put_clicks(b, "guidance", MM_FIELD_POINTS, 1, VALUES(7, 5, 3));
    put_clicks(b, "guidance:background", MM_FIELD_POINTS, 1, VALUES(9, 1, 1));
    bench_runs(b, "{\"name\": \"Resized\", \"args\": {\"keys\": \"image\", \"spatial_size\": [24, 24, 12]}}");
    bench_runs(b,
               "{\"name\": \"ResizeGuidanced\", \"args\": {\"guidance\": \"guidance\", \"ref_image\": \"image\"}}");
    expect_clicks(b, "guidance", 1, VALUES(16, 7, 4));
    expect_clicks(b, "guidance:background", 1, VALUES(21, 1, 1));
}

/* Two objects in slice 2, one in slice 4. */
static bool in_objects(int x, int y, int z)
{
    return (z == 2 && ((x < 4 && y < 5) || (x > 6 && y > 6))) || (z == 4 && x < 2 && y < 2);
}

static const double *click_at(struct bench *b, size_t i)
{
    return mm_sample_find(b->sample, "guidance")->numbers + 3 * i;
}

static void seeds_lie_in_objects(void **state)
{
    struct bench *b = *state;
    int slices[6] = {0}, middles = 0;
    for (uint32_t position = 0; position < 300; position++) {
        const struct mm_context context = {.seed = 11, .position = position};
        b->sample = make_pair(&b->arena, 3, 12, 12, 6, in_objects);
        bench_runs(b, "{\"name\": \"FindAllValidSlicesd\", \"args\": {}}");
        assert_int_equal(bench_run_at(b, "{\"name\": \"AddInitialSeedPointd\", \"args\": {}}", &context), MM_OK);
        size_t count = mm_sample_find(b->sample, "guidance")->count;
        int z = (int)click_at(b, 0)[2];
        assert_int_equal(count, z == 2 ? 2 : 1);
        slices[z]++;
        for (size_t i = 0; i < count; i++)
            assert_true(in_objects((int)click_at(b, i)[0], (int)click_at(b, i)[1], z));
        /* The first object ends at the image on two sides, so its depth is greatest in that corner. */
        middles += z == 2 && click_at(b, 0)[0] < 3 && click_at(b, 0)[1] < 4;
    }
    assert_int_equal(slices[2] + slices[4], 300);
    assert_in_range(slices[2], 110, 190);
    assert_true(middles > slices[2] * 6 / 10);
    b->sample = make_pair(&b->arena, 3, 12, 12, 6, NULL);
    bench_fails(b, "{\"name\": \"AddInitialSeedPointd\", \"args\": {}}", MM_ERR_DATA, "nothing to click into");
}

static void the_next_click_is_where_it_is_wrong(void **state)
{
    struct bench *b = *state;
    static const char find[] = "{\"name\": \"FindDiscrepancyRegionsd\", \"args\": {}}";
    static const char add[] = "{\"name\": \"AddRandomGuidanced\", \"args\": {}}";
    for (int misses = 0; misses < 2; misses++) {
        b->sample = make_pair(&b->arena, 3, 12, 12, 6, in_objects);
        struct mm_volume *pred = mm_volume_like(&b->arena, volume_in(b->sample, "label"), MM_F32, 1);
        put_field(b->sample, "pred", pred);
        for (int x = 0; x < 12; x++) /* too much: a row of 12 */
            mm_volume_set(pred, 0, 5, 11, x, 0.7);
        for (int i = 0; i < 12 * 12 * 6 && !misses; i++) /* misses nothing */
            if (mm_volume_get(volume_in(b->sample, "label"), 0, i / 144, i / 12 % 12, i % 12) != 0)
                mm_volume_set(pred, 0, i / 144, i / 12 % 12, i % 12, 1);
        bench_runs(b, find);
        const struct mm_volume *masks = volume_in(b->sample, "discrepancy");
        assert_int_equal(masks->channels, 2);
        assert_int_equal((int)mm_volume_get(masks, 0, 2, 0, 0), misses);
        assert_int_equal((int)mm_volume_get(masks, 1, 5, 11, 3), 1);
        put_clicks(b, "guidance", MM_FIELD_POINTS, 1, VALUES(1, 1, 1));
        put_clicks(b, "probability", MM_FIELD_POINTS, 1, VALUES(1, 1, 1));
        bench_fails(b, add, MM_ERR_DATA, "must be one number");
        struct mm_field *field = mm_sample_find(b->sample, "probability");
        field->kind = MM_FIELD_CLASS;
        bench_runs(b, add);
        assert_int_equal(mm_sample_find(b->sample, "guidance")->count, 1 + misses);
        const struct mm_field *outside = mm_sample_find(b->sample, "guidance:background");
        assert_int_equal(outside->count, 1 - misses);
        if (!misses)
            assert_true(outside->numbers[1] == 11 && outside->numbers[2] == 5);
        field->numbers = VALUES(0);
        bench_runs(b, add);
        assert_int_equal(mm_sample_find(b->sample, "guidance")->count, 1 + misses);
        field->numbers = VALUES(1.5);
        bench_fails(b, add, MM_ERR_DATA, "a probability is from 0 to 1");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_are_scipys),
        BENCH_TEST(signals_are_monais),
        BENCH_TEST(signals_of_flat_images),
        BENCH_TEST(crops_about_clicks),
        BENCH_TEST(clicks_of_a_person),
        BENCH_TEST(one_slice_there_and_back),
        BENCH_TEST(clicks_follow_a_resize),
        BENCH_TEST(seeds_lie_in_objects),
        BENCH_TEST(the_next_click_is_where_it_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
