/* Loading: types kept, files joined as channels, what is remembered of the file, messages. */
#include "chains.h"
#include "image/format.h"
#include "tests/support/scratch.h"

static void write_image(struct scratch *s, const char *name, enum mm_type type, const int size[3], double value)
{
    struct mm_volume *v = mm_volume_make(&s->arena, type, 3, 1, size);
    mm_volume_set(v, 0, 0, 0, 0, value);
    v->affine[0] = -2;
    v->affine[3] = 5;
    struct mm_error err = {0};
    if (mm_image_write(scratch_path(s, name), v, &err))
        fail_msg("%s", err.text);
}

static struct mm_sample *sample_of(struct scratch *s, size_t count, const char *a, const char *b)
{
    struct mm_sample *sample = mm_sample_make(&s->arena);
    struct mm_field *field;
    const char **paths = mm_arena_array(&s->arena, const char *, 2);
    paths[0] = scratch_path(s, a);
    paths[1] = scratch_path(s, b);
    assert_int_equal(mm_sample_add(sample, "image", MM_FIELD_PATHS, &field, NULL), MM_OK);
    field->paths = paths;
    field->count = count;
    field->source = paths[0];
    return sample;
}

static enum mm_status load(struct scratch *s, struct mm_sample *sample, struct mm_error *err)
{
    const struct mm_chain *chain =
        chain_of(&s->arena, "[{\"name\": \"LoadImaged\", \"args\": {\"keys\": \"image\", \"reader\": "
                            "\"NibabelReader\", \"image_only\": true}}]");
    err->text[0] = '\0';
    return mm_chain_run(chain, 0, 1, sample, NULL, err);
}

static void the_file_is_remembered(void **state)
{
    struct scratch *s = *state;
    struct mm_error err;
    write_image(s, "a.nii.gz", MM_I16, (const int[]){4, 3, 2}, -7);
    struct mm_sample *sample = sample_of(s, 1, "a.nii.gz", "");
    assert_int_equal(load(s, sample, &err), MM_OK);
    const struct mm_field *field = mm_sample_find(sample, "image");
    assert_int_equal(field->volume->type, MM_I16);
    assert_true(mm_volume_get(field->volume, 0, 0, 0, 0) == -7);
    assert_string_equal(field->source, scratch_path(s, "a.nii.gz"));
    assert_int_equal(field->file->rank, 3);
    assert_int_equal(field->file->type, MM_I16);
    assert_memory_equal(field->file->size, ((int[]){4, 3, 2}), sizeof field->file->size);
    assert_true(field->file->affine[0] == -2 && field->file->affine[3] == 5);
    assert_int_equal(load(s, sample, &err), MM_ERR_DATA);
    assert_non_null(strstr(err.text, "field \"image\" is an image, file paths are needed"));
}

static void several_files_are_channels(void **state)
{
    struct scratch *s = *state;
    struct mm_error err;
    static const struct {
        enum mm_type a, b, joined;
    } cases[] = {{MM_U8, MM_U8, MM_U8},
                 {MM_U8, MM_I16, MM_I16},
                 {MM_U16, MM_I16, MM_I32},
                 {MM_I16, MM_F32, MM_F32},
                 {MM_I32, MM_F32, MM_F64}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_image(s, "a.nii", cases[i].a, (const int[]){4, 3, 2}, 100);
        write_image(s, "b.nii", cases[i].b, (const int[]){4, 3, 2}, 200);
        struct mm_sample *sample = sample_of(s, 2, "a.nii", "b.nii");
        assert_int_equal(load(s, sample, &err), MM_OK);
        const struct mm_volume *v = volume_in(sample, "image");
        assert_int_equal(v->channels, 2);
        assert_string_equal(mm_type_name(v->type), mm_type_name(cases[i].joined));
        assert_true(mm_volume_get(v, 0, 0, 0, 0) == 100 && mm_volume_get(v, 1, 0, 0, 0) == 200);
        assert_true(v->affine[0] == -2);
    }
}

static void messages_name_the_files(void **state)
{
    struct scratch *s = *state;
    struct mm_error err;
    write_image(s, "a.nii", MM_U8, (const int[]){4, 3, 2}, 0);
    write_image(s, "b.nii", MM_U8, (const int[]){4, 3, 1}, 0);
    assert_int_equal(load(s, sample_of(s, 2, "a.nii", "b.nii"), &err), MM_ERR_DATA);
    assert_non_null(strstr(err.text, "a.nii has 4x3x2 voxels"));
    assert_non_null(strstr(err.text, "b.nii 4x3x1: files of one image"));
    int status = load(s, sample_of(s, 1, "none.nii", ""), &err);
    assert_true(status == MM_ERR_IO || status == MM_ERR_DATA);
    assert_non_null(strstr(err.text, "none.nii"));
    assert_int_equal(load(s, sample_of(s, 0, "a.nii", ""), &err), MM_ERR_DATA);
    assert_non_null(strstr(err.text, "names no file"));
}

#define FILE_TEST(function) cmocka_unit_test_setup_teardown(function, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILE_TEST(the_file_is_remembered),
        FILE_TEST(several_files_are_channels),
        FILE_TEST(messages_name_the_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
