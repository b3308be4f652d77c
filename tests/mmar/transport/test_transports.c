/* Which transport takes a place, what a file from there is called, what an HTTP head says; and the transport of paths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "mmar/transport/http_head.h"
#include "tests/support/scratch.h"

static struct mm_error err;

static void places_find_their_transport(void **state)
{
    (void)state;
    static const struct {
        const char *place, *name; /* NULL: none takes it */
    } cases[] = {
        {"https://a.example/b.mmar", "https"},
        {"HTTPS://a/b", "https"},
        {"http://a/b", "https"},
        {"a.mmar", "file"},
        {"/mnt/share/a.mmar", "file"},
        {"file:///a", "file"},
        {"File:///a", "file"},
        {"c:/a", "file"},
        {"ftp://a/b", NULL},
        {"s3://a/b", NULL},
        {"httpsx://a", NULL},
        {"../a", "file"},
        {"scp:a", "file"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct mm_transport *found = NULL;
        enum mm_status s = mm_transport_find(cases[i].place, &found, &err);
        if (s != (cases[i].name ? MM_OK : MM_ERR_USAGE) || (s == MM_OK && strcmp(found->name, cases[i].name) != 0))
            fail_msg("%s: status %d, %s", cases[i].place, (int)s, s == MM_OK ? found->name : err.text);
    }
}

/* Nobody else chooses a hidden file, an option, or a path. */
static void addresses_give_plain_names(void **state)
{
    struct scratch *scratch = *state;
    static const struct {
        const char *place, *name;
    } cases[] = {
        {"https://a.example/m/b-1.0.mmar", "b-1.0.mmar"},
        {"https://a.example/b.mmar?token=/x.y#z", "b.mmar"},
        {"https://a.example/b.mmar#/c.mmar", "b.mmar"},
        {"https://a.example/", NULL},
        {"https://a.example", NULL},
        {"https://a.example/.bashrc", NULL},
        {"https://a.example/-rf", NULL},
        {"https://a.example/..", NULL},
        {"https://a.example/a%2Fb", NULL},
        {"https://a.example/a\\b", NULL},
        {"https://a.example/a b", NULL},
        {"https://a.example/a;b", NULL},
        {"/mnt/share/my model.mmar", "my model.mmar"},
        {"/mnt/share/", NULL},
        {"/mnt/..", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *name = mm_transport_file_name(&scratch->arena, cases[i].place);
        if (!name != !cases[i].name || (name && strcmp(name, cases[i].name) != 0))
            fail_msg("%s: %s", cases[i].place, name ? name : "(none)");
    }
}

/* A head of these lines, asked for what lies behind `offset`. */
static enum mm_status answer_to(uint64_t offset, const char *lines, struct mm_transport_answer *out)
{
    struct mm_http_head head = {0};
    while (*lines) {
        size_t n = strcspn(lines, "|");
        mm_http_head_line(&head, lines, n);
        lines += n + (lines[n] == '|');
    }
    return head.status == 200 || head.status == 206 ? mm_http_head_answer(&head, offset, out, &err)
                                                    : mm_http_head_refused(&head, &err);
}

static void heads_are_read(void **state)
{
    (void)state;
    const uint64_t unknown = MM_TRANSPORT_SIZE_UNKNOWN;
    const struct {
        uint64_t offset;
        const char *lines;
        enum mm_status status;
        uint64_t first, size;
        const char *validator;
    } cases[] = {
        {0, "HTTP/1.1 200 OK|Content-Length: 5|ETag: \"x\"", MM_OK, 0, 5, "\"x\""},
        {7, "HTTP/1.1 200 OK|content-length:5\r\n|etag:\"x\"\r\n", MM_OK, 0, 5, "\"x\""},
        {0, "HTTP/2 200|Content-Length: 5|ETag: W/\"x\"", MM_OK, 0, 5, ""},
        {0, "HTTP/2 200|Content-Length: 5|ETag: W/\"x\"|Last-Modified: Monday", MM_OK, 0, 5, "Monday"},
        {0, "HTTP/2 200|ETag: \"x\"", MM_OK, 0, unknown, ""},
        {0, "HTTP/2 200|Content-Length: 5|ETag: \"a\"b\"", MM_OK, 0, 5, ""},
        {0, "HTTP/2 200|Content-Length: 5|ETag: \"a\x1b\"", MM_OK, 0, 5, ""},
        {0, "HTTP/2 200|Content-Length: -5", MM_OK, 0, unknown, ""},
        {0, "HTTP/2 200|Content-Length: 99999999999999999999", MM_OK, 0, unknown, ""},
        {0, "HTTP/1.1 302 F|Content-Length: 9|ETag: \"old\"|HTTP/1.1 200 OK|Content-Length: 5", MM_OK, 0, 5, ""},
        {3, "HTTP/2 206|Content-Range: bytes 3-9/10|Content-Length: 7|ETag: \"x\"", MM_OK, 3, 10, "\"x\""},
        {3, "HTTP/2 206|Content-Range: bytes 3-9/10|ETag: \"x\"", MM_OK, 3, 10, "\"x\""},
        {3, "HTTP/2 206|Content-Range: bytes 4-9/10", MM_ERR_IO, 0, 0, NULL},
        {3, "HTTP/2 206|Content-Range: bytes 3-8/10", MM_ERR_IO, 0, 0, NULL},
        {3, "HTTP/2 206|Content-Range: bytes 3-9/*", MM_ERR_IO, 0, 0, NULL},
        {3, "HTTP/2 206|Content-Range: bytes 3-2/3", MM_ERR_IO, 0, 0, NULL},
        {3, "HTTP/2 206|Content-Range: bytes 3-9/10x", MM_ERR_IO, 0, 0, NULL},
        {3, "HTTP/2 206|Content-Range: bytes 3-9/10|Content-Length: 8", MM_ERR_IO, 0, 0, NULL},
        {3, "HTTP/2 206|Content-Range: lines 3-9/10", MM_ERR_IO, 0, 0, NULL},
        {0, "HTTP/2 206|Content-Range: bytes 0-9/10", MM_ERR_IO, 0, 0, NULL},
        {3, "HTTP/2 206", MM_ERR_IO, 0, 0, NULL},
        {3, "HTTP/2 416", MM_NO, 0, 0, NULL},
        {0, "HTTP/2 407", MM_ERR_IO, 0, 0, NULL},
        {0, "HTTP/2", MM_ERR_IO, 0, 0, NULL},
        {0, "nonsense", MM_ERR_IO, 0, 0, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mm_transport_answer answer;
        enum mm_status s = answer_to(cases[i].offset, cases[i].lines, &answer);
        if (s != cases[i].status || (s == MM_OK && (answer.offset != cases[i].first || answer.size != cases[i].size ||
                                                    strcmp(answer.validator, cases[i].validator) != 0)))
            fail_msg("%s: status %d", cases[i].lines, (int)s);
    }
}

/* What comes of a fetch. */
struct kept {
    struct mm_transport_answer answer;
    char bytes[64];
    size_t size;
};

static enum mm_status begin(void *context, const struct mm_transport_answer *answer, struct mm_error *error)
{
    (void)error;
    ((struct kept *)context)->answer = *answer;
    return MM_OK;
}

static enum mm_status piece(void *context, const void *bytes, size_t size, struct mm_error *error)
{
    struct kept *k = context;
    (void)error;
    memcpy(k->bytes + k->size, bytes, size);
    k->size += size;
    return MM_OK;
}

static enum mm_status fetch(struct scratch *scratch, const char *place, uint64_t offset, const char *validator,
                            struct kept *out)
{
    const struct mm_transport *transport;
    const struct mm_transport_sink sink = {begin, piece, out};
    *out = (struct kept){.size = 0};
    assert_int_equal(mm_transport_find(place, &transport, &err), MM_OK);
    return transport->fetch(&scratch->arena,
                            &(struct mm_transport_request){
                                .place = place, .offset = offset, .validator = validator, .limit = 20, .patience = 1},
                            &sink, &err);
}

static void files_come_and_go_on(void **state)
{
    struct scratch *scratch = *state;
    struct kept all, rest;
    const char *path = scratch_file(scratch, "a b", "0123456789", 10);
    assert_int_equal(fetch(scratch, path, 0, NULL, &all), MM_OK);
    assert_int_equal(all.answer.size, 10);
    assert_memory_equal(all.bytes, "0123456789", 10);
    assert_int_equal(fetch(scratch, path, 4, all.answer.validator, &rest), MM_OK);
    assert_int_equal(rest.answer.offset, 4);
    assert_int_equal(rest.size, 6);
    assert_memory_equal(rest.bytes, "456789", 6);
    assert_int_equal(fetch(scratch, path, 4, "another", &rest), MM_OK);
    assert_int_equal(rest.answer.offset, 0);
    assert_int_equal(rest.size, 10);
    assert_int_equal(fetch(scratch, path, 11, all.answer.validator, &rest), MM_OK);
    assert_int_equal(rest.answer.offset, 0);
    /* Another file of the same size takes its place. */
    assert_int_equal(rename(scratch_file(scratch, "c", "abcdefghij", 10), path), 0);
    assert_int_equal(fetch(scratch, path, 4, all.answer.validator, &rest), MM_OK);
    assert_memory_equal(rest.bytes, "abcdefghij", 10);
    path = scratch_file(scratch, "b", "0123456789", 10);
    assert_int_equal(fetch(scratch, mm_arena_format(&scratch->arena, "file://%s", path), 0, NULL, &all), MM_OK);
    assert_int_equal(fetch(scratch, mm_arena_format(&scratch->arena, "file://localhost%s", path), 0, NULL, &all),
                     MM_OK);
}

static void other_things_than_files_are_refused(void **state)
{
    struct scratch *scratch = *state;
    struct kept kept;
    assert_int_equal(mkfifo(scratch_path(scratch, "pipe"), 0600), 0);
    const struct {
        const char *place;
        enum mm_status status;
        const char *said;
    } cases[] = {
        {scratch->folder, MM_ERR_USAGE, "is a folder"},
        {scratch_path(scratch, "absent"), MM_ERR_IO, "absent: cannot open: No such file"},
        {scratch_path(scratch, "pipe"), MM_ERR_USAGE, "is no plain file"},
        {"file://server/share/a", MM_ERR_USAGE, "names a host"},
        {"file:///a%20b", MM_ERR_USAGE, "name the path itself"},
        {scratch_file(scratch, "large", "0123456789abcdefghijk", 21), MM_ERR_DATA, "at most 20 are taken"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum mm_status s = fetch(scratch, cases[i].place, 0, NULL, &kept);
        if (s != cases[i].status || !strstr(err.text, cases[i].said))
            fail_msg("%s: status %d, \"%s\"", cases[i].place, (int)s, err.text);
        assert_int_equal(kept.size, 0);
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        T(places_find_their_transport), T(addresses_give_plain_names),          T(heads_are_read),
        T(files_come_and_go_on),        T(other_things_than_files_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
