/* Gzip in memory. zlib writes what is read here, and reads what is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <zlib.h>

#include "image/gzip.h"
#include "tests/support/scratch.h"

#define SIZE 100000

static struct mm_error err;

/* Text that compresses somewhat. */
static unsigned char *content(struct mm_arena *arena)
{
    unsigned char *bytes = mm_arena_alloc(arena, SIZE);
    for (size_t i = 0; i < SIZE; i++)
        bytes[i] = (unsigned char)(i * i / 1000 % 7 + i % 13);
    return bytes;
}

static size_t pack_by_zlib(const unsigned char *bytes, size_t size, int level, unsigned char *out, size_t capacity)
{
    z_stream stream = {.next_in = (z_const Bytef *)bytes, .avail_in = (uInt)size, .next_out = out};
    stream.avail_out = (uInt)capacity;
    assert_int_equal(deflateInit2(&stream, level, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    deflateEnd(&stream);
    return stream.total_out;
}

static void zlibs_members_are_read_at_every_level(void **state)
{
    struct scratch *scratch = *state;
    const unsigned char *bytes = content(&scratch->arena);
    unsigned char *packed = mm_arena_alloc(&scratch->arena, 2 * SIZE), *out = mm_arena_alloc(&scratch->arena, SIZE);
    for (int level = 0; level <= 9; level++) {
        size_t size = pack_by_zlib(bytes, SIZE, level, packed, 2 * SIZE);
        assert_true(mm_gzip_is(packed, size));
        memset(out, 0, SIZE);
        assert_int_equal(mm_gzip_unpack(packed, size, out, SIZE, &err), MM_OK);
        assert_memory_equal(out, bytes, SIZE);
        memset(out, 0, SIZE);
        assert_int_equal(mm_gzip_prefix(packed, size, out, 348), 348);
        assert_memory_equal(out, bytes, 348);
        assert_int_equal(mm_gzip_unpack(packed, size, out, SIZE / 2, &err), MM_OK); /* less than there is */
        assert_memory_equal(out, bytes, SIZE / 2);
        assert_int_equal(mm_gzip_unpack(packed, size, out, SIZE + 1, &err), MM_ERR_DATA);
    }
}

static void several_members_are_one_stream(void **state)
{
    struct scratch *scratch = *state;
    const unsigned char *bytes = content(&scratch->arena);
    unsigned char *packed = mm_arena_alloc(&scratch->arena, 2 * SIZE), *out = mm_arena_alloc(&scratch->arena, SIZE);
    size_t size = 0, part = SIZE / 4;
    for (size_t i = 0; i < 4; i++)
        size += pack_by_zlib(bytes + i * part, part, 6, packed + size, 2 * SIZE - size);
    memset(packed + size, 0, 512); /* padding of tapes and disks */
    assert_int_equal(mm_gzip_unpack(packed, size + 512, out, SIZE, &err), MM_OK);
    assert_memory_equal(out, bytes, SIZE);
    assert_int_equal(mm_gzip_prefix(packed, size, out, 2 * part + 10), 2 * part + 10);
    assert_int_equal(mm_gzip_unpack(packed, size, out, 2 * part + 10, &err), MM_OK);
    assert_memory_equal(out, bytes, 2 * part + 10);
}

static void cuts_and_flips_are_noticed(void **state)
{
    struct scratch *scratch = *state;
    const unsigned char *bytes = content(&scratch->arena);
    unsigned char *packed = mm_arena_alloc(&scratch->arena, 2 * SIZE), *out = mm_arena_alloc(&scratch->arena, SIZE);
    size_t size = pack_by_zlib(bytes, SIZE, 6, packed, 2 * SIZE);
    for (size_t cut = 0; cut < size; cut += 1 + cut / 16)
        assert_int_equal(mm_gzip_unpack(packed, cut, out, SIZE, &err), MM_ERR_DATA);
    for (size_t at = 10; at < size; at += 97) {
        packed[at] ^= 0x10;
        assert_int_equal(mm_gzip_unpack(packed, size, out, SIZE, &err), MM_ERR_DATA);
        packed[at] ^= 0x10;
    }
    packed[size - 8] ^= 1; /* CRC-32 */
    assert_int_equal(mm_gzip_unpack(packed, size, out, SIZE, &err), MM_ERR_DATA);
    assert_non_null(strstr(err.text, "damaged"));
}

static void what_is_written_can_be_read_and_repeated(void **state)
{
    struct scratch *scratch = *state;
    const unsigned char *bytes = content(&scratch->arena);
    unsigned char *packed, *again, *out = mm_arena_alloc(&scratch->arena, SIZE + 1);
    size_t size, size_again;
    assert_int_equal(mm_gzip_pack(&scratch->arena, bytes, SIZE, &packed, &size, &err), MM_OK);
    assert_int_equal(mm_gzip_pack(&scratch->arena, bytes, SIZE, &again, &size_again, &err), MM_OK);
    assert_int_equal(size, size_again);
    assert_memory_equal(packed, again, size);
    assert_memory_equal(packed + 4, "\0\0\0\0", 4); /* no time: RFC 1952 MTIME */
    z_stream stream = {.next_in = packed, .avail_in = (uInt)size, .next_out = out, .avail_out = SIZE + 1};
    assert_int_equal(inflateInit2(&stream, MAX_WBITS + 16), Z_OK);
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    inflateEnd(&stream);
    assert_int_equal(stream.total_out, SIZE);
    assert_memory_equal(out, bytes, SIZE);
}

static void promises_beyond_deflate_are_seen_through(void **state)
{
    (void)state;
    assert_true(mm_gzip_can_hold(1000, 1000 * MM_DEFLATE_RATIO_MAX));
    assert_false(mm_gzip_can_hold(1000, 1001 * MM_DEFLATE_RATIO_MAX));
    assert_false(mm_gzip_can_hold(1000, SIZE_MAX));
    assert_false(mm_gzip_is((const unsigned char *)"\x1f\x8b", 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(zlibs_members_are_read_at_every_level, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(several_members_are_one_stream, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(cuts_and_flips_are_noticed, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(what_is_written_can_be_read_and_repeated, scratch_setup, scratch_teardown),
        cmocka_unit_test(promises_beyond_deflate_are_seen_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
