/* The outlook: arithmetic only. */
#include "cache/outlook.h"

#include <math.h>

#include "cache/fit.h"
#include "cache/policy.h"

#define QUARTER   0.25
#define TOLERANCE 1.01 /* a wait of 1 % of the steps is no starving */

double mm_cache_share(const struct mm_cache_plan *plan, uint32_t cached, uint32_t replaced)
{
    for (double unit = 10; unit < 1e9; unit *= 10) {
        double share = floor(replaced * unit / cached + 1e-6) / unit;
        if (share > 0 && mm_policy_replacements(plan->items, cached, share) == replaced)
            return share;
    }
    return (double)replaced / cached;
}

static bool rotates(const struct mm_cache_plan *plan)
{
    return plan->replaced || plan->replaced_max;
}

static uint64_t item_bytes(const struct mm_cache_plan *plan, const struct mm_cache_basis *basis)
{
    if (plan->packed_per_item)
        return plan->packed_per_item;
    return basis->item_bytes ? basis->item_bytes : plan->bytes_per_item;
}

/* Items that an epoch finds no room for, and prepares anew. */
static uint32_t not_kept(const struct mm_cache_plan *plan, const struct mm_cache_basis *basis)
{
    uint64_t bytes = item_bytes(plan, basis);
    if (!plan->limit || !bytes || rotates(plan))
        return 0;
    uint64_t fits = plan->limit / bytes * plan->ranks;
    return fits < plan->cached ? plan->cached - (uint32_t)fits : 0;
}

/* How often items are replaced in a run. */
static double rotations(const struct mm_cache_plan *plan, const struct mm_cache_basis *basis)
{
    return basis->epochs > 1 ? floor((double)(basis->epochs - 1) / plan->every) : 0;
}

static void look_at_length(const struct mm_cache_plan *plan, const struct mm_cache_basis *basis,
                           struct mm_cache_outlook *out)
{
    out->seen = plan->cached;
    if (basis->epochs < 1)
        return;
    double seen = plan->cached + rotations(plan, basis) * plan->replaced;
    out->seen = seen < plan->items ? (uint32_t)seen : plan->items;
    out->passes = (double)basis->epochs * plan->cached / (rotates(plan) ? plan->items : plan->cached);
}

static void look_at_loading(const struct mm_source *source, const struct mm_cache_plan *plan,
                            const struct mm_cache_basis *basis, struct mm_cache_outlook *out)
{
    int64_t workers = basis->threads ? basis->threads : source->pipeline->num_workers;
    out->threads = workers > 0 ? (unsigned)workers : 1;
    out->loads_first = plan->cached / plan->ranks;
    out->loads = (source->pipeline->caches ? plan->replaced + not_kept(plan, basis) : plan->cached) / plan->ranks;
    out->seconds_first = out->loads_first * basis->load_seconds / out->threads;
    out->seconds = out->loads * basis->load_seconds / out->threads / plan->every;
    out->step_hidden = out->seconds / plan->steps;
    if (basis->step_seconds > 0)
        out->floor = fmax(0, out->seconds - plan->steps * basis->step_seconds);
}

static uint32_t largest_replaced(const struct mm_cache_plan *plan, uint32_t cached)
{
    return mm_policy_replacements(plan->items, cached, 1);
}

/* The divisor of N that is nearest to R, the smaller one of two. */
static uint32_t nearest_divisor(const struct mm_cache_plan *plan)
{
    uint32_t most = largest_replaced(plan, plan->cached), best = 0;
    for (uint32_t d = 1; d <= most; d++)
        if (plan->cached % d == 0 &&
            (!best || abs((int)d - (int)plan->replaced) < abs((int)best - (int)plan->replaced)))
            best = d;
    return best;
}

/* Places that the memory holds; UINT64_MAX where that is not known. */
static uint64_t places_held(const struct mm_cache_plan *plan, const struct mm_cache_basis *basis)
{
    uint64_t bytes = item_bytes(plan, basis), memory = plan->limit ? plan->limit : basis->available;
    return mm_cache_places(plan, memory, bytes);
}

/* Epochs are too few for R, or R is 0. Where their number is not known, a quarter is a good start. */
static void advise_coverage(const struct mm_cache_plan *plan, const struct mm_cache_basis *basis,
                            struct mm_cache_outlook *out)
{
    uint32_t missing = plan->items - plan->cached, most = largest_replaced(plan, plan->cached);
    uint64_t places = places_held(plan, basis);
    bool is_enough = plan->coverage_epochs && (basis->epochs < 1 || plan->coverage_epochs <= basis->epochs);
    if (!missing || plan->replaced_max || is_enough)
        return;
    double wanted = mm_policy_replacements(plan->items, plan->cached, QUARTER);
    if (basis->epochs > 0)
        wanted = rotations(plan, basis) > 0 ? ceil(missing / rotations(plan, basis)) : INFINITY;
    if (wanted <= most && (uint64_t)wanted + plan->cached <= places)
        out->replaced_all = (uint32_t)wanted;
    if (basis->epochs < 1)
        return;
    uint32_t cached = (uint32_t)ceil(plan->items / (1 + rotations(plan, basis)));
    if (!out->replaced_all && (uint64_t)cached + largest_replaced(plan, cached) <= places)
        out->cached_all = cached;
}

static void advise_rotation(const struct mm_cache_plan *plan, const struct mm_cache_basis *basis,
                            struct mm_cache_outlook *out)
{
    if (plan->replaced && plan->cached % plan->replaced)
        out->replaced_even = nearest_divisor(plan);
    double steps = plan->steps * basis->step_seconds;
    if (!plan->replaced || !(steps > 0) || !(basis->load_seconds > 0) || out->seconds <= steps * TOLERANCE)
        return;
    out->starves = true;
    double loading = out->loads * basis->load_seconds; /* of one thread, for each replacement */
    double replaced = floor(plan->every * steps * out->threads / basis->load_seconds) * plan->ranks;
    double threads = ceil(loading / plan->every / steps), every = ceil(loading / out->threads / steps);
    out->replaced_hidden = replaced < plan->replaced ? (uint32_t)replaced : 0;
    out->threads_hidden = threads < 1024 ? (uint32_t)threads : 0;
    out->every_hidden = out->replaced_hidden || every > MM_REPLACE_EVERY_MAX ? 0 : (uint32_t)every;
}

static void advise_memory(const struct mm_source *source, const struct mm_cache_plan *plan,
                          const struct mm_cache_basis *basis, struct mm_cache_outlook *out)
{
    uint64_t held = places_held(plan, basis);
    if (!source->pipeline->caches || mm_cache_places_needed(plan) <= held)
        return;
    double share = plan->replaced ? source->pipeline->replace_percent : QUARTER;
    out->memory = plan->limit ? plan->limit : basis->available;
    if (held < 2)
        return; /* not even one item beside its replacement */
    out->cached_fits = mm_cache_fit_share(plan, plan->cached, share, held);
    out->replaced_fits = mm_policy_replacements(plan->items, out->cached_fits, share);
}

void mm_cache_outlook_make(const struct mm_source *source, const struct mm_cache_plan *plan,
                           const struct mm_cache_basis *basis, struct mm_cache_outlook *out)
{
    *out = (struct mm_cache_outlook){0};
    look_at_length(plan, basis, out);
    look_at_loading(source, plan, basis, out);
    advise_coverage(plan, basis, out);
    advise_rotation(plan, basis, out);
    advise_memory(source, plan, basis, out);
}
