/* The ops that are built in, from list.h, and questions about them. */
#include "trainer/ops/ops.h"

#define ENTRY(name) &mm_op_##name,
const struct mm_op *const mm_ops[] = {MM_OPS(ENTRY) NULL};
#undef ENTRY

const struct mm_op *mm_op_find(const char *name)
{
    for (size_t i = 0; mm_ops[i]; i++)
        if (strcmp(mm_ops[i]->name, name) == 0)
            return mm_ops[i];
    return NULL;
}

unsigned mm_op_needs(const struct mm_op *op, const void *params)
{
    return op->needs_of ? op->needs_of(params) : op->needs;
}
