/* For tests of transforms: a sample made of literal values, one step of a config run on it, and the values that come out. */
#ifndef MM_TESTS_TRANSFORMS_ONE_STEP_H
#define MM_TESTS_TRANSFORMS_ONE_STEP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "transforms/chain.h"

struct bench {
    struct mm_arena arena;
    struct mm_sample *sample;
    struct mm_error err;
};

static inline int bench_setup(void **state)
{
    struct bench *b = mm_alloc(sizeof *b);
    assert_non_null(b);
    mm_arena_init(&b->arena, NULL);
    b->sample = mm_sample_make(&b->arena);
    assert_non_null(b->sample);
    *state = b;
    return 0;
}

static inline int bench_teardown(void **state)
{
    struct bench *b = *state;
    mm_arena_done(&b->arena);
    mm_free(b);
    return 0;
}

/* A field of that type; `values` in storage order: x fastest, then y, z, channel. nz 0 makes a 2D image. */
static inline struct mm_volume *bench_put(struct bench *b, const char *name, enum mm_type type, int channels, int nx,
                                          int ny, int nz, const double *values)
{
    const int size[3] = {nx, ny, nz ? nz : 1};
    struct mm_volume *v = mm_volume_make(&b->arena, type, nz ? 3 : 2, channels, size);
    struct mm_field *field;
    assert_non_null(v);
    assert_int_equal(mm_sample_add(b->sample, name, MM_FIELD_VOLUME, &field, &b->err), MM_OK);
    mm_convert(v->data, type, values, MM_F64, mm_volume_voxels(v) * (size_t)channels, 1);
    field->volume = v;
    return v;
}

/* Runs a component, {"name": ..., "args": ...}; what it says in case of an error is in b->err.text. */
static inline enum mm_status bench_run_at(struct bench *b, const char *component, const struct mm_context *context)
{
    cJSON *json;
    struct mm_problems problems;
    struct mm_chain *chain;
    mm_problems_init(&problems, &b->arena);
    assert_int_equal(mm_json_parse(&b->arena, "test", component, strlen(component), &json, &b->err), MM_OK);
    struct mm_components components;
    assert_int_equal(mm_components_read(&b->arena, json, &components, &problems), MM_OK);
    if (mm_chain_make(&b->arena, &components, &chain, &problems))
        return mm_problems_fail(&problems, MM_ERR_CONFIG, &b->err);
    return mm_chain_run(chain, 0, 1, b->sample, context, &b->err);
}

static inline enum mm_status bench_run(struct bench *b, const char *component)
{
    return bench_run_at(b, component, NULL);
}

static inline void bench_runs(struct bench *b, const char *component)
{
    if (bench_run(b, component))
        fail_msg("%s: %s", component, b->err.text);
}

/* Fails with that status and a message that contains `words`. */
static inline void bench_fails(struct bench *b, const char *component, enum mm_status status, const char *words)
{
    enum mm_status s = bench_run(b, component);
    if (s != status || !strstr(b->err.text, words))
        fail_msg("%s: status %d (%s), not %d with \"%s\"", component, s, b->err.text, status, words);
}

static inline struct mm_volume *bench_volume(struct bench *b, const char *name)
{
    struct mm_field *field = mm_sample_find(b->sample, name);
    assert_non_null(field);
    assert_int_equal(field->kind, MM_FIELD_VOLUME);
    return field->volume;
}

/* The field has that type, that many channels and those values, in storage order. */
static inline void bench_expect(struct bench *b, const char *name, enum mm_type type, int channels,
                                const double *values, double tolerance)
{
    const struct mm_volume *v = bench_volume(b, name);
    assert_string_equal(mm_type_name(v->type), mm_type_name(type));
    assert_int_equal(v->channels, channels);
    size_t i = 0;
    for (int c = 0; c < v->channels; c++)
        for (int z = 0; z < v->size[2]; z++)
            for (int y = 0; y < v->size[1]; y++)
                for (int x = 0; x < v->size[0]; x++, i++) {
                    double found = mm_volume_get(v, c, z, y, x), off = found - values[i];
                    if (!(off <= tolerance && off >= -tolerance))
                        fail_msg("%s: channel %d (%d, %d, %d) is %.9g, not %.9g", name, c, x, y, z, found, values[i]);
                }
}

#define VALUES(...)          ((const double[]){__VA_ARGS__})
#define BENCH_TEST(function) cmocka_unit_test_setup_teardown(function, bench_setup, bench_teardown)

#endif
