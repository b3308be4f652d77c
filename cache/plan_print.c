/* The plan as people read it. */
#include "base/names.h"
#include "cache/pipeline.h"

#define NAME_WIDTH 28
#define KEYS_WIDTH 20

static void print_keys(const struct mm_step *step, struct mm_text *text)
{
    size_t start = text->length;
    for (size_t i = 0; i < step->common.keys.count; i++)
        mm_text_format(text, "%s%s", i ? ", " : "", step->common.keys.items[i]);
    size_t width = text->length - start;
    mm_text_format(text, "%*s", width < KEYS_WIDTH ? (int)(KEYS_WIDTH - width) : 0, "");
}

/* First random step, or `count`. */
static size_t first_random(const struct mm_chain *chain)
{
    size_t i = 0;
    while (i < chain->count && !mm_step_is_random(&chain->steps[i]))
        i++;
    return i;
}

static void print_step(const struct mm_source *source, size_t i, struct mm_text *text)
{
    const struct mm_chain *chain = source->chain;
    const struct mm_step *step = &chain->steps[i];
    size_t outputs = mm_chain_outputs(chain, i) / mm_chain_outputs(chain, i + 1);
    mm_text_format(text, "  %3u  %-*s ", step->index + 1, NAME_WIDTH, step->transform->name);
    print_keys(step, text);
    mm_text_format(text, " %s",
                   i >= source->prefix        ? "every use"
                   : source->pipeline->caches ? "cached"
                                              : "once an epoch");
    if (mm_step_is_random(step))
        mm_text_add(text, ", random");
    if (outputs > 1)
        mm_text_format(text, ", makes %zu samples", outputs);
    mm_text_add(text, "\n");
}

static void print_chain(const struct mm_source *source, struct mm_text *text)
{
    const struct mm_chain *chain = source->chain;
    mm_text_format(text, "transforms\n");
    for (size_t i = 0; i < chain->count; i++) {
        print_step(source, i, text);
        if (i + 1 == source->prefix && source->pipeline->caches)
            mm_text_add(text, "  ----- the cache keeps what is there now -----\n");
    }
}

static void print_residence(const struct mm_cache_plan *plan, struct mm_text *text)
{
    uint32_t low = plan->cached / plan->replaced, high = (plan->cached - 1) / plan->replaced + 1;
    mm_text_format(text, "  rotation    after each epoch the %u oldest leave and %u others enter; an item stays %u",
                   plan->replaced, plan->replaced, low);
    if (high != low)
        mm_text_format(text, " or %u", high);
    mm_text_format(text, " epoch%s\n  coverage    every item has been seen after %u epochs\n", high > 1 ? "s" : "",
                   plan->coverage_epochs);
}

static void print_memory(const struct mm_pipeline *pipeline, const struct mm_cache_plan *plan, struct mm_text *text)
{
    char item[32], all[32], limit[32];
    uint32_t places = plan->cached + (plan->replaced_max ? plan->replaced_max : plan->replaced);
    mm_text_bytes(limit, sizeof limit, (double)plan->limit);
    mm_text_add(text, "  memory      ");
    if (plan->bytes_per_item)
        mm_text_format(text, "%u places of at most %s: at most %s", places,
                       mm_text_bytes(item, sizeof item, (double)plan->bytes_per_item),
                       mm_text_bytes(all, sizeof all, (double)plan->bytes_per_item * places));
    else
        mm_text_format(text, "%u places of unknown size", places);
    mm_text_format(text, "; limit: %s", plan->limit ? limit : "none");
    if (pipeline->auto_memory)
        mm_text_format(text, " (auto: %.0f %% of what is free)", 100 * MM_CACHE_SHARE);
    mm_text_add(text, "\n");
}

static void print_cache(const struct mm_source *source, const struct mm_cache_plan *plan, struct mm_text *text)
{
    mm_text_format(text, "items\n  datalist    %u items under \"%s\" of %s\n", plan->items,
                   source->pipeline->data_list_key ? source->pipeline->data_list_key : "", source->list->file);
    if (!source->pipeline->caches) {
        mm_text_format(text, "  cache       none: %s prepares every item anew in every epoch\n",
                       source->pipeline->name);
        return;
    }
    if (plan->cached == plan->items)
        mm_text_format(text, "  cache       all %u items are held, nothing rotates (plain caching)\n", plan->cached);
    else
        mm_text_format(text, "  cache       %u of %u items are held; an epoch uses these and no others\n",
                       plan->cached, plan->items);
    if (source->pipeline->auto_objects && !source->pipeline->is_resolved)
        mm_text_add(text, "              (auto: as many as the limit holds)\n");
    if (plan->replaced)
        print_residence(plan, text);
    if (plan->replaced_max)
        mm_text_format(text,
                       "  rotation    auto: after each epoch up to %u leave and as many others enter; how many is "
                       "chosen in the first epoch\n",
                       plan->replaced_max);
    print_memory(source->pipeline, plan, text);
}

/* "1 sample", "4 samples" */
static void print_count(struct mm_text *text, uint32_t count, const char *noun)
{
    mm_text_format(text, "%u %s%s", count, noun, count == 1 ? "" : "s");
}

static void print_batches(const struct mm_source *source, const struct mm_cache_plan *plan, struct mm_text *text)
{
    const struct mm_pipeline *pipeline = source->pipeline;
    uint32_t rest = plan->cached - (plan->steps - 1) * plan->volumes_per_step;
    mm_text_add(text, "batches\n  a step      ");
    print_count(text, plan->volumes_per_step, "volume");
    mm_text_add(text, " x ");
    print_count(text, plan->outputs, "sample");
    mm_text_add(text, " = a batch of ");
    print_count(text, plan->batch, "sample");
    mm_text_add(text,
                pipeline->batched_by_transforms ? " (batched by transforms)\n  an epoch    " : "\n  an epoch    ");
    print_count(text, plan->steps, "step");
    if (rest < plan->volumes_per_step) {
        mm_text_add(text, ", the last with ");
        print_count(text, rest * plan->outputs, "sample");
    }
    mm_text_add(text, "\n  loader      ");
    print_count(text, pipeline->num_workers > 0 ? (uint32_t)pipeline->num_workers : 1, "thread");
    mm_text_format(text, ", prefetch_size %lld\n", (long long)pipeline->prefetch_size);
}

static void warn_rotation(const struct mm_cache_plan *plan, struct mm_text *text)
{
    if (plan->coverage_epochs == 0 && !plan->replaced_max)
        mm_text_format(
            text,
            "warning: only %u of %u items are ever seen: replace_percent is 0 and num_cache_objects is less than the "
            "datalist has\n",
            plan->cached, plan->items);
    if (plan->replaced && plan->cached % plan->replaced)
        mm_text_format(
            text,
            "warning: %u replaced items do not divide %u held ones: some items stay one epoch longer than others\n",
            plan->replaced, plan->cached);
}

static void warn_memory(const struct mm_pipeline *pipeline, const struct mm_cache_plan *plan, struct mm_text *text)
{
    char limit[32];
    uint64_t places = (uint64_t)plan->cached + plan->replaced;
    if (!plan->limit || !plan->bytes_per_item)
        return;
    mm_text_bytes(limit, sizeof limit, (double)plan->limit);
    if (plan->wanted > plan->cached && !pipeline->auto_objects)
        mm_text_format(text,
                       "warning: %u items with their replacements may need more than cache_memory allows (%s): "
                       "num_cache_objects is lowered to %u\n",
                       plan->wanted, limit, plan->cached);
    if (plan->bytes_per_item > plan->limit / places)
        mm_text_format(text,
                       "warning: the items may need more than cache_memory allows (%s); at %llu places or fewer they "
                       "fit. What does not fit is prepared anew at each use\n",
                       limit, (unsigned long long)(plan->limit / plan->bytes_per_item));
}

/* Deterministic steps behind a random one run at every use. */
static void warn_stranded(const struct mm_source *source, struct mm_text *text)
{
    const struct mm_chain *chain = source->chain;
    size_t random = first_random(chain);
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

/* The size that the last step with a size of its own makes, or NULL: steps behind it keep sizes, as far as is known
 * here. */
static const struct mm_ints *last_size(const struct mm_source *source)
{
    const struct mm_chain *chain = source->chain;
    for (size_t i = chain->count; i > source->prefix; i--) {
        const struct mm_step *step = &chain->steps[i - 1];
        if (!(step->transform->flags & MM_SPATIAL))
            continue;
        for (const struct mm_param *p = step->transform->params; p && p->type != MM_PARAM_END_OF_TABLE; p++)
            if (is_size(p))
                return (const struct mm_ints *)((const char *)step->self + p->offset);
    }
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
    else if (!source->pipeline->batched_by_transforms && wanted > plan->cached)
        mm_text_format(text, "warning: output_batch_size %lld is more than the %u items of an epoch\n",
                       (long long)wanted, plan->cached);
}

void mm_cache_plan_print(const struct mm_source *source, const struct mm_cache_plan *plan, struct mm_text *text)
{
    print_chain(source, text);
    print_cache(source, plan, text);
    print_batches(source, plan, text);
    warn_rotation(plan, text);
    warn_memory(source->pipeline, plan, text);
    warn_stranded(source, text);
    warn_crop(source, text);
    warn_batch(source, plan, text);
}
