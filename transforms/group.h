/* Groups: transforms that run others, their members, in a choice or an order that they draw (MONAI's OneOf, SomeOf, RandomOrder).
 *
 * A group is a transform with MM_GROUP, whose `self` begins with struct mm_group; mm_chain_make fills that before it calls `check`. `apply`
 * draws from the stream of the group's own step and calls mm_group_run. A member is a chain, mostly of one step, whose steps draw from
 * streams of their own, so a member does the same in every group and order. Members make one sample of one: which of them run, and so how
 * many samples there were, would not be known before. */
#ifndef MM_TRANSFORMS_GROUP_H
#define MM_TRANSFORMS_GROUP_H

#include "transforms/chain.h"

struct mm_group {
    size_t count;
    const struct mm_chain *members;
    const double *shares; /* of each member among the draws, in sum 1; NULL: nothing is drawn by weight */
    size_t candidates;    /* members that may be drawn: those with a share */
};

/* May it ever run? */
static inline bool mm_group_runs(const struct mm_group *group, size_t member)
{
    return !group->shares || group->shares[member] > 0;
}

/* NULL: the step is no group. */
const struct mm_group *mm_step_group(const struct mm_step *step);

/* What every group takes beside its own parameters. */
#define MM_GROUP_PARAMS(P)                                                                                           \
    MM_JSON(P, transforms, .required = true,                                                                         \
            .help = "the members, a list of components; a list or a Compose in it is one member"),                   \
        MM_IGNORED("map_items", .help = "members make one sample of one"),                                           \
        MM_IGNORED("unpack_items", .help = "samples have named fields"),                                             \
        MM_IGNORED("log_stats", .help = "what runs is shown by mmar plan"), MM_PARAM_LAZY,                           \
        MM_IGNORED("overrides", .help = "they are for lazy transforms")

/* Shares from weights, one a member; a single one, or none, stands for members that are all alike. */
enum mm_status mm_group_weigh(struct mm_arena *arena, struct mm_group *group, const struct mm_doubles *weights,
                              struct mm_error *err);
/* A number below `count`, each with its share of the sum, which must be above 0. */
uint32_t mm_group_draw(const double *shares, size_t count, struct mm_random *random);
/* Runs the members named, in that order. Where one comes again it draws other numbers, which follow from what `random` draws next. */
enum mm_status mm_group_run(const struct mm_step *step, const uint32_t *members, size_t count,
                            struct mm_random *random, struct mm_sample *sample, const struct mm_context *context,
                            struct mm_error *err);

#endif
