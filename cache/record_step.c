/* How records name the steps of a history. */
#include "cache/record_internal.h"

struct search {
    const struct mm_step *wanted; /* NULL: by the number */
    uint32_t number;
    const struct mm_step *found;
};

static bool is_wanted(void *context, const struct mm_step *step)
{
    struct search *search = context;
    bool is = step->inside && (search->wanted ? step == search->wanted : step->index == search->number);
    search->found = is ? step : NULL;
    return is;
}

uint32_t mm_record_number_of(const struct mm_source *source, const struct mm_step *step)
{
    const struct mm_chain *chain = source->chain;
    struct search search = {.wanted = step};
    for (uint32_t i = 0; i < source->prefix; i++)
        if (&chain->steps[i] == step)
            return i;
    return mm_chain_any(chain, 0, source->prefix, is_wanted, &search) ? step->index : UINT32_MAX;
}

const struct mm_step *mm_record_step(const struct mm_source *source, uint32_t number)
{
    const struct mm_chain *chain = source->chain;
    struct search search = {.number = number};
    if (number < source->prefix)
        return &chain->steps[number];
    mm_chain_any(chain, 0, source->prefix, is_wanted, &search);
    return search.found;
}
