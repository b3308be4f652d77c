/* Chains, run step by step. Making them is in chain_make.c, what they are made of in chain_describe.c. */
#include <stdio.h>

#include "base/threads.h"
#include "transforms/group.h"

#define OWN_TEXT_MAX 128

bool mm_chain_any(const struct mm_chain *chain, size_t from, size_t to,
                  bool (*is)(void *context, const struct mm_step *step), void *context)
{
    for (size_t i = from; i < to; i++) {
        const struct mm_group *group = mm_step_group(&chain->steps[i]);
        if (is(context, &chain->steps[i]))
            return true;
        for (size_t m = 0; group && m < group->count; m++)
            if (mm_group_runs(group, m) && mm_chain_any(&group->members[m], 0, group->members[m].count, is, context))
                return true;
    }
    return false;
}

static bool draws(void *context, const struct mm_step *step)
{
    (void)context;
    const struct mm_transform *transform = step->transform;
    return transform->flags & MM_RANDOM && (!transform->is_random || transform->is_random(step->self));
}

bool mm_step_is_random(const struct mm_step *step)
{
    const struct mm_chain alone = {1, (struct mm_step *)step};
    return mm_chain_any(&alone, 0, 1, draws, NULL);
}

size_t mm_step_outputs(const struct mm_step *step)
{
    return step->transform->flags & MM_MANY ? step->transform->outputs(step->self) : 1;
}

size_t mm_chain_prefix(const struct mm_chain *chain)
{
    size_t n = 0;
    while (n < chain->count && !mm_step_is_random(&chain->steps[n]) && mm_step_outputs(&chain->steps[n]) == 1)
        n++;
    return n;
}

size_t mm_chain_outputs(const struct mm_chain *chain, size_t from)
{
    size_t outputs = 1;
    for (size_t i = from; i < chain->count; i++)
        outputs *= mm_step_outputs(&chain->steps[i]);
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

static const char *own_text(const struct mm_step *step, char text[OWN_TEXT_MAX])
{
    snprintf(text, OWN_TEXT_MAX, "%s %u (%s)", step->inside ? "member" : "transform",
             (step->inside ? step->member : step->index) + 1, step->transform->name);
    return text;
}

const char *mm_step_text(const struct mm_step *step, char *text, size_t size)
{
    char own[OWN_TEXT_MAX];
    if (step->inside)
        mm_step_text(step->inside, text, size);
    size_t length = step->inside ? strlen(text) : 0;
    snprintf(text + length, size - length, "%s%s", length ? ": " : "", own_text(step, own));
    return text;
}

/* The group that it is in adds its own. */
static enum mm_status fail_in_step(const struct mm_step *step, struct mm_error *err)
{
    char own[OWN_TEXT_MAX];
    return mm_fail_in(err, "%s", own_text(step, own));
}

static enum mm_status fail_unwanted(const struct mm_step *step, struct mm_error *err)
{
    char own[OWN_TEXT_MAX];
    return mm_fail(err, MM_INTERRUPTED, "%s is not wanted any more", own_text(step, own));
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
                return fail_unwanted(step, err);
        }
        if (run_step(step, sample, context ? &here : NULL, err))
            return fail_in_step(step, err);
    }
    return MM_OK;
}

/* A group hands them on. */
bool mm_chain_takes_packed(const struct mm_chain *chain, size_t from)
{
    if (from >= chain->count || !(chain->steps[from].transform->flags & MM_TAKES_PACKED))
        return false;
    const struct mm_group *group = mm_step_group(&chain->steps[from]);
    for (size_t i = 0; group && i < group->count; i++)
        if (mm_group_runs(group, i) && group->members[i].count && !mm_chain_takes_packed(&group->members[i], 0))
            return false;
    return true;
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
        const struct mm_group *group = mm_step_group(step);
        enum mm_status s = step->transform->prepare ? step->transform->prepare(step, sample, err) : MM_OK;
        for (size_t m = 0; group && m < group->count && !s; m++)
            s = mm_group_runs(group, m) ? mm_chain_prepare(&group->members[m], 0, sample, err) : MM_OK;
        if (s)
            return fail_in_step(step, err);
    }
    return MM_OK;
}
