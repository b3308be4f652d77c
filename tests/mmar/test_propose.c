/* Proposals from made-up facts, facts from made-up files, and the config that is written. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/json.h"
#include "config/config.h"
#include "image/affine.h"
#include "image/format.h"
#include "mmar/propose.h"
#include "tests/support/scratch.h"
#include "transforms/chain.h"

#define GIB ((uint64_t)1 << 30)

static struct mm_error err;

/* 40 volumes of a head in MR, labels 0 1 2. */
static struct mm_facts head(void)
{
    return (struct mm_facts){.datalist = "data/dataset.json",
                             .training = 40,
                             .validation = 10,
                             .headers = 40,
                             .pairs = 40,
                             .rank = 3,
                             .channels = 1,
                             .spacing = {1, 1, 1},
                             .fine = {1, 1, 1},
                             .one_spacing = true,
                             .size = {70, 90, 61},
                             .largest = {80, 100, 70},
                             .value_count = 3,
                             .values = {0, 1, 2},
                             .foreground = 0.05,
                             .low = 12.3,
                             .high = 880,
                             .lowest = 0,
                             .highest = 1200,
                             .zeros = 0.01,
                             .memory = 16 * GIB,
                             .cores = 4};
}

/* 30 electron micrographs, labels 0 255. */
static struct mm_facts micrograph(void)
{
    return (struct mm_facts){.datalist = "data/dataset.json",
                             .training = 30,
                             .validation = 5,
                             .headers = 30,
                             .pairs = 30,
                             .rank = 2,
                             .channels = 1,
                             .spacing = {1, 1, 1},
                             .fine = {1, 1, 1},
                             .one_spacing = true,
                             .size = {512, 500, 1},
                             .largest = {512, 512, 1},
                             .value_count = 2,
                             .values = {0, 255},
                             .foreground = 0.78,
                             .low = 5,
                             .high = 250,
                             .highest = 255,
                             .memory = 8 * GIB,
                             .cores = 2};
}

static struct mm_proposal propose(struct scratch *scratch, const struct mm_facts *facts)
{
    struct mm_proposal p;
    assert_int_equal(mm_propose(&scratch->arena, facts, &p, &err), MM_OK);
    for (int a = 0; a < 3; a++)
        assert_true(p.crop[a] > 0 && p.crop[a] % p.divisor[a] == 0 && p.roi[a] % p.divisor[a] == 0);
    assert_true(p.batch >= 1 && p.crops >= 1 && (size_t)p.batch <= facts->training && p.epochs % p.interval == 0);
    return p;
}

static const char *why(const struct mm_proposal *p, const char *key)
{
    for (size_t i = 0; i < p->why_count; i++)
        if (!strcmp(p->whys[i].key, key))
            return p->whys[i].text;
    fail_msg("no reason for %s", key);
    return "";
}

static void a_head_in_mr(void **state)
{
    struct mm_facts f = head();
    struct mm_proposal p = propose(*state, &f);
    assert_true(p.resample && !p.window && !p.nonzero && !p.map_labels && p.balanced && p.flip[0] && !p.flip[1] &&
                !p.turn);
    assert_int_equal(p.classes, 3);
    /* 61 / 2 / 2 / 2 = 7, a fourth halving would leave 3 */
    assert_int_equal(p.divisor[2], 8);
    assert_int_equal(p.divisor[1], 16);
    for (int a = 0; a < 3; a++)
        assert_true(p.crop[a] <= f.size[a]);
    assert_true(p.cache == 0 && p.replace == 0);
    assert_non_null(strstr(why(&p, "spacing"), "all 40 images have 1 x 1 x 1 mm"));
}

static void ct_is_known_by_air_or_by_name(void **state)
{
    struct mm_facts f = head();
    f.lowest = -1024;
    f.low = -20.7;
    f.high = 180.2;
    f.air = 38;
    struct mm_proposal p = propose(*state, &f);
    assert_true(p.window && p.low == -21 && p.high == 181);
    f.air = 20; /* half of the images: no */
    assert_false(propose(*state, &f).window);
    f.says_ct = true;
    assert_true(propose(*state, &f).window);
    f = micrograph(); /* a flat image is no CT volume */
    f.air = f.pairs;
    assert_false(propose(*state, &f).window);
}

static void a_background_that_was_cut_away_is_left_out(void **state)
{
    struct mm_facts f = head();
    f.zeros = 0.6;
    assert_true(propose(*state, &f).nonzero);
}

static void thick_slices_are_halved_later(void **state)
{
    struct mm_facts f = head();
    f.spacing[0] = f.fine[0] = f.spacing[1] = f.fine[1] = 0.8;
    f.spacing[2] = 5;
    f.fine[2] = 3;
    f.one_spacing = false;
    f.size[0] = f.size[1] = 320;
    f.size[2] = 48;
    struct mm_proposal p = propose(*state, &f);
    assert_true(p.spacing[2] == 3 && p.spacing[0] == 0.8);
    assert_int_equal(p.size[2], 80);
    assert_true(p.strides[0][0] == 2 && p.strides[0][1] == 2 && p.strides[0][2] == 1);
    assert_int_equal(p.strides[1][2], 2); /* 1.6 and 3 mm are near enough: less than twice */
    assert_non_null(strstr(why(&p, "spacing"), "10th percentile 3"));
    f.fine[2] = 5;
    f.spacing[2] = 5; /* 6.25, then 3.1, then 1.6 times as coarse */
    p = propose(*state, &f);
    assert_true(p.strides[1][2] == 1 && p.strides[2][2] == 2);
}

static void flat_images(void **state)
{
    struct mm_facts f = micrograph();
    struct mm_proposal p = propose(*state, &f);
    assert_true(p.map_labels && !p.resample && !p.balanced && p.flip[0] && p.flip[1] && p.turn);
    assert_true(p.crop[0] == p.crop[1] && p.crop[0] <= 256 && p.crop[2] == 1 && p.divisor[2] == 1);
    assert_int_equal(p.crops, 2); /* 512 x 500 is less than four crops of 256 x 256 */
    f.one_spacing = false;
    f.spacing[0] = f.spacing[1] = 0.5;
    assert_true(propose(*state, &f).resample);
}

static void little_memory_and_few_cores_make_it_small(void **state)
{
    struct mm_facts f = head();
    f.size[0] = f.size[1] = f.size[2] = 200;
    f.largest[0] = f.largest[1] = f.largest[2] = 240;
    struct mm_proposal large = propose(*state, &f);
    f.memory = GIB / 4;
    f.cores = 1;
    struct mm_proposal small = propose(*state, &f);
    assert_true(small.bytes <= 0.25 * (double)f.memory);
    assert_true(small.crop[0] * small.crop[1] * small.crop[2] < large.crop[0] * large.crop[1] * large.crop[2]);
    assert_true(small.cache > 0 && small.cache < 40 && small.replace > 0);
    assert_non_null(strstr(why(&small, "crop"), "cut down from"));
    f.cores = 64;
    f.memory = 256 * GIB;
    struct mm_proposal wide = propose(*state, &f);
    assert_true(wide.widths[0] > large.widths[0] && wide.crop[0] > large.crop[0] && wide.batch >= large.batch);
    assert_int_equal(wide.cache, 0);
}

static void few_images_give_more_crops(void **state)
{
    struct mm_facts f = micrograph();
    f.training = 1;
    struct mm_proposal p = propose(*state, &f);
    assert_true(p.batch == 1 && p.crops >= 4);
}

static void sides_are_not_mirrored(void **state)
{
    struct mm_facts f = head();
    f.names[1] = "Left kidney";
    assert_false(propose(*state, &f).flip[0]);
}

static void tiny_images_are_padded(void **state)
{
    struct mm_facts f = head();
    f.size[0] = f.size[1] = f.size[2] = 5;
    struct mm_proposal p = propose(*state, &f);
    assert_true(p.levels == 2 && p.divisor[0] == 1 && p.crop[0] == 5);
}

static void what_cannot_be_learned_is_told(void **state)
{
    struct scratch *scratch = *state;
    struct mm_proposal p;
    struct mm_facts f = head();
    f.value_count = 1;
    assert_int_equal(mm_propose(&scratch->arena, &f, &p, &err), MM_ERR_DATA);
    assert_non_null(strstr(err.text, "only the value 0"));
    f = head();
    f.values[1] = 0.5;
    assert_int_equal(mm_propose(&scratch->arena, &f, &p, &err), MM_ERR_DATA);
    f.training = 0;
    assert_int_equal(mm_propose(&scratch->arena, &f, &p, &err), MM_ERR_DATA);
}

/* `mmar plan` prints 14.8 GFLOP and 86.8 MiB of activations for the first, 36.9 GFLOP and 235 MiB for the second. */
static void costs_are_those_of_the_plan(void **state)
{
    (void)state;
    double flops, bytes;
    struct mm_proposal p = {.rank = 3,
                            .channels = 1,
                            .classes = 3,
                            .levels = 4,
                            .widths = {16, 32, 64, 128},
                            .strides = {{2, 2, 2}, {2, 2, 2}, {2, 2, 2}},
                            .crop = {32, 48, 32}};
    mm_proposal_cost(&p, &flops, &bytes);
    assert_true(fabs(8 * flops / 14.8e9 - 1) < 0.05 && fabs(8 * bytes / (86.8 * (1 << 20)) - 1) < 0.2);
    p = (struct mm_proposal){.rank = 2,
                             .channels = 1,
                             .classes = 2,
                             .levels = 5,
                             .widths = {16, 32, 64, 128, 256},
                             .strides = {{2, 2, 1}, {2, 2, 1}, {2, 2, 1}, {2, 2, 1}},
                             .crop = {256, 256, 1}};
    mm_proposal_cost(&p, &flops, &bytes);
    assert_true(fabs(8 * flops / 36.9e9 - 1) < 0.05 && fabs(8 * bytes / (235.0 * (1 << 20)) - 1) < 0.2);
}

/* What is written is a config that reads without a complaint, with chains that can be made. */
static void the_config_reads(void **state)
{
    struct scratch *scratch = *state;
    struct mm_facts facts[] = {head(), micrograph(), head()};
    facts[1].datalist = "a \"quoted\" name\\.json";
    facts[2].says_ct = true;
    facts[2].channels = 1;
    facts[1].channels = 3;
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        struct mm_proposal p = propose(scratch, &facts[i]);
        struct mm_text text;
        struct mm_problems problems;
        struct mm_config *config;
        struct mm_chain *train, *validate;
        mm_text_init(&text, 1 << 20);
        mm_proposal_write(&scratch->arena, &facts[i], &p, &text);
        const char *path = scratch_file(scratch, "config.json", text.bytes, text.length);
        mm_text_done(&text);
        static const char *const sets[] = {"DATASET_JSON=d.json", "DATA_ROOT=."};
        const struct mm_config_sources sources = {.root = ".", .config = path, .sets = sets, .set_count = 2};
        mm_problems_init(&problems, &scratch->arena);
        assert_int_equal(mm_config_read(&scratch->arena, &sources, &config, &problems, &err), MM_OK);
        assert_int_equal(mm_chain_make(&scratch->arena, &config->train.pre_transforms, &train, &problems), MM_OK);
        assert_int_equal(mm_chain_make(&scratch->arena, &config->validate.pre_transforms, &validate, &problems),
                         MM_OK);
        assert_int_equal(problems.count, 0);
        assert_int_equal(mm_chain_outputs(train, 0), p.crops);
        assert_int_equal(mm_chain_prefix(train), validate->count);
        assert_int_equal(mm_chain_prefix(validate), validate->count);
        assert_int_equal(config->epochs, p.epochs);
    }
}

/* A volume of 20 x 12 x 8 voxels of 3 x 2 x 1 mm whose stored axes run to S, A and L. */
static const char *stored_otherwise(struct scratch *scratch, const char *name, bool is_label)
{
    static const double affine[16] = {0, 0, -1, 0, 0, 2, 0, 0, 3, 0, 0, 0, 0, 0, 0, 1};
    struct mm_volume *v = mm_volume_make(&scratch->arena, is_label ? MM_U8 : MM_I16, 3, 1, (const int[3]){20, 12, 8});
    memcpy(v->affine, affine, sizeof affine);
    for (int z = 0; z < 8; z++)
        for (int y = 0; y < 12; y++)
            for (int x = 0; x < 20; x++)
                mm_volume_set(v, 0, z, y, x, is_label ? (y >= 6) * 4 : y >= 6 ? 100 + x : -1000);
    const char *path = scratch_path(scratch, name);
    assert_int_equal(mm_image_write(path, v, &err), MM_OK);
    return path;
}

static void facts_are_measured(void **state)
{
    struct scratch *scratch = *state;
    struct mm_facts f;
    stored_otherwise(scratch, "i.nii.gz", false);
    stored_otherwise(scratch, "l.nii.gz", true);
    static const char text[] =
        "{\"labels\": {\"0\": \"air\", \"4\": \"body\", \"7\": \"rare\"}, \"training\": "
        "[{\"image\": \"i.nii.gz\", \"label\": \"l.nii.gz\"}, {\"image\": \"i.nii.gz\", \"label\": \"l.nii.gz\"}]}";
    const char *list = scratch_file(scratch, "dataset.json", text, sizeof text - 1);
    assert_int_equal(mm_facts_measure(&scratch->arena, list, &f, &err), MM_OK);
    assert_true(f.rank == 3 && f.channels == 1 && f.training == 2 && f.validation == 0 && f.pairs == 2 &&
                f.one_spacing);
    assert_true(f.spacing[0] == 1 && f.spacing[1] == 2 && f.spacing[2] == 3);
    assert_true(f.size[0] == 8 && f.size[1] == 12 && f.size[2] == 20);
    assert_true(f.value_count == 3 && f.values[1] == 4 && f.values[2] == 7);
    assert_string_equal(f.names[1], "body");
    assert_true(f.foreground == 0.5 && f.low == 100 && f.high == 119 && f.lowest == -1000 && f.highest == 119 &&
                f.air == 2);
    assert_true(f.cores >= 1);
    /* The datalist with a validation list of its own. */
    const char *split = scratch_path(scratch, "split.json");
    struct mm_facts again;
    assert_int_equal(mm_proposal_split(&scratch->arena, &f, split, &err), MM_OK);
    assert_int_equal(mm_facts_measure(&scratch->arena, split, &again, &err), MM_OK);
    assert_true(again.training == 1 && again.validation == 1);
}

static void data_that_no_proposal_fits_are_told(void **state)
{
    struct scratch *scratch = *state;
    struct mm_facts f;
    stored_otherwise(scratch, "i.nii.gz", false);
    const struct {
        const char *text, *told;
    } cases[] = {
        {"{\"training\": [{\"image\": \"i.nii.gz\", \"label\": 3}]}", "no label of voxels"},
        {"{\"training\": [{\"image\": \"i.nii.gz\"}]}", "no label of voxels"},
        {"{\"training\": [{\"image\": \"absent.nii.gz\", \"label\": \"i.nii.gz\"}]}", "absent.nii.gz"},
        {"{\"test\": []}", "there is no list \"training\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *list = scratch_file(scratch, "dataset.json", cases[i].text, strlen(cases[i].text));
        assert_int_not_equal(mm_facts_measure(&scratch->arena, list, &f, &err), MM_OK);
        assert_non_null(strstr(err.text, cases[i].told));
    }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_head_in_mr),
        TEST(ct_is_known_by_air_or_by_name),
        TEST(a_background_that_was_cut_away_is_left_out),
        TEST(thick_slices_are_halved_later),
        TEST(flat_images),
        TEST(little_memory_and_few_cores_make_it_small),
        TEST(few_images_give_more_crops),
        TEST(sides_are_not_mirrored),
        TEST(tiny_images_are_padded),
        TEST(what_cannot_be_learned_is_told),
        TEST(costs_are_those_of_the_plan),
        TEST(the_config_reads),
        TEST(facts_are_measured),
        TEST(data_that_no_proposal_fits_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
