/* Keys: files that openssl knows too, never overwritten, and nothing but curves that sign models. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/file.h"
#include "mmar/signing/key.h"
#include "tests/support/scratch.h"

static struct mm_error err;

static void a_pair_signs_and_checks(void **state)
{
    struct scratch *scratch = *state;
    struct mm_key made, secret, open_half;
    struct stat about;
    unsigned char signature[MM_SIGNATURE_MAX];
    size_t size;
    assert_int_equal(mm_key_make(&scratch->arena, scratch_path(scratch, "k"), &made, &err), MM_OK);
    assert_int_equal(stat(scratch_path(scratch, "k.key"), &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    assert_int_equal(mm_key_open_private(&scratch->arena, scratch_path(scratch, "k.key"), &secret, &err), MM_OK);
    assert_int_equal(mm_key_open_public(&scratch->arena, scratch_path(scratch, "k.pub"), &open_half, &err), MM_OK);
    assert_string_equal(secret.id, made.id);
    assert_string_equal(open_half.id, made.id);
    char id[MM_SHA256_HEX];
    assert_int_equal(mm_sha256_file(scratch_path(scratch, "k.pub"), id, &err), MM_OK);
    assert_string_equal(id, made.id);
    assert_int_equal(mm_key_sign(&secret, "model", 5, signature, &size, &err), MM_OK);
    assert_true(mm_key_verify(&open_half, "model", 5, signature, size));
    assert_false(mm_key_verify(&open_half, "mode1", 5, signature, size));
    assert_false(mm_key_verify(&open_half, "model", 5, signature, size - 1));
    signature[size / 2] ^= 1;
    assert_false(mm_key_verify(&open_half, "model", 5, signature, size));
    mm_key_close(&made);
    mm_key_close(&secret);
    mm_key_close(&open_half);
}

static void keys_are_never_overwritten(void **state)
{
    struct scratch *scratch = *state;
    struct mm_key key;
    scratch_file(scratch, "k.pub", "mine", 4);
    assert_int_equal(mm_key_make(&scratch->arena, scratch_path(scratch, "k"), &key, &err), MM_ERR_USAGE);
    assert_non_null(strstr(err.text, "k.pub: exists already"));
    assert_false(mm_file_exists(scratch_path(scratch, "k.key")));
}

/* Writes a key of that kind as openssl does; with a passphrase when there is one. */
static char *write_key(struct scratch *scratch, EVP_PKEY *key, const char *passphrase)
{
    char *path = scratch_path(scratch, "other.key");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(PEM_write_PKCS8PrivateKey(file, key, passphrase ? EVP_aes_128_cbc() : NULL, passphrase,
                                               passphrase ? (int)strlen(passphrase) : 0, NULL, NULL),
                     1);
    fclose(file);
    EVP_PKEY_free(key);
    return path;
}

static void all_curves_of_the_format_sign(void **state)
{
    struct scratch *scratch = *state;
    static const char *const curves[] = {"P-256", "P-384", "P-521"};
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++) {
        struct mm_key key;
        unsigned char signature[MM_SIGNATURE_MAX];
        size_t size;
        const char *path = write_key(scratch, EVP_EC_gen(curves[i]), NULL);
        assert_int_equal(mm_key_open_private(&scratch->arena, path, &key, &err), MM_OK);
        assert_int_equal(mm_key_sign(&key, "x", 1, signature, &size, &err), MM_OK);
        assert_true(mm_key_verify(&key, "x", 1, signature, size));
        mm_key_close(&key);
    }
}

/* Where the terminal would be asked, a file answers: its first line. */
static void a_passphrase_opens_its_key(void **state)
{
    struct scratch *scratch = *state;
    struct mm_key key;
    static const struct {
        const char *text;
        enum mm_status status;
        const char *why;
    } cases[] = {{"secret\nmore\n", MM_OK, ""},
                 {"secret", MM_OK, ""},
                 {"Secret\n", MM_NO, "does not open it"},
                 {"", MM_NO, "does not open it"}};
    const char *path = write_key(scratch, EVP_EC_gen("P-256"), "secret");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        setenv("MMAR_PASSPHRASE_FILE", scratch_file(scratch, "phrase", cases[i].text, strlen(cases[i].text)), 1);
        err.text[0] = '\0';
        assert_int_equal(mm_key_open_private(&scratch->arena, path, &key, &err), cases[i].status);
        assert_non_null(strstr(err.text, cases[i].why));
        mm_key_close(&key);
    }
    char long_line[5000];
    memset(long_line, 'x', sizeof long_line);
    setenv("MMAR_PASSPHRASE_FILE", scratch_file(scratch, "phrase", long_line, sizeof long_line), 1);
    assert_int_equal(mm_key_open_private(&scratch->arena, path, &key, &err), MM_ERR_IO);
    setenv("MMAR_PASSPHRASE_FILE", scratch_path(scratch, "absent"), 1);
    assert_int_equal(mm_key_open_private(&scratch->arena, path, &key, &err), MM_ERR_IO);
    assert_non_null(strstr(err.text, "MMAR_PASSPHRASE_FILE="));
    unsetenv("MMAR_PASSPHRASE_FILE");
}

/* The program died between the two files: the next call completes the pair. */
static void a_lost_public_half_is_written_again(void **state)
{
    struct scratch *scratch = *state;
    struct mm_key key;
    char before[MM_SHA256_HEX];
    assert_int_equal(mm_key_make(&scratch->arena, scratch_path(scratch, "k"), &key, &err), MM_OK);
    snprintf(before, sizeof before, "%s", key.id);
    mm_key_close(&key);
    assert_int_equal(remove(scratch_path(scratch, "k.pub")), 0);
    assert_int_equal(mm_key_make(&scratch->arena, scratch_path(scratch, "k"), &key, &err), MM_OK);
    assert_string_equal(key.id, before);
    mm_key_close(&key);
    assert_int_equal(mm_key_open_public(&scratch->arena, scratch_path(scratch, "k.pub"), &key, &err), MM_OK);
    assert_string_equal(key.id, before);
    mm_key_close(&key);
}

static void other_files_are_refused(void **state)
{
    struct scratch *scratch = *state;
    struct mm_key key;
    const char *path = write_key(scratch, EVP_EC_gen("secp256k1"), NULL);
    assert_int_equal(mm_key_open_private(&scratch->arena, path, &key, &err), MM_ERR_DATA);
    assert_non_null(strstr(err.text, "P-256, P-384 and P-521"));
    path = write_key(scratch, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), NULL);
    assert_int_equal(mm_key_open_private(&scratch->arena, path, &key, &err), MM_ERR_DATA);
    path = write_key(scratch, EVP_EC_gen("P-256"), "secret");
    assert_int_equal(mm_key_open_public(&scratch->arena, path, &key, &err), MM_ERR_DATA);
    assert_non_null(strstr(err.text, "is a private key"));
    path = scratch_file(scratch, "none.pub", "none", 4);
    assert_int_equal(mm_key_open_public(&scratch->arena, path, &key, &err), MM_ERR_DATA);
    assert_int_equal(mm_key_open_private(&scratch->arena, path, &key, &err), MM_ERR_DATA);
    assert_int_equal(mm_key_open_public(&scratch->arena, scratch_path(scratch, "absent"), &key, &err), MM_ERR_IO);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        T(a_pair_signs_and_checks),    T(keys_are_never_overwritten),          T(all_curves_of_the_format_sign),
        T(a_passphrase_opens_its_key), T(a_lost_public_half_is_written_again), T(other_files_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
