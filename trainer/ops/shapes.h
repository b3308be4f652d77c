/* Shape rules that several ops share. */
#ifndef MM_TRAINER_OPS_SHAPES_H
#define MM_TRAINER_OPS_SHAPES_H

#include "base/error.h"
#include "trainer/tensor.h"

/* `desc` must be a vector of `count` values; `what` is its noun in the message ("bias"). */
enum mm_status mm_shapes_vector(const struct mm_desc *desc, int64_t count, const char *what, struct mm_error *err);
/* Both must have the same dims. */
enum mm_status mm_shapes_equal(const struct mm_desc *a, const struct mm_desc *b, struct mm_error *err);

#endif
