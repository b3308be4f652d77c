/* Names an archive may hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mmar/archive/archive.h"

static struct mm_error err;

static void names_of_an_mmar_are_taken(void **state)
{
    (void)state;
    static const char *const names[] = {
        "config/config_train.json",
        "commands/train.sh",
        "models/model.safetensors",
        "docs/a b.txt",
        "docs/.hidden",
        "docs/a..b",
        "resources/\xc3\xa4pfel/\xe6\x97\xa5\xe6\x9c\xac",
        "docs/\xf0\x9f\x98\x80",
        "eval/metrics.json",
        "custom/x-y_z+1",
        "docs/gitignore",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (mm_archive_name_check(names[i], &err) != MM_OK)
            fail_msg("%s: %s", names[i], err.text);
}

static void others_are_refused_and_the_reason_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *name, *why;
    } cases[] = {
        {"", "an empty part"},
        {"/etc/passwd", "an empty part"},
        {"docs/", "an empty part"},
        {"docs//a", "an empty part"},
        {"..", "ends with a dot"},
        {"../docs/a", "ends with a dot"},
        {"docs/../../a", "ends with a dot"},
        {"./docs/a", "ends with a dot"},
        {"docs/./a", "ends with a dot"},
        {"docs/a.", "ends with a dot"},
        {"docs/a ", "a space"},
        {"docs/ a", "a space"},
        {"docs\\..\\a", "a backslash"},
        {"C:/docs/a", "a colon"},
        {"docs/a:stream", "a colon"},
        {"docs/a\nb", "a control character"},
        {"docs/a\x1b[31m", "a control character"},
        {"docs/a\x7f", "a control character"},
        {"docs/a\xc2\x9b", "a control character"},
        {"docs/\xff", "no UTF-8"},
        {"docs/\xc3", "no UTF-8"},
        {"docs/\xc0\xaf", "no UTF-8"},         /* overlong slash */
        {"docs/\xed\xa0\x80", "no UTF-8"},     /* surrogate      */
        {"docs/\xf4\x90\x80\x80", "no UTF-8"}, /* beyond U+10FFFF */
        {"docs/a\xcc\x88", "a loose accent"},
        {"docs/\xe1\x84\x80\xe1\x85\xa1", "loose Hangul"},
        {"docs/a\xe2\x80\xae"
         "txt.exe",
         "an invisible character"},
        {"docs/a\xe2\x80\x8b", "an invisible character"},
        {"docs/.git/config", "a .git folder"},
        {"docs/.GIT/config", "a .git folder"},
        {".git/config", "a .git folder"},
        {"manifest.json", "outside the folders"},
        {"docs", "outside the folders"},
        {"bin/sh", "outside the folders"},
        {"Docs/a", "outside the folders"},
        {"docs/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16", "too many folders"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        err.text[0] = 0;
        if (mm_archive_name_check(cases[i].name, &err) != MM_ERR_DATA || !strstr(err.text, cases[i].why))
            fail_msg("\"%s\": expected \"%s\", got \"%s\"", cases[i].name, cases[i].why, err.text);
        for (const char *c = err.text; *c; c++)
            assert_true(*c >= ' ' && *c <= '~'); /* the message itself is safe to print */
    }
}

static void lengths_have_limits(void **state)
{
    (void)state;
    char name[MM_ARCHIVE_NAME_MAX + 16] = "docs/";
    memset(name + 5, 'x', 255);
    assert_int_equal(mm_archive_name_check(name, &err), MM_OK);
    name[5 + 255] = 'x';
    assert_int_equal(mm_archive_name_check(name, &err), MM_ERR_DATA);
    for (size_t i = 5; i < MM_ARCHIVE_NAME_MAX; i++)
        name[i] = i % 200 ? 'x' : '/';
    name[MM_ARCHIVE_NAME_MAX] = 0;
    assert_int_equal(mm_archive_name_check(name, &err), MM_OK);
    name[MM_ARCHIVE_NAME_MAX] = 'x';
    assert_int_equal(mm_archive_name_check(name, &err), MM_ERR_DATA);
}

static void names_that_some_disk_takes_for_one_collide(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool collide;
    } cases[] = {
        {"docs/a", "docs/a", true},
        {"docs/a", "docs/A", true},
        {"docs/\xc3\xa4", "docs/\xc3\x84", true}, /* a and A with diaeresis */
        {"docs/\xce\xa3", "docs/\xcf\x82", true}, /* Sigma, final sigma */
        {"docs/\xd0\x96", "docs/\xd0\xb6", true}, /* Zhe */
        {"docs/\xc5\xb8", "docs/\xc3\xbf", true}, /* Y with diaeresis */
        {"docs/a", "docs/a/b", true},
        {"docs/A", "docs/a/b", true},
        {"docs/a", "docs/b", false},
        {"docs/a", "docs/a.b", false},
        {"docs/a/x", "docs/a/y", false},
        {"docs/\xc3\xa4", "docs/a", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(mm_archive_name_collides(cases[i].a, cases[i].b), cases[i].collide);
        assert_int_equal(mm_archive_name_collides(cases[i].b, cases[i].a), cases[i].collide);
        assert_int_equal(mm_archive_name_order(cases[i].a, cases[i].b),
                         -mm_archive_name_order(cases[i].b, cases[i].a));
    }
    /* what lies in a folder follows the folder's name at once, before "a.b" and "a b" */
    assert_true(mm_archive_name_order("docs/a", "docs/A/z") < 0);
    assert_true(mm_archive_name_order("docs/A/z", "docs/a b") < 0);
    assert_true(mm_archive_name_order("docs/a b", "docs/a.b") < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_an_mmar_are_taken),
        cmocka_unit_test(others_are_refused_and_the_reason_is_said),
        cmocka_unit_test(lengths_have_limits),
        cmocka_unit_test(names_that_some_disk_takes_for_one_collide),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
