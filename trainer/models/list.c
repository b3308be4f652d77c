/* The table of models, from list.h. */
#include "trainer/models/list.h"

#include <string.h>

#include "base/names.h"
#include "trainer/models/model.h"

#define EXTERN(name) extern const struct mm_model mm_model_##name;
MM_MODELS(EXTERN)
#undef EXTERN

#define ENTRY(name) &mm_model_##name,
const struct mm_model *const mm_models[] = {MM_MODELS(ENTRY) NULL};
#undef ENTRY

const struct mm_model *mm_model_find(const char *name)
{
    for (size_t i = 0; mm_models[i]; i++)
        if (strcmp(mm_models[i]->name, name) == 0 ||
            (mm_models[i]->aliases && mm_names_contain(mm_models[i]->aliases, name)))
            return mm_models[i];
    return NULL;
}
