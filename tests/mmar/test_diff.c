/* Comparing models: every difference is found, named and measured, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mmar/diff.h"
#include "tests/mmar/archive/mmar_folder.h"
#include "trainer/safetensors.h"

static struct mm_error err;

static const char *compared(struct scratch *scratch, const char *a, const char *b)
{
    cJSON *x, *y;
    assert_int_equal(mm_json_parse(&scratch->arena, "a", a, strlen(a), &x, &err), MM_OK);
    assert_int_equal(mm_json_parse(&scratch->arena, "b", b, strlen(b), &y, &err), MM_OK);
    return mm_json_print(&scratch->arena, mm_json_diff(&scratch->arena, x, y), MM_JSON_COMPACT);
}

static void values_are_compared_by_path(void **state)
{
    struct scratch *scratch = *state;
    assert_string_equal(
        compared(scratch, "{\"a\": 1, \"b\": [1, {\"c\": 2.50}]}", "{\"b\": [1, {\"c\": 2.5}], \"a\": 1}"), "[]");
    assert_string_equal(compared(scratch, "{\"a\": {\"b\": [1, 2]}}", "{\"a\": {\"b\": [1, \"2\", 3]}}"),
                        "[{\"path\":\"a.b[1]\",\"a\":2,\"b\":\"2\"},{\"path\":\"a.b[2]\",\"b\":3}]");
    assert_string_equal(
        compared(scratch, "{\"x\": null, \"y\": {}}", "{\"y\": [], \"z\": true}"),
        "[{\"path\":\"x\",\"a\":null},{\"path\":\"y\",\"a\":{},\"b\":[]},{\"path\":\"z\",\"b\":true}]");
}

struct tensors {
    const float *values[3];
};

static enum mm_status fill(void *context, size_t index, void *bytes, struct mm_error *error)
{
    const struct tensors *t = context;
    (void)error;
    memcpy(bytes, t->values[index], 2 * sizeof(float));
    return MM_OK;
}

static char *weights(struct scratch *scratch, const char *file, const char *second, int64_t rows,
                     const float values[2])
{
    static const float other[] = {1, 2};
    struct tensors t = {{values, other, other}};
    const struct mm_st_writer_item items[] = {
        {"conv", "F32", 1, {2}, 8}, {second, "F32", 1, {2}, 8}, {"shape", "F32", 2, {rows, 2 / rows}, 8}};
    char *path = scratch_path(scratch, file);
    assert_int_equal(mm_safetensors_write(path, NULL, items, 3, fill, &t, &err), MM_OK);
    return path;
}

/* |(3, 4) - (0, 0)| is 5, |(3, 4)| too: half of what it was when it moves to (1.5, 2). */
static void weights_are_measured(void **state)
{
    struct scratch *scratch = *state;
    cJSON *rows;
    const char *a = weights(scratch, "a.safetensors", "old", 1, (const float[]){3, 4}),
               *b = weights(scratch, "b.safetensors", "young", 2, (const float[]){1.5f, 2});
    assert_int_equal(mm_diff_weights(&scratch->arena, a, a, NULL, &rows, &err), MM_OK);
    assert_null(rows->child);
    assert_int_equal(mm_diff_weights(&scratch->arena, a, b, NULL, &rows, &err), MM_OK);
    assert_string_equal(mm_json_print(&scratch->arena, rows, MM_JSON_COMPACT),
                        "[{\"name\":\"conv\",\"change\":\"changed\",\"a\":\"F32[2]\",\"b\":\"F32[2]\",\"norm\":2.5,"
                        "\"relative\":0.5},"
                        "{\"name\":\"old\",\"change\":\"removed\",\"a\":\"F32[2]\"},"
                        "{\"name\":\"shape\",\"change\":\"reshaped\",\"a\":\"F32[1,2]\",\"b\":\"F32[2,1]\"},"
                        "{\"name\":\"young\",\"change\":\"added\",\"b\":\"F32[2]\"}]");
}

static void sides_are_archives_folders_or_weights(void **state)
{
    struct scratch *scratch = *state;
    struct mm_diff_side side;
    assert_int_equal(mm_diff_open(&scratch->arena, make_mmar(scratch, "m"), NULL, &side, &err), MM_OK);
    assert_non_null(side.config);
    assert_non_null(side.metrics);
    assert_non_null(side.weights);
    assert_null(side.temporary);
    mm_diff_close(&side);
    assert_int_equal(mm_diff_open(&scratch->arena, scratch->folder, NULL, &side, &err), MM_ERR_USAGE);
    assert_int_equal(mm_diff_open(&scratch->arena, scratch_path(scratch, "no.mmar"), NULL, &side, &err), MM_ERR_IO);
    assert_int_equal(mm_diff_open(&scratch->arena, "x.safetensors", NULL, &side, &err), MM_OK);
    assert_null(side.config);
    mm_diff_close(&side);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        T(values_are_compared_by_path),
        T(weights_are_measured),
        T(sides_are_archives_folders_or_weights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
