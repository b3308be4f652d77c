/* What `mmar check` finds beyond what reading a config finds: habits that cost people days, and data. */
#ifndef MM_MMAR_LINT_H
#define MM_MMAR_LINT_H

#include "mmar/project.h"

/* Rules over a whole training. */
void mm_lint_training(const struct mm_training *training, struct mm_problems *problems);

struct mm_lint_data_result {
    size_t items, files, labels_read;
};
/* Every item has image and label, every file of a list exists and has a readable header; images agree in axes and channels, image and
 * label in size and affine; the values of labels (of all with `full`, else of 8 spread evenly) fit the model's classes after the
 * chain's label steps. */
void mm_lint_data(struct mm_arena *arena, const struct mm_training *training, const struct mm_source *source,
                  bool full, struct mm_lint_data_result *result, struct mm_problems *problems);
/* What only running shows: the first batch and the first validation image come out of their chains, and the network takes them. */
void mm_lint_batch(const struct mm_training *training, struct mm_problems *problems);

#endif
