/* Words of a command line that name images, pairs and items of datalists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "mmar/inputs.h"
#include "tests/support/scratch.h"

static struct mm_error err;
static struct mm_inputs inputs;

static enum mm_status read_words(struct scratch *scratch, const char *first, const char *second, const char *label)
{
    const char *const words[] = {first, second};
    err = (struct mm_error){.status = MM_OK};
    return mm_inputs_read(&scratch->arena, words, second ? 2 : 1, label, NULL, &inputs, &err);
}

static const char *path_of(size_t index, const char *key)
{
    const struct mm_entry *entry = mm_item_get(inputs.items[index].item, key);
    return entry ? entry->paths[0] : NULL;
}

static void images_and_pairs(void **state)
{
    struct scratch *scratch = *state;
    const char *image = scratch_file(scratch, "scan.nii.gz", "x", 1),
               *label = scratch_file(scratch, "seg.nii.gz", "x", 1);
    const char *pair = mm_arena_format(&scratch->arena, "%s:%s", image, label);
    assert_int_equal(read_words(scratch, image, pair, NULL), MM_OK);
    assert_int_equal(inputs.count, 2);
    assert_string_equal(path_of(0, "image"), image);
    assert_null(path_of(0, "label"));
    assert_string_equal(path_of(1, "image"), image);
    assert_string_equal(path_of(1, "label"), label);
    assert_string_equal(inputs.items[0].name, "scan");
    assert_string_equal(inputs.items[1].name, "scan_2");
    assert_int_equal(read_words(scratch, image, NULL, label), MM_OK);
    assert_string_equal(path_of(0, "label"), label);
    const char *odd = scratch_file(scratch, "a:b.png", "x", 1); /* a file that is there is no pair */
    assert_int_equal(read_words(scratch, odd, NULL, NULL), MM_OK);
    assert_string_equal(path_of(0, "image"), odd);
}

static void items_of_datalists(void **state)
{
    struct scratch *scratch = *state;
    static const char text[] =
        "{\"training\": [{\"image\": \"a.png\", \"label\": \"b.png\"}, {\"image\": \"c.png\"}], "
        "\"validation\": [{\"image\": \"d.png\"}]}";
    const char *list = scratch_file(scratch, "dataset.json", text, sizeof text - 1);
    assert_int_equal(read_words(scratch, list, NULL, NULL), MM_OK);
    assert_int_equal(inputs.count, 2);
    assert_string_equal(path_of(0, "label"), scratch_path(scratch, "b.png"));
    assert_string_equal(inputs.items[1].name, "c");
    assert_string_equal(inputs.items[1].shown, "training[1]");
    assert_int_equal(read_words(scratch, mm_arena_format(&scratch->arena, "%s#validation[0]", list), NULL, NULL),
                     MM_OK);
    assert_string_equal(path_of(0, "image"), scratch_path(scratch, "d.png"));
}

static void wrong_words_are_told(void **state)
{
    struct scratch *scratch = *state;
    static const char text[] = "{\"training\": [{\"image\": \"a.png\"}]}";
    const char *list = scratch_file(scratch, "dataset.json", text, sizeof text - 1);
    const struct {
        const char *word, *label;
        enum mm_status status;
        const char *told;
    } cases[] = {
        {"absent.png", NULL, MM_ERR_IO, "absent.png: no such file"},
        {mm_arena_format(&scratch->arena, "%s#training[1]", list), NULL, MM_ERR_USAGE, "items 0 to 0"},
        {mm_arena_format(&scratch->arena, "%s#training[x]", list), NULL, MM_ERR_USAGE, "is written training[3]"},
        {mm_arena_format(&scratch->arena, "%s#training[-1]", list), NULL, MM_ERR_USAGE, "is written training[3]"},
        {mm_arena_format(&scratch->arena, "%s#test[0]", list), NULL, MM_ERR_CONFIG, "there are training"},
        {"#training[0]", NULL, MM_ERR_USAGE, "names no datalist"},
        {list, "label.png", MM_ERR_USAGE, "--label goes with an image"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(read_words(scratch, cases[i].word, NULL, cases[i].label), cases[i].status);
        assert_non_null(strstr(err.text, cases[i].told));
    }
    assert_int_equal(read_words(scratch, "a.png", "b.png", "c.png"), MM_ERR_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(images_and_pairs, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(items_of_datalists, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(wrong_words_are_told, scratch_setup, scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
