/* Warnings about a plan, each with the number that would be better. */
#include "base/names.h"
#include "base/threads.h"
#include "cache/outlook.h"

/* "replace_percent 0.25" for R of N. */
static void print_share(const struct mm_cache_plan *plan, uint32_t cached, uint32_t replaced, struct mm_text *text)
{
    mm_text_format(text, "replace_percent %.9g", mm_cache_share(plan, cached, replaced));
}

/* The number with which the run would see all items. */
static void print_remedy(const struct mm_cache_plan *plan, const struct mm_cache_outlook *o, struct mm_text *text)
{
    if (o->replaced_all) {
        mm_text_add(text, "; ");
        print_share(plan, plan->cached, o->replaced_all, text);
        mm_text_add(text, " would");
    } else if (o->cached_all) {
        mm_text_format(text, "; num_cache_objects %u with replace_percent 1 would", o->cached_all);
    }
    if (plan->coverage_epochs)
        mm_text_format(text, "%s %u epochs would", o->replaced_all || o->cached_all ? ", or" : ";",
                       plan->coverage_epochs);
    mm_text_add(text, "\n");
}

void mm_cache_warn_coverage(const struct mm_cache_plan *plan, const struct mm_cache_outlook *o, int64_t epochs,
                            struct mm_text *text)
{
    if (plan->coverage_epochs == 0 && !plan->replaced_max)
        mm_text_format(
            text,
            "warning: only %u of %u items are ever seen: replace_percent is 0 and num_cache_objects is less "
            "than the datalist has",
            plan->cached, plan->items);
    else if (epochs > 0 && plan->coverage_epochs > epochs)
        mm_text_format(text, "warning: only %u of %u items will have been seen after %lld epoch%s", o->seen,
                       plan->items, (long long)epochs, epochs == 1 ? "" : "s");
    else
        return;
    print_remedy(plan, o, text);
}

static void warn_uneven(const struct mm_cache_plan *plan, const struct mm_cache_outlook *o, struct mm_text *text)
{
    if (!o->replaced_even)
        return;
    mm_text_format(text,
                   "warning: %u replaced items do not divide %u held ones: some items stay one epoch longer than "
                   "others; ",
                   plan->replaced, plan->cached);
    print_share(plan, plan->cached, o->replaced_even, text);
    mm_text_format(text, " replaces %u\n", o->replaced_even);
}

void mm_cache_warn_starving(const struct mm_cache_plan *plan, const struct mm_cache_outlook *o, struct mm_text *text)
{
    char wait[32], loading[32];
    if (!o->starves)
        return;
    mm_text_format(text, "warning: loading %u item%s takes %s with %u thread%s, longer than the steps of ", o->loads,
                   o->loads == 1 ? "" : "s", mm_text_seconds(loading, sizeof loading, o->seconds * plan->every),
                   o->threads, o->threads == 1 ? "" : "s");
    if (plan->every > 1)
        mm_text_format(text, "%u epochs", plan->every);
    else
        mm_text_add(text, "an epoch");
    mm_text_format(text, ": each waits %s at least", mm_text_seconds(wait, sizeof wait, o->floor));
    if (o->replaced_hidden)
        mm_text_format(text, "; use replace_percent <= %.9g", mm_cache_share(plan, plan->cached, o->replaced_hidden));
    if (o->threads_hidden)
        mm_text_format(text, "%s num_workers >= %u", o->replaced_hidden ? " or" : "; use", o->threads_hidden);
    if (o->threads_hidden > mm_threads_available())
        mm_text_format(text, " (this machine has %u processors)", mm_threads_available());
    if (o->every_hidden)
        mm_text_format(text, "%s replace_every >= %u", o->threads_hidden ? " or" : "; use", o->every_hidden);
    mm_text_add(text, "\n");
}

static void warn_lowered(const struct mm_source *source, const struct mm_cache_plan *plan, struct mm_text *text)
{
    char limit[32], needed[32];
    if (plan->wanted <= plan->cached || source->pipeline->auto_objects)
        return;
    mm_text_format(text,
                   "warning: %u items with their replacements may need more than cache_memory allows (%s): "
                   "num_cache_objects is lowered to %u",
                   plan->wanted, mm_text_bytes(limit, sizeof limit, (double)plan->limit), plan->cached);
    double places = (double)plan->wanted * (1 + source->pipeline->replace_percent);
    places = places < plan->distinct ? places : plan->distinct;
    mm_text_format(text, "; %s would hold them\n",
                   mm_text_bytes(needed, sizeof needed, places * (double)plan->bytes_per_item));
}

static void warn_memory(const struct mm_cache_plan *plan, const struct mm_cache_outlook *o, struct mm_text *text)
{
    char bytes[32];
    if (!o->memory)
        return;
    mm_text_bytes(bytes, sizeof bytes, (double)o->memory);
    if (plan->limit)
        mm_text_format(
            text,
            "warning: the items may need more than cache_memory allows (%s)%s: what does not fit is prepared anew at "
            "each use",
            bytes, plan->packs && !plan->packed_per_item ? " unless packing makes them small enough" : "");
    else
        mm_text_format(
            text, "warning: the items may need more memory than is free (%s), and cache_memory sets no limit", bytes);
    if (o->cached_fits) {
        mm_text_format(text, "; num_cache_objects %u with ", o->cached_fits);
        print_share(plan, o->cached_fits, o->replaced_fits, text);
        mm_text_add(text, " fits");
    }
    mm_text_add(text, "\n");
}

/* Deterministic steps behind a random one run at every use. */
static void warn_stranded(const struct mm_source *source, struct mm_text *text)
{
    const struct mm_chain *chain = source->chain;
    size_t random = mm_cache_first_random(chain);
    for (size_t i = random; i < chain->count; i++)
        if (!mm_step_is_random(&chain->steps[i]))
            mm_text_format(
                text,
                "warning: transform %u (%s) is deterministic but stands behind the random transform %u (%s): it is "
                "not cached\n",
                chain->steps[i].index + 1, chain->steps[i].transform->name, chain->steps[random].index + 1,
                chain->steps[random].transform->name);
}

static bool is_size(const struct mm_param *param)
{
    return param->type == MM_PARAM_INTS && param->offset != SIZE_MAX &&
           mm_names_contain("size roi_size spatial_size output_size", param->name);
}

static const struct mm_ints *size_of(const struct mm_step *step)
{
    const struct mm_param *p = step->transform->flags & MM_SPATIAL ? step->transform->params : NULL;
    for (; p && p->type != MM_PARAM_END_OF_TABLE; p++)
        if (is_size(p))
            return (const struct mm_ints *)((const char *)step->self + p->offset);
    return NULL;
}

static bool has_size(void *context, const struct mm_step *step)
{
    (void)context;
    return size_of(step) != NULL;
}

/* The size that the last step with a size of its own makes, or NULL: steps behind it keep sizes, as far as is known
 * here. Of a group with such steps it is not known which of them run. */
static const struct mm_ints *last_size(const struct mm_source *source)
{
    const struct mm_chain *chain = source->chain;
    for (size_t i = chain->count; i > source->prefix; i--)
        if (mm_chain_any(chain, i - 1, i, has_size, NULL))
            return size_of(&chain->steps[i - 1]);
    return NULL;
}

static void print_sizes(const struct mm_ints *sizes, struct mm_text *text)
{
    for (size_t i = 0; i < sizes->count; i++)
        mm_text_format(text, "%s%lld", i ? " x " : "", (long long)sizes->items[i]);
}

static void warn_crop(const struct mm_source *source, struct mm_text *text)
{
    const struct mm_ints *wanted = &source->pipeline->output_crop_size, *made = last_size(source);
    for (size_t i = 0; made && i < wanted->count && i < made->count; i++)
        if (wanted->items[i] > 0 && made->items[i] > 0 && wanted->items[i] != made->items[i]) {
            mm_text_add(text, "warning: output_crop_size says ");
            print_sizes(wanted, text);
            mm_text_add(text, ", the transforms make ");
            print_sizes(made, text);
            mm_text_add(text, "\n");
            return;
        }
}

static void warn_batch(const struct mm_source *source, const struct mm_cache_plan *plan, struct mm_text *text)
{
    int64_t wanted = source->pipeline->output_batch_size;
    if (source->pipeline->batched_by_transforms && wanted > 1 && wanted != plan->outputs)
        mm_text_format(
            text,
            "warning: output_batch_size %lld does nothing where batched_by_transforms is true: a batch is the %u "
            "samples of one volume\n",
            (long long)wanted, plan->outputs);
    else if (!source->pipeline->batched_by_transforms && wanted > plan->cached / plan->ranks)
        mm_text_format(text, "warning: output_batch_size %lld is more than the %u items of an epoch\n",
                       (long long)wanted, plan->cached / plan->ranks);
}

void mm_cache_plan_warn(const struct mm_source *source, const struct mm_cache_plan *plan,
                        const struct mm_cache_outlook *outlook, const struct mm_cache_basis *basis,
                        struct mm_text *text)
{
    mm_cache_warn_coverage(plan, outlook, basis->epochs, text);
    warn_uneven(plan, outlook, text);
    mm_cache_warn_starving(plan, outlook, text);
    warn_lowered(source, plan, text);
    warn_memory(plan, outlook, text);
    warn_stranded(source, text);
    warn_crop(source, text);
    warn_batch(source, plan, text);
}
