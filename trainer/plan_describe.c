/* A plan as text, a line a step: what runs, by which backend, in which layout, and where its result lies. */
#include "base/text.h"
#include "trainer/plan_parts.h"

static void describe_step(const struct mm_plan *plan, const struct mm_plan_step *step, struct mm_text *text)
{
    const struct mm_plan_tensor *out = &plan->tensors[step->out];
    const struct mm_plan_block *block = &plan->blocks[out->block];
    char shape[96], bytes[32];
    mm_text_format(text, "%-32s %-14s %-10s %-22s ", plan->graph->nodes[step->node].name,
                   step->kernel ? step->query.op->name : "reorder", step->kernel ? step->backend->name : "device",
                   mm_desc_text(&out->desc, shape, sizeof shape));
    mm_text_format(text, "%s -> %s", mm_layout_name(plan->tensors[step->in[0]].desc.layout),
                   mm_layout_name(out->desc.layout));
    mm_text_format(text, ", %s at %zu, steps %d to %d\n", mm_text_bytes(bytes, sizeof bytes, (double)block->bytes),
                   block->offset, block->first, block->last);
}

void mm_plan_describe(const struct mm_plan *plan, struct mm_text *text)
{
    char bytes[32];
    for (size_t i = 0; i < plan->step_count; i++)
        describe_step(plan, &plan->steps[i], text);
    mm_text_format(text,
                   "%zu steps forward, %zu back, %zu reorders; %s for activations; %.3g GFLOP forward, %.3g back\n",
                   plan->step_count, plan->back_count, plan->stats.reorders,
                   mm_text_bytes(bytes, sizeof bytes, (double)plan->stats.activation_bytes),
                   plan->stats.flops_forward * 1e-9, plan->stats.flops_backward * 1e-9);
}
