/* Dropout factors by Philox4x32-10 (Salmon et al. 2011), 16 blocks of four words side by side.
 * tests/trainer/backends/test_cpu.c holds it against base/random.c. */
#include "trainer/backends/cpu/philox.h"

#include <math.h>

#include "base/random.h"
#include "trainer/backends/host.h"

#define LANES 16
#define WORDS (4 * LANES)

/* Words of the blocks counter, counter + 1, ..: word w of block i at [4 * i + w]. */
MM_VECTORS static void draw(const uint32_t key[2], const uint32_t fixed[4], uint32_t counter, uint32_t out[WORDS])
{
    uint32_t c0[LANES], c1[LANES], c2[LANES], c3[LANES], k0 = key[0], k1 = key[1];
    for (int i = 0; i < LANES; i++) {
        c0[i] = fixed[0];
        c1[i] = fixed[1];
        c2[i] = counter + (uint32_t)i;
        c3[i] = fixed[3];
    }
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < LANES; i++) {
            uint64_t p0 = (uint64_t)0xD2511F53u * c0[i], p1 = (uint64_t)0xCD9E8D57u * c2[i];
            c0[i] = (uint32_t)(p1 >> 32) ^ c1[i] ^ k0;
            c2[i] = (uint32_t)(p0 >> 32) ^ c3[i] ^ k1;
            c1[i] = (uint32_t)p1;
            c3[i] = (uint32_t)p0;
        }
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    for (int i = 0; i < LANES; i++) {
        out[4 * i] = c0[i];
        out[4 * i + 1] = c1[i];
        out[4 * i + 2] = c2[i];
        out[4 * i + 3] = c3[i];
    }
}

/* A word's upper 24 bits below `limit`: dropped. */
static void choose(const uint32_t *words, size_t count, uint32_t limit, float survivor, float *factors)
{
    for (size_t i = 0; i < count; i++)
        factors[i] = words[i] >> 8 < limit ? 0 : survivor;
}

void mm_philox_factors(const struct mm_dropout *dropout, const struct mm_op_moment *moment, uint64_t first,
                       size_t count, float *factors)
{
    const float survivor = (float)(1 / (1 - dropout->p));
    const uint32_t limit = (uint32_t)ceil(dropout->p * 0x1p24), fixed[4] = {0, moment->node, 0, moment->step};
    struct mm_random random;
    uint32_t words[WORDS];
    mm_random_init(&random, moment->seed, MM_RANDOM_DROPOUT, moment->node, 0, moment->step);
    while (count > 0) {
        size_t skip = first % 4, n = WORDS - skip < count ? WORDS - skip : count;
        draw(random.key, fixed, (uint32_t)(first / 4), words);
        choose(words + skip, n, limit, survivor, factors);
        first += n;
        factors += n;
        count -= n;
    }
}
