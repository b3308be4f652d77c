/* Slices across an axis. */
#include "transforms/slice.h"

int mm_slice_axis(int64_t axis)
{
    static const int axes[3] = {2, 0, 1};
    return axes[axis];
}

static char *name_of(struct mm_sample *sample, const char *guidance)
{
    return mm_arena_format(sample->arena, "%s:slice", guidance);
}

enum mm_status mm_slice_choose(struct mm_sample *sample, const char *guidance, double slice, struct mm_error *err)
{
    enum mm_status s;
    struct mm_field *field;
    const char *name = name_of(sample, guidance);
    double *number = mm_arena_new(sample->arena, double);
    if (!name || !number)
        return mm_fail_memory(err, "a slice");
    if (MM_TRY(s, mm_sample_add(sample, name, MM_FIELD_NUMBER, &field, err)))
        return s;
    *number = slice;
    field->numbers = number;
    field->count = 1;
    return MM_OK;
}

enum mm_status mm_slice_chosen(struct mm_sample *sample, const char *guidance, int depth, int *out,
                               struct mm_error *err)
{
    const char *name = name_of(sample, guidance);
    if (!name)
        return mm_fail_memory(err, "a slice");
    const struct mm_field *field = mm_sample_find(sample, name);
    if (!field)
        return mm_fail(err, MM_ERR_DATA, "no slice was chosen: AddGuidanceFromPoints with spatial_dims 2 does that");
    double slice = field->numbers[0];
    if (!(slice >= 0 && slice < depth))
        return mm_fail(err, MM_ERR_DATA, "slice %g of an image that has %d", slice, depth);
    *out = (int)slice;
    return MM_OK;
}
