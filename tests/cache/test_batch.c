/* Collating samples into tensors. */
#include "fixture.h"

#include "cache/batch.h"

struct bench {
    struct mm_arena arena;
    struct fixture source;
    struct mm_batch_rules rules;
    struct mm_batch_writer *writer;
};

static const char *const image_and_label[] = {"image", "label"};

static int setup(void **state)
{
    struct bench *b = mm_alloc(sizeof *b);
    mm_arena_init(&b->arena, NULL);
    fixture_init(&b->source, 8, 8, 0, 1, 1);
    b->rules = (struct mm_batch_rules){
        .samples_max = 8, .fields = image_and_label, .field_count = 2, .list = &b->source.list};
    assert_int_equal(mm_batch_open(&b->rules, &b->writer, NULL), MM_OK);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;
    mm_batch_close(b->writer);
    mm_arena_done(&b->arena);
    mm_free(b);
    return 0;
}

static struct mm_field *add(struct mm_sample *sample, const char *name, enum mm_field_kind kind)
{
    struct mm_field *field;
    assert_int_equal(mm_sample_add(sample, name, kind, &field, NULL), MM_OK);
    return field;
}

/* image: value + index of the voxel; label: two numbers. */
static struct mm_sample *make_one(struct bench *b, enum mm_type type, int rank, int channels, int nx, int ny, int nz,
                                  int value)
{
    struct mm_sample *sample = mm_sample_make(&b->arena);
    struct mm_volume *volume = mm_volume_make(&b->arena, type, rank, channels, (int[3]){nx, ny, nz});
    double numbers[2] = {value, -value}, *kept = mm_arena_array(&b->arena, double, 2);
    int i = 0;
    for (int c = 0; c < channels; c++)
        for (int z = 0; z < nz; z++)
            for (int y = 0; y < ny; y++)
                for (int x = 0; x < nx; x++)
                    mm_volume_set(volume, c, z, y, x, value + i++);
    memcpy(kept, numbers, sizeof numbers);
    mm_field_put(sample, add(sample, "image", MM_FIELD_VOLUME), volume);
    struct mm_field *label = add(sample, "label", MM_FIELD_CLASS);
    label->count = 2;
    label->numbers = kept;
    return sample;
}

static void begin(struct bench *b, uint32_t count)
{
    mm_batch_begin(b->writer, 3, 5, count);
    for (uint32_t i = 0; i < count; i++)
        mm_batch_origin(b->writer, i, 100 + i, i);
}

static const struct mm_batch *end(struct bench *b)
{
    const struct mm_batch *batch = NULL;
    assert_int_equal(mm_batch_end(b->writer, &batch, NULL), MM_OK);
    return batch;
}

static void test_samples_lie_one_after_the_other(void **state)
{
    struct bench *b = *state;
    begin(b, 2);
    assert_int_equal(mm_batch_add(b->writer, 1, make_one(b, MM_U8, 3, 2, 4, 3, 2, 100), NULL), MM_OK);
    assert_int_equal(mm_batch_add(b->writer, 0, make_one(b, MM_F64, 3, 2, 4, 3, 2, 10), NULL), MM_OK);
    const struct mm_batch *batch = end(b);
    const struct mm_batch_tensor *image = &batch->fields[0], *label = &batch->fields[1];
    assert_int_equal(batch->epoch, 3);
    assert_int_equal(batch->step, 5);
    assert_int_equal(batch->sample_count, 2);
    assert_int_equal(batch->field_count, 2);
    assert_int_equal(batch->positions[1], 101);
    assert_int_equal(batch->items[1], 1);
    assert_string_equal(image->name, "image");
    assert_int_equal(image->spatial, 3);
    assert_memory_equal(image->dim, ((const int64_t[]){2, 2, 2, 3, 4}), sizeof image->dim);
    assert_int_equal((uintptr_t)image->data % 64, 0);
    assert_int_equal(image->type, MM_F32);
    for (size_t i = 0; i < 48; i++)
        assert_true(mm_batch_value(image, i) == (float)(10 + i) && mm_batch_value(image, 48 + i) == (float)(100 + i));
    assert_int_equal(label->spatial, 0);
    assert_memory_equal(label->dim, ((const int64_t[]){2, 2, 1, 1, 1}), sizeof label->dim);
    assert_memory_equal(label->data, ((const float[]){10, -10, 100, -100}), 4 * sizeof(float));
}

static void test_bytes_stay_bytes_where_all_are(void **state)
{
    struct bench *b = *state;
    for (uint32_t odd = 0; odd <= 3; odd++) { /* 3: none */
        begin(b, 3);
        for (uint32_t i = 0; i < 3; i++) {
            struct mm_sample *sample = make_one(b, i == odd ? MM_I16 : MM_U8, 3, 1, 4, 3, 2, (int)i * 50);
            assert_int_equal(mm_batch_add(b->writer, (i + odd) % 3, sample, NULL), MM_OK);
        }
        const struct mm_batch_tensor *image = &end(b)->fields[0];
        assert_int_equal(image->type, odd == 3 ? MM_U8 : MM_F32);
        for (uint32_t i = 0; i < 3; i++)
            for (uint32_t k = 0; k < 24; k++)
                assert_true(mm_batch_value(image, (i + odd) % 3 * 24 + k) == (float)(50 * i + k));
    }
}

static void test_images_of_two_axes_have_depth_one(void **state)
{
    struct bench *b = *state;
    begin(b, 1);
    assert_int_equal(mm_batch_add(b->writer, 0, make_one(b, MM_I16, 2, 3, 5, 4, 1, 0), NULL), MM_OK);
    const struct mm_batch_tensor *image = &end(b)->fields[0];
    assert_int_equal(image->spatial, 2);
    assert_memory_equal(image->dim, ((const int64_t[]){1, 3, 1, 4, 5}), sizeof image->dim);
    assert_true(mm_batch_value(image, 59) == 59);
}

static void test_views_with_strides_are_written_dense(void **state)
{
    struct bench *b = *state;
    struct mm_sample *sample = make_one(b, MM_I32, 3, 2, 6, 4, 2, 0);
    struct mm_volume *view = mm_volume_view(&b->arena, sample->fields[0].volume);
    view->size[0] = 3; /* every other column of every other row */
    view->size[1] = 2;
    view->stride[0] = 2;
    view->stride[1] = 12;
    mm_field_put(sample, &sample->fields[0], view);
    begin(b, 1);
    assert_int_equal(mm_batch_add(b->writer, 0, sample, NULL), MM_OK);
    const float *data = end(b)->fields[0].data;
    int i = 0;
    for (int c = 0; c < 2; c++)
        for (int z = 0; z < 2; z++)
            for (int y = 0; y < 2; y++)
                for (int x = 0; x < 3; x++)
                    assert_true(data[i++] == (float)(2 * x + 12 * y + 24 * z + 48 * c));
}

static void test_different_shapes_name_both_files(void **state)
{
    struct bench *b = *state;
    const struct mm_batch *batch = NULL;
    struct mm_error first = {0}, second = {0};
    for (int order = 0; order < 2; order++) {
        struct mm_error *err = order ? &second : &first;
        begin(b, 3);
        for (int i = 0; i < 3; i++) { /* whichever comes first, the message is the same */
            int index = order ? 2 - i : i;
            struct mm_sample *sample = make_one(b, MM_U8, 3, 1, 4, 3, index == 2 ? 7 : 2, 0);
            assert_int_equal(mm_batch_add(b->writer, (uint32_t)index, sample, err), MM_OK);
        }
        assert_int_equal(mm_batch_end(b->writer, &batch, err), MM_ERR_DATA);
    }
    assert_string_equal(first.text, second.text);
    assert_non_null(strstr(first.text, "1 x 4 x 3 x 2 in item 0 (case0.nii)"));
    assert_non_null(strstr(first.text, "1 x 4 x 3 x 7 in item 2 (case2.nii)"));
    assert_non_null(strstr(first.text, "add a crop or a pad"));
}

static void test_batches_may_differ_in_shape_and_reuse_memory(void **state)
{
    struct bench *b = *state;
    static const int sizes[] = {6, 2, 6, 3, 4, 6};
    const void *data = NULL;
    for (size_t i = 0; i < 6; i++) {
        begin(b, 1);
        assert_int_equal(mm_batch_add(b->writer, 0, make_one(b, MM_U8, 3, 1, sizes[i], 3, 2, 7), NULL), MM_OK);
        const struct mm_batch *batch = end(b);
        assert_int_equal(batch->fields[0].dim[4], sizes[i]);
        assert_true(mm_batch_value(&batch->fields[0], 6 * (size_t)sizes[i] - 1) == (float)(7 + 6 * sizes[i] - 1));
        assert_true(!data || data == batch->fields[0].data);
        data = batch->fields[0].data;
    }
}

static void test_crop_size_is_checked(void **state)
{
    struct bench *b = *state;
    struct mm_error err = {0};
    static const int64_t wanted[] = {4, -1, 5};
    struct mm_batch_writer *writer;
    b->rules.crop_size = (struct mm_ints){3, wanted};
    assert_int_equal(mm_batch_open(&b->rules, &writer, NULL), MM_OK);
    mm_batch_begin(writer, 0, 0, 1);
    assert_int_equal(mm_batch_add(writer, 0, make_one(b, MM_U8, 3, 1, 4, 9, 5, 0), NULL), MM_OK);
    assert_int_equal(mm_batch_add(writer, 0, make_one(b, MM_U8, 3, 1, 4, 9, 6, 0), &err), MM_ERR_CONFIG);
    assert_string_equal(err.text,
                        "image: the transforms make 6 voxels along z, output_crop_size says 5 (-1 allows any size)");
    mm_batch_close(writer);
}

static void test_fields_that_are_no_numbers_are_refused(void **state)
{
    struct bench *b = *state;
    struct mm_error err = {0};
    struct mm_sample *sample = make_one(b, MM_U8, 3, 1, 2, 2, 2, 0);
    begin(b, 1);
    mm_sample_remove(sample, "label");
    assert_int_equal(mm_batch_add(b->writer, 0, sample, &err), MM_ERR_DATA);
    assert_non_null(strstr(err.text, "\"label\""));
    add(sample, "label", MM_FIELD_TEXT)->text = "x";
    assert_int_equal(mm_batch_add(b->writer, 0, sample, &err), MM_ERR_DATA);
    assert_non_null(strstr(err.text, "is text"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_samples_lie_one_after_the_other),
        TEST(test_bytes_stay_bytes_where_all_are),
        TEST(test_images_of_two_axes_have_depth_one),
        TEST(test_views_with_strides_are_written_dense),
        TEST(test_different_shapes_name_both_files),
        TEST(test_batches_may_differ_in_shape_and_reuse_memory),
        TEST(test_crop_size_is_checked),
        TEST(test_fields_that_are_no_numbers_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
