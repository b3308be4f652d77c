/* The compressed stream: the same bytes on any number of threads, and the same errors at the same places with and without a thread that
 * decodes ahead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/random.h"
#include "base/text.h"
#include "mmar/archive/zstd_stream.h"
#include "tests/support/scratch.h"

#define SIZE ((size_t)6 << 20) /* several jobs, and far more than is decoded without a thread */

static struct mm_error err;

static enum mm_status into_text(void *context, const void *bytes, size_t size, struct mm_error *e)
{
    (void)e;
    mm_text_addn(context, bytes, size);
    return MM_OK;
}

/* Half noise, half repetition. */
static unsigned char *make_bytes(struct scratch *scratch)
{
    struct mm_random random;
    unsigned char *bytes = mm_arena_alloc(&scratch->arena, SIZE);
    mm_random_init(&random, 1, MM_RANDOM_SYNTHESIS, 0, 0, 0);
    for (size_t i = 0; i < SIZE; i++)
        bytes[i] = i / 70000 % 2 ? bytes[i % 1000] : (unsigned char)mm_random_u32(&random);
    return bytes;
}

/* In pieces of odd sizes that depend on `threads`: neither may matter. */
static void compress(const unsigned char *bytes, int level, unsigned threads, struct mm_text *out)
{
    struct mm_zstd_writer w;
    mm_text_init(out, 2 * SIZE);
    assert_int_equal(mm_zstd_writer_open(&w, level, threads, &err), MM_OK);
    w.sink = into_text;
    w.sink_context = out;
    for (size_t at = 0, n; at < SIZE; at += n) {
        n = 30011 * threads < SIZE - at ? 30011 * threads : SIZE - at;
        assert_int_equal(mm_zstd_writer_write(&w, bytes + at, n, &err), MM_OK);
    }
    assert_int_equal(mm_zstd_writer_end(&w, &err), MM_OK);
    mm_zstd_writer_close(&w);
    assert_false(out->overflow);
}

static void threads_change_no_byte(void **state)
{
    static const int levels[] = {1, 3, 10};
    unsigned char *bytes = make_bytes(*state);
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        struct mm_text one, other;
        compress(bytes, levels[i], 1, &one);
        for (unsigned threads = 2; threads <= 5; threads++) {
            compress(bytes, levels[i], threads, &other);
            assert_int_equal(one.length, other.length);
            assert_memory_equal(one.bytes, other.bytes, one.length);
            mm_text_done(&other);
        }
        mm_text_done(&one);
    }
}

/* Reads all; *got: bytes that came before the end or the error, compared with what went in. */
static enum mm_status decompress(const char *path, const unsigned char *expected, size_t stop_at, size_t *got)
{
    struct mm_zstd_reader r;
    const void *bytes;
    size_t size = 1;
    err = (struct mm_error){.status = MM_OK};
    *got = 0;
    enum mm_status s = mm_zstd_reader_open(&r, path, &err);
    while (s == MM_OK && size && *got < stop_at) {
        s = mm_zstd_reader_read(&r, &bytes, &size, &err);
        if (s != MM_OK)
            break;
        assert_memory_equal(bytes, expected + *got, size);
        *got += size;
        assert_int_equal(r.produced, *got);
    }
    if (s == MM_OK && !size) /* behind the end is the end */
        assert_true(mm_zstd_reader_read(&r, &bytes, &size, &err) == MM_OK && !size);
    mm_zstd_reader_close(&r);
    return s;
}

static void what_was_written_is_read(void **state)
{
    struct scratch *scratch = *state;
    unsigned char *bytes = make_bytes(scratch);
    char *path = scratch_path(scratch, "a.zst");
    struct mm_text packed;
    size_t got;
    compress(bytes, 3, 2, &packed);
    assert_int_equal(mm_file_write(path, packed.bytes, packed.length, &err), MM_OK);
    assert_int_equal(decompress(path, bytes, SIZE + 1, &got), MM_OK);
    assert_int_equal(got, SIZE);
    for (size_t stop = 1; stop < SIZE; stop += SIZE / 7) /* readers that lose interest */
        assert_int_equal(decompress(path, bytes, stop, &got), MM_OK);
    mm_text_done(&packed);
}

static void damage_is_met_where_it_is(void **state)
{
    struct scratch *scratch = *state;
    unsigned char *bytes = make_bytes(scratch);
    char *path = scratch_path(scratch, "a.zst");
    struct mm_text packed;
    size_t got;
    compress(bytes, 3, 2, &packed);
    for (size_t cut = 1; cut < 8; cut++) {
        assert_int_equal(mm_file_write(path, packed.bytes, packed.length * cut / 8, &err), MM_OK);
        assert_int_equal(decompress(path, bytes, SIZE + 1, &got), MM_ERR_DATA);
        assert_non_null(strstr(err.text, "cut off"));
        assert_in_range(got, SIZE * cut / 16, SIZE);
    }
    packed.bytes[packed.length * 3 / 4] ^= 0x55;
    assert_int_equal(mm_file_write(path, packed.bytes, packed.length, &err), MM_OK);
    assert_int_equal(decompress(path, bytes, SIZE / 2, &got), MM_OK);
    packed.bytes[packed.length * 3 / 4] ^= 0x55;
    mm_text_add(&packed, "x");
    assert_int_equal(mm_file_write(path, packed.bytes, packed.length, &err), MM_OK);
    assert_int_equal(decompress(path, bytes, SIZE + 1, &got), MM_ERR_DATA);
    assert_int_equal(got, SIZE);
    assert_non_null(strstr(err.text, "behind the end"));
    mm_text_done(&packed);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {T(threads_change_no_byte), T(what_was_written_is_read),
                                       T(damage_is_met_where_it_is)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
