/* Chains: made from the components of a config, run step by step. What they are made of is in chain_describe.c. */
#include "transforms/chain.h"

#include "base/names.h"
#include "base/threads.h"
#include "transforms/instead.h"

#define STEPS_MAX 4096 /* the index has 12 bits in a draw's counter */

static void unknown(const struct mm_component *component, struct mm_problems *problems)
{
    struct mm_nearest nearest;
    char word[128], hint[128], instead[256];
    mm_nearest_init(&nearest, component->name);
    for (const struct mm_transform *const *t = mm_transforms; *t; t++) {
        mm_nearest_offer(&nearest, (*t)->name);
        if ((*t)->aliases)
            mm_nearest_offer_words(&nearest, (*t)->aliases, word, sizeof word);
    }
    mm_transform_instead(component->name, component->args, instead, sizeof instead);
    const cJSON *name = mm_json_get(component->node, "name");
    mm_problem(problems, MM_SEVERITY_ERROR, name ? name : component->node, "unknown transform \"%s\"%s",
               component->name, *instead ? instead : mm_nearest_hint(&nearest, hint, sizeof hint));
}

/* Reads the arguments and checks their rules. What is wrong goes to problems. */
static enum mm_status read_arguments(struct mm_arena *arena, const struct mm_component *component,
                                     struct mm_step *step, struct mm_problems *problems)
{
    const struct mm_transform *transform = step->transform;
    void *self = mm_arena_alloc(arena, transform->params_size);
    if (!self)
        return MM_ERR_MEMORY;
    struct mm_param_target targets[2];
    size_t count = 0;
    if (transform->fields == MM_FIELDS_LISTED)
        targets[count++] = (struct mm_param_target){mm_transform_common_params, &step->common};
    if (transform->params)
        targets[count++] = (struct mm_param_target){transform->params, self};
    enum mm_status s;
    if (MM_TRY(s, mm_params_read(arena, targets, count, component->args, component->node, problems)))
        return s;
    step->self = self;
    struct mm_error err = {0};
    if (!transform->check || !(s = transform->check(arena, self, &err)))
        return MM_OK;
    mm_problem(problems, MM_SEVERITY_ERROR, component->args ? component->args : component->node, "%s: %s",
               transform->name, err.text);
    return s;
}

static enum mm_status make_step(struct mm_arena *arena, const struct mm_component *component, uint32_t index,
                                struct mm_step *step, struct mm_problems *problems)
{
    *step =
        (struct mm_step){.transform = mm_transform_find(component->name), .index = index, .node = component->node};
    if (step->transform)
        return read_arguments(arena, component, step, problems);
    unknown(component, problems);
    return MM_ERR_CONFIG;
}

enum mm_status mm_chain_make(struct mm_arena *arena, const struct mm_components *components, struct mm_chain **out,
                             struct mm_problems *problems)
{
    struct mm_chain *chain = mm_arena_new(arena, struct mm_chain);
    struct mm_step *steps = mm_arena_array(arena, struct mm_step, components->count);
    if (!chain || !steps)
        return MM_ERR_MEMORY;
    if (components->count > STEPS_MAX) {
        mm_problem(problems, MM_SEVERITY_ERROR, components->items[0].node, "%zu transforms: a chain has at most %d",
                   components->count, STEPS_MAX);
        return MM_ERR_CONFIG;
    }
    enum mm_status worst = MM_OK;
    for (size_t i = 0; i < components->count; i++) {
        enum mm_status s = make_step(arena, &components->items[i], (uint32_t)i, &steps[i], problems);
        worst = s ? s : worst;
    }
    *chain = (struct mm_chain){.count = components->count, .steps = steps};
    *out = chain;
    return worst;
}

bool mm_step_is_random(const struct mm_step *step)
{
    const struct mm_transform *transform = step->transform;
    return transform->flags & MM_RANDOM && (!transform->is_random || transform->is_random(step->self));
}

static size_t step_outputs(const struct mm_step *step)
{
    return step->transform->flags & MM_MANY ? step->transform->outputs(step->self) : 1;
}

size_t mm_chain_prefix(const struct mm_chain *chain)
{
    size_t n = 0;
    while (n < chain->count && !mm_step_is_random(&chain->steps[n]) && step_outputs(&chain->steps[n]) == 1)
        n++;
    return n;
}

size_t mm_chain_outputs(const struct mm_chain *chain, size_t from)
{
    size_t outputs = 1;
    for (size_t i = from; i < chain->count; i++)
        outputs *= step_outputs(&chain->steps[i]);
    return outputs;
}

static enum mm_status run_field(const struct mm_step *step, struct mm_sample *sample, size_t key,
                                const struct mm_context *context, struct mm_error *err)
{
    const char *name = step->common.keys.items[key];
    struct mm_field *field = mm_sample_find(sample, name);
    if (!field)
        return step->common.allow_missing_keys ? MM_OK : mm_sample_field(sample, name, &field, err);
    const char *source = field->source;
    if (!step->transform->each(step, sample, field, key, context, err))
        return MM_OK;
    return source ? mm_fail_in(err, "%s (%s)", name, source) : mm_fail_in(err, "%s", name);
}

static enum mm_status run_step(const struct mm_step *step, struct mm_sample *sample, const struct mm_context *context,
                               struct mm_error *err)
{
    enum mm_status s;
    if (!(step->transform->flags & MM_TAKES_PACKED) && MM_TRY(s, mm_sample_unpack(sample, err)))
        return s;
    if (!(step->transform->flags & MM_VIEWS) && MM_TRY(s, mm_sample_settle(sample, err)))
        return s;
    if (!(step->transform->flags & MM_RESCALES) && MM_TRY(s, mm_sample_settle_values(sample, err)))
        return s;
    if (step->transform->apply)
        return step->transform->apply(step, sample, context, err);
    for (size_t key = 0; key < step->common.keys.count; key++)
        if (MM_TRY(s, run_field(step, sample, key, context, err)))
            return s;
    return MM_OK;
}

static enum mm_status fail_in_step(const struct mm_step *step, struct mm_error *err)
{
    return mm_fail_in(err, "transform %u (%s)", step->index + 1, step->transform->name);
}

static bool goes_on(struct mm_chain_watch *watch, const struct mm_step *step)
{
    if (watch->is_unwanted)
        return false;
    watch->since = mm_clock();
    watch->step = step;
    return true;
}

enum mm_status mm_chain_run_views(const struct mm_chain *chain, size_t from, size_t to, struct mm_sample *sample,
                                  const struct mm_context *context, struct mm_error *err)
{
    for (size_t i = from; i < to; i++) {
        const struct mm_step *step = &chain->steps[i];
        struct mm_context here;
        if (context) {
            here = *context;
            here.output = (uint32_t)(context->output / mm_chain_outputs(chain, i + 1));
            if (context->watch && !goes_on(context->watch, step))
                return mm_fail(err, MM_INTERRUPTED, "transform %u (%s) is not wanted any more", step->index + 1,
                               step->transform->name);
        }
        if (run_step(step, sample, context ? &here : NULL, err))
            return fail_in_step(step, err);
    }
    return MM_OK;
}

bool mm_chain_takes_packed(const struct mm_chain *chain, size_t from)
{
    return from < chain->count && chain->steps[from].transform->flags & MM_TAKES_PACKED;
}

enum mm_status mm_chain_run(const struct mm_chain *chain, size_t from, size_t to, struct mm_sample *sample,
                            const struct mm_context *context, struct mm_error *err)
{
    enum mm_status s;
    if (MM_TRY(s, mm_chain_run_views(chain, from, to, sample, context, err)))
        return s;
    return mm_sample_settle(sample, err);
}

enum mm_status mm_chain_prepare(const struct mm_chain *chain, size_t from, struct mm_sample *sample,
                                struct mm_error *err)
{
    for (size_t i = from; i < chain->count; i++) {
        const struct mm_step *step = &chain->steps[i];
        if (step->transform->prepare && step->transform->prepare(step, sample, err))
            return fail_in_step(step, err);
    }
    return MM_OK;
}
