/* The plan as people read it; its chain is in plan_chain.c, its warnings in plan_warn.c. */
#include <inttypes.h>

#include "cache/fit.h"
#include "cache/outlook.h"

/* "after each epoch", "after every 5 epochs" */
static void print_when(const struct mm_cache_plan *plan, struct mm_text *text)
{
    if (plan->every > 1)
        mm_text_format(text, "after every %u epochs", plan->every);
    else
        mm_text_add(text, "after each epoch");
}

static void print_residence(const struct mm_cache_plan *plan, struct mm_text *text)
{
    uint32_t low = plan->cached / plan->replaced, high = (plan->cached - 1) / plan->replaced + 1;
    mm_text_add(text, "  rotation    ");
    print_when(plan, text);
    if (plan->replaced == 1)
        mm_text_add(text, " the oldest leaves and another enters");
    else
        mm_text_format(text, " the %u oldest leave and %u others enter", plan->replaced, plan->replaced);
    mm_text_format(text, "; an item stays %" PRIu64, (uint64_t)low * plan->every);
    if (high != low)
        mm_text_format(text, " or %" PRIu64, (uint64_t)high * plan->every);
    mm_text_format(text, " epoch%s\n  coverage    every item has been seen after %u epochs\n",
                   high > 1 || plan->every > 1 ? "s" : "", plan->coverage_epochs);
}

/* Ranks: what is rounded, so that each has as many items and steps as any other. */
static void print_ranks(const struct mm_cache_plan *plan, struct mm_text *text)
{
    if (plan->ranks == 1)
        return;
    mm_text_format(text, "  ranks       %u: each holds %u items", plan->ranks, plan->cached / plan->ranks);
    if (plan->replaced) {
        mm_text_format(text, " and replaces %u ", plan->replaced / plan->ranks);
        print_when(plan, text);
    }
    mm_text_add(text, "\n");
    if (plan->wanted != plan->cached_alone)
        mm_text_format(text, "              (the items held are rounded from %u to %u, a multiple of %u)\n",
                       plan->cached_alone, plan->wanted, plan->ranks);
    if (plan->replaced != plan->replaced_alone)
        mm_text_format(text, "              (the items replaced are rounded from %u to %u, a multiple of %u)\n",
                       plan->replaced_alone, plan->replaced, plan->ranks);
}

static void print_memory(const struct mm_pipeline *pipeline, const struct mm_cache_plan *plan,
                         const struct mm_cache_basis *basis, struct mm_text *text)
{
    char item[32], all[32], limit[32], left[32];
    uint32_t places = (uint32_t)(mm_cache_places_needed(plan) / plan->ranks);
    mm_text_bytes(limit, sizeof limit, (double)plan->limit);
    mm_text_add(text, plan->ranks > 1 ? "  memory      each rank: " : "  memory      ");
    if (plan->bytes_per_item)
        mm_text_format(text, "%u places of at most %s: at most %s", places,
                       mm_text_bytes(item, sizeof item, (double)plan->bytes_per_item),
                       mm_text_bytes(all, sizeof all, (double)plan->bytes_per_item * places));
    else
        mm_text_format(text, "%u places of unknown size", places);
    mm_text_format(text, "; limit: %s", plan->limit ? limit : "none");
    if (pipeline->auto_memory)
        mm_text_format(text, " (auto: %.0f %% of what is free)", 100 * MM_CACHE_SHARE);
    if (basis->available)
        mm_text_format(text, "; free: %s", mm_text_bytes(left, sizeof left, (double)basis->available));
    mm_text_add(text, "\n");
    if (!plan->packs)
        return;
    mm_text_add(text, "  packing     images are kept packed where that pays");
    if (plan->packed_per_item)
        mm_text_format(text, ": the largest item takes %s, a quarter more than measured",
                       mm_text_bytes(item, sizeof item, (double)plan->packed_per_item));
    mm_text_add(text, "\n");
}

static void print_disk(const struct mm_pipeline *pipeline, struct mm_text *text)
{
    char limit[32];
    if (!pipeline->cache_dir)
        return;
    mm_text_bytes(limit, sizeof limit, (double)pipeline->cache_dir_limit);
    mm_text_format(text, "  disk        prepared items are kept in %s; limit: %s\n", pipeline->cache_dir,
                   pipeline->cache_dir_limit ? limit : "none");
}

static void print_cache(const struct mm_source *source, const struct mm_cache_plan *plan,
                        const struct mm_cache_basis *basis, struct mm_text *text)
{
    mm_text_format(text, "items\n  datalist    %u items under \"%s\" of %s\n", plan->items,
                   source->pipeline->data_list_key ? source->pipeline->data_list_key : "", source->list->file);
    if (!source->pipeline->caches) {
        mm_text_format(text, "  cache       none: %s prepares every item anew in every epoch\n",
                       source->pipeline->name);
        print_disk(source->pipeline, text);
        return;
    }
    print_ranks(plan, text);
    if (plan->distinct < plan->items)
        mm_text_format(text, "  distinct    %u: what is listed more than once is held once\n", plan->distinct);
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
                       "  rotation    auto: after each epoch up to %u leave and as many others enter, or one after "
                       "several; how many is chosen in the first epoch\n",
                       plan->replaced_max);
    print_memory(source->pipeline, plan, basis, text);
    print_disk(source->pipeline, text);
}

/* "1 sample", "4 samples" */
static void print_count(struct mm_text *text, uint32_t count, const char *noun)
{
    mm_text_format(text, "%u %s%s", count, noun, count == 1 ? "" : "s");
}

/* "50 epochs of 24 items = 29 passes over 41 items" */
static void print_run(const struct mm_cache_plan *plan, const struct mm_cache_outlook *outlook,
                      const struct mm_cache_basis *basis, struct mm_text *text)
{
    if (basis->epochs < 1)
        return;
    bool rotates = plan->replaced || plan->replaced_max;
    mm_text_add(text, "\n  a run       ");
    print_count(text, (uint32_t)basis->epochs, "epoch");
    mm_text_format(text, " of %u items = %.*f passes over %s%u items", plan->cached, outlook->passes < 10 ? 1 : 0,
                   outlook->passes, rotates || plan->cached == plan->items ? "" : "the same ",
                   rotates ? plan->items : plan->cached);
}

/* What the cached steps cost, and what an epoch's steps must take to hide it. */
static void print_loading(const struct mm_cache_plan *plan, const struct mm_cache_outlook *o,
                          const struct mm_cache_basis *basis, struct mm_text *text)
{
    char one[32], size[32], first[32], further[32], step[32];
    if (!(basis->load_seconds > 0))
        return;
    mm_text_format(text, "  loading     a measured item takes %s",
                   mm_text_seconds(one, sizeof one, basis->load_seconds));
    if (basis->item_bytes)
        mm_text_format(text, " and %s", mm_text_bytes(size, sizeof size, (double)basis->item_bytes));
    mm_text_format(text, "; with %u thread%s the first epoch's %u take %s", o->threads, o->threads == 1 ? "" : "s",
                   o->loads_first, mm_text_seconds(first, sizeof first, o->seconds_first));
    if (plan->replaced_max)
        mm_text_add(text, ", and each further one loads what its steps hide");
    else if (!o->loads)
        mm_text_add(text, ", the others load nothing");
    else if (plan->every > 1)
        mm_text_format(text, ", the %u of every further %u epochs take %s", o->loads, plan->every,
                       mm_text_seconds(further, sizeof further, o->seconds * plan->every));
    else
        mm_text_format(text, ", each further one's %u take %s", o->loads,
                       mm_text_seconds(further, sizeof further, o->seconds));
    mm_text_add(text, "\n");
    if (basis->step_seconds > 0)
        mm_text_format(text, "              with steps of %s an epoch waits %s at least\n",
                       mm_text_seconds(step, sizeof step, basis->step_seconds),
                       mm_text_seconds(further, sizeof further, o->floor));
    else if (o->loads)
        mm_text_format(text, "              hidden by steps of %s or more\n",
                       mm_text_seconds(step, sizeof step, o->step_hidden));
}

static void print_batches(const struct mm_source *source, const struct mm_cache_plan *plan,
                          const struct mm_cache_outlook *outlook, const struct mm_cache_basis *basis,
                          struct mm_text *text)
{
    const struct mm_pipeline *pipeline = source->pipeline;
    uint32_t own = plan->cached / plan->ranks, rest = own - (plan->steps - 1) * plan->volumes_per_step;
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
    print_run(plan, outlook, basis, text);
    mm_text_add(text, "\n  loader      ");
    print_count(text, outlook->threads, "thread");
    mm_text_format(text, ", prefetch_size %lld\n", (long long)pipeline->prefetch_size);
    print_loading(plan, outlook, basis, text);
}

void mm_cache_plan_print(const struct mm_source *source, const struct mm_cache_plan *plan,
                         const struct mm_cache_basis *basis, struct mm_text *text)
{
    struct mm_cache_outlook outlook;
    mm_cache_outlook_make(source, plan, basis, &outlook);
    mm_cache_chain_print(source, text);
    print_cache(source, plan, basis, text);
    print_batches(source, plan, &outlook, basis, text);
    mm_cache_plan_warn(source, plan, &outlook, basis, text);
}
