/* Counter-based random numbers: value = f(seed, domain, counter). No state, so threads, order and restarts cannot change
 * a draw. Philox4x32-10 of Salmon et al. 2011 (Random123).
 *
 * Layout (part of the file format of a run: changing it changes results):
 *   key[0] = seed bits 0..31           key[1] = seed bits 32..63 xor domain * 0x9E3779B9
 *   counter[0] = draw                  counter[1] = a   (transform index << 20 | crop)
 *   counter[2] = b (stream position)   counter[3] = c   (epoch << 8 | visit)
 * Other domains fill a, b, c as their header says. */
#ifndef MM_BASE_RANDOM_H
#define MM_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

enum mm_random_domain {
    MM_RANDOM_POLICY = 1,
    MM_RANDOM_TRANSFORM = 2,
    MM_RANDOM_DROPOUT = 3,
    MM_RANDOM_INITIALISATION = 4,
    MM_RANDOM_SYNTHESIS = 5,
};

/* A stream of draws: the key and counter words above; `draw` counts up by one block of four words at a time. */
struct mm_random {
    uint32_t key[2];
    uint32_t a, b, c;
    uint32_t draw; /* next block  */
    uint32_t block[4];
    unsigned left; /* unused words of `block` */
};

void mm_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

void mm_random_init(struct mm_random *random, uint64_t seed, enum mm_random_domain domain, uint32_t a, uint32_t b,
                    uint32_t c);
uint32_t mm_random_u32(struct mm_random *random);
/* [0, 1), 24 bits of one word (float) and 53 bits of two words (double). */
float mm_random_float(struct mm_random *random);
double mm_random_double(struct mm_random *random);
/* [low, high). */
double mm_random_uniform(struct mm_random *random, double low, double high);
/* 0 .. n-1 without bias (Lemire's rejection); n > 0. */
uint32_t mm_random_below(struct mm_random *random, uint32_t n);
/* Mean 0, variance 1 (Box-Muller, one value a call, two words each). */
double mm_random_normal(struct mm_random *random);
/* n of them as float, faster: both values of each pair of words (float arithmetic, other values than n calls of the above). */
void mm_random_normals(struct mm_random *random, float *out, size_t n);
/* Fisher-Yates. */
void mm_random_shuffle(struct mm_random *random, uint32_t *items, size_t count);

#endif
