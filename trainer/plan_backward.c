/* The backward half of a plan: the forward steps in reverse, those without anything to learn before them left out.
 * The first consumer that hands a gradient to a tensor sets it; the others write to a block of their own that is added at once.
 * The order is that of the steps, so sums are the same in every run. */
#include "trainer/plan_parts.h"

/* Where the step puts the gradient of its input i. */
static void route(struct mm_plan *plan, struct mm_plan_back *back, size_t i)
{
    struct mm_plan_tensor *tensor = &plan->tensors[back->step->in[i]];
    back->dx[i] = MM_PLAN_NONE;
    if (!tensor->wants_gradient || tensor->param != MM_PLAN_NONE)
        return;
    back->dx[i] = mm_plan_block_add(plan, mm_desc_bytes(&tensor->desc));
    back->adds[i] = tensor->gradient != MM_PLAN_NONE;
    if (!back->adds[i])
        tensor->gradient = back->dx[i];
}

void mm_plan_build_backward(struct mm_plan *plan)
{
    struct mm_plan_tensor *root = &plan->tensors[plan->kept[plan->request.root]];
    if (!root->wants_gradient)
        return;
    root->gradient = mm_plan_block_add(plan, mm_desc_bytes(&root->desc));
    for (size_t i = plan->step_count; i-- > 0;) {
        struct mm_plan_step *step = &plan->steps[i];
        if (plan->tensors[step->out].gradient == MM_PLAN_NONE)
            continue;
        struct mm_plan_back *back = &plan->backs[plan->back_count++];
        *back = (struct mm_plan_back){.step = step, .workspace = MM_PLAN_NONE};
        if (step->workspace != MM_PLAN_NONE)
            back->workspace = mm_plan_block_add(plan, step->offer.workspace);
        for (size_t k = 0; k < step->count; k++)
            route(plan, back, k);
    }
}
