/* A chain of transforms read from a config, its deterministic prefix and its random suffix. Immutable after mm_chain_make:
 * any number of threads may run it at once, each on samples of its own. */
#ifndef MM_TRANSFORMS_CHAIN_H
#define MM_TRANSFORMS_CHAIN_H

#include "transforms/transform.h"

struct mm_chain {
    size_t count;
    struct mm_step *steps;
};

/* What other threads may see of a run, and ask of it. Zeroed; several runs of one thread after the other may share it. */
struct mm_chain_watch {
    _Atomic(const struct mm_step *) step; /* that runs, or ran last */
    _Atomic double since;                 /* when it began, by mm_clock */
    _Atomic bool is_unwanted;             /* the run ends before its next step, with MM_INTERRUPTED */
};

/* Unknown names (with the nearest), bad arguments and rules broken go to `problems`; MM_ERR_CONFIG when any was an error. */
enum mm_status mm_chain_make(struct mm_arena *arena, const struct mm_components *components, struct mm_chain **out,
                             struct mm_problems *problems);

/* Steps in the longest deterministic run from the first: what a cache may keep. */
size_t mm_chain_prefix(const struct mm_chain *chain);
bool mm_step_is_random(const struct mm_step *step);
/* Samples that a step makes of one. */
size_t mm_step_outputs(const struct mm_step *step);
/* "transform 5 (RandFlip)", or "transform 3 (OneOf): member 2 (RandFlip)"; returns `text`. */
#define MM_STEP_TEXT_MAX 512
const char *mm_step_text(const struct mm_step *step, char *text, size_t size);
/* Is `is` true of a step of [from, to), or of one in a group there that may run? In order, and no further than the first. */
bool mm_chain_any(const struct mm_chain *chain, size_t from, size_t to,
                  bool (*is)(void *context, const struct mm_step *step), void *context);
/* Samples that steps [from, count) make of one: the product of their outputs. At least 1. */
size_t mm_chain_outputs(const struct mm_chain *chain, size_t from);

/* Runs steps [from, to). context->output picks which of the outputs this run makes (mixed radix over the MM_MANY steps, the
 * last fastest). Errors read "transform 5 (RandFlip): image (file): ...". context may be NULL for a chain without random steps. */
enum mm_status mm_chain_run(const struct mm_chain *chain, size_t from, size_t to, struct mm_sample *sample,
                            const struct mm_context *context, struct mm_error *err);
/* Does the step that comes first from `from` on take packed images as they are? Where it does not, or there is none, they may as well be
 * unpacked before. */
bool mm_chain_takes_packed(const struct mm_chain *chain, size_t from);
/* The same for who takes volumes of any strides that wait for a rescaling perhaps: crops, flips and turns at the end are views, not yet
 * copied. */
enum mm_status mm_chain_run_views(const struct mm_chain *chain, size_t from, size_t to, struct mm_sample *sample,
                                  const struct mm_context *context, struct mm_error *err);
/* Calls `prepare` of the steps from `from` on, members of groups among them; the sample may have views. */
enum mm_status mm_chain_prepare(const struct mm_chain *chain, size_t from, struct mm_sample *sample,
                                struct mm_error *err);

/* The chain narrowed to one or two fields, steps without them dropped (a group that keeps a step keeps all its members, so that its draws
 * are the same): an image alone at inference ("image"), or, with
 * `values_only`, the non-spatial label steps that `evaluate` applies to labels on their own grid. */
struct mm_chain *mm_chain_narrow(struct mm_arena *arena, const struct mm_chain *chain, const char *field,
                                 bool values_only);

/* Canonical text of steps [0, to) with every argument and the transform versions: part of cache keys and of the run's digest. */
char *mm_chain_describe(struct mm_arena *arena, const struct mm_chain *chain, size_t to);

#endif
