/* The corpus of archives that mean harm, one a line: each is refused by every command that opens it, with its exit code and a sentence, and
 * nothing but the archive itself lies anywhere afterwards. Zip files: tests/cases/zip-*; weights and pickles have their own tables
 * (tests/trainer). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>

#include "base/file.h"
#include "mmar/archive/archive.h"
#include "tests/mmar/archive/forge.h"
#include "tests/mmar/in_process.h"

#define A    "docs/a.txt"
#define ROOM ((size_t)48 << 20)

/* What is made is up to `make`, of the two texts and the number. `why`: what the message must say. */
struct lie {
    const char *title;
    void (*make)(struct forge *f, const struct lie *lie);
    const char *a, *b, *why;
    size_t n;
};

/* Makers ------------------------------------------------------------------------------------------------------------------ */

static void add(struct forge *f, const char *name, const char *bytes)
{
    forge_member(f, &(struct forge_member){.name = name, .bytes = bytes, .size = strlen(bytes)});
}

/* A pax record in front of a member: "path=...". It starts with its own length. */
static void add_record(struct forge *f, const char *record)
{
    size_t length = strlen(record) + 2; /* blank and newline */
    for (size_t digits = 1, limit = 10; digits < 6; digits++, limit *= 10)
        if (length + digits < limit) {
            length += digits;
            break;
        }
    const char *text = mm_arena_format(f->arena, "%zu %s\n", length, record);
    forge_member(f, &(struct forge_member){.name = "PaxHeaders/x", .type = 'x', .bytes = text, .size = strlen(text)});
}

static const char *row(struct forge *f, const char *name, const char *bytes)
{
    return forge_row(f->arena, name, bytes, strlen(bytes));
}

/* A sound archive of one file, up to its last byte. */
static void sound(struct forge *f)
{
    forge_manifest(f, row(f, A, "alpha"));
    add(f, A, "alpha");
}

/* One file of that name ("%s": the folder that everything lies in), as tar header and manifest can say it. */
static void named(struct forge *f, const struct lie *lie)
{
    static const char digest[] =
        "\"size\": 4, \"sha256\": \"4dd8f2f0b1e5e2e2a1f5a0a9e0f7c7a0d0c7d8a1f6f2b0e0c1d2e3f4a5b6c7d8\"";
    const char *folder = getenv("TMPDIR");
    const char *name = *lie->a == '%' ? mm_arena_format(f->arena, "%s%s", folder, lie->a + 1) : lie->a;
    const char *shown = lie->b ? lie->b : name;
    forge_manifest(f, mm_arena_format(f->arena, "{\"path\": \"%s\", %s}", shown, digest));
    if (strlen(name) > 99)
        add_record(f, mm_arena_format(f->arena, "path=%s", name));
    add(f, name, "evil");
    forge_end(f);
}

static void repeated(struct forge *f, const struct lie *lie)
{
    char *name = mm_arena_alloc(f->arena, 2048);
    size_t length = 0;
    for (size_t i = 0; i < lie->n; i++)
        length += (size_t)snprintf(name + length, 2048 - length, "%s", lie->a);
    named(f, &(struct lie){.a = mm_arena_format(f->arena, "docs/%sx", name)});
}

/* Two files, both in the manifest (in its order) and in the tar. */
static void pair(struct forge *f, const struct lie *lie)
{
    forge_manifest(f, mm_arena_format(f->arena, "%s, %s", row(f, lie->a, "one"), row(f, lie->b, "two")));
    add(f, lie->a, "one");
    add(f, lie->b, "two");
    forge_end(f);
}

/* The file's place is taken by a member of type a[0] that links to b. */
static void typed(struct forge *f, const struct lie *lie)
{
    forge_manifest(f, row(f, A, ""));
    forge_member(f, &(struct forge_member){.name = A, .type = *lie->a, .link = lie->b});
    forge_end(f);
}

static void recorded(struct forge *f, const struct lie *lie)
{
    forge_manifest(f, row(f, A, "alpha"));
    add_record(f, lie->a);
    add(f, A, "alpha");
    forge_end(f);
}

/* The manifest's text itself; then a file. */
static void manifest(struct forge *f, const struct lie *lie)
{
    add(f, "manifest.json", lie->a);
    add(f, A, "alpha");
    forge_end(f);
}

/* The manifest's one row is `a`, printf'd with the digest of "alpha". */
static void rows(struct forge *f, const struct lie *lie)
{
    const char *digest = strstr(row(f, A, "alpha"), "\"sha256\"");
    const char *text = mm_arena_format(f->arena, "{\"format\": 1, \"files\": [{%s, %s]}", lie->a, digest);
    manifest(f, &(struct lie){.a = text});
}

/* A text, `n` times `a`, where a value of the manifest is. */
static void bomb(struct forge *f, const struct lie *lie)
{
    size_t part = strlen(lie->a);
    char *middle = mm_arena_alloc(f->arena, part * lie->n + 1);
    for (size_t i = 0; i < lie->n; i++)
        memcpy(middle + part * i, lie->a, part);
    manifest(f, &(struct lie){.a = mm_arena_format(f->arena, "{\"format\": 1, \"x\": [%s1]}", middle)});
}

static void without_end(struct forge *f, const struct lie *lie)
{
    sound(f);
    f->size -= lie->n;
}

static void behind(struct forge *f, const struct lie *lie)
{
    sound(f);
    if (*lie->a == '!')
        forge_end(f);
    add(f, lie->b, "more");
    forge_end(f);
}

static void zeros(struct forge *f, const struct lie *lie)
{
    sound(f);
    size_t size = lie->n << 20;
    memset(f->bytes + f->size, 0, size);
    f->size += size;
}

static void swapped(struct forge *f, const struct lie *lie)
{
    add(f, lie->a, "{}");
    sound(f);
    forge_end(f);
}

/* One byte of the first header is another. */
static void header(struct forge *f, const struct lie *lie)
{
    sound(f);
    forge_end(f);
    f->bytes[lie->n] = (unsigned char)*lie->a;
}

/* The corpus -------------------------------------------------------------------------------------------------------------- */

#define R(path) "\"path\": \"" path "\", \"size\": 5"
static const struct lie lies[] = {
    {"climbs out", named, "../evil", NULL, "ends with a dot", 0},
    {"climbs out of a folder", named, "docs/../../evil", NULL, "ends with a dot", 0},
    {"is absolute", named, "%/evil", NULL, "an empty part", 0},
    {"is absolute twice", named, "//evil", NULL, "an empty part", 0},
    {"has a drive letter", named, "C:/evil", NULL, "a colon", 0},
    {"has a drive letter and backslashes", named, "C:\\\\evil", NULL, "a colon", 0},
    {"has backslashes", named, "docs\\..\\evil", "docs\\\\..\\\\evil", "a backslash", 0},
    {"has a stream", named, "docs/a:evil", NULL, "a colon", 0},
    {"has a NUL", named, "docs/a", "docs/a\\u0000b", "\\u0000", 0},
    {"has a newline", named, "docs/a\nb", "docs/a\\nb", "a control character", 0},
    {"has an escape", named, "docs/a\x1b[2J", "docs/a\\u001b[2J", "a control character", 0},
    {"has a delete", named, "docs/a\x7f", NULL, "a control character", 0},
    {"is no UTF-8", named, "docs/\xff\xfe", NULL, "UTF-8", 0},
    {"is overlong UTF-8", named, "docs/\xc0\xae\xc0\xae/evil", NULL, "UTF-8", 0},
    {"is a surrogate", named, "docs/\xed\xa0\x80", NULL, "UTF-8", 0},
    {"is an escaped surrogate", named, "docs/x", "docs/\\ud800", "surrogate", 0},
    {"has a loose accent", named, "docs/e\xcc\x81", NULL, "a loose accent", 0},
    {"has loose Hangul", named, "docs/\xe1\x84\x92\xe1\x85\xa1", NULL, "loose Hangul", 0},
    {"turns to the left", named, "docs/a\xe2\x80\xaegpj", NULL, "an invisible character", 0},
    {"has no width", named, "docs/a\xe2\x80\x8b", NULL, "an invisible character", 0},
    {"is a folder's", named, "docs/", NULL, "an empty part", 0},
    {"has an empty part", named, "docs//a", NULL, "an empty part", 0},
    {"is a dot", named, "docs/.", NULL, "ends with a dot", 0},
    {"ends with a dot", named, "docs/a.", NULL, "ends with a dot", 0},
    {"ends with a space", named, "docs/a ", NULL, "a space", 0},
    {"is empty", named, "", NULL, "an empty part", 0},
    {"is git's", named, "docs/.GIT/config", NULL, "a .git folder", 0},
    {"is outside", named, "bin/sh", NULL, "outside the folders", 0},
    {"has a long part", repeated, "abcdefgh", NULL, "longer than", 40},
    {"is long", repeated, "abcdefgh/", NULL, "too many bytes", 200},
    {"is deep", repeated, "a/", NULL, "too many folders", 40},
    {"the same twice", pair, A, A, "twice or out of order", 0},
    {"out of order", pair, "docs/b", A, "twice or out of order", 0},
    {"differ in case", pair, "docs/A.TXT", A, "upper and lower case are one", 0},
    {"differ in Greek case", pair, "docs/\xce\xa3", "docs/\xcf\x82", "upper and lower case are one", 0},
    {"differ in Cyrillic case", pair, "docs/\xd0\x96", "docs/\xd0\xb6", "upper and lower case are one", 0},
    {"file and folder", pair, "docs/x", "docs/x/y", "cannot both exist", 0},
    {"composed and not", pair, "docs/e\xcc\x81", "docs/\xc3\xa9", "a loose accent", 0},
    {"manifest is listed", pair, A, "manifest.json", "outside the folders", 0},
    {"signature is listed", pair, A, "model.sig", "outside the folders", 0},
    {"a hard link", typed, "1", "/etc/passwd", "no plain file", 0},
    {"a symbolic link", typed, "2", "../../evil", "no plain file", 0},
    {"a character device", typed, "3", NULL, "no plain file", 0},
    {"a block device", typed, "4", NULL, "no plain file", 0},
    {"a folder", typed, "5", NULL, "no plain file", 0},
    {"a pipe", typed, "6", NULL, "no plain file", 0},
    {"a long link", typed, "K", "x", "", 0},
    {"a record renames", recorded, "path=../evil", NULL, "another file is", 0},
    {"a record links", recorded, "linkpath=/etc/passwd", NULL, "no plain file", 0},
    {"a record resizes", recorded, "size=100000000", NULL, "", 0},
    {"a record shrinks", recorded, "size=1", NULL, "", 0},
    {"a record with a negative size", recorded, "size=-1", NULL, "", 0},
    {"a record owns", recorded, "uid=1000", NULL, "no plain file", 0},
    {"a record dates", recorded, "mtime=12345.5", NULL, "no plain file", 0},
    {"a record decorates", recorded, "SCHILY.xattr.user.x=evil", NULL, "no plain file", 0},
    {"a record of access", recorded, "SCHILY.acl.access=user::rwx,group::rwx,other::rwx", NULL, "no plain file", 0},
    {"a record makes holes", recorded, "GNU.sparse.major=1", NULL, "", 0},
    {"no JSON", manifest, "evil", NULL, "manifest.json:1", 0},
    {"a list", manifest, "[]", NULL, "no format version", 0},
    {"nothing", manifest, "", NULL, "manifest.json:1", 0},
    {"a newer format", manifest, "{\"format\": 99, \"files\": []}", NULL, "update mmar", 0},
    {"a format of text", manifest, "{\"format\": \"1\", \"files\": []}", NULL, "no format version", 0},
    {"no files", manifest, "{\"format\": 1}", NULL, "no list of files", 0},
    {"files that are none", manifest, "{\"format\": 1, \"files\": [3]}", NULL, "lacks path", 0},
    {"two lists", manifest, "{\"format\": 1, \"files\": [], \"files\": []}", NULL, "files", 0},
    {"hidden files", manifest, "{\"format\": 1, \"files\": []}", NULL, "does not list", 0},
    {"deep", bomb, "[", NULL, "deep", 100000},
    {"many values", bomb, "0,", NULL, "values", 1900000},
    {"larger than a manifest", bomb, "          ", NULL, "larger than", 500000},
    {"an endless number", bomb, "9", NULL, "", 400000},
    {"a size that is text", rows, "\"path\": \"docs/a.txt\", \"size\": \"5\"", NULL, "lacks path", 0},
    {"a negative size", rows, "\"path\": \"docs/a.txt\", \"size\": -5", NULL, "lacks path", 0},
    {"a broken size", rows, "\"path\": \"docs/a.txt\", \"size\": 5.5", NULL, "lacks path", 0},
    {"a huge size", rows, "\"path\": \"docs/a.txt\", \"size\": 9223372036854775807", NULL, "GiB", 0},
    {"a size beyond numbers", rows, "\"path\": \"docs/a.txt\", \"size\": 18446744073709551616", NULL, "lacks path",
     0},
    {"a size that lies", rows, "\"path\": \"docs/a.txt\", \"size\": 4", NULL, "has 5 bytes", 0},
    {"a mode that lies", rows, R(A) ", \"executable\": true", NULL, "asks for 755", 0},
    {"a mode that is none", rows, R(A) ", \"executable\": 7", NULL, "lacks path", 0},
    {"a path that is none", rows, "\"path\": 5, \"size\": 5", NULL, "lacks path", 0},
    {"a second digest", rows, R(A) ", \"sha256\": \"0\"", NULL, "sha256", 0},
    {"another file's digest", rows, R("docs/b.txt"), NULL, "where docs/b.txt should be", 0},
    {"no end mark", without_end, NULL, NULL, "no end mark", 0},
    {"half a block", without_end, NULL, NULL, "", 300},
    {"half a file", without_end, NULL, NULL, "", 510},
    {"half a header", without_end, NULL, NULL, "", 700},
    {"an empty tar", without_end, NULL, NULL, "", 2048},
    {"a file more", behind, "", "docs/b.txt", "does not list", 0},
    {"a second manifest", behind, "", "manifest.json", "does not list", 0},
    {"a second tar", behind, "!", "docs/b.txt", "behind the end", 0},
    {"a bomb of zeros", zeros, NULL, NULL, "", 40},
    {"a file before the manifest", swapped, "docs/0", NULL, "where manifest.json should be", 0},
    {"a signature before the manifest", swapped, "model.sig", NULL, "where manifest.json should be", 0},
    {"a changed name", header, "M", NULL, "is damaged", 0},
    {"a changed size", header, "7", NULL, "is damaged", 130},
    {"a changed checksum", header, "7", NULL, "is damaged", 150},
};

/* What is left behind ----------------------------------------------------------------------------------------------------- */

static size_t seen;

static int see(const char *path, const struct stat *about, int type, struct FTW *ftw)
{
    (void)path, (void)about, (void)type, (void)ftw;
    seen++;
    return 0;
}

static size_t count_below(const char *folder)
{
    seen = 0;
    assert_int_equal(nftw(folder, see, 16, FTW_PHYS), 0);
    return seen;
}

/* What is wrong with the answer to a command line; NULL: nothing. */
static const char *fault(struct scratch *scratch, const char *line, enum mm_status expected, const char *why,
                         struct mm_error *err)
{
    size_t before = count_below(scratch->folder);
    enum mm_status s = in_process(scratch->folder, line, err);
    for (const char *c = err->text; *c; c++)
        if ((unsigned char)*c < ' ' && *c != '\n')
            return "its message has a control character";
    if (count_below(scratch->folder) != before)
        return "something was left behind";
    return s != expected ? "another status" : *err->text && strstr(err->text, why) ? NULL : "another message";
}

static size_t faults_of(struct scratch *scratch, const struct lie *lie)
{
    static const struct {
        const char *line;
        enum mm_status expected;
    } commands[] = {
        {"unpack @/x.mmar -C @/un -q", MM_ERR_DATA},
        {"verify @/x.mmar", MM_NO},
        {"infer @/x.mmar @/image.png -o @/out -q", MM_ERR_DATA},
        {"init @/new --from @/x.mmar -q", MM_ERR_DATA},
    };
    size_t faults = 0;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        struct mm_error err;
        const char *what = fault(scratch, commands[i].line, commands[i].expected, lie->why, &err);
        if (what)
            print_error("%s: %s: %s: \"%s\"\n", lie->title, commands[i].line, what, err.text);
        faults += what != NULL;
    }
    return faults;
}

static void every_lie_is_refused_and_nothing_is_left(void **state)
{
    struct scratch *scratch = *state;
    size_t faults = 0;
    setenv("TMPDIR", scratch->folder, 1);
    scratch_file(scratch, "image.png", "x", 1);
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        struct mm_arena arena;
        size_t size;
        mm_arena_init(&arena, NULL);
        struct forge f = forge_begin(&arena, ROOM);
        lies[i].make(&f, &lies[i]);
        const void *frame = forge_frame(&f, NULL, &size);
        scratch_file(scratch, "x.mmar", frame, size);
        mm_arena_done(&arena);
        faults += faults_of(scratch, &lies[i]);
    }
    unsetenv("TMPDIR");
    assert_int_equal(faults, 0);
}

/* An archive within an archive is a file as any other: nothing looks into it. */
static void nested_archives_stay_closed(void **state)
{
    struct scratch *scratch = *state;
    struct mm_error err;
    size_t size;
    struct forge inner = forge_begin(&scratch->arena, 8192), outer = forge_begin(&scratch->arena, 16384);
    sound(&inner);
    forge_end(&inner);
    const void *frame = forge_frame(&inner, NULL, &size);
    forge_manifest(&outer, forge_row(&scratch->arena, "docs/inner.mmar", frame, size));
    forge_member(&outer, &(struct forge_member){.name = "docs/inner.mmar", .bytes = frame, .size = size});
    forge_end(&outer);
    forge_write(scratch, &outer, NULL);
    assert_int_equal(in_process(scratch->folder, "unpack @/forged.mmar -C @/un -q", &err), MM_OK);
    assert_int_equal(count_below(scratch_path(scratch, "un")), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_lie_is_refused_and_nothing_is_left, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(nested_archives_stay_closed, scratch_setup, scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
