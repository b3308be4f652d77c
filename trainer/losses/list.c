/* The table of losses, from list.h. */
#include "trainer/losses/list.h"

#include <string.h>

#include "base/names.h"
#include "trainer/losses/loss.h"

#define EXTERN(name) extern const struct mm_loss mm_loss_##name;
MM_LOSSES(EXTERN)
#undef EXTERN

#define ENTRY(name) &mm_loss_##name,
const struct mm_loss *const mm_losses[] = {MM_LOSSES(ENTRY) NULL};
#undef ENTRY

const struct mm_loss *mm_loss_find(const char *name)
{
    for (size_t i = 0; mm_losses[i]; i++)
        if (strcmp(mm_losses[i]->name, name) == 0 ||
            (mm_losses[i]->aliases && mm_names_contain(mm_losses[i]->aliases, name)))
            return mm_losses[i];
    return NULL;
}
