/* Philox against Random123's known answers, and the draws built on it against their definitions and moments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "base/random.h"

/* Random123 examples/kat_vectors, philox4x32 with 10 rounds. */
static void philox_gives_the_published_answers(void **state)
{
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], out[4];
    } cases[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t out[4];
        mm_philox4x32(cases[i].counter, cases[i].key, out);
        assert_memory_equal(out, cases[i].out, sizeof out);
    }
}

/* The layout is part of a run's file format: it is written out here again. */
static void the_stream_is_the_documented_one(void **state)
{
    (void)state;
    const uint64_t seed = 0x0123456789ABCDEF;
    struct mm_random random;
    mm_random_init(&random, seed, MM_RANDOM_TRANSFORM, 7, 8, 9);
    const uint32_t key[2] = {0x89ABCDEF, 0x01234567 ^ (2u * 0x9E3779B9u)};
    for (uint32_t draw = 0; draw < 3; draw++) {
        const uint32_t counter[4] = {draw, 7, 8, 9};
        uint32_t block[4];
        mm_philox4x32(counter, key, block);
        for (int i = 0; i < 4; i++)
            assert_int_equal(mm_random_u32(&random), block[i]);
    }
}

static void streams_differ_in_every_coordinate(void **state)
{
    (void)state;
    struct mm_random streams[6];
    mm_random_init(&streams[0], 1, MM_RANDOM_POLICY, 0, 0, 0);
    mm_random_init(&streams[1], 2, MM_RANDOM_POLICY, 0, 0, 0);
    mm_random_init(&streams[2], 1, MM_RANDOM_DROPOUT, 0, 0, 0);
    mm_random_init(&streams[3], 1, MM_RANDOM_POLICY, 1, 0, 0);
    mm_random_init(&streams[4], 1, MM_RANDOM_POLICY, 0, 1, 0);
    mm_random_init(&streams[5], 1, MM_RANDOM_POLICY, 0, 0, 1);
    uint32_t first[6];
    for (int i = 0; i < 6; i++) {
        first[i] = mm_random_u32(&streams[i]);
        for (int j = 0; j < i; j++)
            assert_int_not_equal(first[i], first[j]);
    }
}

static void floats_use_24_and_53_bits(void **state)
{
    (void)state;
    struct mm_random a, b;
    mm_random_init(&a, 3, MM_RANDOM_POLICY, 0, 0, 0);
    b = a;
    for (int i = 0; i < 1000; i++) {
        float f = mm_random_float(&a);
        assert_true(f == (float)(mm_random_u32(&b) >> 8) / 16777216.0f);
        assert_true(f >= 0 && f < 1);
        double d = mm_random_double(&a);
        uint64_t high = mm_random_u32(&b) >> 5, low = mm_random_u32(&b) >> 6;
        assert_true(d == (double)(high << 26 | low) / 9007199254740992.0);
        assert_true(d >= 0 && d < 1);
    }
}

static void uniform_stays_below_its_upper_end(void **state)
{
    (void)state;
    struct mm_random random;
    mm_random_init(&random, 4, MM_RANDOM_POLICY, 0, 0, 0);
    const double low = 1, high = nextafter(1, 2); /* nothing lies between: the sum rounds up half of the time */
    for (int i = 0; i < 100; i++)
        assert_true(mm_random_uniform(&random, low, high) == low);
    assert_true(mm_random_uniform(&random, 5, 5) == 5);
    for (int i = 0; i < 1000; i++) {
        double value = mm_random_uniform(&random, -3, 2);
        assert_true(value >= -3 && value < 2);
    }
}

static void below_is_unbiased(void **state)
{
    (void)state;
    struct mm_random random;
    mm_random_init(&random, 5, MM_RANDOM_POLICY, 0, 0, 0);
    enum { N = 7, DRAWS = 70000 };
    int counts[N] = {0};
    for (int i = 0; i < DRAWS; i++) {
        uint32_t value = mm_random_below(&random, N);
        assert_true(value < N);
        counts[value]++;
    }
    double chi2 = 0;
    for (int i = 0; i < N; i++)
        chi2 += pow(counts[i] - DRAWS / N, 2) / (DRAWS / N);
    assert_true(chi2 < 22.5); /* 6 degrees of freedom, p = 0.001; the seed is fixed */
    assert_int_equal(mm_random_below(&random, 1), 0);
    /* Of 3 * 2^30 values, without rejection, the multiples of 3 would come twice as often as others. */
    int multiples = 0;
    for (int i = 0; i < DRAWS; i++)
        multiples += mm_random_below(&random, 3u << 30) % 3 == 0;
    assert_true(fabs(multiples - DRAWS / 3.0) < 5 * sqrt(DRAWS * 2 / 9.0));
}

static void normal_has_the_moments_of_a_normal(void **state)
{
    (void)state;
    struct mm_random random;
    mm_random_init(&random, 6, MM_RANDOM_SYNTHESIS, 0, 0, 0);
    enum { N = 100000 };
    double m1 = 0, m2 = 0, m3 = 0, m4 = 0;
    for (int i = 0; i < N; i++) {
        double x = mm_random_normal(&random);
        assert_true(isfinite(x));
        m1 += x / N;
        m2 += x * x / N;
        m3 += x * x * x / N;
        m4 += x * x * x * x / N;
    }
    assert_true(fabs(m1) < 0.015 && fabs(m2 - 1) < 0.02 && fabs(m3) < 0.06 && fabs(m4 - 3) < 0.15);
}

static void shuffle_makes_every_order_equally_often(void **state)
{
    (void)state;
    struct mm_random random;
    mm_random_init(&random, 7, MM_RANDOM_POLICY, 0, 0, 0);
    enum { ROUNDS = 24000 };
    int counts[4][4] = {{0}}; /* [place][item] */
    for (int i = 0; i < ROUNDS; i++) {
        uint32_t items[4] = {0, 1, 2, 3}, seen = 0;
        mm_random_shuffle(&random, items, 4);
        for (int place = 0; place < 4; place++) {
            seen |= 1u << items[place];
            counts[place][items[place]]++;
        }
        assert_int_equal(seen, 15);
    }
    for (int i = 0; i < 16; i++)
        assert_true(abs(counts[i / 4][i % 4] - ROUNDS / 4) < 5 * 67); /* five standard deviations */
    mm_random_shuffle(&random, NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_gives_the_published_answers),
        cmocka_unit_test(the_stream_is_the_documented_one),
        cmocka_unit_test(streams_differ_in_every_coordinate),
        cmocka_unit_test(floats_use_24_and_53_bits),
        cmocka_unit_test(uniform_stays_below_its_upper_end),
        cmocka_unit_test(below_is_unbiased),
        cmocka_unit_test(normal_has_the_moments_of_a_normal),
        cmocka_unit_test(shuffle_makes_every_order_equally_often),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
