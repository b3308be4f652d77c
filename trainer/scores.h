/* What scores are made of. Shared by the files of the trainer that make them: evaluate.c, evaluate_files.c. */
#ifndef MM_TRAINER_SCORES_H
#define MM_TRAINER_SCORES_H

#include "trainer/evaluate.h"

/* Room for so many cases; NULL when memory is out. */
struct mm_scores *mm_scores_make(struct mm_arena *arena, size_t cases);
/* The file that a case is known by. */
const char *mm_scores_source(const struct mm_source *source, size_t item, const char *field);
/* All metrics of one case from prediction and truth on one grid. `loss`: its value for metrics of the loss; NaN where there is none. */
enum mm_status mm_scores_measure(const struct mm_training *training, struct mm_arena *arena, struct mm_arena *scratch,
                                 const struct mm_volume *prediction, const struct mm_volume *truth, double loss,
                                 struct mm_case_score *score, struct mm_error *err);
/* Totals and means of the cases that there are. */
enum mm_status mm_scores_total(const struct mm_training *training, struct mm_arena *arena, struct mm_scores *scores,
                               struct mm_error *err);

#endif
