/* What a plan comes to over a run: how much of the data is seen, how long loading takes, what a setting costs, and which number would
 * be better. Pure functions of the plan and of what is known about the run; a 0 stands for what is not known. */
#ifndef MM_CACHE_OUTLOOK_H
#define MM_CACHE_OUTLOOK_H

#include "cache/pipeline.h"

/* What is known beside the plan. */
struct mm_cache_basis {
    int64_t epochs;
    unsigned threads;    /* of the loader; 0: the pipeline's */
    double load_seconds; /* the cached steps for one item, on one thread */
    double step_seconds;
    uint64_t item_bytes; /* a prepared item, measured */
    uint64_t available;  /* memory that machine or cgroup has free */
};

struct mm_cache_outlook {
    uint32_t seen; /* items that were seen at the end of the run, at least */
    double passes; /* of the run over all items, or over those that are ever seen */
    unsigned threads;
    uint32_t loads_first, loads;   /* items that the first epoch of a rank prepares, and each further k epochs */
    double seconds_first, seconds; /* for that, with all threads; the second: of an epoch, in the mean */
    double step_hidden;            /* steps that take so long hide the loading */
    double floor; /* an epoch waits at least so long: max(0, R/k x load / threads - steps x step time) */

    /* Better numbers; 0 where the setting is fine, or none is. */
    uint32_t replaced_even;   /* the nearest R that divides N */
    uint32_t replaced_all;    /* the smallest R with which the run sees every item */
    uint32_t cached_all;      /* where no R does: N that does with replace_percent 1 */
    bool starves;             /* loading takes longer than the steps of an epoch */
    uint32_t replaced_hidden; /* the largest R that is loaded while the steps run */
    uint32_t threads_hidden;  /* threads that load R items while the steps run */
    uint32_t every_hidden;    /* k that hides the loading, where no R does */
    uint32_t cached_fits;     /* N that fits the memory, with replaced_fits */
    uint32_t replaced_fits;
    uint64_t memory; /* that does not hold the places: the limit, else what is free */
};

void mm_cache_outlook_make(const struct mm_source *source, const struct mm_cache_plan *plan,
                           const struct mm_cache_basis *basis, struct mm_cache_outlook *out);
/* The shortest replace_percent that makes R of N: 0.25 for 6 of 24. */
double mm_cache_share(const struct mm_cache_plan *plan, uint32_t cached, uint32_t replaced);

/* The plan as people read it: chain with the cached prefix marked and why it ends, numbers, warnings. */
void mm_cache_plan_print(const struct mm_source *source, const struct mm_cache_plan *plan,
                         const struct mm_cache_basis *basis, struct mm_text *text);
/* The chain alone. */
void mm_cache_chain_print(const struct mm_source *source, struct mm_text *text);
/* The lines "warning: ..." alone. */
void mm_cache_plan_warn(const struct mm_source *source, const struct mm_cache_plan *plan,
                        const struct mm_cache_outlook *outlook, const struct mm_cache_basis *basis,
                        struct mm_text *text);
/* Only those that depend on what a run measures: items that so many epochs leave out, and loading that no step hides. */
void mm_cache_warn_coverage(const struct mm_cache_plan *plan, const struct mm_cache_outlook *outlook, int64_t epochs,
                            struct mm_text *text);
void mm_cache_warn_starving(const struct mm_cache_plan *plan, const struct mm_cache_outlook *outlook,
                            struct mm_text *text);
/* All numbers of plan, basis and outlook, the steps, and the warnings as a list; NULL when memory is out. */
cJSON *mm_cache_plan_json(struct mm_arena *arena, const struct mm_source *source, const struct mm_cache_plan *plan,
                          const struct mm_cache_basis *basis);

/* Why the cached prefix ends where it does: "RandFlip is random: prob 0.5". */
void mm_cache_prefix_end(const struct mm_source *source, struct mm_text *text);
/* The first random step, or their number: deterministic steps behind it are stranded. */
size_t mm_cache_first_random(const struct mm_chain *chain);

#endif
