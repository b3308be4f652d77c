/* Renaming tensors: names, beginnings, tables, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mmar/convert.h"
#include "tests/support/scratch.h"

struct fixture {
    struct scratch *scratch;
    struct mm_strided tensors[3];
    struct mm_convert_source source;
    struct mm_error err;
};

static enum mm_status rename_by(struct fixture *f, const char *first, const char *second)
{
    const char *rules[] = {first, second};
    static const char *const names[] = {"module.a.weight", "module.a.bias", "module.b.weight"};
    for (int i = 0; i < 3; i++)
        f->tensors[i] = (struct mm_strided){.name = names[i], .dtype = "F32"};
    f->source = (struct mm_convert_source){.count = 3, .tensors = f->tensors};
    return mm_convert_rename(&f->scratch->arena, &f->source, &(struct mm_strings){second ? 2 : 1, rules}, &f->err);
}

static void expect(struct fixture *f, const char *a, const char *b, const char *c)
{
    assert_string_equal(f->tensors[0].name, a);
    assert_string_equal(f->tensors[1].name, b);
    assert_string_equal(f->tensors[2].name, c);
}

static void test_the_first_rule_that_fits(void **state)
{
    struct fixture fixture = {.scratch = *state}, *f = &fixture;
    assert_int_equal(rename_by(f, "module.b.weight=last", "module.="), MM_OK);
    expect(f, "a.weight", "a.bias", "last");
    assert_int_equal(rename_by(f, "module.a.=x.", NULL), MM_OK);
    expect(f, "x.weight", "x.bias", "module.b.weight");
}

static void test_tables(void **state)
{
    struct fixture fixture = {.scratch = *state}, *f = &fixture;
    static const char table[] = "{\"module.a.weight\": \"w\", \"module.\": \"m.\"}";
    const char *path = scratch_file(f->scratch, "names.json", table, sizeof(table) - 1);
    assert_int_equal(rename_by(f, path, NULL), MM_OK);
    expect(f, "w", "m.a.bias", "m.b.weight");
    assert_int_equal(rename_by(f, scratch_file(f->scratch, "list.json", "[1]", 3), NULL), MM_ERR_CONFIG);
    assert_int_equal(rename_by(f, scratch_file(f->scratch, "number.json", "{\"a\": 1}", 8), NULL), MM_ERR_CONFIG);
}

static void test_refusals(void **state)
{
    struct fixture fixture = {.scratch = *state}, *f = &fixture;
    assert_int_equal(rename_by(f, "module.c.=x.", NULL), MM_ERR_USAGE);
    assert_non_null(strstr(f->err.text, "no tensor is called \"module.c.*\""));
    assert_int_equal(rename_by(f, "module.a.weight=module.a.bias", NULL), MM_ERR_DATA);
    assert_string_equal(f->err.text, "two tensors are called module.a.bias");
    assert_int_equal(rename_by(f, "module.a.weight=", NULL), MM_ERR_USAGE);
    assert_int_equal(rename_by(f, "=x", NULL), MM_ERR_USAGE);
    assert_int_equal(rename_by(f, "module", NULL), MM_ERR_USAGE);
    assert_string_equal(f->err.text, "--rename: \"module\" is neither old=new nor a table *.json");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_first_rule_that_fits, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(test_tables, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(test_refusals, scratch_setup, scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
