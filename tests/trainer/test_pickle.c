/* The pickle machine: values from published opcodes, and the refusal of everything that could run or grow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/trainer/torch_samples.h"
#include "trainer/pickle.h"

struct fixture {
    struct mm_arena arena;
    struct sample s;
    struct mm_pickle_value *value;
    size_t used;
    struct mm_error err;
};

static int set_up(void **state)
{
    struct fixture *f = mm_alloc(sizeof(*f));
    mm_arena_init(&f->arena, NULL);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    mm_arena_done(&f->arena);
    mm_free(f);
    return 0;
}

static enum mm_status no_call(void *context, size_t global, const struct mm_pickle_value *args,
                              struct mm_pickle_value **out, struct mm_error *err)
{
    (void)context, (void)global, (void)args, (void)out;
    return mm_fail(err, MM_ERR_DATA, "refused by the test");
}

static enum mm_status no_load(void *context, const struct mm_pickle_value *id, struct mm_pickle_value **out,
                              struct mm_error *err)
{
    (void)context, (void)id, (void)out;
    return mm_fail(err, MM_ERR_DATA, "refused by the test");
}

static enum mm_status read_bytes(struct fixture *f, const void *bytes, size_t size)
{
    static const char *const globals[] = {"known.name", NULL};
    const struct mm_pickle_hooks hooks = {.globals = globals, .reduce = no_call, .load = no_load};
    return mm_pickle_read(&f->arena, bytes, size, &hooks, &f->value, &f->used, &f->err);
}
#define READ(f, literal) read_bytes((f), (literal), sizeof(literal) - 1)

static void refused(struct fixture *f, const void *bytes, size_t size, const char *why)
{
    assert_int_equal(read_bytes(f, bytes, size), MM_ERR_DATA);
    if (!strstr(f->err.text, why))
        fail_msg("\"%s\" does not say \"%s\"", f->err.text, why);
}
#define REFUSED(f, literal, why) refused((f), (literal), sizeof(literal) - 1, (why))

/* pickle.dumps({'a': [1, -2, 300, 70000, -2**40], 'b': (True, None, 2.5), 'c': {}}, 2) of CPython 3.11. */
static void test_values_of_cpython(void **state)
{
    struct fixture *f = *state;
    static const char bytes[] =
        "\x80\x02}q\x00(X\x01\x00\x00\x00"
        "aq\x01]q\x02(K\x01J\xfe\xff\xff\xffM,\x01Jp\x11\x01\x00\x8a\x06\x00\x00\x00\x00\x00\xff"
        "eX\x01\x00\x00\x00"
        "bq\x03\x88NG@\x04\x00\x00\x00\x00\x00\x00\x87q\x04X\x01\x00\x00\x00"
        "cq\x05}q\x06u.tail";
    assert_int_equal(READ(f, bytes), MM_OK);
    assert_int_equal(f->used, sizeof(bytes) - 1 - 4);
    const struct mm_pickle_value *a = mm_pickle_get(f->value, "a"), *b = mm_pickle_get(f->value, "b");
    static const int64_t wanted[] = {1, -2, 300, 70000, -((int64_t)1 << 40)};
    assert_int_equal(a->count, 5);
    for (int i = 0; i < 5; i++)
        assert_int_equal(a->items[i]->integer, wanted[i]);
    assert_int_equal(b->kind, MM_PICKLE_TUPLE);
    assert_int_equal(b->items[0]->integer, 1);
    assert_int_equal(b->items[1]->kind, MM_PICKLE_NONE);
    assert_true(b->items[2]->real == 2.5);
    assert_int_equal(mm_pickle_get(f->value, "c")->kind, MM_PICKLE_DICT);
    assert_null(mm_pickle_get(f->value, "d"));
}

static void test_calls_are_never_made(void **state)
{
    struct fixture *f = *state;
    REFUSED(f,
            "\x80\x02"
            "cposix\nsystem\nX\x04\x00\x00\x00true\x85R.",
            "posix.system, which is not among");
    REFUSED(f,
            "\x80\x04\x8c\x08"
            "builtins\x8c\x04"
            "eval\x93.",
            "builtins.eval");
    REFUSED(f, "cknown\nname\n)R.", "known.name: refused by the test");
    REFUSED(f, "K\x01Q.", "refused by the test");
    REFUSED(f, "K\x01)R.", "expected a global, found an integer");
    REFUSED(f, "cknown\nother\n.", "known.other");
    REFUSED(f, "c\x1b[31m\nx\n.", "a global's name with byte 0x1b");
}

static void test_unknown_opcodes_are_named(void **state)
{
    struct fixture *f = *state;
    static const char codes[] = "iod\x81\x82\x83\x84\x92\x8bpSVIFLP2";
    for (size_t i = 0; i < sizeof(codes) - 1; i++) {
        char text[32];
        snprintf(text, sizeof(text), "opcode 0x%02x at byte 1", (unsigned char)codes[i]);
        refused(f, (const char[]){'N', codes[i], '.'}, 3, text);
    }
}

static void test_broken_stacks_are_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const broken[] = {".",   "0.",   "1.",    "t.",   "\x85.", "N\x86.", "Na.",   "N]s.",
                                         "(e.", "](u.", "}(Nu.", "N(a.", "NN.",   "(N.",    "N(0.",  "b.",
                                         "Nb.", "}b.",  "R.",    "Q.",   "\x93.", "}(b.",   "(\x85."};
    for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++)
        if (read_bytes(f, broken[i], strlen(broken[i])) != MM_ERR_DATA)
            fail_msg("%s is read", broken[i]);
}

static void test_memo(void **state)
{
    struct fixture *f = *state;
    REFUSED(f, "K\x07q\xc8.", "memo index 200 is too large"); /* for so short a pickle */
    assert_int_equal(READ(f, "K\x07q\x00h\x00\x86."), MM_OK);
    assert_ptr_equal(f->value->items[0], f->value->items[1]);
    REFUSED(f, "Nh\x00.", "memo index 0 is not set");
    REFUSED(f, "Nr\xff\xff\xff\xff.", "memo index 4294967295 is too large");
    REFUSED(f, "q\x00.", "nothing to remember");
    assert_int_equal(READ(f, "]q\x00h\x00"
                             "a."),
                     MM_OK); /* a list in itself */
    assert_ptr_equal(f->value->items[0], f->value);
}

static void test_depth_is_bounded(void **state)
{
    struct fixture *f = *state;
    struct sample *s = &f->s;
    for (int i = 0; i < 1000; i++)
        sample_ops(s, "(");
    refused(f, s->bytes, s->size, "more than 64 containers");
    s->size = 0;
    sample_ops(s, ")");
    for (int i = 0; i < 1000; i++)
        sample_ops(s, "\x85");
    refused(f, s->bytes, s->size, "more than 64 containers");
}

static void test_lengths_beyond_the_end_are_refused(void **state)
{
    struct fixture *f = *state;
    REFUSED(f,
            "X\xff\xff\xff\xff"
            "abc.",
            "cut off");
    REFUSED(f, "\x8a\x09\x01\x01\x01\x01\x01\x01\x01\x01\x01.", "an integer of 9 bytes");
    REFUSED(f, "\x80\x07N.", "pickle protocol 7");
    REFUSED(f,
            "X\x03\x00\x00\x00"
            "a\x00"
            "b.",
            "NUL");
    static const char whole[] = "\x80\x02}q\x00X\x01\x00\x00\x00"
                                "aG@\x04\x00\x00\x00\x00\x00\x00s.";
    for (size_t size = 0; size < sizeof(whole) - 1; size++)
        assert_int_equal(read_bytes(f, whole, size), MM_ERR_DATA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_values_of_cpython, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_calls_are_never_made, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unknown_opcodes_are_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_broken_stacks_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_memo, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_depth_is_bounded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lengths_beyond_the_end_are_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
