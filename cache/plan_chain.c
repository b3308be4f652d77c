/* The chain as a plan prints it: which steps are cached, and why no more of them are. */
#include "cache/outlook.h"
#include "transforms/group.h"

#define NAME_WIDTH 28
#define KEYS_WIDTH 20
#define INDENT     3

/* As wide as the column; 0: as wide as they are. */
static void print_keys(const struct mm_step *step, size_t column, struct mm_text *text)
{
    size_t start = text->length;
    for (size_t i = 0; i < step->common.keys.count; i++)
        mm_text_format(text, "%s%s", i ? ", " : "", step->common.keys.items[i]);
    size_t width = text->length - start;
    mm_text_format(text, "%*s", width < column ? (int)(column - width) : 0, "");
}

size_t mm_cache_first_random(const struct mm_chain *chain)
{
    size_t i = 0;
    while (i < chain->count && !mm_step_is_random(&chain->steps[i]))
        i++;
    return i;
}

static void print_members(const struct mm_group *group, int indent, struct mm_text *text);

static void print_member(const struct mm_group *group, size_t i, int indent, struct mm_text *text)
{
    static const struct mm_transform nothing = {.name = "nothing"};
    struct mm_step none = {.transform = &nothing};
    const struct mm_chain *member = &group->members[i], empty = {1, &none};
    member = member->count ? member : &empty;
    for (size_t k = 0; k < member->count; k++) {
        const struct mm_step *step = &member->steps[k];
        bool has_share = group->shares && k == 0;
        mm_text_format(text, "  %*zu  %-*s ", indent + 3, i + 1, NAME_WIDTH - indent, step->transform->name);
        print_keys(step, has_share ? KEYS_WIDTH : 0, text);
        if (has_share)
            mm_text_format(text, " %.3g %%", 100 * group->shares[i]);
        mm_text_add(text, "\n");
        if (mm_step_group(step))
            print_members(mm_step_group(step), indent + INDENT, text);
    }
}

/* Indented below their group, each step with the number of its member. */
static void print_members(const struct mm_group *group, int indent, struct mm_text *text)
{
    for (size_t i = 0; i < group->count; i++)
        print_member(group, i, indent, text);
}

static void print_step(const struct mm_source *source, size_t i, struct mm_text *text)
{
    const struct mm_chain *chain = source->chain;
    const struct mm_step *step = &chain->steps[i];
    size_t outputs = mm_chain_outputs(chain, i) / mm_chain_outputs(chain, i + 1);
    mm_text_format(text, "  %3u  %-*s ", step->index + 1, NAME_WIDTH, step->transform->name);
    print_keys(step, KEYS_WIDTH, text);
    mm_text_format(text, " %s",
                   i >= source->prefix        ? "every use"
                   : source->pipeline->caches ? "cached"
                                              : "once an epoch");
    if (mm_step_is_random(step))
        mm_text_add(text, ", random");
    if (outputs > 1)
        mm_text_format(text, ", makes %zu samples", outputs);
    mm_text_add(text, "\n");
    if (mm_step_group(step))
        print_members(mm_step_group(step), INDENT, text);
}

static const double *probability(const struct mm_step *step)
{
    const struct mm_param *table = step->transform->params;
    const struct mm_param *param = table ? mm_params_find(table, "prob") : NULL;
    if (!param || param->type != MM_PARAM_DOUBLE || param->offset == SIZE_MAX)
        return NULL;
    return (const double *)((const char *)step->self + param->offset);
}

void mm_cache_prefix_end(const struct mm_source *source, struct mm_text *text)
{
    const struct mm_chain *chain = source->chain;
    if (source->prefix == chain->count) {
        mm_text_add(text, "no transform is random");
        return;
    }
    const struct mm_step *step = &chain->steps[source->prefix];
    const double *prob = probability(step);
    mm_text_format(text, "%s %s", step->transform->name,
                   mm_step_is_random(step) ? "is random" : "makes several samples of one");
    if (mm_step_is_random(step) && prob)
        mm_text_format(text, ": prob %g", *prob);
}

static void print_cut(const struct mm_source *source, struct mm_text *text)
{
    mm_text_add(text, source->prefix ? "  ----- the cache keeps what is there now, since "
                                     : "  ----- no step is cached, since ");
    mm_cache_prefix_end(source, text);
    mm_text_add(text, " -----\n");
}

void mm_cache_chain_print(const struct mm_source *source, struct mm_text *text)
{
    const struct mm_chain *chain = source->chain;
    mm_text_format(text, "transforms\n");
    for (size_t i = 0; i <= chain->count; i++) {
        if (i == source->prefix && source->pipeline->caches)
            print_cut(source, text);
        if (i < chain->count)
            print_step(source, i, text);
    }
}
