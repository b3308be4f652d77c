/* PyTorch files: tensors of all dtypes, strided and shared ones, nested dicts; the same from a zip and from the old form; and tensors
 * that reach beyond their storage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/trainer/torch_samples.h"
#include "trainer/torch_file.h"

struct fixture {
    struct mm_arena arena;
    struct sample pickle, file;
    struct mm_torch_file *read;
    struct mm_torch_state state;
    struct mm_error err;
};

static const float storage[6] = {0, 1, 2, 3, 4, 5};

static int set_up(void **state)
{
    struct fixture *f = mm_alloc(sizeof(*f));
    mm_arena_init(&f->arena, NULL);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    mm_arena_done(&f->arena);
    mm_free(f);
    return 0;
}

static enum mm_status parse(struct fixture *f, const char *key)
{
    enum mm_status status = mm_torch_parse(&f->arena, f->file.bytes, f->file.size, &f->read, &f->err);
    return status == MM_OK ? mm_torch_choose(&f->arena, f->read, key, &f->state, &f->err) : status;
}

static enum mm_status parse_zip(struct fixture *f, const char *key)
{
    const struct sample_entry entries[] = {{"archive/data.pkl", f->pickle.bytes, f->pickle.size, 0},
                                           {"archive/data/0", storage, sizeof(storage), 0},
                                           {"archive/version", "3\n", 2, 0}};
    f->file.size = 0;
    sample_zip(&f->file, entries, 3);
    return parse(f, key);
}

/* The six floats as one storage, with the tensor under the name. */
static void put(struct fixture *f, const char *name, const struct sample_tensor *tensor)
{
    sample_text(&f->pickle, name);
    sample_put_tensor(&f->pickle, tensor);
}

static const struct sample_tensor straight = {"FloatStorage", 0, 6, 0, 2, {2, 3}, {3, 1}};
static const struct sample_tensor transposed = {"FloatStorage", 0, 6, 0, 2, {3, 2}, {1, 3}};
static const struct sample_tensor slice = {"FloatStorage", 0, 6, 1, 1, {2}, {3}};

static void begin(struct fixture *f)
{
    f->pickle.size = 0;
    sample_add(&f->pickle, "\x80\x02}(", 4);
}

static void check_tensor(const struct mm_strided *tensor, const char *name, const float *wanted, size_t count)
{
    float got[12];
    size_t bytes;
    assert_string_equal(tensor->name, name);
    assert_true(mm_strided_bytes(tensor, &bytes));
    assert_int_equal(bytes, count * sizeof(float));
    mm_strided_copy(tensor, got);
    assert_memory_equal(got, wanted, bytes);
}

static void check_three(struct fixture *f)
{
    assert_int_equal(f->state.count, 3);
    check_tensor(&f->state.tensors[0], "straight", storage, 6);
    check_tensor(&f->state.tensors[1], "transposed", (float[]){0, 3, 1, 4, 2, 5}, 6);
    check_tensor(&f->state.tensors[2], "slice", (float[]){1, 4}, 2);
}

static void put_three(struct fixture *f)
{
    begin(f);
    put(f, "straight", &straight);
    put(f, "transposed", &transposed);
    put(f, "slice", &slice);
    sample_ops(&f->pickle, "u.");
}

static void test_strided_tensors_of_a_zip(void **state)
{
    struct fixture *f = *state;
    put_three(f);
    assert_int_equal(parse_zip(f, NULL), MM_OK);
    assert_string_equal(f->read->kind, "PyTorch zip");
    check_three(f);
}

static void old_file(struct fixture *f, int64_t elements);

/* Each way in which torch leaves a view in a file, alone in it, in both forms. */
static void test_every_kind_of_view_alone(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *name;
        struct sample_tensor tensor;
        float wanted[12];
        size_t count;
    } cases[] = {
        {"transposed", {"FloatStorage", 0, 6, 0, 2, {3, 2}, {1, 3}}, {0, 3, 1, 4, 2, 5}, 6},
        {"row", {"FloatStorage", 0, 6, 3, 1, {3}, {1}}, {3, 4, 5}, 3},
        {"sliced", {"FloatStorage", 0, 6, 1, 2, {2, 2}, {3, 1}}, {1, 2, 4, 5}, 4},
        {"stepped", {"FloatStorage", 0, 6, 0, 2, {2, 2}, {3, 2}}, {0, 2, 3, 5}, 4},
        {"expanded", {"FloatStorage", 0, 6, 4, 2, {2, 4}, {1, 0}}, {4, 4, 4, 4, 5, 5, 5, 5}, 8},
        {"expanded from a scalar", {"FloatStorage", 0, 6, 5, 1, {3}, {0}}, {5, 5, 5}, 3},
        {"overlapping", {"FloatStorage", 0, 6, 0, 2, {3, 4}, {1, 1}}, {0, 1, 2, 3, 1, 2, 3, 4, 2, 3, 4, 5}, 12},
        {"scalar", {"FloatStorage", 0, 6, 2, 0, {0}, {0}}, {2}, 1},
        {"empty", {"FloatStorage", 0, 6, 0, 2, {0, 3}, {3, 1}}, {0}, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int old = 0; old < 2; old++) {
            begin(f);
            put(f, cases[i].name, &cases[i].tensor);
            sample_ops(&f->pickle, "u.");
            if (old)
                old_file(f, 6);
            if ((old ? parse(f, NULL) : parse_zip(f, NULL)) != MM_OK)
                fail_msg("%s: %s", cases[i].name, f->err.text);
            check_tensor(&f->state.tensors[0], cases[i].name, cases[i].wanted, cases[i].count);
        }
}

/* One of them is small enough; all of a file together are not. */
static void test_expanded_tensors_are_counted_together(void **state)
{
    struct fixture *f = *state;
    static const struct sample_tensor large = {"FloatStorage", 0, 6, 0, 1, {10 << 20}, {0}};
    for (int count = 1; count <= 2; count++) {
        begin(f);
        put(f, "a", &large);
        if (count == 2)
            put(f, "b", &large);
        sample_ops(&f->pickle, "u.");
        assert_int_equal(parse_zip(f, NULL), count == 1 ? MM_OK : MM_ERR_DATA);
    }
    assert_non_null(strstr(f->err.text, "of more than 64 MiB"));
}

static void old_file(struct fixture *f, int64_t elements)
{
    f->file.size = 0;
    sample_add(&f->file, "\x80\x02\x8a\nl\xfc\x9c\x46\xf9 j\xa8P\x19.", 15);
    sample_add(&f->file, "\x80\x02M\xe9\x03.\x80\x02}.", 10);
    sample_add(&f->file, f->pickle.bytes, f->pickle.size);
    sample_add(&f->file, "\x80\x02]", 3);
    sample_text(&f->file, "0");
    sample_ops(&f->file, "a.");
    sample_number(&f->file, (uint64_t)elements, 8);
    sample_add(&f->file, storage, sizeof(storage));
}

static void test_the_old_form(void **state)
{
    struct fixture *f = *state;
    put_three(f);
    old_file(f, 6);
    assert_int_equal(parse(f, NULL), MM_OK);
    assert_string_equal(f->read->kind, "PyTorch before 1.6");
    check_three(f);
    size_t whole = f->file.size;
    for (f->file.size = 0; f->file.size < whole; f->file.size++)
        assert_int_equal(parse(f, NULL), MM_ERR_DATA);
    old_file(f, 5);
    assert_int_equal(parse(f, NULL), MM_ERR_DATA);
}

static void test_a_nested_dict_is_found(void **state)
{
    struct fixture *f = *state;
    begin(f);
    sample_text(&f->pickle, "epoch");
    sample_int(&f->pickle, 7);
    sample_text(&f->pickle, "optimizer");
    sample_ops(&f->pickle, "}(");
    put(f, "exp_avg", &slice);
    sample_ops(&f->pickle, "u");
    for (int i = 0; i < 2; i++) {
        sample_text(&f->pickle, i ? "ema" : "model");
        sample_ops(&f->pickle, "}(");
        put(f, i ? "b" : "a", &straight);
        sample_ops(&f->pickle, "u");
    }
    sample_ops(&f->pickle, "u.");
    assert_int_equal(parse_zip(f, NULL), MM_OK);
    assert_string_equal(f->state.key, "model");
    check_tensor(&f->state.tensors[0], "a", storage, 6);
    assert_int_equal(f->state.others.count, 3);
    assert_string_equal(f->state.others.items[0], "epoch: an integer (7)");
    assert_string_equal(f->state.others.items[1], "optimizer: a dict of 1");
    assert_int_equal(parse_zip(f, "ema"), MM_OK);
    check_tensor(&f->state.tensors[0], "b", storage, 6);
    assert_int_equal(parse_zip(f, "emma"), MM_ERR_USAGE);
    assert_non_null(strstr(f->err.text, "there are: model, ema"));
}

static void test_a_dict_in_itself_ends(void **state)
{
    struct fixture *f = *state;
    f->pickle.size = 0;
    sample_add(&f->pickle, "\x80\x02}q\0(", 6);
    for (int i = 0; i < 60; i++) {
        sample_text(&f->pickle, "x");
        sample_add(&f->pickle, "h\0", 2);
    }
    sample_ops(&f->pickle, "u.");
    assert_int_equal(parse_zip(f, NULL), MM_ERR_DATA);
    assert_string_equal(f->err.text, "its dicts hold one another too often");
}

static void test_what_does_not_fit_is_refused(void **state)
{
    struct fixture *f = *state;
    static const struct {
        struct sample_tensor tensor;
        const char *why;
    } cases[] = {
        {{"FloatStorage", 0, 6, 1, 1, {6}, {1}}, "element 6 lies outside storage \"0\" of 6"},
        {{"FloatStorage", 0, 6, 0, 2, {2, 2}, {5, 1}}, "element 6 lies outside"},
        {{"FloatStorage", 0, 6, 0, 1, {(16 << 20) + 7}, {0}}, "expanded tensors, whose elements share storage, of"},
        {{"FloatStorage", 0, 6, 0, 1, {INT64_MAX}, {0}}, "expanded tensors"},
        {{"FloatStorage", 0, 6, 6, 2, {4, 4}, {0, 0}}, "element 6 lies outside"},
        {{"FloatStorage", 0, 6, 0, 2, {INT64_MAX, 4}, {1, 1}}, "overflow"},
        {{"FloatStorage", 0, 6, 0, 1, {4}, {INT64_MAX}}, "overflow"},
        {{"FloatStorage", 0, 6, 0, 1, {-1}, {1}}, "integers from 0"},
        {{"FloatStorage", 0, 6, 5, 1, {2}, {-1}}, "integers from 0"},
        {{"FloatStorage", 0, 6, -1, 1, {2}, {1}}, "an offset from 0"},
        {{"FloatStorage", 0, 6, 0, 9, {1}, {1}}, "9 dimensions, at most 8"},
        {{"FloatStorage", 0, 7, 0, 1, {6}, {1}}, "archive/data/0 has 24 bytes, its storage of 7 elements needs 28"},
        {{"DoubleStorage", 0, 6, 0, 1, {6}, {1}}, "needs 48"},
        {{"FloatStorage", 0, INT64_MAX, 0, 1, {6}, {1}}, "is too large"},
        {{"FloatStorage", 0, -6, 0, 1, {6}, {1}}, "no storage"},
        {{"FloatStorage", 1, 6, 0, 1, {6}, {1}}, "archive/data/1 is missing"},
        {{"ComplexFloatStorage", 0, 3, 0, 1, {3}, {1}}, "torch.ComplexFloatStorage, which is not among"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        begin(f);
        put(f, "w", &cases[i].tensor);
        sample_ops(&f->pickle, "u.");
        assert_int_equal(parse_zip(f, NULL), MM_ERR_DATA);
        if (!strstr(f->err.text, cases[i].why))
            fail_msg("\"%s\" does not say \"%s\"", f->err.text, cases[i].why);
    }
}

static void test_dtypes(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *storage, *dtype;
        int elements;
    } cases[] = {{"DoubleStorage", "F64", 3}, {"HalfStorage", "F16", 12}, {"BFloat16Storage", "BF16", 12},
                 {"LongStorage", "I64", 3},   {"IntStorage", "I32", 6},   {"ShortStorage", "I16", 12},
                 {"CharStorage", "I8", 24},   {"ByteStorage", "U8", 24},  {"BoolStorage", "BOOL", 24}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        unsigned char got[24];
        begin(f);
        put(f, "w", &(struct sample_tensor){cases[i].storage, 0, cases[i].elements, 0, 1, {cases[i].elements}, {1}});
        sample_ops(&f->pickle, "u.");
        assert_int_equal(parse_zip(f, NULL), MM_OK);
        assert_string_equal(f->state.tensors[0].dtype, cases[i].dtype);
        mm_strided_copy(&f->state.tensors[0], got);
        assert_memory_equal(got, storage, 24);
    }
}

static void test_programs_are_refused(void **state)
{
    struct fixture *f = *state;
    begin(f);
    sample_ops(&f->pickle, "u.");
    f->file.size = 0;
    sample_zip(
        &f->file,
        (struct sample_entry[]){{"m/data.pkl", f->pickle.bytes, f->pickle.size, 0}, {"m/constants.pkl", "", 0, 0}},
        2);
    assert_int_equal(parse(f, NULL), MM_ERR_DATA);
    assert_non_null(strstr(f->err.text, "TorchScript"));
    f->pickle.size = 0;
    sample_ops(&f->pickle, "\x80\x02"
                           "cmonai.networks.nets.unet\nUNet\n)\x81.");
    assert_int_equal(parse_zip(f, NULL), MM_ERR_DATA);
    assert_non_null(strstr(f->err.text, "monai.networks.nets.unet.UNet, which is not among"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_strided_tensors_of_a_zip, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_kind_of_view_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_expanded_tensors_are_counted_together, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_old_form, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_nested_dict_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_dict_in_itself_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_does_not_fit_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_dtypes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_programs_are_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
