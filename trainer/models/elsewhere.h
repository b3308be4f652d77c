/* Networks of MONAI's and Clara's that configs ask for and that are not among the models here: an error about one says so, and names
 * the nearest, where a guess at a spelling would mislead. A name leaves this list when the model comes. */
#ifndef MM_TRAINER_MODELS_ELSEWHERE_H
#define MM_TRAINER_MODELS_ELSEWHERE_H

/* "does not exist here yet: the nearest network is UNet", or NULL for a name that is nobody's. */
const char *mm_model_elsewhere(const char *name);
/* All such names, for tests; NULL past the end. */
const char *mm_model_elsewhere_name(unsigned index);

#endif
