/* Shared by the .c files that read a training from a config: the state of one reading, and how a component of a family is read. */
#ifndef MM_TRAINER_TRAINING_INTERNAL_H
#define MM_TRAINER_TRAINING_INTERNAL_H

#include "base/names.h"
#include "trainer/training.h"

struct mm_training_reader {
    struct mm_arena *arena;
    const struct mm_config *config;
    const char *root;
    struct mm_training *out;
    struct mm_problems *problems;
};

/* Parameters of a component into a fresh struct; NULL when they are wrong (problems say so). */
void *mm_training_read_self(struct mm_training_reader *r, const struct mm_component *component,
                            const struct mm_param *table, size_t size, const struct mm_param_target *also);
/* `family`: in the singular, which `mmar list` takes too. */
void mm_training_unknown(struct mm_training_reader *r, const struct mm_component *component, const char *family,
                         struct mm_nearest *nearest);
/* What a rule that spans parameters says, as a problem at the component. */
bool mm_training_holds(struct mm_training_reader *r, const struct mm_component *component, enum mm_status status,
                       const struct mm_error *why);

/* One look-up for all families: tables are NULL-terminated arrays of pointers to objects with a name. */
#define MM_TRAINING_FIND(r, component, family, table, find)                                                          \
    const void *found = find((component)->name);                                                                     \
    if (!found) {                                                                                                    \
        struct mm_nearest nearest;                                                                                   \
        mm_nearest_init(&nearest, (component)->name);                                                                \
        for (size_t i = 0; table[i]; i++)                                                                            \
            mm_nearest_offer(&nearest, table[i]->name);                                                              \
        mm_training_unknown(r, component, family, &nearest);                                                         \
        return;                                                                                                      \
    }

/* Metrics of the validation (training_metrics.c). */
void mm_training_read_metrics(struct mm_training_reader *r);
/* The stage that validation and evaluation read their data by: config->validate, or, of a Clara 3 evaluation file, that with the label
 * transforms behind the image's and a pipeline made of its few values (training_stage.c). NULL when memory is out. */
const struct mm_stage *mm_training_stage(struct mm_training_reader *r);

#endif
