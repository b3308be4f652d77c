/* What in a batch itself would make a loss that is no number. */
#ifndef MM_TRAINER_BATCH_FAULT_H
#define MM_TRAINER_BATCH_FAULT_H

#include "cache/loader.h"
#include "trainer/training.h"

/* `batch` has the fields image and label. True when a voxel of its images is no finite number or a label lies outside the model's
 * classes; `text` then names file, value and what is allowed. */
bool mm_batch_fault(const struct mm_training *training, const struct mm_batch *batch, char *text, size_t size);

#endif
