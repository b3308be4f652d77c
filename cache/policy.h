/* Which items are in the cache in which epoch, and in what order: a pure function of (seed, T, N, R, k, epoch).
 *
 * The items form a stream of passes over the datalist. Pass 0 is a seeded permutation of 0..T-1; each further pass is
 * the one before, shuffled inside consecutive blocks of b = max(1, T - N - R + 1) items that start at a random offset
 * (b = 1: the order stays). Every k epochs, k = 1 unless an item takes longer to prepare than an epoch lasts, the R
 * oldest leave and others enter: epoch e uses stream positions [s*R, s*R + N) with s = floor(e/k), in a fresh order,
 * while [s*R + N, s*R + N + R) are prepared. Hence: residents and replacements are always distinct items; every item
 * has been seen after 1 + k*ceil((T - N)/R) epochs; any two items have entered equally often, to within one. N >= T:
 * every epoch uses positions 0..T-1.
 *
 * Rank w of W owns the positions p with p mod W = w, so a residence never moves. N and R are rounded so that all ranks
 * have equally many of both: N down to a multiple of W (W at least, so T >= W), R up to one. Where all items were to be
 * held but W does not divide T, R is W, so that those left over get in. Rounding can make N + R exceed T. Then b = 1,
 * the stream is one cycle, and what enters may be what leaves at that very boundary: residents are still distinct, as
 * N <= T of them are consecutive in a cycle of T, and so are replacements, as R <= N; entries stay equal to within one,
 * and coverage is what it says. */
#ifndef MM_CACHE_POLICY_H
#define MM_CACHE_POLICY_H

#include "base/arena.h"
#include "base/error.h"
#include "cache/rotation.h"

struct mm_policy;

/* R = min(ceil(N * fraction - 1e-9), T - N). */
uint32_t mm_policy_replacements(uint32_t total, uint32_t cached, double fraction);

/* N and R (of mm_policy_replacements, with that N) for W ranks. `holds_all`: every item was to be held. */
uint32_t mm_policy_cached_for_ranks(uint32_t total, uint32_t cached, uint32_t ranks);
uint32_t mm_policy_replaced_for_ranks(uint32_t total, uint32_t replaced, bool holds_all, uint32_t ranks);

/* N is taken as T at most; R may be N at most. */
enum mm_status mm_policy_open(uint64_t seed, uint32_t total, uint32_t cached, struct mm_rotation rotation,
                              struct mm_policy **out, struct mm_error *err);
void mm_policy_close(struct mm_policy *policy);

/* Item (place in the datalist) at a stream position. Thread-safe. */
uint32_t mm_policy_item(struct mm_policy *policy, uint64_t position);
/* The N stream positions of an epoch in the order of their use (`shuffled`), else ascending. */
void mm_policy_epoch(struct mm_policy *policy, uint32_t epoch, bool shuffled, uint64_t *positions);
uint64_t mm_policy_first(const struct mm_policy *policy, uint32_t epoch); /* s*R, oldest resident */
/* The first epoch after this one before which items are replaced, where R > 0. */
uint64_t mm_policy_next(const struct mm_policy *policy, uint32_t epoch);
/* Epochs until every item has been seen: 1 + k*ceil((T - N)/R), UINT32_MAX at most; 0 = never (R = 0 and N < T). */
uint32_t mm_policy_coverage(uint32_t total, uint32_t cached, struct mm_rotation rotation);

#endif
