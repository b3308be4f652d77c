/* Sliding windows: positions, padding, blending and bounds, with predictors whose answer is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "config/config.h"
#include "trainer/infer.h"

static struct mm_arena arena;
static const int one[3] = {1, 1, 1};

static int setup(void **state)
{
    (void)state;
    mm_arena_init(&arena, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    mm_arena_done(&arena);
    return 0;
}

static enum mm_status read_inferer(const char *name, const char *args, struct mm_inferer *out, struct mm_error *err)
{
    struct mm_problems problems;
    cJSON *json = NULL;
    mm_problems_init(&problems, &arena);
    if (args)
        assert_int_equal(mm_json_parse(&arena, "args", args, strlen(args), &json, err), MM_OK);
    struct mm_component component = {.name = name, .args = json, .node = json};
    if (mm_inferer_read(&arena, &component, out, &problems) == MM_OK)
        return MM_OK;
    return mm_problems_fail(&problems, MM_ERR_CONFIG, err);
}

static struct mm_inferer sliding(const char *args)
{
    struct mm_inferer inferer;
    struct mm_error err = {0};
    if (read_inferer("SlidingWindowInferer", args, &inferer, &err) != MM_OK)
        fail_msg("%s", err.text);
    return inferer;
}

/* Counts what it is asked and answers with its input: one output channel is the first input channel. */
struct echo {
    int calls, windows, largest_batch;
    int64_t side[3];
    int fail_at;
};

static enum mm_status echo(void *context, const struct mm_desc *input, const float *x, float *y, struct mm_error *err)
{
    struct echo *e = context;
    size_t area = (size_t)mm_desc_area(input);
    e->calls++;
    e->windows += (int)input->dim[0];
    e->largest_batch = input->dim[0] > e->largest_batch ? (int)input->dim[0] : e->largest_batch;
    for (int i = 0; i < 3; i++)
        e->side[i] = input->dim[4 - i];
    if (e->calls == e->fail_at)
        return mm_fail(err, MM_INTERRUPTED, "interrupted");
    for (int64_t n = 0; n < input->dim[0]; n++)
        memcpy(y + (size_t)n * area, x + (size_t)(n * input->dim[1]) * area, area * sizeof(float));
    return MM_OK;
}

static struct mm_volume *ramp(int rank, int channels, int x, int y, int z)
{
    struct mm_volume *v = mm_volume_make(&arena, MM_F32, rank, channels, (const int[]){x, y, z});
    for (size_t i = 0; i < mm_volume_voxels(v) * (size_t)channels; i++)
        ((float *)v->data)[i] = (float)(i % 1000) - 500;
    return v;
}

static struct mm_volume *infer(const struct mm_inferer *inferer, const struct mm_volume *image, const int multiple[3],
                               struct echo *e)
{
    struct mm_volume *out = NULL;
    struct mm_error err = {0};
    if (mm_infer_volume(&arena, inferer, image, 1, multiple, echo, e, &out, &err) != MM_OK)
        fail_msg("%s", err.text);
    assert_true(mm_volume_same_size(image, out));
    assert_int_equal(out->channels, 1);
    return out;
}

static void assert_echoed(const struct mm_volume *image, const struct mm_volume *out)
{
    for (size_t i = 0; i < mm_volume_voxels(out); i++)
        assert_float_equal(((float *)out->data)[i], ((float *)image->data)[i], 1e-3);
}

/* Whatever the windows, an echo comes back as it went. */
static void test_an_echo_comes_back(void **state)
{
    static const char *const args[] = {
        "{\"roi_size\": 8}",
        "{\"roi_size\": [8, 7, 5], \"overlap\": 0.5, \"mode\": \"gaussian\", \"sw_batch_size\": 4}",
        "{\"roi_size\": [40, 3, 1], \"overlap\": [0.6, 0, 0.9]}",
        "{\"roi_size\": [-1, 0, 4], \"overlap\": 0.9}",
        "{\"roi_size\": [64, 64, 64], \"padding_mode\": \"replicate\", \"mode\": \"gaussian\"}",
        "{\"roi_size\": [1, 1, 1], \"sw_batch_size\": 4096}",
    };
    (void)state;
    struct mm_volume *image = ramp(3, 2, 17, 11, 9);
    for (size_t i = 0; i < sizeof(args) / sizeof(*args); i++) {
        struct echo e = {0};
        struct mm_inferer inferer = sliding(args[i]);
        assert_echoed(image, infer(&inferer, image, one, &e));
    }
}

/* MONAI: interval int(roi * (1 - overlap)); the last window of an axis is shifted back. */
static void test_number_of_windows(void **state)
{
    static const struct {
        const char *args;
        int size, windows;
    } rows[] = {
        {"{\"roi_size\": 8, \"overlap\": 0}", 16, 2},    {"{\"roi_size\": 8, \"overlap\": 0}", 17, 3},
        {"{\"roi_size\": 8, \"overlap\": 0.25}", 16, 3}, {"{\"roi_size\": 8, \"overlap\": 0.5}", 16, 3},
        {"{\"roi_size\": 8, \"overlap\": 0.6}", 16, 4},  {"{\"roi_size\": 8, \"overlap\": 0.99}", 10, 3},
        {"{\"roi_size\": 8, \"overlap\": 0.99}", 8, 1},  {"{\"roi_size\": 9, \"overlap\": 0.5}", 8, 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct echo e = {0};
        struct mm_inferer inferer = sliding(rows[i].args);
        infer(&inferer, ramp(2, 1, rows[i].size, 1, 1), one, &e);
        if (e.windows != rows[i].windows)
            fail_msg("%s over %d: %d windows, expected %d", rows[i].args, rows[i].size, e.windows, rows[i].windows);
    }
}

static void test_batches_are_bounded(void **state)
{
    struct echo e = {0};
    struct mm_inferer inferer = sliding("{\"roi_size\": [4, 4], \"sw_batch_size\": 5, \"overlap\": 0}");
    (void)state;
    infer(&inferer, ramp(2, 1, 16, 16, 1), one, &e);
    assert_int_equal(e.windows, 16);
    assert_int_equal(e.largest_batch, 5);
    assert_int_equal(e.calls, 4);
}

/* The network sees sides that are multiples; the image's own size comes back. */
static void test_windows_are_padded_to_the_models_multiple(void **state)
{
    const int multiple[3] = {8, 4, 16};
    struct echo e = {0};
    struct mm_inferer whole;
    struct mm_error err = {0};
    struct mm_volume *image = ramp(3, 1, 13, 11, 9);
    (void)state;
    assert_int_equal(read_inferer("SimpleInferer", NULL, &whole, &err), MM_OK);
    assert_echoed(image, infer(&whole, image, multiple, &e));
    assert_int_equal(e.calls, 1);
    assert_int_equal(e.side[0], 16);
    assert_int_equal(e.side[1], 12);
    assert_int_equal(e.side[2], 16);
    struct mm_inferer inferer = sliding("{\"roi_size\": [6, 6, 6]}");
    assert_echoed(image, infer(&inferer, image, multiple, &e));
    assert_int_equal(e.side[0], 8);
}

/* Where two windows disagree, a Gaussian gives each its own middle. */
static enum mm_status numbered(void *context, const struct mm_desc *input, const float *x, float *y,
                               struct mm_error *err)
{
    int *next = context;
    size_t area = (size_t)mm_desc_area(input);
    (void)x, (void)err;
    for (int64_t n = 0; n < input->dim[0]; n++, ++*next)
        for (size_t i = 0; i < area; i++)
            y[(size_t)n * area + i] = (float)*next;
    return MM_OK;
}

static void test_blending(void **state)
{
    struct mm_volume *image = ramp(2, 1, 12, 1, 1), *out;
    struct mm_error err = {0};
    int next = 0;
    (void)state;
    struct mm_inferer flat = sliding("{\"roi_size\": [8, 1], \"overlap\": 0.5}");
    assert_int_equal(mm_infer_volume(&arena, &flat, image, 1, one, numbered, &next, &out, &err), MM_OK);
    for (int x = 0; x < 12; x++)
        assert_float_equal(((float *)out->data)[x], x < 4 ? 0 : x < 8 ? 0.5 : 1, 1e-6);
    next = 0;
    struct mm_inferer bell = sliding("{\"roi_size\": [8, 1], \"overlap\": 0.5, \"mode\": \"gaussian\"}");
    assert_int_equal(mm_infer_volume(&arena, &bell, image, 1, one, numbered, &next, &out, &err), MM_OK);
    double near = exp(-0.25 / 2),
           far = fmax(exp(-12.25 / 2), 1e-3); /* 0.5 and 3.5 sigma from the middles, sigma = 8 / 8 */
    assert_float_equal(((float *)out->data)[4], far / (near + far), 1e-5);
    assert_float_equal(((float *)out->data)[7], near / (near + far), 1e-5);
}

static void test_a_failing_predictor_stops(void **state)
{
    struct echo e = {.fail_at = 2};
    struct mm_inferer inferer = sliding("{\"roi_size\": 4}");
    struct mm_volume *out;
    struct mm_error err = {0};
    (void)state;
    assert_int_equal(mm_infer_volume(&arena, &inferer, ramp(2, 1, 16, 16, 1), 1, one, echo, &e, &out, &err),
                     MM_INTERRUPTED);
    assert_int_equal(e.calls, 2);
}

static void test_refusals(void **state)
{
    struct mm_inferer inferer;
    struct mm_error err = {0};
    struct mm_volume *out, *image = ramp(2, 1, 16, 16, 1);
    struct echo e = {0};
    (void)state;
    assert_int_equal(read_inferer("SlidingWindowInferrer", "{}", &inferer, &err), MM_ERR_CONFIG);
    assert_non_null(strstr(err.text, "did you mean SlidingWindowInferer"));
    assert_int_equal(read_inferer("SlidingWindowInferer", "{}", &inferer, &err), MM_ERR_CONFIG);
    assert_int_equal(read_inferer("SlidingWindowInferer", "{\"roi_size\": 8, \"overlap\": 1}", &inferer, &err),
                     MM_ERR_CONFIG);
    assert_int_equal(read_inferer("SlidingWindowInferer", "{\"roi_size\": -2}", &inferer, &err), MM_ERR_CONFIG);
    inferer = sliding("{\"roi_size\": [8, 8, 8]}");
    assert_int_equal(mm_infer_volume(&arena, &inferer, image, 1, one, echo, &e, &out, &err), MM_ERR_CONFIG);
    inferer = sliding("{\"roi_size\": 8}");
    image = mm_volume_make(&arena, MM_I16, 2, 1, (const int[]){4, 4, 1});
    assert_int_equal(mm_infer_volume(&arena, &inferer, image, 1, one, echo, &e, &out, &err), MM_ERR_DATA);
}

static void test_claras_spellings(void **state)
{
    struct mm_inferer inferer;
    struct mm_error err = {0};
    (void)state;
    assert_int_equal(
        read_inferer("TFScanWindowInferer", "{\"roi_size\": [160, 160, 96], \"batch_size\": 3}", &inferer, &err),
        MM_OK);
    assert_int_equal(inferer.sw_batch_size, 3);
    assert_int_equal(inferer.roi_size.items[2], 96);
    assert_int_equal(read_inferer("TFSimpleInferer", NULL, &inferer, &err), MM_OK);
    assert_int_equal(inferer.roi_size.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_an_echo_comes_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_number_of_windows, setup, teardown),
        cmocka_unit_test_setup_teardown(test_batches_are_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(test_windows_are_padded_to_the_models_multiple, setup, teardown),
        cmocka_unit_test_setup_teardown(test_blending, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_failing_predictor_stops, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
        cmocka_unit_test_setup_teardown(test_claras_spellings, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
