/* Do weights fill the network that an MMAR's configuration describes? */
#ifndef MM_MMAR_FIT_H
#define MM_MMAR_FIT_H

#include "mmar/project.h"
#include "trainer/weights.h"

/* By names and shapes alone: no network is made, so that a configuration from elsewhere cannot ask for memory. *training has the model
 * only. */
enum mm_status mm_fit(struct mm_arena *arena, const struct mm_mmar_options *mmar, const char *weights,
                      struct mm_training **training, struct mm_weights_report *found, struct mm_error *err);

#endif
