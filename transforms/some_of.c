/* Some of several transforms, as many as are drawn, in the order in which they are drawn (MONAI SomeOf). Without replacement and with
 * weights each draw is among the members left, by their weights, as numpy's RandomState.choice has it. */
#include "transforms/group.h"

struct some_of {
    struct mm_group group;
    const cJSON *transforms;
    struct mm_ints num_transforms;
    bool replace;
    struct mm_doubles weights;
    uint32_t low, high; /* how many run: derived */
};
#define P struct some_of

static const struct mm_param params[] = {
    MM_GROUP_PARAMS(P),
    MM_INTS(P, num_transforms, .min = 0, .max = 4096, .count_max = 2,
            .help = "how many run, or the least and the most of them; all when left out"),
    MM_BOOL(P, replace, .help = "may draw the same one again"),
    MM_DOUBLES(P, weights, .min = 0, .max = 1e9,
               .help = "how often each is drawn, in proportion to their sum; all alike when left out"),
    MM_PARAMS_END};

/* A single number stands for the most there are where it is more, as in MONAI; of a pair neither may be. */
static enum mm_status count_draws(P *p, struct mm_error *err)
{
    const struct mm_ints *given = &p->num_transforms;
    int64_t all = (int64_t)p->group.count, first = given->count ? given->items[0] : all;
    int64_t low = given->count == 2 || first < all ? first : all, high = given->count == 2 ? given->items[1] : low;
    if (low > high)
        return mm_fail(err, MM_ERR_CONFIG, "num_transforms is [%lld, %lld]: the first is the least, so not above",
                       (long long)low, (long long)high);
    if (high > all)
        return mm_fail(err, MM_ERR_CONFIG, "num_transforms is [%lld, %lld], but there are %lld transforms",
                       (long long)low, (long long)high, (long long)all);
    if (!p->replace && high > (int64_t)p->group.candidates)
        return mm_fail(err, MM_ERR_CONFIG,
                       "num_transforms is up to %lld, but only %zu transforms have a weight above 0: ask for fewer, "
                       "or set replace",
                       (long long)high, p->group.candidates);
    p->low = (uint32_t)low;
    p->high = (uint32_t)high;
    return MM_OK;
}

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    P *p = self;
    enum mm_status s = mm_group_weigh(arena, &p->group, &p->weights, err);
    return s ? s : count_draws(p, err);
}

/* One that is drawn again and again counts as random, so that what is cached passes each step once. */
static bool is_random(const void *self)
{
    const P *p = self;
    return p->high > 0 && (p->low != p->high || p->high > 1 || p->group.candidates > 1);
}

static enum mm_status apply(const struct mm_step *step, struct mm_sample *sample, const struct mm_context *context,
                            struct mm_error *err)
{
    const P *p = step->self;
    size_t members = p->group.count;
    struct mm_random random;
    double *left = mm_arena_array(sample->arena, double, members);
    uint32_t *order = mm_arena_array(sample->arena, uint32_t, p->high);
    if (!left || !order)
        return mm_fail_memory(err, "an order");
    mm_step_random(step, context, &random);
    size_t count = p->low + mm_random_below(&random, p->high - p->low + 1);
    memcpy(left, p->group.shares, members * sizeof *left);
    for (size_t i = 0; i < count; i++) {
        order[i] = mm_group_draw(left, members, &random);
        left[order[i]] = p->replace ? left[order[i]] : 0;
    }
    return mm_group_run(step, order, count, &random, sample, context, err);
}

const struct mm_transform mm_transform_some_of = {
    .name = "SomeOf",
    .summary = "some of several transforms, drawn by weight, in the order drawn",
    .params = params,
    .params_size = sizeof(P),
    .fields = MM_FIELDS_OWN,
    .flags = MM_RANDOM | MM_GROUP | MM_VIEWS | MM_RESCALES | MM_TAKES_PACKED,
    .check = check,
    .is_random = is_random,
    .apply = apply,
    .notes =
        "Each member keeps its own prob. A member that is a list or a Compose is run as a whole. With replace one "
        "member may run "
        "several times, with other numbers each time. Members that make several samples of one cannot stand in it.",
    .example = "{\"name\": \"SomeOf\", \"args\": {\"num_transforms\": [1, 2], \"transforms\": ["
               "{\"name\": \"RandGaussianNoised\", \"args\": {\"keys\": \"image\", \"prob\": 1}}, "
               "{\"name\": \"RandShiftIntensityd\", \"args\": {\"keys\": \"image\", \"offsets\": 10, \"prob\": 1}}, "
               "{\"name\": \"RandFlipd\", \"args\": {\"keys\": [\"image\", \"label\"], \"prob\": 1}}]}}",
};
