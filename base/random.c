/* Philox4x32-10: ten rounds of two 32x32 multiplications, keys bumped by the Weyl constants of the paper
 * (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011, section 3.3). */
#include "base/random.h"

#include <math.h>

#define ROUNDS     10
#define MULTIPLY_0 0xD2511F53u
#define MULTIPLY_1 0xCD9E8D57u
#define WEYL_0     0x9E3779B9u
#define WEYL_1     0xBB67AE85u
#define TWO_PI     6.283185307179586476925

void mm_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t p0 = (uint64_t)MULTIPLY_0 * c0;
        uint64_t p1 = (uint64_t)MULTIPLY_1 * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)p1;
        c3 = (uint32_t)p0;
        k0 += WEYL_0;
        k1 += WEYL_1;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

void mm_random_init(struct mm_random *random, uint64_t seed, enum mm_random_domain domain, uint32_t a, uint32_t b,
                    uint32_t c)
{
    uint32_t low = (uint32_t)seed, high = (uint32_t)(seed >> 32);
    *random = (struct mm_random){.key = {low, high ^ (uint32_t)domain * WEYL_0}, .a = a, .b = b, .c = c};
}

uint32_t mm_random_u32(struct mm_random *random)
{
    if (random->left == 0) {
        const uint32_t counter[4] = {random->draw++, random->a, random->b, random->c};
        mm_philox4x32(counter, random->key, random->block);
        random->left = 4;
    }
    return random->block[4 - random->left--];
}

float mm_random_float(struct mm_random *random)
{
    return (float)(mm_random_u32(random) >> 8) * 0x1p-24f;
}

double mm_random_double(struct mm_random *random)
{
    uint32_t high = mm_random_u32(random) >> 5; /* 27 bits */
    uint32_t low = mm_random_u32(random) >> 6;  /* 26 bits */
    return ((double)high * 0x1p26 + (double)low) * 0x1p-53;
}

double mm_random_uniform(struct mm_random *random, double low, double high)
{
    double value = low + (high - low) * mm_random_double(random);
    /* Rounding may reach `high`, which is outside. */
    return value < high || high <= low ? value : nextafter(high, low);
}

/* Lemire, "Fast random integer generation in an interval", 2019, algorithm 5: the high word of x * n, where the first
 * 2^32 mod n values of the low word are refused. */
uint32_t mm_random_below(struct mm_random *random, uint32_t n)
{
    uint64_t product = (uint64_t)mm_random_u32(random) * n;
    if ((uint32_t)product < n) {
        uint32_t refused = -n % n;
        while ((uint32_t)product < refused)
            product = (uint64_t)mm_random_u32(random) * n;
    }
    return (uint32_t)(product >> 32);
}

double mm_random_normal(struct mm_random *random)
{
    double u = ((double)mm_random_u32(random) + 1) * 0x1p-32; /* (0, 1]: its logarithm is finite */
    double v = (double)mm_random_u32(random) * 0x1p-32;
    return sqrt(-2 * log(u)) * cos(TWO_PI * v);
}

void mm_random_normals(struct mm_random *random, float *out, size_t n)
{
    for (size_t i = 0; i < n; i += 2) {
        float u = ((float)mm_random_u32(random) + 1) * 0x1p-32f, v = mm_random_float(random), sine, cosine;
        float radius = sqrtf(-2 * logf(u));
        sincosf((float)TWO_PI * v, &sine, &cosine);
        out[i] = radius * cosine;
        if (i + 1 < n)
            out[i + 1] = radius * sine;
    }
}

void mm_random_shuffle(struct mm_random *random, uint32_t *items, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t j = mm_random_below(random, (uint32_t)i);
        uint32_t item = items[i - 1];
        items[i - 1] = items[j];
        items[j] = item;
    }
}
