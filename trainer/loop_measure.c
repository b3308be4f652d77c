/* What the run measures of its cache. */
#include "base/log.h"
#include "trainer/loop_internal.h"

enum mm_status mm_loop_choose_replaced(struct loop *l, int64_t epoch, int64_t ran, struct mm_error *err)
{
    enum mm_status s;
    double seconds = ran ? l->step_seconds / (double)ran * (double)l->steps : 0;
    uint32_t replaced = mm_loader_measure_replaced(l->loader, seconds, l->resolved.replaced_max);
    mm_resolved_replace(&l->resolved, replaced);
    if (MM_TRY(s, mm_loader_set_replaced(l->loader, replaced, err)) ||
        MM_TRY(s, mm_resolved_write(&l->arena, &l->resolved, err)) ||
        MM_TRY(s, mm_training_digest(&l->arena, l->training, l->state.digest, err)))
        return s;
    mm_note("cache: %u items are replaced after each epoch, which is what the loader can prepare meanwhile",
            replaced);
    return mm_loop_save(l, epoch, l->steps, err);
}
