/* Parameters that stay as they are while the others are trained: they get no gradient and no step. */
#ifndef MM_TRAINER_FREEZE_H
#define MM_TRAINER_FREEZE_H

#include "base/json.h"
#include "trainer/graph.h"

/* Freezes the learned parameters whose names match the shell-style pattern ("model.0.*"); how many it froze.
 * Before a network is opened on the graph. Running statistics are no parameters and go on. */
size_t mm_graph_freeze(struct mm_graph *graph, const char *pattern);
/* Parameters that are still trained. */
size_t mm_graph_learned(const struct mm_graph *graph);
/* Names of the frozen ones, in the arena; NULL when memory is out. */
cJSON *mm_graph_frozen_json(struct mm_arena *arena, const struct mm_graph *graph);

#endif
