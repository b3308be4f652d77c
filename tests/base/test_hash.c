/* SHA-256 against FIPS 180-4's examples, FNV-1a against its authors' test suite. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"
#include "tests/support/scratch.h"

static const char abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
static const char million_a[] = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

static void published_digests(void **state)
{
    (void)state;
    static const struct {
        const char *text, *hex;
    } cases[] = {
        {"abc", abc},
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    char hex[MM_SHA256_HEX];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(mm_sha256_bytes(cases[i].text, strlen(cases[i].text), hex, NULL), MM_OK);
        assert_string_equal(hex, cases[i].hex);
    }
}

static void pieces_give_the_digest_of_the_whole(void **state)
{
    (void)state;
    struct mm_sha256 hash;
    unsigned char digest[MM_SHA256_SIZE];
    char hex[MM_SHA256_HEX], piece[1000];
    memset(piece, 'a', sizeof piece);
    assert_int_equal(mm_sha256_init(&hash, NULL), MM_OK);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(mm_sha256_add(&hash, piece, sizeof piece, NULL), MM_OK);
    assert_int_equal(mm_sha256_done(&hash, digest, NULL), MM_OK);
    assert_null(hash.context);
    mm_sha256_hex(digest, hex);
    assert_string_equal(hex, million_a);
    assert_int_equal(mm_sha256_init(&hash, NULL), MM_OK);
    mm_sha256_abandon(&hash);
    mm_sha256_abandon(&hash);
}

static void files_are_hashed(void **state)
{
    struct scratch *scratch = *state;
    char hex[MM_SHA256_HEX];
    char *text = mm_arena_alloc(&scratch->arena, 1000000);
    memset(text, 'a', 1000000);
    assert_int_equal(mm_sha256_file(scratch_file(scratch, "a", text, 1000000), hex, NULL), MM_OK);
    assert_string_equal(hex, million_a);
    struct mm_error err;
    assert_int_equal(mm_sha256_file(scratch_path(scratch, "absent"), hex, &err), MM_ERR_IO);
}

/* From test_fnv.c of Landon Curt Noll's reference implementation. */
static void fnv1a_matches_its_reference(void **state)
{
    (void)state;
    assert_true(mm_fnv1a("", 0) == 0xcbf29ce484222325);
    assert_true(mm_fnv1a("a", 1) == 0xaf63dc4c8601ec8c);
    assert_true(mm_fnv1a("foobar", 6) == 0x85944171f73967e8);
}

/* What xxhsum -H2 prints. */
static void xxh3_matches_its_reference(void **state)
{
    (void)state;
    static const unsigned char of_nothing[MM_XXH3_SIZE] = {0x99, 0xaa, 0x06, 0xd3, 0x01, 0x47, 0x98, 0xd8,
                                                           0x60, 0x01, 0xc3, 0x24, 0x46, 0x8d, 0x49, 0x7f};
    static const unsigned char of_abc[MM_XXH3_SIZE] = {0x06, 0xb0, 0x5a, 0xb6, 0x73, 0x3a, 0x61, 0x85,
                                                       0x78, 0xaf, 0x5f, 0x94, 0x89, 0x2f, 0x39, 0x50};
    unsigned char digest[MM_XXH3_SIZE], whole[MM_XXH3_SIZE], bytes[1000];
    struct mm_xxh3 hash;
    mm_xxh3_bytes("", 0, digest);
    assert_memory_equal(digest, of_nothing, sizeof digest);
    mm_xxh3_bytes("abc", 3, digest);
    assert_memory_equal(digest, of_abc, sizeof digest);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 7);
    mm_xxh3_bytes(bytes, sizeof bytes, whole);
    assert_int_equal(mm_xxh3_init(&hash, NULL), MM_OK);
    for (size_t at = 0, size = 1; at < sizeof bytes; at += size, size = at < 400 ? at : 1000 - at)
        mm_xxh3_add(&hash, bytes + at, size);
    mm_xxh3_done(&hash, digest);
    assert_memory_equal(digest, whole, sizeof digest);
    mm_xxh3_abandon(&hash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_digests),
        cmocka_unit_test(pieces_give_the_digest_of_the_whole),
        cmocka_unit_test_setup_teardown(files_are_hashed, scratch_setup, scratch_teardown),
        cmocka_unit_test(fnv1a_matches_its_reference),
        cmocka_unit_test(xxh3_matches_its_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
