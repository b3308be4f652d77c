/* Splits and patches on a grid, against numbers of MONAI 1.6.1. */
#include "one_step.h"

/* Runs the step as the sample of that number of those there are. */
static void run_number(struct bench *b, const char *component, uint32_t number)
{
    const struct mm_context context = {.seed = 4, .output = number};
    if (bench_run_at(b, component, &context))
        fail_msg("%s: %s", component, b->err.text);
}

static void splits_as_monai(void **state)
{
    struct bench *b = *state;
    bench_put(b, "a", MM_F32, 1, 6, 5, 0,
              VALUES(0, 5, 10, 15, 20, 25, 1, 6, 11, 16, 21, 26, 2, 7, 12, 17, 22, 27, 3, 8, 13, 18, 23, 28, 4, 9, 14,
                     19, 24, 29));
    run_number(b, "{\"name\": \"GridSplitd\", \"args\": {\"keys\": \"a\"}}", 0);
    bench_expect(b, "a", MM_F32, 1, VALUES(0, 5, 10, 1, 6, 11), 0);
    bench_put(b, "a", MM_F32, 1, 6, 5, 0,
              VALUES(0, 5, 10, 15, 20, 25, 1, 6, 11, 16, 21, 26, 2, 7, 12, 17, 22, 27, 3, 8, 13, 18, 23, 28, 4, 9, 14,
                     19, 24, 29));
    run_number(b, "{\"name\": \"GridSplitd\", \"args\": {\"keys\": \"a\"}}", 1);
    bench_expect(b, "a", MM_F32, 1, VALUES(3, 8, 13, 4, 9, 14), 0);
    bench_put(b, "a", MM_F32, 1, 6, 5, 0,
              VALUES(0, 5, 10, 15, 20, 25, 1, 6, 11, 16, 21, 26, 2, 7, 12, 17, 22, 27, 3, 8, 13, 18, 23, 28, 4, 9, 14,
                     19, 24, 29));
    run_number(b, "{\"name\": \"GridSplitd\", \"args\": {\"keys\": \"a\"}}", 2);
    bench_expect(b, "a", MM_F32, 1, VALUES(15, 20, 25, 16, 21, 26), 0);
    bench_put(b, "a", MM_F32, 1, 6, 5, 0,
              VALUES(0, 5, 10, 15, 20, 25, 1, 6, 11, 16, 21, 26, 2, 7, 12, 17, 22, 27, 3, 8, 13, 18, 23, 28, 4, 9, 14,
                     19, 24, 29));
    run_number(b, "{\"name\": \"GridSplitd\", \"args\": {\"keys\": \"a\"}}", 3);
    bench_expect(b, "a", MM_F32, 1, VALUES(18, 23, 28, 19, 24, 29), 0);
    bench_put(b, "a", MM_F32, 1, 6, 5, 0,
              VALUES(0, 5, 10, 15, 20, 25, 1, 6, 11, 16, 21, 26, 2, 7, 12, 17, 22, 27, 3, 8, 13, 18, 23, 28, 4, 9, 14,
                     19, 24, 29));
    run_number(b, "{\"name\": \"GridSplitd\", \"args\": {\"keys\": \"a\", \"grid\": [3, 1], \"size\": [4, 3]}}", 0);
    bench_expect(b, "a", MM_F32, 1, VALUES(0, 5, 10, 15, 1, 6, 11, 16, 2, 7, 12, 17), 0);
    bench_put(b, "a", MM_F32, 1, 6, 5, 0,
              VALUES(0, 5, 10, 15, 20, 25, 1, 6, 11, 16, 21, 26, 2, 7, 12, 17, 22, 27, 3, 8, 13, 18, 23, 28, 4, 9, 14,
                     19, 24, 29));
    run_number(b, "{\"name\": \"GridSplitd\", \"args\": {\"keys\": \"a\", \"grid\": [3, 1], \"size\": [4, 3]}}", 1);
    bench_expect(b, "a", MM_F32, 1, VALUES(5, 10, 15, 20, 6, 11, 16, 21, 7, 12, 17, 22), 0);
    bench_put(b, "a", MM_F32, 1, 6, 5, 0,
              VALUES(0, 5, 10, 15, 20, 25, 1, 6, 11, 16, 21, 26, 2, 7, 12, 17, 22, 27, 3, 8, 13, 18, 23, 28, 4, 9, 14,
                     19, 24, 29));
    run_number(b, "{\"name\": \"GridSplitd\", \"args\": {\"keys\": \"a\", \"grid\": [3, 1], \"size\": [4, 3]}}", 2);
    bench_expect(b, "a", MM_F32, 1, VALUES(10, 15, 20, 25, 11, 16, 21, 26, 12, 17, 22, 27), 0);
    bench_fails(b, "{\"name\": \"GridSplitd\", \"args\": {\"keys\": \"a\", \"grid\": [9, 1]}}", MM_ERR_DATA,
                "9 boxes");
    bench_fails(b, "{\"name\": \"GridSplitd\", \"args\": {\"keys\": \"a\", \"grid\": [1, 1, 1]}}", MM_ERR_CONFIG,
                "grid has 3");
}

static void patches_as_monai(void **state)
{
    struct bench *b = *state;
    bench_put(b, "a", MM_F32, 2, 6, 5, 0,
              VALUES(35, 29, 6, 31, 25, 12, 13, 5, 27, 7, 26, 11, 21, 49, 45, 32, 14, 30, 4, 39, 32, 3, 37, 33, 34,
                     41, 1, 23, 22, 15, 3, 11, 34, 21, 30, 35, 6, 5, 1, 26, 36, 49, 46, 22, 38, 12, 7, 10, 47, 15, 18,
                     23, 10, 34, 14, 16, 29, 17, 25, 1));
    run_number(
        b, "{\"name\": \"GridPatchd\", \"args\": {\"keys\": \"a\", \"num_patches\": 7, \"patch_size\": [2, 2]}}", 0);
    bench_expect(b, "a", MM_F32, 2, VALUES(35, 29, 13, 5, 3, 11, 6, 5), 0);
    bench_put(b, "a", MM_F32, 2, 6, 5, 0,
              VALUES(35, 29, 6, 31, 25, 12, 13, 5, 27, 7, 26, 11, 21, 49, 45, 32, 14, 30, 4, 39, 32, 3, 37, 33, 34,
                     41, 1, 23, 22, 15, 3, 11, 34, 21, 30, 35, 6, 5, 1, 26, 36, 49, 46, 22, 38, 12, 7, 10, 47, 15, 18,
                     23, 10, 34, 14, 16, 29, 17, 25, 1));
    run_number(
        b, "{\"name\": \"GridPatchd\", \"args\": {\"keys\": \"a\", \"num_patches\": 7, \"patch_size\": [2, 2]}}", 1);
    bench_expect(b, "a", MM_F32, 2, VALUES(21, 49, 4, 39, 46, 22, 47, 15), 0);
    bench_put(b, "a", MM_F32, 2, 6, 5, 0,
              VALUES(35, 29, 6, 31, 25, 12, 13, 5, 27, 7, 26, 11, 21, 49, 45, 32, 14, 30, 4, 39, 32, 3, 37, 33, 34,
                     41, 1, 23, 22, 15, 3, 11, 34, 21, 30, 35, 6, 5, 1, 26, 36, 49, 46, 22, 38, 12, 7, 10, 47, 15, 18,
                     23, 10, 34, 14, 16, 29, 17, 25, 1));
    run_number(
        b, "{\"name\": \"GridPatchd\", \"args\": {\"keys\": \"a\", \"num_patches\": 7, \"patch_size\": [2, 2]}}", 5);
    bench_expect(b, "a", MM_F32, 2, VALUES(14, 30, 37, 33, 7, 10, 10, 34), 0);
    bench_put(b, "a", MM_F32, 2, 6, 5, 0,
              VALUES(35, 29, 6, 31, 25, 12, 13, 5, 27, 7, 26, 11, 21, 49, 45, 32, 14, 30, 4, 39, 32, 3, 37, 33, 34,
                     41, 1, 23, 22, 15, 3, 11, 34, 21, 30, 35, 6, 5, 1, 26, 36, 49, 46, 22, 38, 12, 7, 10, 47, 15, 18,
                     23, 10, 34, 14, 16, 29, 17, 25, 1));
    run_number(
        b, "{\"name\": \"GridPatchd\", \"args\": {\"keys\": \"a\", \"num_patches\": 7, \"patch_size\": [2, 2]}}", 6);
    bench_expect(b, "a", MM_F32, 2, VALUES(0, 0, 0, 0, 0, 0, 0, 0), 0);
    bench_put(b, "a", MM_F32, 2, 6, 5, 0,
              VALUES(35, 29, 6, 31, 25, 12, 13, 5, 27, 7, 26, 11, 21, 49, 45, 32, 14, 30, 4, 39, 32, 3, 37, 33, 34,
                     41, 1, 23, 22, 15, 3, 11, 34, 21, 30, 35, 6, 5, 1, 26, 36, 49, 46, 22, 38, 12, 7, 10, 47, 15, 18,
                     23, 10, 34, 14, 16, 29, 17, 25, 1));
    run_number(b,
               "{\"name\": \"GridPatchd\", \"args\": {\"keys\": \"a\", \"num_patches\": 3, \"patch_size\": [3, 2], "
               "\"offset\": [1, 0]}}",
               0);
    bench_expect(b, "a", MM_F32, 2, VALUES(29, 6, 31, 5, 27, 7, 11, 34, 21, 5, 1, 26), 0);
    bench_put(b, "a", MM_F32, 2, 6, 5, 0,
              VALUES(35, 29, 6, 31, 25, 12, 13, 5, 27, 7, 26, 11, 21, 49, 45, 32, 14, 30, 4, 39, 32, 3, 37, 33, 34,
                     41, 1, 23, 22, 15, 3, 11, 34, 21, 30, 35, 6, 5, 1, 26, 36, 49, 46, 22, 38, 12, 7, 10, 47, 15, 18,
                     23, 10, 34, 14, 16, 29, 17, 25, 1));
    run_number(b,
               "{\"name\": \"GridPatchd\", \"args\": {\"keys\": \"a\", \"num_patches\": 3, \"patch_size\": [3, 2], "
               "\"offset\": [1, 0]}}",
               1);
    bench_expect(b, "a", MM_F32, 2, VALUES(49, 45, 32, 39, 32, 3, 22, 38, 12, 15, 18, 23), 0);
    bench_put(b, "a", MM_F32, 2, 6, 5, 0,
              VALUES(35, 29, 6, 31, 25, 12, 13, 5, 27, 7, 26, 11, 21, 49, 45, 32, 14, 30, 4, 39, 32, 3, 37, 33, 34,
                     41, 1, 23, 22, 15, 3, 11, 34, 21, 30, 35, 6, 5, 1, 26, 36, 49, 46, 22, 38, 12, 7, 10, 47, 15, 18,
                     23, 10, 34, 14, 16, 29, 17, 25, 1));
    run_number(b,
               "{\"name\": \"GridPatchd\", \"args\": {\"keys\": \"a\", \"num_patches\": 3, \"patch_size\": [3, 2], "
               "\"offset\": [1, 0]}}",
               2);
    bench_expect(b, "a", MM_F32, 2, VALUES(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 0);
}

static void sorted_patches_as_monai(void **state)
{
    struct bench *b = *state;
    bench_put(b, "a", MM_F32, 2, 6, 5, 0,
              VALUES(35, 29, 6, 31, 25, 12, 13, 5, 27, 7, 26, 11, 21, 49, 45, 32, 14, 30, 4, 39, 32, 3, 37, 33, 34,
                     41, 1, 23, 22, 15, 3, 11, 34, 21, 30, 35, 6, 5, 1, 26, 36, 49, 46, 22, 38, 12, 7, 10, 47, 15, 18,
                     23, 10, 34, 14, 16, 29, 17, 25, 1));
    run_number(b,
               "{\"name\": \"GridPatchd\", \"args\": {\"keys\": \"a\", \"num_patches\": 4, \"patch_size\": [2, 3], "
               "\"sort_fn\": \"max\", \"overlap\": 0.5}}",
               0);
    bench_expect(b, "a", MM_F32, 2, VALUES(21, 49, 4, 39, 34, 41, 46, 22, 47, 15, 14, 16), 0);
    bench_put(b, "a", MM_F32, 2, 6, 5, 0,
              VALUES(35, 29, 6, 31, 25, 12, 13, 5, 27, 7, 26, 11, 21, 49, 45, 32, 14, 30, 4, 39, 32, 3, 37, 33, 34,
                     41, 1, 23, 22, 15, 3, 11, 34, 21, 30, 35, 6, 5, 1, 26, 36, 49, 46, 22, 38, 12, 7, 10, 47, 15, 18,
                     23, 10, 34, 14, 16, 29, 17, 25, 1));
    run_number(b,
               "{\"name\": \"GridPatchd\", \"args\": {\"keys\": \"a\", \"num_patches\": 4, \"patch_size\": [2, 3], "
               "\"sort_fn\": \"max\", \"overlap\": 0.5}}",
               3);
    bench_expect(b, "a", MM_F32, 2, VALUES(6, 31, 27, 7, 45, 32, 34, 21, 1, 26, 38, 12), 0);
    bench_put(b, "a", MM_F32, 2, 6, 5, 0,
              VALUES(35, 29, 6, 31, 25, 12, 13, 5, 27, 7, 26, 11, 21, 49, 45, 32, 14, 30, 4, 39, 32, 3, 37, 33, 34,
                     41, 1, 23, 22, 15, 3, 11, 34, 21, 30, 35, 6, 5, 1, 26, 36, 49, 46, 22, 38, 12, 7, 10, 47, 15, 18,
                     23, 10, 34, 14, 16, 29, 17, 25, 1));
    run_number(b,
               "{\"name\": \"GridPatchd\", \"args\": {\"keys\": \"a\", \"num_patches\": 2, \"patch_size\": [2, 2], "
               "\"sort_fn\": \"min\", \"threshold\": 250.0}}",
               0);
    bench_expect(b, "a", MM_F32, 2, VALUES(35, 29, 13, 5, 3, 11, 6, 5), 0);
    bench_put(b, "a", MM_F32, 2, 6, 5, 0,
              VALUES(35, 29, 6, 31, 25, 12, 13, 5, 27, 7, 26, 11, 21, 49, 45, 32, 14, 30, 4, 39, 32, 3, 37, 33, 34,
                     41, 1, 23, 22, 15, 3, 11, 34, 21, 30, 35, 6, 5, 1, 26, 36, 49, 46, 22, 38, 12, 7, 10, 47, 15, 18,
                     23, 10, 34, 14, 16, 29, 17, 25, 1));
    run_number(b,
               "{\"name\": \"GridPatchd\", \"args\": {\"keys\": \"a\", \"num_patches\": 2, \"patch_size\": [2, 2], "
               "\"sort_fn\": \"min\", \"threshold\": 250.0}}",
               1);
    bench_expect(b, "a", MM_F32, 2, VALUES(6, 31, 27, 7, 34, 21, 1, 26), 0);
}

static void padded_patches_as_monai(void **state)
{
    struct bench *b = *state;
    bench_put(b, "a", MM_F32, 2, 6, 5, 0,
              VALUES(35, 29, 6, 31, 25, 12, 13, 5, 27, 7, 26, 11, 21, 49, 45, 32, 14, 30, 4, 39, 32, 3, 37, 33, 34,
                     41, 1, 23, 22, 15, 3, 11, 34, 21, 30, 35, 6, 5, 1, 26, 36, 49, 46, 22, 38, 12, 7, 10, 47, 15, 18,
                     23, 10, 34, 14, 16, 29, 17, 25, 1));
    run_number(b,
               "{\"name\": \"GridPatchd\", \"args\": {\"keys\": \"a\", \"num_patches\": 4, \"patch_size\": [4, 3], "
               "\"pad_mode\": \"constant\"}}",
               1);
    bench_expect(b, "a", MM_F32, 2,
                 VALUES(4, 39, 32, 3, 34, 41, 1, 23, 0, 0, 0, 0, 47, 15, 18, 23, 14, 16, 29, 17, 0, 0, 0, 0), 0);
    bench_put(b, "a", MM_F32, 2, 6, 5, 0,
              VALUES(35, 29, 6, 31, 25, 12, 13, 5, 27, 7, 26, 11, 21, 49, 45, 32, 14, 30, 4, 39, 32, 3, 37, 33, 34,
                     41, 1, 23, 22, 15, 3, 11, 34, 21, 30, 35, 6, 5, 1, 26, 36, 49, 46, 22, 38, 12, 7, 10, 47, 15, 18,
                     23, 10, 34, 14, 16, 29, 17, 25, 1));
    run_number(b,
               "{\"name\": \"GridPatchd\", \"args\": {\"keys\": \"a\", \"num_patches\": 4, \"patch_size\": [4, 3], "
               "\"pad_mode\": \"constant\"}}",
               2);
    bench_expect(b, "a", MM_F32, 2,
                 VALUES(25, 12, 0, 0, 26, 11, 0, 0, 14, 30, 0, 0, 30, 35, 0, 0, 36, 49, 0, 0, 7, 10, 0, 0), 0);
    bench_put(b, "a", MM_F32, 2, 6, 5, 0,
              VALUES(35, 29, 6, 31, 25, 12, 13, 5, 27, 7, 26, 11, 21, 49, 45, 32, 14, 30, 4, 39, 32, 3, 37, 33, 34,
                     41, 1, 23, 22, 15, 3, 11, 34, 21, 30, 35, 6, 5, 1, 26, 36, 49, 46, 22, 38, 12, 7, 10, 47, 15, 18,
                     23, 10, 34, 14, 16, 29, 17, 25, 1));
    run_number(b,
               "{\"name\": \"GridPatchd\", \"args\": {\"keys\": \"a\", \"num_patches\": 4, \"patch_size\": [4, 3], "
               "\"pad_mode\": \"constant\"}}",
               3);
    bench_expect(b, "a", MM_F32, 2,
                 VALUES(37, 33, 0, 0, 22, 15, 0, 0, 0, 0, 0, 0, 10, 34, 0, 0, 25, 1, 0, 0, 0, 0, 0, 0), 0);
    bench_put(b, "a", MM_F32, 2, 6, 5, 0,
              VALUES(35, 29, 6, 31, 25, 12, 13, 5, 27, 7, 26, 11, 21, 49, 45, 32, 14, 30, 4, 39, 32, 3, 37, 33, 34,
                     41, 1, 23, 22, 15, 3, 11, 34, 21, 30, 35, 6, 5, 1, 26, 36, 49, 46, 22, 38, 12, 7, 10, 47, 15, 18,
                     23, 10, 34, 14, 16, 29, 17, 25, 1));
    run_number(b,
               "{\"name\": \"GridPatchd\", \"args\": {\"keys\": \"a\", \"num_patches\": 4, \"patch_size\": [4, 3], "
               "\"pad_mode\": \"edge\", \"sort_fn\": \"max\"}}",
               0);
    bench_expect(
        b, "a", MM_F32, 2,
        VALUES(25, 12, 12, 12, 26, 11, 11, 11, 14, 30, 30, 30, 30, 35, 35, 35, 36, 49, 49, 49, 7, 10, 10, 10), 0);
    bench_put(b, "a", MM_F32, 2, 6, 5, 0,
              VALUES(35, 29, 6, 31, 25, 12, 13, 5, 27, 7, 26, 11, 21, 49, 45, 32, 14, 30, 4, 39, 32, 3, 37, 33, 34,
                     41, 1, 23, 22, 15, 3, 11, 34, 21, 30, 35, 6, 5, 1, 26, 36, 49, 46, 22, 38, 12, 7, 10, 47, 15, 18,
                     23, 10, 34, 14, 16, 29, 17, 25, 1));
    run_number(b,
               "{\"name\": \"GridPatchd\", \"args\": {\"keys\": \"a\", \"num_patches\": 4, \"patch_size\": [4, 3], "
               "\"pad_mode\": \"edge\", \"sort_fn\": \"max\"}}",
               3);
    bench_expect(b, "a", MM_F32, 2,
                 VALUES(37, 33, 33, 33, 22, 15, 15, 15, 22, 15, 15, 15, 10, 34, 34, 34, 25, 1, 1, 1, 25, 1, 1, 1), 0);
}

/* All patches of an image are of one grid: together they are each voxel once. */
static void random_patches_are_of_one_grid(void **state)
{
    struct bench *b = *state;
    bool seen[64] = {false};
    double values[64];
    for (int i = 0; i < 64; i++)
        values[i] = i;
    for (uint32_t n = 0; n < 4; n++) {
        bench_put(b, "a", MM_F32, 1, 8, 8, 0, values);
        run_number(b,
                   "{\"name\": \"RandGridPatchd\", \"args\": {\"keys\": \"a\", \"patch_size\": 4, \"num_patches\": "
                   "4, \"sort_fn\": \"random\"}}",
                   n);
        const float *x = bench_volume(b, "a")->data;
        for (int i = 0; i < 16; i++) {
            assert_false(seen[(int)x[i]]);
            seen[(int)x[i]] = true;
        }
    }
    bench_put(b, "a", MM_F32, 1, 8, 8, 0, values);
    run_number(b,
               "{\"name\": \"RandGridPatchd\", \"args\": {\"keys\": \"a\", \"patch_size\": 2, \"num_patches\": 4, "
               "\"min_offset\": 3, \"max_offset\": 3}}",
               8);
    bench_expect(b, "a", MM_F32, 1, VALUES(27, 28, 35, 36), 0);
    bench_fails(b,
                "{\"name\": \"RandGridPatchd\", \"args\": {\"keys\": \"a\", \"patch_size\": 2, \"num_patches\": 4, "
                "\"min_offset\": 3, \"max_offset\": 2}}",
                MM_ERR_CONFIG, "above max_offset");
    bench_fails(b,
                "{\"name\": \"GridPatchd\", \"args\": {\"keys\": \"a\", \"patch_size\": 2, \"num_patches\": 4, "
                "\"offset\": -1}}",
                MM_ERR_CONFIG, "needs a pad_mode");
}

int main(void)
{
    const struct CMUnitTest tests[] = {BENCH_TEST(splits_as_monai), BENCH_TEST(patches_as_monai),
                                       BENCH_TEST(sorted_patches_as_monai), BENCH_TEST(padded_patches_as_monai),
                                       BENCH_TEST(random_patches_are_of_one_grid)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
