/* What the run measures of its cache. */
#include <math.h>

#include "base/log.h"
#include "cache/outlook.h"
#include "trainer/loop_internal.h"

static double item_seconds(const struct mm_loader_stats *stats)
{
    return stats->prepared ? stats->prefix_seconds / stats->prepared : 0;
}

/* The plan as it was resolved, and what came to be known of it. */
static bool look(const struct loop *l, const struct mm_loader_stats *stats, double step_seconds,
                 struct mm_cache_plan *plan, struct mm_cache_outlook *outlook)
{
    const struct mm_training *t = l->training;
    const struct mm_cache_basis basis = {.epochs = t->epochs,
                                         .threads = l->options->loader_threads,
                                         .load_seconds = item_seconds(stats),
                                         .step_seconds = step_seconds,
                                         .item_bytes = stats->held ? stats->bytes / stats->held : 0};
    if (mm_cache_plan_make(t->train, 0, 1, plan, NULL))
        return false;
    mm_cache_outlook_make(t->train, plan, &basis, outlook);
    return true;
}

/* The first line, which there may not be. */
static void warn(const struct mm_text *text)
{
    if (!text->length)
        return;
    mm_progress_end(false);
    mm_warn("%.*s", (int)strcspn(text->bytes, "\n"), text->bytes);
}

static void note_rotation(struct mm_rotation rotation)
{
    if (rotation.every > 1)
        mm_note("cache: %u item%s replaced after every %u epochs, which is what the loader can prepare meanwhile",
                rotation.replaced, rotation.replaced == 1 ? " is" : "s are", rotation.every);
    else
        mm_note("cache: %u item%s replaced after each epoch, which is what the loader can prepare meanwhile",
                rotation.replaced, rotation.replaced == 1 ? " is" : "s are");
}

/* What a rotation that follows from time leaves out. */
static void warn_rotation(const struct loop *l)
{
    struct mm_text text;
    struct mm_cache_plan plan;
    struct mm_cache_outlook outlook;
    const struct mm_loader_stats stats = {0};
    if (!look(l, &stats, 0, &plan, &outlook))
        return;
    mm_text_init(&text, 4096);
    mm_cache_warn_coverage(&plan, &outlook, l->training->epochs, &text);
    warn(&text);
    mm_text_done(&text);
}

enum mm_status mm_loop_choose_rotation(struct loop *l, int64_t epoch, int64_t ran, struct mm_error *err)
{
    enum mm_status s;
    double seconds = ran ? l->step_seconds / (double)ran * (double)l->steps : 0;
    struct mm_rotation rotation = mm_loader_measure_rotation(l->loader, seconds, l->resolved.replaced_max);
    mm_resolved_replace(&l->resolved, rotation);
    if (MM_TRY(s, mm_loader_set_rotation(l->loader, rotation, err)) ||
        MM_TRY(s, mm_resolved_write(&l->arena, &l->resolved, err)) || MM_TRY(s, mm_loop_identify(l, err)))
        return s;
    note_rotation(rotation);
    warn_rotation(l);
    return mm_loop_save(l, epoch, l->steps, err);
}

double mm_loop_wait_floor(const struct loop *l, const struct mm_loader_stats *stats)
{
    struct mm_cache_plan plan;
    struct mm_cache_outlook outlook;
    if (!look(l, stats, 0, &plan, &outlook))
        return NAN;
    return fmax(0, stats->prefix_seconds / outlook.threads - l->step_seconds);
}

void mm_loop_note_items(struct loop *l)
{
    char one[32], size[32], first[32];
    struct mm_loader_stats stats;
    struct mm_cache_plan plan;
    struct mm_cache_outlook outlook;
    if (l->has_told_items)
        return;
    l->has_told_items = true;
    mm_loader_stats_get(l->loader, &stats);
    if (!stats.held || !stats.prepared || !look(l, &stats, 0, &plan, &outlook))
        return;
    mm_progress_end(false);
    mm_note("cache: the first items take %s each and %s to prepare; the %u of the first epoch %s with %u thread%s",
            mm_text_bytes(size, sizeof size, (double)stats.bytes / stats.held),
            mm_text_seconds(one, sizeof one, item_seconds(&stats)), plan.cached,
            mm_text_seconds(first, sizeof first, outlook.seconds_first), outlook.threads,
            outlook.threads == 1 ? "" : "s");
}

void mm_loop_note_loading(struct loop *l, const struct mm_loader_stats *stats, int64_t ran)
{
    struct mm_text text;
    struct mm_cache_plan plan;
    struct mm_cache_outlook outlook;
    if (l->has_told_loading || !ran || !stats->prepared)
        return;
    l->has_told_loading = true;
    if (!look(l, stats, l->step_seconds / (double)ran, &plan, &outlook))
        return;
    mm_text_init(&text, 4096);
    mm_cache_warn_starving(&plan, &outlook, &text);
    warn(&text);
    mm_text_done(&text);
}

void mm_loop_warn_disk(struct mm_loader *loader, uint32_t *told)
{
    struct mm_loader_stats stats;
    mm_loader_stats_get(loader, &stats);
    if (stats.disk_damaged + stats.disk_failed <= *told)
        return;
    *told = stats.disk_damaged + stats.disk_failed;
    mm_progress_end(false);
    if (stats.disk_damaged)
        mm_warn("cache_dir: damaged items that were removed and made anew: %u", stats.disk_damaged);
    if (stats.disk_failed)
        mm_warn("cache_dir: items that could not be kept: %u (%s)", stats.disk_failed, stats.disk_failure);
}
