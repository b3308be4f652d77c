/* Memory of a plan: from when to when each block is held, and where it lies.
 * Places are given greedily, the biggest block first, each into the smallest gap between those already placed that are held at
 * the same time ("best fit"). */
#include "trainer/plan_parts.h"

#define ALIGNMENT 64

static void hold(struct mm_plan *plan, int block, int time)
{
    if (block == MM_PLAN_NONE)
        return;
    struct mm_plan_block *b = &plan->blocks[block];
    b->first = time < b->first ? time : b->first;
    b->last = time > b->last ? time : b->last;
}

static void hold_forward(struct mm_plan *plan)
{
    for (size_t i = 0; i < plan->request.input_count; i++)
        if (plan->inputs[i] != MM_PLAN_NONE)
            hold(plan, plan->tensors[plan->inputs[i]].block, 0);
    for (size_t i = 0; i < plan->step_count; i++) {
        const struct mm_plan_step *step = &plan->steps[i];
        int time = 1 + (int)i;
        for (size_t k = 0; k < step->count; k++)
            hold(plan, plan->tensors[step->in[k]].block, time);
        hold(plan, plan->tensors[step->out].block, time);
        hold(plan, step->saved, time);
        hold(plan, step->workspace, time);
    }
}

static void hold_backward(struct mm_plan *plan)
{
    int time = 1 + (int)plan->step_count;
    hold(plan, plan->tensors[plan->kept[plan->request.root]].gradient, time++);
    for (size_t i = 0; i < plan->back_count; i++, time++) {
        const struct mm_plan_back *back = &plan->backs[i];
        const struct mm_plan_step *step = back->step;
        unsigned needs = step->kernel ? mm_op_needs(step->query.op, step->query.params) : 0;
        for (size_t k = 0; k < step->count; k++) {
            if (needs & MM_NEEDS_INPUT(k))
                hold(plan, plan->tensors[step->in[k]].block, time);
            hold(plan, back->dx[k], time);
        }
        if (needs & MM_NEEDS_OUTPUT)
            hold(plan, plan->tensors[step->out].block, time);
        hold(plan, plan->tensors[step->out].gradient, time);
        hold(plan, step->saved, time);
        hold(plan, back->workspace, time);
    }
}

/* What can be asked for after the last step. */
static void hold_results(struct mm_plan *plan)
{
    int end = 2 + (int)(plan->step_count + plan->back_count);
    for (size_t i = 0; i < plan->graph->count; i++)
        if (plan->kept[i] != MM_PLAN_NONE)
            hold(plan, plan->tensors[plan->kept[i]].block, end);
    for (size_t i = 0; i < plan->request.input_count; i++)
        if (plan->inputs[i] != MM_PLAN_NONE)
            hold(plan, plan->tensors[plan->inputs[i]].gradient, end);
}

enum mm_status mm_plan_build_memory(struct mm_plan *plan, struct mm_error *err)
{
    hold_forward(plan);
    hold_backward(plan);
    hold_results(plan);
    return mm_plan_place(&plan->arena, plan->blocks, plan->block_count, &plan->stats.activation_bytes, err);
}

/* Bigger first; of equals the one that is held first, then the one that was added first. */
static int compare(const void *left, const void *right)
{
    const struct mm_plan_block *a = *(struct mm_plan_block *const *)left, *b = *(struct mm_plan_block *const *)right;
    if (a->bytes != b->bytes)
        return a->bytes < b->bytes ? 1 : -1;
    if (a->first != b->first)
        return a->first < b->first ? -1 : 1;
    return a < b ? -1 : a > b;
}

/* The smallest gap that takes `bytes` among the placed blocks (in the order of offsets) held together with `block`. */
static size_t best_fit(struct mm_plan_block *const *placed, size_t count, const struct mm_plan_block *block,
                       size_t bytes)
{
    size_t best = SIZE_MAX, best_gap = SIZE_MAX, end = 0;
    for (size_t i = 0; i < count; i++) {
        const struct mm_plan_block *other = placed[i];
        if (other->last < block->first || other->first > block->last)
            continue;
        size_t gap = other->offset > end ? other->offset - end : 0;
        if (gap >= bytes && gap < best_gap) {
            best = end;
            best_gap = gap;
        }
        size_t other_end = other->offset + (other->bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        end = other_end > end ? other_end : end;
    }
    return best != SIZE_MAX ? best : end;
}

enum mm_status mm_plan_place(struct mm_arena *arena, struct mm_plan_block *blocks, size_t count, size_t *total,
                             struct mm_error *err)
{
    struct mm_plan_block **queue = mm_arena_array(arena, struct mm_plan_block *, count);
    struct mm_plan_block **placed = mm_arena_array(arena, struct mm_plan_block *, count);
    size_t n = 0;
    *total = 0;
    if (!queue || !placed)
        return mm_fail_memory(err, "the plan");
    for (size_t i = 0; i < count; i++)
        queue[i] = &blocks[i];
    qsort(queue, count, sizeof *queue, compare);
    for (size_t i = 0; i < count; i++) {
        struct mm_plan_block *block = queue[i];
        size_t bytes = (block->bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT, end, at = n;
        if (block->first > block->last)
            continue;
        block->offset = best_fit(placed, n, block, bytes);
        if (bytes < block->bytes || !mm_size_add(block->offset, bytes, &end) || end > PTRDIFF_MAX)
            return mm_fail(err, MM_ERR_MEMORY, "the tensors of the network are larger than any memory");
        *total = end > *total ? end : *total;
        for (; at > 0 && placed[at - 1]->offset > block->offset; at--)
            placed[at] = placed[at - 1];
        placed[at] = block;
        n++;
    }
    return MM_OK;
}
