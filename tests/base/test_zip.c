/* Zips: what is read, what is written, and that every way to lie about an entry is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/zip.h"
#include "tests/base/zip_forge.h"
#include "tests/support/scratch.h"

static struct zip_forge forged;
static struct mm_error err;

/* Both ways to read the same bytes: in memory and from a file. They must agree. */
static enum mm_status parse(struct scratch *scratch, struct mm_zip **out)
{
    struct mm_error other = {0};
    struct mm_zip *zip;
    const char *path = scratch_file(scratch, "x.zip", forged.bytes, forged.size);
    err = (struct mm_error){0};
    enum mm_status s = mm_zip_parse(&scratch->arena, forged.bytes, forged.size, out, &err);
    assert_int_equal(mm_zip_open(&scratch->arena, path, &zip, &other), s);
    assert_string_equal(other.text, err.text);
    mm_zip_close(zip);
    return s;
}

static void refused(struct scratch *scratch, const char *why)
{
    struct mm_zip *zip;
    enum mm_status s = parse(scratch, &zip);
    for (size_t i = 0; s == MM_OK && i < zip->count; i++)
        s = mm_zip_read(zip, &zip->entries[i], NULL, NULL, &err);
    assert_int_equal(s, MM_ERR_DATA);
    if (!strstr(err.text, why))
        fail_msg("\"%s\" does not say \"%s\"", err.text, why);
}

static void make(const struct zip_forge_entry *entries, size_t count)
{
    forged.size = 0;
    zip_forge_make(&forged, entries, count);
}

#define NAMED(text, ...) (&(struct zip_forge_entry){.name = text, .bytes = "abc", .length = 3, __VA_ARGS__})
#define ENTRY(...)       NAMED("x", __VA_ARGS__)

static void make_three(void)
{
    const struct zip_forge_entry entries[] = {{.name = "b/one", .bytes = "1", .length = 1},
                                              {.name = "a/two", .bytes = "two", .length = 3},
                                              {.name = "none", .bytes = "", .length = 0}};
    make(entries, 3);
}

static void test_entries_are_found_by_name(void **state)
{
    struct scratch *scratch = *state;
    struct mm_zip *zip;
    unsigned char *bytes;
    make_three();
    assert_int_equal(parse(scratch, &zip), MM_OK);
    assert_int_equal(zip->count, 3);
    assert_string_equal(zip->entries[0].name, "b/one");
    assert_string_equal(zip->by_name[0]->name, "a/two");
    assert_int_equal(mm_zip_read_all(&scratch->arena, zip, mm_zip_find(zip, "a/two"), 3, &bytes, &err), MM_OK);
    assert_string_equal(bytes, "two");
    assert_int_equal(mm_zip_read_all(&scratch->arena, zip, mm_zip_find(zip, "a/two"), 2, &bytes, &err), MM_ERR_DATA);
    assert_int_equal(mm_zip_find(zip, "none")->size, 0);
    assert_null(mm_zip_find(zip, "two"));
}

static void test_any_cut_is_refused(void **state)
{
    struct scratch *scratch = *state;
    struct mm_zip *zip;
    make_three();
    while (forged.size-- > 0)
        assert_int_equal(parse(scratch, &zip), MM_ERR_DATA);
    forged.size = 0;
}

/* No bit of a zip can be turned without a refusal, but for those that say nothing: versions, times, attributes. */
static void test_a_flipped_bit_that_matters_is_refused(void **state)
{
    struct scratch *scratch = *state;
    struct mm_zip *zip;
    size_t silent = 0, whole;
    make_three();
    whole = forged.size;
    for (size_t i = 0; i < 8 * whole; i++) {
        forged.bytes[i / 8] ^= (unsigned char)(1 << i % 8);
        enum mm_status s = mm_zip_parse(&scratch->arena, forged.bytes, whole, &zip, &err);
        for (size_t k = 0; s == MM_OK && k < zip->count; k++)
            s = mm_zip_read(zip, &zip->entries[k], NULL, NULL, &err);
        silent += s == MM_OK;
        forged.bytes[i / 8] ^= (unsigned char)(1 << i % 8);
    }
    /* Of each entry: twice version (2) and time (4), once version made by (2), internal (2) and external attributes (4). */
    assert_true(silent <= 3 * 8 * (2 * 6 + 2 + 2 + 4));
}

static void test_lies_are_refused(void **state)
{
    static const unsigned char second_name[] = {0x75, 0x70, 6, 0, 1, 0, 0, 0, 0, 'y'},
                               zip64[] = {1, 0, 8, 0, 4, 0, 0, 0, 0, 0, 0, 0},
                               huge64[] = {1,   0,   16,  0,   255, 255, 255, 255, 255, 255,
                                           255, 255, 255, 255, 255, 255, 255, 255, 255, 255},
                               late[] = {'P', 'K', 7, 8, 0, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0};
    const struct {
        const struct zip_forge_entry *entry;
        const char *why;
    } cases[] = {
        {ENTRY(.crc = 1), "x is damaged"},
        {ENTRY(.local_name = "y"), "says otherwise"},
        {ENTRY(.local_method = 8), "says otherwise"},
        {ENTRY(.local_size = 4), "says otherwise"},
        {ENTRY(.size = 4), "sizes do not fit"},
        {ENTRY(.packed = 400, .size = 400), "do not lie in the file"},
        {ENTRY(.offset = 100000), "no header at byte 100000"},
        {ENTRY(.offset = 1), "no header at byte 1"},
        {ENTRY(.flags = 1), "x is encrypted"},
        {ENTRY(.flags = 0x2000), "x is encrypted"},
        {ENTRY(.method = 99), "x: is packed by method 99"},
        {ENTRY(.method = 12), "x: is packed by method 12"},
        {ENTRY(.attributes = 0120777u << 16), "x: is a link"},
        {ENTRY(.attributes = 0x400), "x: is a link"},
        {ENTRY(.attributes = 0060777u << 16), "neither file nor folder"},
        {ENTRY(.attributes = 0040755u << 16), "called a folder"},
        {NAMED("x/", .crc = 0), "called a folder"},
        {NAMED("a\0b", .name_length = 3), "has a control character"},
        {NAMED("a\33[2J", .crc = 0), "has a control character"},
        {NAMED("\xC2\x9B", .attributes = 0x400), "??: is a link"},
        {ENTRY(.extra = second_name, .extra_length = 10), "a second name"},
        {ENTRY(.local_extra = second_name, .local_extra_length = 10), "a second name"},
        {ENTRY(.extra = zip64, .extra_length = 12), "sizes do not fit"},
        {ENTRY(.size = 0xFFFFFFFF, .packed = 0xFFFFFFFF, .extra = huge64, .extra_length = 20), "do not lie in"},
        {ENTRY(.size = 0xFFFFFFFF), "sizes do not fit"},
        {ENTRY(.extra = zip64, .extra_length = 5), "extra fields are broken"},
        {ENTRY(.behind = "hidden", .behind_length = 6), "6 bytes behind it belong to nothing"},
        {ENTRY(.flags = 8, .behind = late, .behind_length = 16), "descriptor says otherwise"},
        {ENTRY(.flags = 8), "no data descriptor"},
        {ENTRY(.method = 8, .size = 1 << 20), "sizes do not fit"},
        {ENTRY(.method = 8), "x: is cut off"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        make(cases[i].entry, 1);
        refused(*state, cases[i].why);
    }
}

static void test_what_does_not_belong_is_refused(void **state)
{
    struct scratch *scratch = *state;
    make((struct zip_forge_entry[]){*ENTRY(.crc = 0), *ENTRY(.crc = 0)}, 2);
    refused(scratch, "the entry x is there twice");
    forged.size = 0;
    zip_forge_add(&forged, "#!/bin/sh\n", 10);
    zip_forge_make(&forged, ENTRY(.crc = 0), 1);
    refused(scratch, "in front of the file");
    make(ENTRY(.crc = 0), 1);
    zip_forge_add(&forged, "more", 4);
    refused(scratch, "bytes behind its end record");
    make(ENTRY(.crc = 0), 1);
    forged.bytes[forged.size - 14] = 2; /* two entries on this disk, one in all */
    refused(scratch, "several disks");
    make((struct zip_forge_entry[]){*ENTRY(.crc = 0), *NAMED("y", .crc = 0)}, 2);
    forged.bytes[forged.size - 14] = forged.bytes[forged.size - 12] = 1;
    refused(scratch, "more records than its end says");
}

static void test_overlapping_entries_are_refused(void **state)
{
    struct zip_forge inner = {.size = 0};
    zip_forge_make(&inner, ENTRY(.crc = 0), 1);
    const struct zip_forge_entry outer = {.name = "o", .bytes = inner.bytes, .length = inner.size};
    make((struct zip_forge_entry[]){outer, *ENTRY(.offset = 31)}, 2);
    refused(*state, "overlap");
}

static void test_bombs_are_refused(void **state)
{
    static unsigned char packed[ZIP_FORGE_MAX / 2];
    struct zip_forge_entry e = {.name = "x", .bytes = packed, .length = sizeof packed, .method = 8};
    struct zip_forge_entry two[16];
    char names[16][4];
    for (size_t i = 0; i < 16; i++) {
        snprintf(names[i], sizeof names[i], "%zu", i);
        two[i] = e;
        two[i].name = names[i];
        two[i].length = 2000;
        two[i].size = two[i].local_size = 2000 * 1000;
    }
    make(two, 16); /* 32 MB out of 32 KB: not yet past where the ratio counts, and no sound stream */
    refused(*state, "is damaged");
    for (size_t i = 0; i < 16; i++)
        two[i].size = two[i].local_size = 0x7FFFFFFF;
    make(two, 16);
    refused(*state, "sizes do not fit together"); /* deflate cannot hold so much */
}

static enum mm_status write_two(struct mm_file_writer *file, int level)
{
    static const unsigned char zeros[300000];
    enum mm_status s;
    struct mm_zip_writer w;
    if (MM_TRY(s, mm_zip_writer_open(&w, file, level, &err)) ||
        MM_TRY(s, mm_zip_writer_entry(&w, "a/empty", 0, false, &err)) ||
        MM_TRY(s, mm_zip_writer_entry(&w, "b/zeros", sizeof zeros, true, &err)) ||
        MM_TRY(s, mm_zip_writer_write(&w, zeros, 200000, &err)) ||
        MM_TRY(s, mm_zip_writer_write(&w, zeros, 100000, &err)))
        goto done;
    s = mm_zip_writer_end(&w, &err);
done:
    mm_zip_writer_close(&w);
    return s;
}

static void test_what_is_written_is_plain_and_reads_back(void **state)
{
    struct scratch *scratch = *state;
    for (int level = 0; level <= 9; level += 3) {
        struct mm_file_writer file;
        struct mm_zip *zip;
        unsigned char *bytes;
        const char *path = scratch_path(scratch, "w.zip");
        assert_int_equal(mm_file_writer_open(&file, path, &err), MM_OK);
        assert_int_equal(write_two(&file, level), MM_OK);
        assert_int_equal(mm_file_writer_commit(&file, &err), MM_OK);
        assert_int_equal(mm_zip_open(&scratch->arena, path, &zip, &err), MM_OK);
        assert_int_equal(mm_zip_check_plain(zip, &err), MM_OK);
        assert_int_equal(zip->count, 2);
        assert_true(zip->entries[1].executable && zip->entries[1].size == 300000);
        assert_true(level ? zip->size < 2000 : zip->size > 300000);
        assert_int_equal(mm_zip_read_all(&scratch->arena, zip, &zip->entries[1], 300000, &bytes, &err), MM_OK);
        assert_true(!bytes[0] && !memcmp(bytes, bytes + 1, 299999));
        mm_zip_close(zip);
    }
}

static void test_other_hands_are_not_plain(void **state)
{
    struct scratch *scratch = *state;
    struct mm_zip *zip;
    make_three(); /* a sound zip, by flags and attributes not ours */
    assert_int_equal(parse(scratch, &zip), MM_OK);
    assert_int_equal(mm_zip_check_plain(zip, &err), MM_ERR_DATA);
    assert_non_null(strstr(err.text, "b/one: its zip record holds times"));
}

static void test_a_wrong_length_is_no_entry(void **state)
{
    struct scratch *scratch = *state;
    struct mm_file_writer file;
    struct mm_zip_writer w;
    assert_int_equal(mm_file_writer_open(&file, scratch_path(scratch, "w.zip"), &err), MM_OK);
    assert_int_equal(mm_zip_writer_open(&w, &file, 0, &err), MM_OK);
    assert_int_equal(mm_zip_writer_entry(&w, "a", 2, false, &err), MM_OK);
    assert_int_equal(mm_zip_writer_write(&w, "abc", 3, &err), MM_ERR_DATA);
    assert_int_equal(mm_zip_writer_write(&w, "a", 1, &err), MM_OK);
    assert_int_equal(mm_zip_writer_end(&w, &err), MM_ERR_DATA);
    mm_zip_writer_close(&w);
    mm_file_writer_abandon(&file);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_entries_are_found_by_name),
        TEST(test_any_cut_is_refused),
        TEST(test_a_flipped_bit_that_matters_is_refused),
        TEST(test_lies_are_refused),
        TEST(test_what_does_not_belong_is_refused),
        TEST(test_overlapping_entries_are_refused),
        TEST(test_bombs_are_refused),
        TEST(test_what_is_written_is_plain_and_reads_back),
        TEST(test_other_hands_are_not_plain),
        TEST(test_a_wrong_length_is_no_entry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
