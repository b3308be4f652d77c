/* What groups share: shares of their members, draws by share, running members. */
#include "transforms/group.h"

const struct mm_group *mm_step_group(const struct mm_step *step)
{
    return step->transform->flags & MM_GROUP ? step->self : NULL;
}

enum mm_status mm_group_weigh(struct mm_arena *arena, struct mm_group *group, const struct mm_doubles *weights,
                              struct mm_error *err)
{
    double *shares = mm_arena_array(arena, double, group->count), sum = 0;
    if (!shares)
        return mm_fail_memory(err, "weights");
    if (weights->count > 1 && weights->count != group->count)
        return mm_fail(err, MM_ERR_CONFIG, "weights has %zu numbers for %zu transforms: give one for each",
                       weights->count, group->count);
    for (size_t i = 0; i < group->count; i++)
        sum += shares[i] = !weights->count ? 1 : weights->items[weights->count == 1 ? 0 : i];
    if (!(sum > 0))
        return mm_fail(err, MM_ERR_CONFIG, "weights are all 0: one at least must be above");
    group->candidates = 0;
    for (size_t i = 0; i < group->count; i++) {
        shares[i] /= sum;
        group->candidates += shares[i] > 0;
    }
    group->shares = shares;
    return MM_OK;
}

uint32_t mm_group_draw(const double *shares, size_t count, struct mm_random *random)
{
    double sum = 0;
    uint32_t last = 0;
    for (size_t i = 0; i < count; i++)
        sum += shares[i];
    double left = mm_random_double(random) * sum;
    for (uint32_t i = 0; i < count; i++) {
        if (!(shares[i] > 0))
            continue;
        last = i;
        if (left < shares[i])
            break;
        left -= shares[i];
    }
    return last; /* where rounding leaves a rest, the last that has a share */
}

/* Did this member run before? Then it is as if under another seed, that of this place and this draw. */
static uint64_t seed_of(uint64_t seed, const uint32_t *members, size_t at, struct mm_random *random)
{
    for (size_t i = 0; i < at; i++)
        if (members[i] == members[at]) {
            uint64_t high = mm_random_u32(random);
            return high << 32 | mm_random_u32(random);
        }
    return seed;
}

enum mm_status mm_group_run(const struct mm_step *step, const uint32_t *members, size_t count,
                            struct mm_random *random, struct mm_sample *sample, const struct mm_context *context,
                            struct mm_error *err)
{
    const struct mm_group *group = mm_step_group(step);
    const struct mm_context nowhere = {0}, *at = context ? context : &nowhere;
    enum mm_status s;
    for (size_t i = 0; i < count; i++) {
        const struct mm_chain *member = &group->members[members[i]];
        struct mm_context here = *at;
        here.seed = seed_of(at->seed, members, i, random);
        if (MM_TRY(s, mm_chain_run_views(member, 0, member->count, sample, &here, err)))
            return s;
    }
    return MM_OK;
}
