/* The plan: its numbers, its bound on memory, and how it reads. */
#include "fixture.h"

#include "cache/outlook.h"
#include "image/format.h"
#include "tests/support/scratch.h"

static void test_numbers_follow_from_the_arguments(void **state)
{
    (void)state;
    static const struct {
        uint32_t total, cached;
        double share;
        uint32_t volumes, outputs;
        bool by_transforms, caches;
        uint32_t n, r, per_step, batch, steps, coverage;
        bool plain;
    } rows[] = {
        {32, 32, 0, 12, 1, false, true, 32, 0, 12, 12, 3, 1, true}, /* CLARA "cache": 12 cached volumes */
        {32, 32, 0, 12, 12, true, true, 32, 0, 1, 12, 32, 1, true}, /* v2: 12 crops of one volume       */
        {32, 32, 0, 4, 3, false, true, 32, 0, 4, 12, 8, 1, true},   /* v3: 4 x 3                        */
        {41, 20, 0.25, 1, 3, true, true, 20, 5, 1, 3, 20, 6, false},
        {41, 0, 0.25, 4, 1, false, true, 41, 0, 4, 4, 11, 1, true},   /* all items: nothing to replace */
        {41, 20, 0, 4, 1, false, true, 20, 0, 4, 4, 5, 0, true},      /* the rest is never seen        */
        {41, 20, 0.25, 4, 1, false, false, 41, 0, 4, 4, 11, 1, true}, /* no cache */
        {3, 3, 0, 8, 2, false, true, 3, 0, 3, 6, 1, 1, true},
        {5, 5, 0, 0, 2, false, true, 5, 0, 1, 2, 5, 1, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture f;
        struct mm_cache_plan plan;
        fixture_init(&f, rows[i].total, rows[i].cached, rows[i].share, rows[i].volumes, rows[i].outputs);
        f.pipeline.batched_by_transforms = rows[i].by_transforms;
        f.pipeline.caches = rows[i].caches;
        assert_int_equal(mm_cache_plan_make(&f.source, 0, 1, &plan, NULL), MM_OK);
        assert_int_equal(plan.items, rows[i].total);
        assert_int_equal(plan.cached, rows[i].n);
        assert_int_equal(plan.replaced, rows[i].r);
        assert_int_equal(plan.outputs, rows[i].outputs);
        assert_int_equal(plan.volumes_per_step, rows[i].per_step);
        assert_int_equal(plan.batch, rows[i].batch);
        assert_int_equal(plan.steps, rows[i].steps);
        assert_int_equal(plan.coverage_epochs, rows[i].coverage);
        assert_int_equal(plan.plain, rows[i].plain);
        assert_int_equal(plan.bytes_per_item, 0);
    }
}

/* A chain whose steps are told apart by name, flags and a parameter. */
struct sized {
    struct mm_doubles pixdim;
    struct mm_ints roi_size;
};
static const struct mm_param spacing_params[] = {MM_DOUBLES(struct sized, pixdim, .help = "x"), MM_PARAMS_END};
static const struct mm_param crop_params[] = {MM_INTS(struct sized, roi_size, .help = "x"), MM_PARAMS_END};

static size_t four(const void *self)
{
    (void)self;
    return 4;
}

static const struct mm_transform transform_load = {.name = "LoadImage", .fields = MM_FIELDS_LISTED};
static const struct mm_transform transform_spacing = {
    .name = "Spacing", .fields = MM_FIELDS_LISTED, .flags = MM_SPATIAL, .params = spacing_params};
static const struct mm_transform transform_crop = {.name = "RandCropByPosNegLabel",
                                                   .fields = MM_FIELDS_LISTED,
                                                   .flags = MM_RANDOM | MM_SPATIAL | MM_MANY,
                                                   .outputs = four,
                                                   .params = crop_params};
static const struct mm_transform transform_scale = {.name = "ScaleIntensityRange", .fields = MM_FIELDS_LISTED};

static const char *const both[] = {"image", "label"};

struct drawing {
    struct fixture f;
    struct sized spacing, crop;
    struct mm_step steps[4];
};

static void drawing_init(struct drawing *d, uint32_t total, uint32_t cached, double share)
{
    static const double one_millimetre[] = {1, 1, 2};
    static const int64_t roi[] = {96, 96, 64};
    fixture_init(&d->f, total, cached, share, 2, 1);
    d->spacing.pixdim = (struct mm_doubles){3, one_millimetre};
    d->crop.roi_size = (struct mm_ints){3, roi};
    const struct mm_transform_common common = {.keys = {2, both}};
    d->steps[0] = (struct mm_step){.transform = &transform_load, .common = common, .index = 0};
    d->steps[1] =
        (struct mm_step){.transform = &transform_spacing, .common = common, .index = 1, .self = &d->spacing};
    d->steps[2] = (struct mm_step){.transform = &transform_crop, .common = common, .index = 2, .self = &d->crop};
    d->steps[3] = (struct mm_step){.transform = &transform_scale, .common = {.keys = {1, both}}, .index = 3};
    d->f.chain = (struct mm_chain){.count = 4, .steps = d->steps};
    d->f.source.prefix = mm_chain_prefix(&d->f.chain);
}

static const struct mm_cache_basis nothing; /* is known beside the plan */

static void expect_print(struct drawing *d, uint64_t bytes, const char *expected)
{
    struct mm_cache_plan plan;
    struct mm_text text;
    mm_text_init(&text, 1 << 16);
    assert_int_equal(mm_cache_plan_make(&d->f.source, 0, 1, &plan, NULL), MM_OK);
    plan.bytes_per_item = bytes;
    mm_cache_plan_print(&d->f.source, &plan, &nothing, &text);
    assert_string_equal(text.bytes, expected);
    mm_text_done(&text);
}

static void test_it_reads_well(void **state)
{
    (void)state;
    struct drawing d;
    drawing_init(&d, 41, 21, 0.2);
    d.f.pipeline.cache_memory = (uint64_t)2 << 30;
    static const int64_t crop[] = {96, 96, 96};
    d.f.pipeline.output_crop_size = (struct mm_ints){3, crop};
    expect_print(
        &d, (uint64_t)100 << 20,
        "transforms\n"
        "    1  LoadImage                    image, label         cached\n"
        "    2  Spacing                      image, label         cached\n"
        "  ----- the cache keeps what is there now, since RandCropByPosNegLabel is random -----\n"
        "    3  RandCropByPosNegLabel        image, label         every use, random, makes 4 samples\n"
        "    4  ScaleIntensityRange          image                every use\n"
        "items\n"
        "  datalist    41 items under \"training\" of list.json\n"
        "  cache       21 of 41 items are held; an epoch uses these and no others\n"
        "  rotation    after each epoch the 5 oldest leave and 5 others enter; an item stays 4 or 5 epochs\n"
        "  coverage    every item has been seen after 5 epochs\n"
        "  memory      26 places of at most 100 MiB: at most 2.5 GiB; limit: 2 GiB\n"
        "batches\n"
        "  a step      2 volumes x 4 samples = a batch of 8 samples\n"
        "  an epoch    11 steps, the last with 4 samples\n"
        "  loader      2 threads, prefetch_size 2\n"
        "warning: 5 replaced items do not divide 21 held ones: some items stay one epoch longer than others; "
        "replace_percent 0.1 replaces 3\n"
        "warning: the items may need more than cache_memory allows (2 GiB): what does not fit is prepared anew at "
        "each use; num_cache_objects 16 with replace_percent 0.2 fits\n"
        "warning: transform 4 (ScaleIntensityRange) is deterministic but stands behind the random transform 3 "
        "(RandCropByPosNegLabel): it is not cached\n"
        "warning: output_crop_size says 96 x 96 x 96, the transforms make 96 x 96 x 64\n");
}

static void test_a_pipeline_without_cache_says_so(void **state)
{
    (void)state;
    struct drawing d;
    drawing_init(&d, 5, 0, 0);
    d.f.pipeline.caches = false;
    d.f.pipeline.name = "SegmentationImagePipeline";
    d.f.pipeline.batched_by_transforms = true;
    d.f.chain.count = 3;
    expect_print(&d, 0,
                 "transforms\n"
                 "    1  LoadImage                    image, label         once an epoch\n"
                 "    2  Spacing                      image, label         once an epoch\n"
                 "    3  RandCropByPosNegLabel        image, label         every use, random, makes 4 samples\n"
                 "items\n"
                 "  datalist    5 items under \"training\" of list.json\n"
                 "  cache       none: SegmentationImagePipeline prepares every item anew in every epoch\n"
                 "batches\n"
                 "  a step      1 volume x 4 samples = a batch of 4 samples (batched by transforms)\n"
                 "  an epoch    5 steps\n"
                 "  loader      2 threads, prefetch_size 2\n"
                 "warning: output_batch_size 2 does nothing where batched_by_transforms is true: a batch is the 4 "
                 "samples of one volume\n");
}

static void test_items_never_seen_are_a_warning(void **state)
{
    (void)state;
    struct drawing d;
    struct mm_cache_plan plan;
    struct mm_text text;
    mm_text_init(&text, 1 << 16);
    drawing_init(&d, 10, 4, 0);
    assert_int_equal(mm_cache_plan_make(&d.f.source, 0, 1, &plan, NULL), MM_OK);
    mm_cache_plan_print(&d.f.source, &plan, &nothing, &text);
    assert_non_null(strstr(text.bytes, "only 4 of 10 items are ever seen"));
    mm_text_done(&text);
}

static void test_bound_comes_from_headers(void **state)
{
    struct scratch *scratch = *state;
    struct drawing d;
    struct mm_cache_plan plan;
    struct mm_error err = {0};
    drawing_init(&d, 3, 3, 0);
    for (int i = 0; i < 3; i++) { /* the second is the largest: 20 x 10 x 8 of 2 x 2 x 2 mm */
        struct mm_volume *volume = mm_volume_make(&scratch->arena, MM_I16, 3, 1, (int[3]){i == 1 ? 20 : 5, 10, 8});
        for (int a = 0; a < 3; a++)
            volume->affine[5 * a] = 2;
        d.f.path_of[i][0] = scratch_path(scratch, mm_arena_format(&scratch->arena, "%d.nii", i));
        assert_int_equal(mm_image_write(d.f.path_of[i][0], volume, &err), MM_OK);
    }
    assert_int_equal(mm_cache_plan_make(&d.f.source, 3, 1, &plan, &err), MM_OK);
    uint64_t voxels = 41 * 21 * 9; /* at 1 x 1 x 2 mm, one more a side for rounding */
    assert_in_range(plan.bytes_per_item, voxels * 4, voxels * 4 + 65536);
    assert_int_equal(mm_cache_plan_make(&d.f.source, 1, 1, &plan, &err), MM_OK);
    assert_in_range(plan.bytes_per_item, 1, voxels * 4 - 1);
    d.f.path_of[2][0] = "missing.nii";
    assert_int_not_equal(mm_cache_plan_make(&d.f.source, 3, 1, &plan, &err), MM_OK);
    assert_non_null(strstr(err.text, "missing.nii"));
}

/* Steps that name a size: those that make an image larger raise the bound, those that only cut do not. */
struct resized {
    struct mm_ints spatial_size, margin, roi_size, k_divisible;
    struct mm_doubles factor, zoom;
    bool allow_smaller, keep_size;
};
static const struct mm_param resized_params[] = {MM_INTS(struct resized, spatial_size, .help = "x"),
                                                 MM_INTS(struct resized, margin, .help = "x"),
                                                 MM_INTS(struct resized, roi_size, .help = "x"),
                                                 MM_INTS(struct resized, k_divisible, .help = "x"),
                                                 MM_DOUBLES(struct resized, factor, .help = "x"),
                                                 MM_DOUBLES(struct resized, zoom, .help = "x"),
                                                 MM_BOOL(struct resized, allow_smaller, .help = "x"),
                                                 MM_BOOL(struct resized, keep_size, .help = "x"),
                                                 MM_PARAMS_END};
static const struct mm_transform transform_resized = {
    .name = "Resized", .fields = MM_FIELDS_LISTED, .flags = MM_SPATIAL, .params = resized_params};

static void test_only_what_enlarges_raises_the_bound(void **state)
{
    struct scratch *scratch = *state;
    static const int64_t hundred[] = {100}, five[] = {5};
    static const double two[] = {2};
    const struct mm_ints big = {1, hundred}, little = {1, five};
    const struct mm_doubles twice = {1, two};
    const struct {
        struct resized self;
        uint64_t voxels; /* of 20 x 10 x 8 */
    } rows[] = {
        {{.roi_size = big}, 1600},
        {{.spatial_size = big, .allow_smaller = true}, 1600},
        {{.margin = big, .allow_smaller = true}, 1600},
        {{.zoom = twice, .keep_size = true}, 1600},
        {{.spatial_size = big}, 1000000},
        {{.spatial_size = little}, 1600},
        {{.margin = little}, 30 * 20 * 18},
        {{.k_divisible = little}, 20 * 10 * 10},
        {{.factor = twice}, 41 * 21 * 17},
        {{.zoom = twice}, 41 * 21 * 17},
    };
    struct mm_volume *volume = mm_volume_make(&scratch->arena, MM_I16, 3, 1, (int[3]){20, 10, 8});
    const char *path = scratch_path(scratch, "one.nii");
    assert_int_equal(mm_image_write(path, volume, NULL), MM_OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct drawing d;
        struct mm_cache_plan plan;
        drawing_init(&d, 1, 1, 0);
        d.f.path_of[0][0] = path;
        d.steps[1].transform = &transform_resized;
        d.steps[1].self = &rows[i].self;
        assert_int_equal(mm_cache_plan_make(&d.f.source, 1, 1, &plan, NULL), MM_OK);
        assert_in_range(plan.bytes_per_item, rows[i].voxels * 4, rows[i].voxels * 4 + 20000);
    }
}

/* Items of one bound (no field is read from a file): N + R times it must not exceed the limit. */
static void test_memory_lowers_what_rotates(void **state)
{
    (void)state;
    static const struct {
        uint32_t cached, places;
        double share;
        bool auto_objects, auto_replace;
        uint32_t n, wanted, r, most;
    } rows[] = {
        {20, 25, 0.25, false, false, 20, 20, 5, 0}, /* fits exactly */
        {20, 24, 0.25, false, false, 19, 20, 5, 0}, /* 19 + 5 */
        {0, 25, 0.25, false, false, 20, 41, 5, 0},  /* all asked for */
        {0, 41, 0.25, false, false, 41, 41, 0, 0},  /* all fit */
        {20, 1, 0.25, false, false, 1, 20, 1, 0},   /* less than any choice needs: the smallest */
        {20, 4, 0, false, false, 20, 20, 0, 0},     /* what is left out would never be seen */
        {0, 25, 0.25, true, false, 20, 41, 5, 0},   /* auto */
        {0, 4, 0, true, false, 41, 41, 0, 0},       /* auto without rotation: all, kept as far as they fit */
        {0, 25, 0, true, true, 20, 41, 0, 5},       /* both: a quarter of N is kept free */
        {0, 50, 0, true, true, 41, 41, 0, 0},       /* nothing is left to replace with */
        {20, 30, 0, false, true, 20, 20, 0, 10},    /* N given: all other places are for replacements */
        {20, 100, 0, false, true, 20, 20, 0, 20},   /* N at most */
        {20, 22, 0, false, true, 17, 20, 0, 5},     /* a quarter must fit */
    };
    uint64_t one;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture f;
        struct mm_cache_plan plan;
        fixture_init(&f, 41, rows[i].cached, rows[i].share, 1, 1);
        assert_int_equal(mm_cache_plan_make(&f.source, 1, 1, &plan, NULL), MM_OK);
        one = plan.bytes_per_item;
        f.pipeline.cache_memory = rows[i].places * one + one / 2;
        f.pipeline.auto_objects = rows[i].auto_objects;
        f.pipeline.auto_replace = rows[i].auto_replace;
        assert_int_equal(mm_cache_plan_make(&f.source, 1, 1, &plan, NULL), MM_OK);
        assert_int_equal(plan.cached, rows[i].n);
        assert_int_equal(plan.wanted, rows[i].wanted);
        assert_int_equal(plan.replaced, rows[i].r);
        assert_int_equal(plan.replaced_max, rows[i].most);
        f.pipeline.is_resolved = true; /* final, whatever the memory */
        assert_int_equal(mm_cache_plan_make(&f.source, 1, 1, &plan, NULL), MM_OK);
        assert_int_equal(plan.cached, rows[i].cached ? rows[i].cached : 41);
        assert_int_equal(plan.replaced_max, 0);
    }
}

static void test_automatic_memory_is_a_share_of_what_is_free(void **state)
{
    (void)state;
    struct fixture f;
    struct mm_cache_plan plan;
    uint64_t free_bytes = mm_memory_available();
    fixture_init(&f, 5, 3, 0.4, 1, 1);
    f.pipeline.auto_memory = true;
    enum mm_status s = mm_cache_plan_make(&f.source, 0, 1, &plan, NULL);
    assert_int_equal(s, free_bytes ? MM_OK : MM_ERR_CONFIG);
    if (free_bytes)
        assert_true(plan.limit > 0 && plan.limit < 2 * free_bytes);
}

static void test_a_lowered_number_is_told(void **state)
{
    (void)state;
    struct fixture f;
    struct mm_cache_plan plan;
    struct mm_text text;
    fixture_init(&f, 41, 20, 0.25, 1, 1);
    f.pipeline.cache_memory = (uint64_t)10 * 16384;
    assert_int_equal(mm_cache_plan_make(&f.source, 1, 1, &plan, NULL), MM_OK);
    mm_text_init(&text, 1 << 16);
    mm_cache_plan_print(&f.source, &plan, &nothing, &text);
    assert_non_null(strstr(text.bytes, "num_cache_objects is lowered to 8; 400 KiB would hold them"));
    f.pipeline.auto_objects = f.pipeline.auto_replace = true;
    f.pipeline.replace_percent = 0;
    assert_int_equal(mm_cache_plan_make(&f.source, 1, 1, &plan, NULL), MM_OK);
    mm_cache_plan_print(&f.source, &plan, &nothing, &text);
    assert_non_null(strstr(text.bytes, "rotation    auto: after each epoch up to 2 leave"));
    mm_text_done(&text);
}

static void test_packing_is_told(void **state)
{
    (void)state;
    struct fixture f;
    struct mm_cache_plan plan;
    struct mm_text text;
    fixture_init(&f, 41, 20, 0.25, 1, 1);
    f.pipeline.cache_memory = (uint64_t)10 * 16384;
    f.make.size[0] = 2000; /* packs to next to nothing */
    assert_int_equal(mm_cache_plan_make(&f.source, 1, 1, &plan, NULL), MM_OK);
    mm_text_init(&text, 1 << 16);
    mm_cache_plan_print(&f.source, &plan, &nothing, &text);
    assert_true(plan.cached > 8 && plan.packed_per_item < 16384);
    assert_non_null(
        strstr(text.bytes, "packing     images are kept packed where that pays: the largest item takes "));
    mm_text_done(&text);
    mm_text_init(&text, 1 << 16);

    f.make.bad_item = 0; /* the one that is measured: its failure is not the plan's */
    assert_int_equal(mm_cache_plan_make(&f.source, 1, 1, &plan, NULL), MM_OK);
    assert_int_equal(plan.cached, 8);
    f.make.bad_item = -1;
    f.pipeline.compression = MM_COMPRESSION_NONE;
    assert_int_equal(mm_cache_plan_make(&f.source, 1, 1, &plan, NULL), MM_OK);
    mm_cache_plan_print(&f.source, &plan, &nothing, &text);
    assert_int_equal(plan.cached, 8);
    assert_null(strstr(text.bytes, "packing"));
    mm_text_done(&text);
    mm_text_init(&text, 1 << 16);

    f.pipeline.replace_percent = 0; /* nothing rotates: N stays, and what fits is kept */
    f.pipeline.compression = MM_COMPRESSION_AUTO;
    assert_int_equal(mm_cache_plan_make(&f.source, 1, 1, &plan, NULL), MM_OK);
    mm_cache_plan_print(&f.source, &plan, &nothing, &text);
    assert_true(plan.packs && plan.cached == 20);
    assert_non_null(strstr(text.bytes, "unless packing makes them small enough"));
    f.pipeline.cache_memory = (uint64_t)20 * 16384; /* all fit as they are */
    assert_int_equal(mm_cache_plan_make(&f.source, 1, 1, &plan, NULL), MM_OK);
    assert_false(plan.packs);
    f.pipeline.compression = MM_COMPRESSION_LZ4;
    assert_int_equal(mm_cache_plan_make(&f.source, 1, 1, &plan, NULL), MM_OK);
    assert_true(plan.packs);
    f.pipeline.caches = false;
    assert_int_equal(mm_cache_plan_make(&f.source, 1, 1, &plan, NULL), MM_OK);
    assert_false(plan.packs);
    mm_text_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_follow_from_the_arguments),
        cmocka_unit_test(test_it_reads_well),
        cmocka_unit_test(test_a_pipeline_without_cache_says_so),
        cmocka_unit_test(test_items_never_seen_are_a_warning),
        cmocka_unit_test(test_memory_lowers_what_rotates),
        cmocka_unit_test(test_automatic_memory_is_a_share_of_what_is_free),
        cmocka_unit_test(test_a_lowered_number_is_told),
        cmocka_unit_test(test_packing_is_told),
        cmocka_unit_test_setup_teardown(test_bound_comes_from_headers, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(test_only_what_enlarges_raises_the_bound, scratch_setup, scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
