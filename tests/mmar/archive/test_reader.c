/* Reading archives that strangers made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mmar/archive/archive.h"
#include "tests/mmar/archive/forge.h"

static struct mm_error err;

#define A "docs/a.txt"
#define B "docs/b.txt"

static enum mm_status read_file(struct scratch *scratch, const char *path)
{
    cJSON *manifest;
    err = (struct mm_error){.status = MM_OK};
    return mm_archive_read(&scratch->arena, path, NULL, &manifest, &err);
}

static void refuse(struct scratch *scratch, const struct forge *f, const struct forge_how *how, const char *why)
{
    enum mm_status s = read_file(scratch, forge_write(scratch, f, how));
    if (s != MM_ERR_DATA || !strstr(err.text, why))
        fail_msg("expected a refusal with \"%s\", got status %d, \"%s\"", why, (int)s, err.text);
}

/* manifest of a and b */
static struct forge begin_two(struct scratch *scratch)
{
    struct mm_arena *arena = &scratch->arena;
    struct forge f = forge_begin(arena, 64 << 10);
    forge_manifest(&f,
                   mm_arena_format(arena, "%s, %s", forge_row(arena, A, "alpha", 5), forge_row(arena, B, "beta", 4)));
    return f;
}

static struct forge two(struct scratch *scratch)
{
    struct forge f = begin_two(scratch);
    forge_member(&f, &(struct forge_member){.name = A, .bytes = "alpha", .size = 5});
    forge_member(&f, &(struct forge_member){.name = B, .bytes = "beta", .size = 4});
    forge_end(&f);
    return f;
}

static void an_archive_made_by_hand_is_read(void **state)
{
    struct scratch *scratch = *state;
    cJSON *manifest;
    struct forge f = two(scratch);
    const char *path = forge_write(scratch, &f, NULL);
    assert_int_equal(read_file(scratch, path), MM_OK);
    assert_int_equal(mm_archive_manifest(&scratch->arena, path, &manifest, &err), MM_OK);
    assert_string_equal(mm_json_get(manifest, "name")->valuestring, "forged");
    static const unsigned char zeros[9216]; /* to a full record, as GNU tar pads */
    forge_add(&f, zeros, sizeof zeros);
    assert_int_equal(read_file(scratch, forge_write(scratch, &f, NULL)), MM_OK);
}

struct seen {
    char text[256];
};
static enum mm_status see_begin(void *context, const char *name, uint64_t size, bool executable, struct mm_error *e)
{
    struct seen *seen = context;
    (void)e;
    snprintf(seen->text + strlen(seen->text), sizeof seen->text - strlen(seen->text), "[%s %d %d ", name, (int)size,
             executable);
    return MM_OK;
}
static enum mm_status see_piece(void *context, const void *bytes, size_t size, struct mm_error *e)
{
    struct seen *seen = context;
    (void)e;
    strncat(seen->text, bytes, size);
    return MM_OK;
}
static enum mm_status see_end(void *context, struct mm_error *e)
{
    struct seen *seen = context;
    if (strstr(seen->text, "beta"))
        return mm_fail(e, MM_ERR_IO, "the visitor had enough");
    strncat(seen->text, "]", 2);
    return MM_OK;
}

static void the_visitor_gets_every_file_and_may_stop(void **state)
{
    struct scratch *scratch = *state;
    struct seen seen = {""};
    const struct mm_archive_visitor visitor = {
        .begin = see_begin, .piece = see_piece, .end = see_end, .context = &seen};
    struct forge f = two(scratch);
    cJSON *manifest;
    assert_int_equal(mm_archive_read(&scratch->arena, forge_write(scratch, &f, NULL), &visitor, &manifest, &err),
                     MM_ERR_IO);
    assert_string_equal(seen.text, "[docs/a.txt 5 0 alpha][docs/b.txt 4 0 beta");
    assert_non_null(strstr(err.text, "the visitor had enough"));
}

static void members_must_be_those_of_the_manifest(void **state)
{
    struct scratch *scratch = *state;
    const struct forge_member a = {.name = A, .bytes = "alpha", .size = 5},
                              b = {.name = B, .bytes = "beta", .size = 4};
    struct forge f = begin_two(scratch);
    forge_member(&f, &a);
    forge_end(&f);
    refuse(scratch, &f, NULL, "docs/b.txt is missing");
    f = begin_two(scratch);
    forge_member(&f, &b);
    forge_member(&f, &a);
    forge_end(&f);
    refuse(scratch, &f, NULL, "where docs/a.txt should be");
    f = begin_two(scratch);
    forge_member(&f, &a);
    forge_member(&f, &b);
    forge_member(&f, &(struct forge_member){.name = "docs/c.txt", .bytes = "x", .size = 1});
    forge_end(&f);
    refuse(scratch, &f, NULL, "does not list");
    f = begin_two(scratch);
    forge_member(&f, &a);
    forge_member(&f, &a);
    forge_end(&f);
    refuse(scratch, &f, NULL, "where docs/b.txt should be");
    f = begin_two(scratch);
    forge_member(&f, &(struct forge_member){.name = A, .bytes = "alphA", .size = 5});
    forge_member(&f, &b);
    forge_end(&f);
    refuse(scratch, &f, NULL, "docs/a.txt: its content differs");
    f = begin_two(scratch);
    forge_member(&f, &(struct forge_member){.name = A, .bytes = "alpha!", .size = 6});
    forge_member(&f, &b);
    forge_end(&f);
    refuse(scratch, &f, NULL, "has 6 bytes, its entry in the manifest says 5");
    f = forge_begin(&scratch->arena, 4096);
    forge_member(&f, &a);
    forge_end(&f);
    refuse(scratch, &f, NULL, "where manifest.json should be");
    f = forge_begin(&scratch->arena, 4096);
    forge_end(&f);
    refuse(scratch, &f, NULL, "manifest.json is missing");
}

/* A signature is the second member, and there is one at most. Whether it is good, others ask (mmar/signing). */
static void a_signature_stands_behind_the_manifest(void **state)
{
    struct scratch *scratch = *state;
    cJSON *manifest;
    char *signature;
    const struct forge_member a = {.name = A, .bytes = "alpha", .size = 5},
                              b = {.name = B, .bytes = "beta", .size = 4},
                              sig = {.name = "model.sig", .bytes = "words", .size = 5};
    struct forge f = begin_two(scratch);
    forge_member(&f, &sig);
    forge_member(&f, &a);
    forge_member(&f, &b);
    forge_end(&f);
    const char *path = forge_write(scratch, &f, NULL);
    assert_int_equal(mm_archive_read(&scratch->arena, path, NULL, &manifest, &err), MM_OK);
    assert_int_equal(mm_archive_head(&scratch->arena, path, &manifest, &signature, &err), MM_OK);
    assert_string_equal(signature, "words");
    f = begin_two(scratch);
    forge_member(&f, &sig);
    forge_member(&f, &sig);
    forge_end(&f);
    refuse(scratch, &f, NULL, "where docs/a.txt should be");
    f = begin_two(scratch);
    forge_member(&f, &a);
    forge_member(&f, &sig);
    forge_member(&f, &b);
    forge_end(&f);
    refuse(scratch, &f, NULL, "where docs/b.txt should be");
    f = forge_begin(&scratch->arena, 1 << 20);
    forge_manifest(&f, forge_row(&scratch->arena, "Model.Sig", "words", 5));
    forge_member(&f, &(struct forge_member){.name = "Model.Sig", .bytes = "words", .size = 5});
    forge_end(&f);
    refuse(scratch, &f, NULL, "a place outside the folders of an MMAR");
    f = forge_begin(&scratch->arena, (size_t)10 << 20);
    forge_manifest(&f, forge_row(&scratch->arena, A, "alpha", 5));
    void *large = mm_arena_alloc(&scratch->arena, MM_ARCHIVE_SIGNATURE_MAX + 1);
    forge_member(&f,
                 &(struct forge_member){.name = "model.sig", .bytes = large, .size = MM_ARCHIVE_SIGNATURE_MAX + 1});
    forge_end(&f);
    refuse(scratch, &f, NULL, "model.sig: is larger than 8 MiB");
}

static void only_plain_members_are_taken(void **state)
{
    struct scratch *scratch = *state;
    const struct forge_member members[] = {
        {.name = A, .type = '1', .link = B},
        {.name = A, .type = '2', .link = "/etc/passwd"},
        {.name = A, .type = '3'},
        {.name = A, .type = '4'},
        {.name = A, .type = '5'},
        {.name = A, .type = '6'},
        {.name = A, .type = 'S'},
        {.name = A, .type = 'L', .bytes = A, .size = sizeof A},
        {.name = A, .type = 'K', .bytes = B, .size = sizeof B},
        {.name = A, .type = 'D'},
        {.name = A, .bytes = "alpha", .size = 5, .mode = 04644},
        {.name = A, .bytes = "alpha", .size = 5, .mode = 0755},
        {.name = A, .bytes = "alpha", .size = 5, .mode = 0666},
        {.name = A, .bytes = "alpha", .size = 5, .uid = 1000},
        {.name = A, .bytes = "alpha", .size = 5, .mtime = 1},
        {.name = A, .bytes = "alpha", .size = 5, .user = "root"},
        {.name = A, .bytes = "alpha", .size = 5, .magic = "ustar  "},
        {.name = A "/", .bytes = "alpha", .size = 5},
    };
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        struct forge f = begin_two(scratch);
        forge_member(&f, &members[i]);
        forge_member(&f, &(struct forge_member){.name = A, .bytes = "alpha", .size = 5});
        forge_member(&f, &(struct forge_member){.name = B, .bytes = "beta", .size = 4});
        forge_end(&f);
        refuse(scratch, &f, NULL, "");
        f = begin_two(scratch);
        forge_member(&f, &members[i]);
        forge_member(&f, &(struct forge_member){.name = B, .bytes = "beta", .size = 4});
        forge_end(&f);
        refuse(scratch, &f, NULL, "");
    }
}

/* pax records can rename, resize, date and decorate a member. */
static void pax_records_that_say_more_are_refused(void **state)
{
    struct scratch *scratch = *state;
    static const char *const records[] = {
        "12 size=70\n",
        "18 path=docs/../a\n",
        "12 mtime=1.5\n",
        "30 SCHILY.xattr.user.x=payload\n",
        "25 linkpath=/etc/passwd\n",
        "22 GNU.sparse.major=1\n",
        "11 uid=1000\n",
        "17 SCHILY.dev=1000\n",
        "999 x=1\n",
        "junk",
    };
    for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
        struct forge f = begin_two(scratch);
        forge_member(&f, &(struct forge_member){
                             .name = "PaxHeader/a", .type = 'x', .bytes = records[i], .size = strlen(records[i])});
        forge_member(&f, &(struct forge_member){.name = A, .bytes = "alpha", .size = 5});
        forge_member(&f, &(struct forge_member){.name = B, .bytes = "beta", .size = 4});
        forge_end(&f);
        cJSON *manifest;
        struct seen seen = {""};
        const struct mm_archive_visitor visitor = {.begin = see_begin, .piece = see_piece, .context = &seen};
        enum mm_status s =
            mm_archive_read(&scratch->arena, forge_write(scratch, &f, NULL), &visitor, &manifest, &err);
        /* a record that libarchive does not care for changes nothing */
        if (s == MM_OK)
            assert_string_equal(seen.text, "[docs/a.txt 5 0 alpha[docs/b.txt 4 0 beta");
        else
            assert_int_equal(s, MM_ERR_DATA);
        if (s == MM_OK)
            print_message("pax record without effect: %s", records[i]);
    }
}

static void manifests_are_checked_before_anything_is_unpacked(void **state)
{
    struct scratch *scratch = *state;
    struct mm_arena *arena = &scratch->arena;
    const char *row = forge_row(arena, A, "alpha", 5), *upper = forge_row(arena, "docs/A.TXT", "alpha", 5);
    const char *big =
        mm_arena_format(arena, "{\"path\": \"" A "\", \"size\": %lld, \"sha256\": \"%064d\"}", 1ll << 40, 0);
    const struct {
        const char *rows, *why;
    } cases[] = {
        {forge_row(arena, "../a", "alpha", 5), "the name \"../a\" is refused"},
        {forge_row(arena, "/a", "alpha", 5), "is refused"},
        {forge_row(arena, "docs/a\\u001b[2J", "alpha", 5),
         "the name \"docs/a?[2J\" is refused: it has a control character"},
        {mm_arena_format(arena, "%s, %s", row, row), "listed twice or out of order"},
        {mm_arena_format(arena, "%s, %s", upper, row), "upper and lower case"},
        {mm_arena_format(arena, "%s, %s", row, forge_row(arena, A "/b", "alpha", 5)), "cannot both exist"},
        {mm_arena_format(arena, "%s, %s", forge_row(arena, B, "beta", 4), row), "out of order"},
        {"{\"path\": \"" A "\"}", "lacks path, size or sha256"},
        {"{\"path\": \"" A "\", \"size\": -1, \"sha256\": \"\"}", "lacks"},
        {"{\"path\": \"" A "\", \"size\": 1, \"sha256\": \"xyz\"}", "no SHA-256"},
        {"{\"path\": \"" A "\", \"path\": \"" B "\"}", "path"},
        {"{\"path\": \"" A "\", \"size\": 1, \"sha256\": \"\", \"executable\": 1}", "lacks"},
        {big, "more than 64 GiB"},
        {"7", "lacks"},
        {"{", "manifest.json:1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct forge f = forge_begin(arena, 16 << 10);
        forge_manifest(&f, cases[i].rows);
        forge_member(&f, &(struct forge_member){.name = A, .bytes = "alpha", .size = 5});
        forge_end(&f);
        refuse(scratch, &f, NULL, cases[i].why);
        cJSON *manifest;
        assert_int_equal(mm_archive_manifest(arena, scratch_path(scratch, "forged.mmar"), &manifest, &err),
                         MM_ERR_DATA);
    }
    static const char *const texts[] = {"{\"format\": 2, \"files\": []}", "{\"files\": []}", "{\"format\": 1}", "[]",
                                        ""};
    static const char *const whys[] = {"format 2", "no format version", "no list of files", "no format version",
                                       "manifest.json"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct forge f = forge_begin(arena, 4096);
        forge_member(&f,
                     &(struct forge_member){.name = "manifest.json", .bytes = texts[i], .size = strlen(texts[i])});
        forge_end(&f);
        refuse(scratch, &f, NULL, whys[i]);
    }
}

static void a_manifest_that_is_too_large_is_refused_unread(void **state)
{
    struct scratch *scratch = *state;
    size_t size = (4 << 20) + 1;
    struct forge f = forge_begin(&scratch->arena, size + 4096);
    char *text = mm_arena_alloc(&scratch->arena, size);
    memset(text, ' ', size);
    forge_member(&f, &(struct forge_member){.name = "manifest.json", .bytes = text, .size = size});
    forge_end(&f);
    refuse(scratch, &f, NULL, "larger than 4 MiB");
}

static void nothing_may_follow_the_tar(void **state)
{
    struct scratch *scratch = *state;
    static const unsigned char zeros[20480];
    struct forge f = two(scratch);
    forge_add(&f, "x", 1);
    refuse(scratch, &f, NULL, "behind the end of its tar");
    f = two(scratch);
    forge_add(&f, zeros, 512);
    forge_member(&f, &(struct forge_member){.name = "docs/hidden", .bytes = "x", .size = 1});
    refuse(scratch, &f, NULL, "behind the end of its tar");
    f = two(scratch);
    forge_add(&f, zeros, sizeof zeros);
    refuse(scratch, &f, NULL, "behind the end of its tar");
    f = two(scratch);
    f.size -= 1024;
    refuse(scratch, &f, NULL, "no end mark");
    f = two(scratch);
    f.size -= 512;
    refuse(scratch, &f, NULL, "no end mark");
}

static void exactly_one_frame_with_a_checksum_is_taken(void **state)
{
    struct scratch *scratch = *state;
    struct mm_arena *arena = &scratch->arena;
    struct forge f = two(scratch);
    size_t size;
    refuse(scratch, &f, &(struct forge_how){.no_checksum = true}, "no checksum");
    refuse(scratch, &f, &(struct forge_how){.window_log = 28}, "is damaged");
    const unsigned char *frame = forge_frame(&f, NULL, &size);
    static const unsigned char skippable[] = {0x50, 0x2A, 0x4D, 0x18, 4, 0, 0, 0, 'e', 'v', 'i', 'l'};
    const struct {
        const void *first, *second;
        size_t first_size, second_size;
    } joined[] = {
        {frame, "x", size, 1},
        {frame, frame, size, size},
        {frame, skippable, size, sizeof skippable},
        {skippable, frame, sizeof skippable, size},
    };
    for (size_t i = 0; i < 4; i++) {
        unsigned char *both = mm_arena_alloc(arena, joined[i].first_size + joined[i].second_size);
        memcpy(both, joined[i].first, joined[i].first_size);
        memcpy(both + joined[i].first_size, joined[i].second, joined[i].second_size);
        const char *path = scratch_file(scratch, "joined.mmar", both, joined[i].first_size + joined[i].second_size);
        assert_int_equal(read_file(scratch, path), MM_ERR_DATA);
        assert_non_null(strstr(err.text, i < 3 ? "behind the end" : "does not start with a zstd frame"));
    }
    static const unsigned char bits[] = {0x01, 0x02, 0x08, 0x10}; /* dictionary, reserved, unused */
    for (size_t i = 0; i < sizeof bits; i++) {
        unsigned char *copy = mm_arena_alloc(arena, size);
        memcpy(copy, frame, size);
        copy[4] |= bits[i];
        assert_int_equal(read_file(scratch, scratch_file(scratch, "bit.mmar", copy, size)), MM_ERR_DATA);
        assert_non_null(strstr(err.text, i < 2 ? "dictionary" : "reserved"));
    }
}

static void a_file_cut_anywhere_is_refused(void **state)
{
    struct scratch *scratch = *state;
    struct forge f = two(scratch);
    size_t size;
    const unsigned char *frame = forge_frame(&f, NULL, &size);
    for (size_t n = 0; n < size; n++) {
        assert_int_equal(read_file(scratch, scratch_file(scratch, "cut.mmar", frame, n)), MM_ERR_DATA);
        assert_non_null(strstr(err.text, n < 5 ? "does not start with" : "cut off"));
    }
    assert_int_equal(read_file(scratch, scratch_file(scratch, "cut.mmar", frame, size)), MM_OK);
}

static void a_bomb_is_refused_before_it_goes_off(void **state)
{
    struct scratch *scratch = *state;
    size_t size = (size_t)100 << 20;
    struct mm_arena big;
    mm_arena_init(&big, NULL);
    unsigned char *zeros = mm_arena_alloc(&big, size);
    struct forge f = forge_begin(&big, size + 8192);
    forge_manifest(&f, forge_row(&big, A, zeros, size));
    forge_member(&f, &(struct forge_member){.name = A, .bytes = zeros, .size = size});
    forge_end(&f);
    refuse(scratch, &f, NULL, "more than 2000 times its size");
    mm_arena_done(&big);
}

static void what_cannot_be_read_is_no_broken_archive(void **state)
{
    struct scratch *scratch = *state;
    assert_int_equal(read_file(scratch, scratch_path(scratch, "absent.mmar")), MM_ERR_IO);
    assert_int_equal(read_file(scratch, scratch->folder), MM_ERR_IO);
    assert_int_equal(read_file(scratch, scratch_file(scratch, "text", "hello, world", 12)), MM_ERR_DATA);
}

/* Content seen under a damaged file: digest of the manifest and of every byte. */
static bool reads_the_same(struct scratch *scratch, const char *path, const struct seen *good)
{
    struct seen seen = {""};
    cJSON *manifest;
    const struct mm_archive_visitor visitor = {.begin = see_begin, .piece = see_piece, .context = &seen};
    return mm_archive_read(&scratch->arena, path, &visitor, &manifest, &err) == MM_OK &&
           !strcmp(seen.text, good->text);
}

/* Every flipped bit is refused, or changes only how zstd says what it says: the window size in the frame's head, the reserved bits of a
 * block's symbol modes, and matches at another place with the same bytes (a tar has many zeros). The content is proved the same. */
static void a_flipped_byte_is_refused_or_neutral(void **state)
{
    struct scratch *scratch = *state;
    struct forge f = two(scratch);
    size_t size, neutral = 0;
    unsigned char *frame = forge_frame(&f, NULL, &size);
    const struct seen good = {"[docs/a.txt 5 0 alpha[docs/b.txt 4 0 beta"};
    for (size_t i = 0; i < size; i++)
        for (int bit = 0; bit < 8; bit++) {
            frame[i] ^= (unsigned char)(1 << bit);
            const char *path = scratch_file(scratch, "flip.mmar", frame, size);
            enum mm_status s = read_file(scratch, path);
            frame[i] ^= (unsigned char)(1 << bit);
            if (s == MM_ERR_DATA)
                continue;
            assert_int_equal(s, MM_OK);
            assert_true(reads_the_same(scratch, path, &good));
            neutral++;
        }
    print_message("%zu of %zu bits are neutral\n", neutral, 8 * size);
    assert_true(neutral < 8 * size / 50);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        T(an_archive_made_by_hand_is_read),
        T(the_visitor_gets_every_file_and_may_stop),
        T(members_must_be_those_of_the_manifest),
        T(a_signature_stands_behind_the_manifest),
        T(only_plain_members_are_taken),
        T(pax_records_that_say_more_are_refused),
        T(manifests_are_checked_before_anything_is_unpacked),
        T(a_manifest_that_is_too_large_is_refused_unread),
        T(nothing_may_follow_the_tar),
        T(exactly_one_frame_with_a_checksum_is_taken),
        T(a_file_cut_anywhere_is_refused),
        T(a_bomb_is_refused_before_it_goes_off),
        T(what_cannot_be_read_is_no_broken_archive),
        T(a_flipped_byte_is_refused_or_neutral),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
