/* Bundles: read as another program wrote them, refused when anything of them is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mmar/signing/bundle.h"
#include "tests/mmar/signing/foreign.h"
#include "tests/support/scratch.h"

static struct mm_error err;

static struct mm_key foreign(struct scratch *scratch)
{
    struct mm_key key;
    const char *path = scratch_file(scratch, "foreign.pub", foreign_key, strlen(foreign_key));
    if (mm_key_open_public(&scratch->arena, path, &key, &err) != MM_OK)
        fail_msg("%s", err.text);
    return key;
}

static void another_programs_signature_is_good(void **state)
{
    struct scratch *scratch = *state;
    struct mm_bundle bundle;
    struct mm_key key = foreign(scratch);
    assert_int_equal(mm_bundle_parse(&scratch->arena, foreign_bundle, strlen(foreign_bundle), &bundle, &err), MM_OK);
    assert_string_equal(bundle.key_id, key.id);
    assert_int_equal(mm_bundle_is_by(&scratch->arena, &bundle, &key, &err), MM_OK);
    assert_string_equal(bundle.statement.name, "f");
    assert_null(bundle.statement.manifest_sha256);
    assert_int_equal(bundle.statement.count, 2);
    assert_string_equal(bundle.statement.files[0].name, "b");
    assert_string_equal(bundle.statement.files[1].name, "config/a.json");
    assert_int_equal(bundle.statement.ignored_count, 5);
    mm_key_close(&key);
}

/* Whatever is done to the payload, its type or the signature: it is no bundle any more, or not signed. */
static void a_changed_byte_is_found(void **state)
{
    struct scratch *scratch = *state;
    struct mm_key key = foreign(scratch);
    size_t length = strlen(foreign_bundle), from = (size_t)(strstr(foreign_bundle, "\"payload\"") - foreign_bundle),
           to = (size_t)(strstr(foreign_bundle, "NAI=") - foreign_bundle);
    for (size_t at = from; at < to; at += 7) {
        struct mm_bundle bundle;
        char *text = mm_arena_text(&scratch->arena, foreign_bundle);
        text[at] = text[at] == 'A' ? 'B' : 'A';
        if (mm_bundle_parse(&scratch->arena, text, length, &bundle, &err) == MM_OK)
            assert_int_equal(mm_bundle_is_by(&scratch->arena, &bundle, &key, &err), MM_NO);
    }
    mm_key_close(&key);
}

static void other_keys_are_named(void **state)
{
    struct scratch *scratch = *state;
    struct mm_bundle bundle;
    struct mm_key key;
    assert_int_equal(mm_bundle_parse(&scratch->arena, foreign_bundle, strlen(foreign_bundle), &bundle, &err), MM_OK);
    assert_int_equal(mm_key_make(&scratch->arena, scratch_path(scratch, "k"), &key, &err), MM_OK);
    assert_int_equal(mm_bundle_is_by(&scratch->arena, &bundle, &key, &err), MM_NO);
    assert_non_null(strstr(err.text, "signed with another key"));
    bundle.key_id = ""; /* the signer named no key: the signature itself decides */
    assert_int_equal(mm_bundle_is_by(&scratch->arena, &bundle, &key, &err), MM_NO);
    assert_non_null(strstr(err.text, "signature is bad"));
    mm_key_close(&key);
}

/* Digests of equal letters, so that the tests below can name them. */
static const char *const digests[] = {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                                      "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
                                      "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"};

static char *printed(struct scratch *scratch, struct mm_signed_file files[3])
{
    char *text = NULL;
    struct mm_statement statement = {.name = "m", .manifest_sha256 = digests[0], .count = 3, .files = files};
    assert_int_equal(mm_statement_print(&scratch->arena, &statement, &text, &err), MM_OK);
    return text;
}

/* sha256sum of the 96 bytes aa.. bb.. cc.., and the order of Python's PurePosixPath. */
static void statements_have_the_order_and_root_of_model_signing(void **state)
{
    struct scratch *scratch = *state;
    struct mm_signed_file files[] = {{"a.d/x", digests[2]}, {"a-b", digests[1]}, {"a/z", digests[0]}};
    char *text = printed(scratch, files);
    assert_string_equal(files[0].name, "a/z");
    assert_string_equal(files[1].name, "a-b");
    assert_string_equal(files[2].name, "a.d/x");
    assert_non_null(strstr(text, "6bdaf8651d78f983ab7ce864414ace095b2942cbe5ff43deade48d51aa34b2cd"));
    struct mm_statement back;
    assert_int_equal(mm_statement_parse(&scratch->arena, text, strlen(text), &back, &err), MM_OK);
    assert_int_equal(back.count, 3);
    assert_string_equal(back.manifest_sha256, digests[0]);
}

static void wrong_statements_are_refused(void **state)
{
    struct scratch *scratch = *state;
    static const struct {
        const char *from, *to, *says;
    } cases[] = {{"Statement/v1", "Statement/v9", "is no in-toto statement"},
                 {"signature/v1.0", "signature/v7.0", "is no in-toto statement"},
                 {"\"files\"", "\"shard\"", "whole files"},
                 {"\"hash_type\":\"sha256\"", "\"hash_type\":\"blake3\"", "SHA-256"},
                 {"\"a-b\"", "\"a/z\"", "lists a file twice"},
                 {"cccc", "dddd", "root digest"},
                 {"\"digest\":\"aaaa", "\"digest\":\"AAAA", "a file's entry"},
                 {"{\"_type\"", "[\"_type\"", "no sound JSON"},
                 {"\"resources\"", "\"resource_\"", "lists no files"},
                 {"\"subject\"", "\"subjekt\"", "one subject"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mm_signed_file files[] = {{"a.d/x", digests[2]}, {"a-b", digests[1]}, {"a/z", digests[0]}};
        struct mm_statement back;
        char *text = printed(scratch, files), *at = strstr(text, cases[i].from);
        assert_non_null(at);
        assert_int_equal(strlen(cases[i].from), strlen(cases[i].to));
        memcpy(at, cases[i].to, strlen(cases[i].to));
        assert_int_equal(mm_statement_parse(&scratch->arena, text, strlen(text), &back, &err), MM_ERR_DATA);
        if (!strstr(err.text, cases[i].says))
            fail_msg("expected \"%s\", got \"%s\"", cases[i].says, err.text);
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        T(another_programs_signature_is_good),
        T(a_changed_byte_is_found),
        T(other_keys_are_named),
        T(statements_have_the_order_and_root_of_model_signing),
        T(wrong_statements_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
