/* safetensors: what is written reads back and is the same twice; every rule of the format is enforced on strangers' bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/file.h"
#include "tests/support/scratch.h"
#include "trainer/safetensors.h"

/* A file of that header and that many data bytes 0, 1, 2 ... */
static unsigned char *make_file(struct mm_arena *arena, const char *header, size_t data, size_t *size)
{
    size_t length = strlen(header);
    unsigned char *bytes = mm_arena_alloc(arena, 8 + length + data);
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)((uint64_t)length >> (8 * i));
    memcpy(bytes + 8, header, length);
    for (size_t i = 0; i < data; i++)
        bytes[8 + length + i] = (unsigned char)i;
    *size = 8 + length + data;
    return bytes;
}

static enum mm_status parse(struct mm_arena *arena, const char *header, size_t data, struct mm_safetensors **out,
                            struct mm_error *err)
{
    size_t size;
    unsigned char *bytes = make_file(arena, header, data, &size);
    return mm_safetensors_parse(arena, "file", bytes, size, out, err);
}

static void test_reads(void **state)
{
    struct scratch *scratch = *state;
    struct mm_error err = {0};
    struct mm_safetensors *file;
    float values[4];
    assert_int_equal(parse(&scratch->arena,
                           "{\"__metadata__\":{\"axes\":\"zyx\"},\"late\":{\"dtype\":\"U8\",\"shape\":[2,2],\"data_"
                           "offsets\":[8,12]},"
                           "\"none\":{\"dtype\":\"F32\",\"shape\":[0,3],\"data_offsets\":[8,8]},"
                           "\"scalar\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[0,8]}}   ",
                           12, &file, &err),
                     MM_OK);
    assert_int_equal(file->count, 3);
    assert_string_equal(file->tensors[0].name, "scalar"); /* in the order of the data */
    assert_string_equal(file->tensors[1].name, "none");
    assert_string_equal(mm_safetensors_metadata(file, "axes"), "zyx");
    assert_null(mm_safetensors_metadata(file, "format"));
    assert_int_equal(mm_safetensors_floats(mm_safetensors_find(file, "late"), values, 4, &err), MM_OK);
    assert_true(values[0] == 8 && values[3] == 11);
    assert_int_equal(mm_safetensors_floats(mm_safetensors_find(file, "late"), values, 3, &err), MM_ERR_DATA);
    assert_null(mm_safetensors_find(file, "missing"));
    assert_int_equal(parse(&scratch->arena, "{}", 0, &file, &err), MM_OK);
    assert_int_equal(file->count, 0);
    assert_null(file->metadata);
}

#define T(name, dtype, shape, from, to)                                                                              \
    "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":[" #from "," #to "]}"

static void test_refuses_hostile_headers(void **state)
{
    static const struct {
        const char *header;
        size_t data;
        const char *text;
    } rows[] = {
        {"{" T("a", "U8", "[4]", 0, 4) "," T("b", "U8", "[4]", 3, 7) "}", 7, "overlap"},
        {"{" T("a", "U8", "[4]", 0, 4) "," T("b", "U8", "[4]", 0, 4) "}", 4, "overlap"},
        {"{" T("a", "U8", "[4]", 0, 4) "," T("b", "U8", "[4]", 5, 9) "}", 9, "belong to no tensor"},
        {"{" T("a", "U8", "[4]", 1, 5) "}", 5, "belong to no tensor"},
        {"{" T("a", "U8", "[4]", 0, 4) "," T("b", "U8", "[0]", 2, 2) "}", 4, "b: data starts"},
        {"{" T("a", "U8", "[4]", 0, 4) "}", 5, "1 bytes after the last tensor"},
        {"{" T("a", "U8", "[4]", 0, 4) "}", 3, "the data has 3 bytes"},
        {"{" T("a", "U8", "[4]", 4, 0) "}", 4, "data_offsets are"},
        {"{" T("a", "U8", "[4]", 0, 99999999999999999999) "}", 4, "data_offsets"},
        {"{" T("a", "U8", "[4]", -1, 3) "}", 4, "data_offsets are"},
        {"{" T("a", "U8", "[5]", 0, 4) "}", 4, "do not make the 4 bytes"},
        {"{" T("a", "F32", "[4294967296,4294967296,4]", 0, 0) "}", 0, "do not make"},
        {"{" T("a", "F32", "[4611686018427387904]", 0, 0) "}", 0, "do not make"},
        {"{" T("a", "U8", "[-4]", 0, 4) "}", 4, "whole number from 0"},
        {"{" T("a", "U8", "[1.5]", 0, 4) "}", 4, "whole number from 0"},
        {"{" T("a", "U8", "4", 0, 4) "}", 4, "shape: expected an array"},
        {"{" T("a", "U8", "[1,1,1,1,1,1,1,1,4]", 0, 4) "}", 4, "more than 8 dimensions"},
        {"{" T("a", "F128", "[4]", 0, 4) "}", 4, "not known"},
        {"{\"a\":{\"dtype\":8,\"shape\":[4],\"data_offsets\":[0,4]}}", 4, "expected an object of dtype"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4],\"extra\":1}}", 4,
         "expected an object of dtype"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0]}}", 4, "two whole numbers"},
        {"{\"a\":[]}", 0, "expected an object of dtype"},
        {"{" T("a", "U8", "[4]", 0, 4) "," T("a", "U8", "[4]", 4, 8) "}", 8, "a"},
        {"{\"__metadata__\":{\"n\":1}}", 0, "expected a string"},
        {"{\"__metadata__\":\"text\"}", 0, "expected an object of strings"},
        {" {}", 0, "must start with '{'"},
        {"[]", 0, "must start with '{'"},
        {"{} {}", 0, ""},
        {"{", 0, ""},
    };
    struct scratch *scratch = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct mm_error err = {0};
        struct mm_safetensors *file;
        enum mm_status status = parse(&scratch->arena, rows[i].header, rows[i].data, &file, &err);
        if (status != MM_ERR_DATA || !strstr(err.text, rows[i].text) || strncmp(err.text, "file", 4) != 0)
            fail_msg("%s: status %d, \"%s\" does not say \"%s\"", rows[i].header, status, err.text, rows[i].text);
    }
}

static void test_refuses_cut_files(void **state)
{
    struct scratch *scratch = *state;
    struct mm_safetensors *file;
    size_t size;
    unsigned char *bytes = make_file(&scratch->arena, "{" T("a", "U8", "[4]", 0, 4) "}", 4, &size);
    for (size_t cut = 0; cut < size; cut++) {
        struct mm_error err = {0};
        unsigned char *exact = mm_alloc(cut); /* so that a sanitizer sees a read beyond */
        memcpy(exact, bytes, cut);
        assert_int_equal(mm_safetensors_parse(&scratch->arena, "file", exact, cut, &file, &err), MM_ERR_DATA);
        mm_free(exact);
    }
    for (int high = 0; high < 8; high++) {
        struct mm_error err = {0};
        unsigned char *wrong = mm_arena_alloc(&scratch->arena, size);
        memcpy(wrong, bytes, size);
        wrong[high] = 0xff; /* a header length up to 2^64 - 1 */
        assert_int_equal(mm_safetensors_parse(&scratch->arena, "file", wrong, size, &file, &err), MM_ERR_DATA);
    }
}

static void test_number_formats(void **state)
{
    static const struct {
        const char *dtype;
        size_t width;
        unsigned char bytes[8];
        double value;
    } rows[] = {
        {"F32", 4, {0, 0, 0x20, 0x41}, 10},
        {"F64", 8, {0, 0, 0, 0, 0, 0, 0xf8, 0x3f}, 1.5},
        {"F16", 2, {0x00, 0xc0}, -2},
        {"F16", 2, {0x01, 0x00}, 5.9604644775390625e-08},
        {"F16", 2, {0x00, 0x7c}, INFINITY},
        {"BF16", 2, {0x20, 0x41}, 10},
        {"I8", 1, {0xff}, -1},
        {"I16", 2, {0x00, 0x80}, -32768},
        {"I32", 4, {0xfe, 0xff, 0xff, 0xff}, -2},
        {"I64", 8, {0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, -2},
        {"U16", 2, {0xff, 0xff}, 65535},
        {"U64", 8, {0, 0, 0, 0, 1}, 4294967296.0},
        {"BOOL", 1, {7}, 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct mm_error err = {0};
        struct mm_st_tensor tensor = {
            .name = "t", .dtype = rows[i].dtype, .data = rows[i].bytes, .bytes = rows[i].width};
        float value;
        assert_int_equal(mm_safetensors_floats(&tensor, &value, 1, &err), MM_OK);
        if (!(value == (float)rows[i].value))
            fail_msg("%s: %g, expected %g", rows[i].dtype, value, rows[i].value);
    }
    struct mm_error err = {0};
    struct mm_st_tensor eight = {.name = "t", .dtype = "F8_E4M3", .bytes = 1, .data = (const unsigned char *)""};
    float value;
    assert_int_equal(mm_safetensors_floats(&eight, &value, 1, &err), MM_ERR_DATA);
}

/* Item i of a written file is filled with its number. */
static enum mm_status fill(void *context, size_t index, void *bytes, struct mm_error *err)
{
    const struct mm_st_writer_item *items = context;
    if (!items)
        return mm_fail(err, MM_ERR_DEVICE, "no values");
    memset(bytes, (int)index + 1, items[index].bytes);
    return MM_OK;
}

static const struct mm_st_writer_item items[] = {{"z.weight", "F32", 2, {2, 3}, 24},
                                                 {"a.count", "I64", 0, {0}, 8},
                                                 {"m.none", "F32", 1, {0}, 0},
                                                 {"b", "U8", 1, {3}, 3}};

static void test_writes_the_same_bytes_and_reads_them(void **state)
{
    struct scratch *scratch = *state;
    struct mm_arena *arena = &scratch->arena;
    struct mm_error err = {0};
    struct mm_safetensors *file;
    unsigned char *bytes[2];
    size_t size[2];
    cJSON *metadata = mm_json_object(arena);
    mm_json_add(arena, metadata, "note", mm_json_text(arena, "a \"quoted\" word"));
    for (int i = 0; i < 2; i++) {
        const char *path = scratch_path(scratch, i ? "two.safetensors" : "one.safetensors");
        assert_int_equal(mm_safetensors_write(path, metadata, items, 4, fill, (void *)items, &err), MM_OK);
        assert_int_equal(mm_file_read(arena, path, 1 << 20, &bytes[i], &size[i], &err), MM_OK);
    }
    assert_int_equal(size[0], size[1]);
    assert_memory_equal(bytes[0], bytes[1], size[0]);
    assert_int_equal((bytes[0][0] | bytes[0][1] << 8) % 8, 0); /* the data starts at a multiple of 8 */
    assert_memory_equal(bytes[0] + 8, "{\"__metadata__\"", 15);
    assert_int_equal(mm_safetensors_parse(arena, "one", bytes[0], size[0], &file, &err), MM_OK);
    assert_int_equal(file->count, 4);
    assert_string_equal(file->tensors[0].name, "z.weight"); /* in the order given */
    assert_string_equal(mm_safetensors_metadata(file, "note"), "a \"quoted\" word");
    assert_int_equal(mm_safetensors_find(file, "b")->data[2], 4);
    assert_int_equal(mm_safetensors_find(file, "a.count")->rank, 0);
}

static void test_a_failed_write_leaves_the_old_file(void **state)
{
    struct scratch *scratch = *state;
    struct mm_error err = {0};
    const char *path = scratch_path(scratch, "model.safetensors");
    unsigned char *before, *after;
    size_t size, size_after, count;
    char **names;
    assert_int_equal(mm_safetensors_write(path, NULL, items, 4, fill, (void *)items, &err), MM_OK);
    assert_int_equal(mm_file_read(&scratch->arena, path, 1 << 20, &before, &size, &err), MM_OK);
    assert_int_equal(mm_safetensors_write(path, NULL, items, 2, fill, NULL, &err), MM_ERR_DEVICE);
    for (uint64_t n = 1;; n++) {
        mm_file_fail_at(n, 28);
        enum mm_status status = mm_safetensors_write(path, NULL, items, 4, fill, (void *)items, &err);
        mm_file_fail_at(0, 0);
        assert_int_equal(mm_file_read(&scratch->arena, path, 1 << 20, &after, &size_after, &err), MM_OK);
        assert_int_equal(size, size_after);
        assert_memory_equal(before, after, size);
        if (status == MM_OK)
            break;
        assert_int_equal(status, MM_ERR_IO);
        assert_true(n < 100);
    }
    assert_int_equal(mm_file_list(&scratch->arena, scratch->folder, &names, &count, &err), MM_OK);
    assert_int_equal(count, 1); /* no temporary file is left */
}

static void test_refuses_to_write_nonsense(void **state)
{
    struct scratch *scratch = *state;
    struct mm_error err = {0};
    const char *path = scratch_path(scratch, "x.safetensors");
    const struct mm_st_writer_item wrong[] = {
        {"a", "F32", 1, {2}, 4}, {"__metadata__", "U8", 1, {1}, 1}, {"a", "F33", 0, {0}, 4}};
    for (int i = 0; i < 3; i++)
        assert_int_equal(mm_safetensors_write(path, NULL, &wrong[i], 1, fill, (void *)wrong, &err), MM_ERR_DATA);
    assert_false(mm_file_exists(path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reads, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(test_refuses_hostile_headers, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(test_refuses_cut_files, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(test_number_formats, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(test_writes_the_same_bytes_and_reads_them, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(test_a_failed_write_leaves_the_old_file, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(test_refuses_to_write_nonsense, scratch_setup, scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
