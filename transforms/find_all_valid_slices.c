/* DeepGrow: the numbers of the slices that a label has voxels in, as a field of numbers. */
#include "transforms/transform.h"

struct find_all_valid_slices {
    const char *label, *sids;
};
#define P struct find_all_valid_slices

static const struct mm_param params[] = {
    MM_STRING(P, label, .def_text = "label", .help = "mask: what is not 0, in the first channel"),
    MM_STRING(P, sids, .def_text = "sids", .help = "field that gets the places along z"), MM_PARAMS_END};

static bool has_voxels(const struct mm_volume *v, int z)
{
    for (int y = 0; y < v->size[1]; y++)
        for (int x = 0; x < v->size[0]; x++)
            if (mm_volume_get(v, 0, z, y, x) != 0)
                return true;
    return false;
}

static enum mm_status apply(const struct mm_step *step, struct mm_sample *sample, const struct mm_context *context,
                            struct mm_error *err)
{
    (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_field *label, *to;
    if (MM_TRY(s, mm_sample_volume(sample, p->label, &label, err)))
        return s;
    const struct mm_volume *v = label->volume;
    double *places = mm_arena_array(sample->arena, double, (size_t)v->size[2]);
    size_t count = 0;
    if (!places)
        return mm_fail_memory(err, "slices");
    for (int z = 0; z < v->size[2]; z++)
        if (has_voxels(v, z))
            places[count++] = z;
    if (MM_TRY(s, mm_sample_add(sample, p->sids, MM_FIELD_NUMBER, &to, err)))
        return s;
    to->numbers = places;
    to->count = count;
    return MM_OK;
}

const struct mm_transform mm_transform_find_all_valid_slices = {
    .name = "FindAllValidSlices",
    .summary = "list the slices that a label has voxels in",
    .notes = "DeepGrow, which rolls z to the front: slices lie across z.",
    .params = params,
    .params_size = sizeof(P),
    .fields = MM_FIELDS_OWN,
    .apply = apply,
    .example = "{\"name\": \"FindAllValidSlicesd\", \"args\": {\"label\": \"label\", \"sids\": \"sids\"}}",
};
