/* Pulling over HTTP and HTTPS from a server that does everything wrong: nothing unverified takes its place, and what can go on goes on. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/log.h"
#include "mmar/archive/archive.h"
#include "mmar/interrupt.h"
#include "mmar/signing/signing.h"
#include "tests/mmar/archive/mmar_folder.h"
#include "tests/mmar/support/command.h"
#include "tests/mmar/support/http_server.h"

static struct mm_error err;

/* An archive of some size, and a server that has it. */
struct world {
    struct scratch *scratch;
    struct http_server *server;
    struct http_behaviour good;
    const char *address, *target, *part;
};

static struct world *world_of(void **state, bool encrypted, const char *name, long from, long to)
{
    struct scratch *scratch = *state;
    struct mm_arena *arena = &scratch->arena;
    struct world *w = mm_arena_new(arena, struct world);
    struct mm_archive_list *list;
    cJSON *manifest;
    unsigned char *bytes, noise[20000];
    uint32_t x = 1;
    const char *root = make_mmar(scratch, "m"), *file = scratch_path(scratch, "a.mmar");
    for (size_t i = 0; i < sizeof noise; i++) {
        x = x * 1664525 + 1013904223;
        noise[i] = (unsigned char)(x >> 24);
    }
    scratch_file(scratch, "m/resources/noise", noise, sizeof noise);
    if (mm_pack(arena, root, file, &(struct mm_pack_options){.level = 1}, &list, &manifest, &err) != MM_OK)
        fail_msg("%s", err.text);
    assert_int_equal(mm_file_read(arena, file, 1 << 20, &bytes, &w->good.size, &err), MM_OK);
    char *certificate = scratch_path(scratch, "cert.pem"), *key = scratch_path(scratch, "cert.key");
    if (encrypted)
        http_certificate(certificate, key, name, from, to);
    w->scratch = scratch;
    w->server = http_server_start(encrypted ? certificate : NULL, key);
    w->good.bytes = bytes;
    w->good.etag = "\"one\"";
    w->address = mm_arena_format(arena, "%s://127.0.0.1:%d/models/a-1.0.mmar?x=1", encrypted ? "https" : "http",
                                 w->server->port);
    assert_int_equal(mm_file_make_folder(scratch_path(scratch, "out"), &err), MM_OK);
    w->target = scratch_path(scratch, "out/b.mmar");
    w->part = scratch_path(scratch, "out/b.mmar.part");
    setenv("XDG_CONFIG_HOME", scratch_path(scratch, "config"), 1);
    setenv("no_proxy", "127.0.0.1", 1);
    http_server_do(w->server, &w->good);
    return w;
}

static struct world *plain_world(void **state)
{
    return world_of(state, false, NULL, 0, 0);
}

static enum mm_status pull(struct world *w)
{
    return RUN(&w->scratch->arena, &err, "pull", w->address, "--allow-http", "--timeout", "1", "-o", w->target);
}

/* Without what a killed writer may leave. */
static size_t files_out(struct world *w)
{
    char **names;
    size_t count, visible = 0;
    assert_int_equal(mm_file_list(&w->scratch->arena, scratch_path(w->scratch, "out"), &names, &count, &err), MM_OK);
    for (size_t i = 0; i < count; i++)
        visible += !strstr(names[i], ".tmp-");
    return visible;
}

static void assert_said(const char *what)
{
    if (!strstr(err.text, what))
        fail_msg("\"%s\" does not say \"%s\"", err.text, what);
}

/* Only the target is there, and it is what the server has. */
static void assert_whole(struct world *w)
{
    unsigned char *bytes;
    size_t size;
    assert_int_equal(files_out(w), 1);
    assert_int_equal(mm_file_read(&w->scratch->arena, w->target, 1 << 20, &bytes, &size, &err), MM_OK);
    assert_int_equal(size, w->good.size);
    assert_memory_equal(bytes, w->good.bytes, size);
    assert_int_equal(remove(w->target), 0);
}

static void an_archive_comes(void **state)
{
    struct world *w = plain_world(state);
    struct http_behaviour how = w->good;
    assert_int_equal(pull(w), MM_OK);
    assert_string_equal(w->server->path, "/models/a-1.0.mmar?x=1");
    assert_string_equal(w->server->range, "");
    assert_whole(w);
    how.chunked = true;
    http_server_do(w->server, &how);
    assert_int_equal(pull(w), MM_OK);
    assert_whole(w);
    const char *folder = scratch_path(w->scratch, "out/unpacked");
    assert_int_equal(RUN(&w->scratch->arena, &err, "pull", w->address, "--allow-http", "-C", folder), MM_OK);
    assert_true(mm_file_exists(scratch_path(w->scratch, "out/unpacked/models/model.safetensors")));
    assert_int_equal(files_out(w), 1);
    http_server_stop(w->server);
}

static void what_is_there_is_not_touched(void **state)
{
    struct world *w = plain_world(state);
    scratch_file(w->scratch, "out/b.mmar", "mine", 4);
    assert_int_equal(pull(w), MM_ERR_USAGE);
    assert_said("exists already");
    assert_int_equal(w->server->requests, 0);
    assert_int_equal(files_out(w), 1);
    http_server_stop(w->server);
}

static void plain_http_must_be_allowed(void **state)
{
    struct world *w = plain_world(state);
    assert_int_equal(RUN(&w->scratch->arena, &err, "pull", w->address, "-o", w->target), MM_ERR_USAGE);
    assert_said("is plain http");
    assert_int_equal(w->server->requests, 0);
    assert_int_equal(files_out(w), 0);
    w->address = mm_arena_format(&w->scratch->arena, "http://me:secret@127.0.0.1:%d/a.mmar", w->server->port);
    assert_int_equal(pull(w), MM_ERR_USAGE);
    assert_said("~/.netrc");
    w->address = "ftp://127.0.0.1/a.mmar";
    assert_int_equal(pull(w), MM_ERR_USAGE);
    assert_said("nothing is pulled from ftp://");
    http_server_stop(w->server);
}

/* Cut off in the middle: the rest comes with the next run, and only the rest. */
static void a_cut_off_download_goes_on(void **state)
{
    struct world *w = plain_world(state);
    struct http_behaviour how = w->good;
    char range[32];
    how.cut_after = 10000;
    http_server_do(w->server, &how);
    assert_int_equal(pull(w), MM_ERR_IO);
    assert_said("the connection ended after 10000 of ");
    assert_said("b.mmar.part: the same command goes on behind them");
    assert_int_equal(files_out(w), 2);
    how.cut_after = 5000;
    http_server_do(w->server, &how);
    assert_int_equal(pull(w), MM_ERR_IO);
    http_server_do(w->server, &w->good);
    assert_int_equal(pull(w), MM_OK);
    snprintf(range, sizeof range, "bytes=15000-");
    assert_string_equal(w->server->range, range);
    assert_string_equal(w->server->if_range, "\"one\"");
    assert_int_equal(w->server->requests, 1);
    assert_whole(w);
    http_server_stop(w->server);
}

/* Each way in which the rest may not be had: all of it comes again. */
static void what_cannot_go_on_begins_anew(void **state)
{
    struct world *w = plain_world(state);
    static const struct {
        const char *etag, *modified;
        bool ignores_ranges;
    } first = {"\"one\"", NULL, false},
      then[] = {{"\"two\"", NULL, false}, {NULL, NULL, false}, {"\"one\"", NULL, true}};
    for (size_t i = 0; i < sizeof then / sizeof *then; i++) {
        struct http_behaviour how = w->good;
        how.etag = first.etag;
        how.cut_after = 10000;
        http_server_do(w->server, &how);
        assert_int_equal(pull(w), MM_ERR_IO);
        how = w->good;
        how.etag = then[i].etag;
        how.ignores_ranges = then[i].ignores_ranges;
        http_server_do(w->server, &how);
        assert_int_equal(pull(w), MM_OK);
        assert_string_equal(w->server->range, "bytes=10000-");
        assert_whole(w);
    }
    /* A weak validator, or none, stands for nothing: what came is not kept. */
    struct http_behaviour how = w->good;
    how.etag = "W/\"one\"";
    how.cut_after = 10000;
    http_server_do(w->server, &how);
    assert_int_equal(pull(w), MM_ERR_IO);
    assert_null(strstr(err.text, "goes on"));
    assert_int_equal(files_out(w), 0);
    how.modified = "Sat, 01 Jan 2022 00:00:00 GMT"; /* which does */
    http_server_do(w->server, &how);
    assert_int_equal(pull(w), MM_ERR_IO);
    how.cut_after = 0;
    http_server_do(w->server, &how);
    assert_int_equal(pull(w), MM_OK);
    assert_string_equal(w->server->if_range, how.modified);
    assert_whole(w);
    http_server_stop(w->server);
}

/* The server changed the file and kept its validator: found when it is verified, and all of it comes again, once. */
static void two_halves_of_two_files_do_not_become_one(void **state)
{
    struct world *w = plain_world(state);
    struct http_behaviour how = w->good;
    unsigned char *other = mm_arena_alloc(&w->scratch->arena, w->good.size);
    memset(other, 'x', w->good.size);
    how.bytes = other;
    how.cut_after = 10000;
    http_server_do(w->server, &how);
    assert_int_equal(pull(w), MM_ERR_IO);
    http_server_do(w->server, &w->good);
    assert_int_equal(pull(w), MM_OK);
    assert_int_equal(w->server->requests, 2);
    assert_whole(w);
    http_server_stop(w->server);
}

/* Each run gets less than all; the program is killed in between, at some moment. */
static void a_killed_pull_goes_on(void **state)
{
    struct world *w = plain_world(state);
    struct http_behaviour how = w->good;
    how.piece = 1000;
    how.pause_ms = 2;
    http_server_do(w->server, &how);
    for (unsigned round = 0; round < 6; round++) {
        int status;
        pid_t child = fork();
        if (child == 0)
            _exit(pull(w) == MM_OK ? 0 : 1);
        usleep(3000 + 4000 * round);
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
        assert_true(WIFSIGNALED(status) || !mm_file_exists(w->part));
        if (!WIFSIGNALED(status))
            remove(w->target);
        else
            assert_false(mm_file_exists(w->target));
    }
    assert_int_equal(pull(w), MM_OK);
    assert_whole(w);
    http_server_stop(w->server);
}

/* Ctrl-C, while the server says nothing: what came stays, and the message says how to go on. */
static void an_interrupted_pull_goes_on(void **state)
{
    struct world *w = plain_world(state);
    struct http_behaviour how = w->good;
    struct stat about;
    int status;
    how.stall_after = 9000;
    http_server_do(w->server, &how);
    pid_t child = fork();
    if (child == 0) {
        mm_interrupt_install();
        enum mm_status s =
            RUN(&w->scratch->arena, &err, "pull", w->address, "--allow-http", "--timeout", "60", "-o", w->target);
        _exit(s == MM_INTERRUPTED && strstr(err.text, "interrupted\n") && strstr(err.text, "goes on") ? 42 : 1);
    }
    while (stat(w->part, &about) != 0 || about.st_size < 9000)
        usleep(1000);
    kill(child, SIGINT);
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 42);
    http_server_do(w->server, &w->good);
    assert_int_equal(pull(w), MM_OK);
    assert_string_equal(w->server->range, "bytes=9000-");
    assert_whole(w);
    http_server_stop(w->server);
}

static void servers_that_do_wrong_are_told_of(void **state)
{
    struct world *w = plain_world(state);

    const struct {
        struct http_behaviour how;
        enum mm_status status;
        const char *said;
    } cases[] = {
        {{.status = 404}, MM_ERR_IO, "the server answers 404: there is no such file"},
        {{.status = 403}, MM_ERR_IO, "the server answers 403: wants to know who asks"},
        {{.status = 500}, MM_ERR_IO, "the server answers 500: the server failed"},
        {{.status = 204}, MM_ERR_IO, "the server answers 204: no file came"},
        {{.status = 416}, MM_ERR_IO, "the server answers 416"},
        {{.redirect = "http://127.0.0.1:%d/loop"}, MM_ERR_IO, "sends us on more than 5 times"},
        {{.redirect = "file:///etc/passwd"}, MM_ERR_IO, "sends us to a place that is not https: refused"},
        {{.redirect = "ftp://127.0.0.1/x"}, MM_ERR_IO, "sends us to a place that is not https: refused"},
        {{.empty = true}, MM_ERR_IO, "mpty reply"},
        {{.bytes = "abc", .size = 3, .longer = 10}, MM_ERR_IO, "the connection ended after 3 of 13 bytes"},
        {{.bytes = "abc", .size = 3, .longer = (int64_t)70 << 30}, MM_ERR_DATA, "are taken"},
        {{.bytes = w->good.bytes, .size = w->good.size, .longer = -5}, MM_ERR_DATA, "nothing was put in place"},
        {{.bytes = "abc", .size = 3}, MM_ERR_DATA, "is no archive"},
        {{.bytes = "", .size = 0}, MM_ERR_DATA, "is no archive"},
        {{.bytes = w->good.bytes, .size = w->good.size, .stall_after = 5000}, MM_ERR_IO, "nothing came for 1 s"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        http_server_do(w->server, &cases[i].how);
        enum mm_status s = pull(w);
        if (s != cases[i].status || !strstr(err.text, cases[i].said))
            fail_msg("case %zu: status %d, \"%s\"", i, (int)s, err.text);
        assert_null(strchr(err.text, '\x1b'));
        assert_int_equal(files_out(w), 0);
    }
    struct http_behaviour how = w->good;
    how.cut_after = 10000;
    http_server_do(w->server, &how);
    assert_int_equal(pull(w), MM_ERR_IO);
    how = w->good;
    how.wrong_range = true;
    http_server_do(w->server, &how);
    assert_int_equal(pull(w), MM_ERR_IO);
    assert_said("another piece of the file than was asked for");
    http_server_stop(w->server);
    assert_int_equal(pull(w), MM_ERR_IO);
    assert_said("onnect"); /* nobody listens there any more */
    assert_int_equal(files_out(w), 2);
}

static void digests_are_pinned(void **state)
{
    struct world *w = plain_world(state);
    struct mm_arena *arena = &w->scratch->arena;
    static const char zeros[] = "0000000000000000000000000000000000000000000000000000000000000000";
    char file[65], manifest_digest[65];
    cJSON *manifest;
    assert_int_equal(mm_sha256_file(scratch_path(w->scratch, "a.mmar"), file, &err), MM_OK);
    assert_int_equal(mm_archive_manifest(arena, scratch_path(w->scratch, "a.mmar"), &manifest, &err), MM_OK);
    assert_int_equal(mm_manifest_digest(arena, manifest, manifest_digest, &err), MM_OK);
#define PULL(...) RUN(arena, &err, "pull", w->address, "--allow-http", "-o", w->target, __VA_ARGS__)
    assert_int_equal(PULL("--sha256", zeros), MM_NO);
    assert_said("its SHA-256 is ");
    assert_int_equal(PULL("--manifest", zeros), MM_NO);
    assert_said("its manifest is ");
    assert_int_equal(files_out(w), 0);
    assert_int_equal(PULL("--sha256", "12"), MM_ERR_USAGE);
    assert_int_equal(PULL("--sha256", file, "--manifest", manifest_digest), MM_OK);
    assert_whole(w);
    http_server_stop(w->server);
}

static void signatures_are_asked_for(void **state)
{
    struct world *w = plain_world(state);
    struct mm_arena *arena = &w->scratch->arena;
    const char *lab = scratch_path(w->scratch, "lab"), *other = scratch_path(w->scratch, "other"),
               *archive = scratch_path(w->scratch, "a.mmar");
    assert_int_equal(RUN(arena, &err, "keygen", lab), MM_OK);
    assert_int_equal(RUN(arena, &err, "keygen", other), MM_OK);
    assert_int_equal(PULL("--require-signature"), MM_NO);
    assert_said("is unsigned: nobody vouches for it");
    assert_int_equal(RUN(arena, &err, "sign", archive, "--key", scratch_path(w->scratch, "lab.key")), MM_OK);
    unsigned char *bytes;
    assert_int_equal(mm_file_read(arena, archive, 1 << 20, &bytes, &w->good.size, &err), MM_OK);
    w->good.bytes = bytes;
    http_server_do(w->server, &w->good);
    assert_int_equal(PULL("--require-signature"), MM_NO);
    assert_said("with a key that is not trusted here");
    assert_int_equal(PULL("--key", scratch_path(w->scratch, "other.pub")), MM_NO);
    assert_said("is signed with another key");
    assert_int_equal(files_out(w), 0);
    assert_int_equal(PULL("-q"), MM_OK);
    assert_whole(w);
    assert_int_equal(PULL("--key", scratch_path(w->scratch, "lab.pub")), MM_OK);
    assert_whole(w);
    http_server_stop(w->server);
}

/* Only a certificate that is valid, of this host, and of an authority that is known here. */
static void certificates_are_checked(void **state)
{
    static const struct {
        const char *name;
        long from, to;
        bool known;
        const char *said; /* NULL: taken */
    } cases[] = {
        {"IP:127.0.0.1", -3600, 3600, true, NULL},
        {"IP:127.0.0.1", -3600, 3600, false, "its certificate is not trusted here"},
        {"DNS:example.org", -3600, 3600, true, "its certificate is not trusted here"},
        {"IP:127.0.0.1", -7200, -3600, true, "its certificate is not trusted here"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world *w = world_of(state, true, cases[i].name, cases[i].from, cases[i].to);
        cases[i].known ? setenv("CURL_CA_BUNDLE", scratch_path(w->scratch, "cert.pem"), 1)
                       : unsetenv("CURL_CA_BUNDLE");
        enum mm_status s = pull(w);
        if (s != (cases[i].said ? MM_ERR_IO : MM_OK) || (cases[i].said && !strstr(err.text, cases[i].said)))
            fail_msg("case %zu: status %d, \"%s\"", i, (int)s, err.text);
        if (s == MM_OK)
            assert_whole(w);
        assert_int_equal(files_out(w), 0);
        assert_int_equal(w->server->requests, s == MM_OK);
        http_server_stop(w->server);
    }
    unsetenv("CURL_CA_BUNDLE");
}

/* From https not even with --allow-http; and a password for https does not go there. */
static void nothing_leads_from_https_to_http(void **state)
{
    struct world *w = world_of(state, true, "IP:127.0.0.1", -3600, 3600);
    setenv("CURL_CA_BUNDLE", scratch_path(w->scratch, "cert.pem"), 1);
    struct http_behaviour how = {.redirect = "http://127.0.0.1:%d/x"};
    http_server_do(w->server, &how);
    assert_int_equal(pull(w), MM_ERR_IO);
    assert_said("sends us to a place that is not https: refused");
    assert_int_equal(w->server->requests, 1);
    unsetenv("CURL_CA_BUNDLE");
    http_server_stop(w->server);
}

static void passwords_come_from_netrc(void **state)
{
    struct world *w = world_of(state, true, "IP:127.0.0.1", -3600, 3600);
    char *home = mm_arena_text(&w->scratch->arena, getenv("HOME") ? getenv("HOME") : "/");
    static const char netrc[] = "machine 127.0.0.1 login me password secret\n";
    setenv("CURL_CA_BUNDLE", scratch_path(w->scratch, "cert.pem"), 1);
    setenv("HOME", w->scratch->folder, 1);
    scratch_file(w->scratch, ".netrc", netrc, strlen(netrc));
    assert_int_equal(pull(w), MM_OK);
    assert_string_equal(w->server->authorization, "Basic bWU6c2VjcmV0");
    assert_whole(w);
    setenv("HOME", home, 1);
    unsetenv("CURL_CA_BUNDLE");
    http_server_stop(w->server);
}

static void proxies_come_from_the_environment(void **state)
{
    struct world *w = plain_world(state);
    unsetenv("no_proxy");
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    assert_int_equal(pull(w), MM_ERR_IO);
    assert_said("port 1");
    unsetenv("http_proxy");
    assert_int_equal(w->server->requests, 0);
    http_server_stop(w->server);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        T(an_archive_comes),
        T(what_is_there_is_not_touched),
        T(plain_http_must_be_allowed),
        T(a_cut_off_download_goes_on),
        T(what_cannot_go_on_begins_anew),
        T(two_halves_of_two_files_do_not_become_one),
        T(a_killed_pull_goes_on),
        T(an_interrupted_pull_goes_on),
        T(servers_that_do_wrong_are_told_of),
        T(digests_are_pinned),
        T(signatures_are_asked_for),
        T(certificates_are_checked),
        T(nothing_leads_from_https_to_http),
        T(passwords_come_from_netrc),
        T(proxies_come_from_the_environment),
    };
    mm_log_set(MM_LOG_QUIET);
    scratch_in_memory();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
