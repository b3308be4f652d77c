/* Shape rules that several ops share. */
#include "trainer/ops/shapes.h"

enum mm_status mm_shapes_vector(const struct mm_desc *desc, int64_t count, const char *what, struct mm_error *err)
{
    char text[96];
    if (desc->dim[0] == count && mm_desc_count(desc) == count)
        return MM_OK;
    return mm_fail(err, MM_ERR_DATA, "the %s has shape %s, expected %lld values", what,
                   mm_desc_text(desc, text, sizeof text), (long long)count);
}

enum mm_status mm_shapes_equal(const struct mm_desc *a, const struct mm_desc *b, struct mm_error *err)
{
    char first[96], second[96];
    if (mm_desc_same_shape(a, b))
        return MM_OK;
    return mm_fail(err, MM_ERR_DATA, "the shapes %s and %s differ", mm_desc_text(a, first, sizeof first),
                   mm_desc_text(b, second, sizeof second));
}
