/* The table of optimizers, from list.h. */
#include "trainer/optimizers/list.h"

#include <string.h>

#include "base/names.h"
#include "trainer/optimizers/optimizer.h"

#define EXTERN(name) extern const struct mm_optimizer mm_optimizer_##name;
MM_OPTIMIZERS(EXTERN)
#undef EXTERN

#define ENTRY(name) &mm_optimizer_##name,
const struct mm_optimizer *const mm_optimizers[] = {MM_OPTIMIZERS(ENTRY) NULL};
#undef ENTRY

const struct mm_optimizer *mm_optimizer_find(const char *name)
{
    for (size_t i = 0; mm_optimizers[i]; i++)
        if (strcmp(mm_optimizers[i]->name, name) == 0 ||
            (mm_optimizers[i]->aliases && mm_names_contain(mm_optimizers[i]->aliases, name)))
            return mm_optimizers[i];
    return NULL;
}
