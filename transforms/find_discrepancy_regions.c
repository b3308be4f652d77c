/* DeepGrow: where a prediction misses its label, and where it says too much (MONAI FindDiscrepancyRegions). */
#include "transforms/transform.h"
#include "transforms/voxels.h"

struct find_discrepancy_regions {
    const char *label, *pred, *discrepancy;
};
#define P struct find_discrepancy_regions

static const struct mm_param params[] = {
    MM_STRING(P, label, .def_text = "label", .help = "what is above 0.5 is wanted"),
    MM_STRING(P, pred, .def_text = "pred", .help = "what is above 0.5 is predicted"),
    MM_STRING(P, discrepancy, .def_text = "discrepancy",
              .help = "field that gets both masks as channels: missed, then too much"),
    MM_PARAMS_END};

/* 1 where channel c of `in` is above 0.5 and that of `out` is not. */
static void mark(const struct mm_volume *in, const struct mm_volume *out, int c, uint8_t *mask)
{
    double a[MM_VOXELS_CHUNK], b[MM_VOXELS_CHUNK];
    for (size_t from = 0, n; (n = mm_voxels_get(in, c, from, a)) > 0; from += n) {
        mm_voxels_get(out, c, from, b);
        for (size_t i = 0; i < n; i++)
            mask[from + i] = a[i] > 0.5 && !(b[i] > 0.5);
    }
}

static enum mm_status apply(const struct mm_step *step, struct mm_sample *sample, const struct mm_context *context,
                            struct mm_error *err)
{
    (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_field *label, *pred;
    const struct mm_volume *wanted, *predicted;
    struct mm_volume *to;
    if (MM_TRY(s, mm_sample_volume(sample, p->label, &label, err)) ||
        MM_TRY(s, mm_sample_volume(sample, p->pred, &pred, err)) || MM_TRY(s, mm_field_same_grid(label, pred, err)) ||
        MM_TRY(s, mm_voxels_read(sample, label, &wanted, err)) ||
        MM_TRY(s, mm_voxels_read(sample, pred, &predicted, err)))
        return s;
    if (wanted->channels != predicted->channels)
        return mm_fail(err, MM_ERR_DATA, "%s has %d channels, %s has %d: they must have as many", p->label,
                       wanted->channels, p->pred, predicted->channels);
    if (MM_TRY(s, mm_voxels_make(sample, wanted, MM_U8, 2 * wanted->channels, &to, err)))
        return s;
    size_t voxels = mm_volume_voxels(to);
    for (int c = 0; c < wanted->channels; c++) {
        mark(wanted, predicted, c, (uint8_t *)to->data + (size_t)c * voxels);
        mark(predicted, wanted, c, (uint8_t *)to->data + (size_t)(wanted->channels + c) * voxels);
    }
    return mm_sample_derive(sample, label, p->discrepancy, to, err);
}

const struct mm_transform mm_transform_find_discrepancy_regions = {
    .name = "FindDiscrepancyRegions",
    .summary = "find where a prediction misses its label or says too much",
    .notes = "DeepGrow.",
    .params = params,
    .params_size = sizeof(P),
    .fields = MM_FIELDS_OWN,
    .apply = apply,
    .example = "{\"name\": \"FindDiscrepancyRegionsd\", \"args\": {\"label\": \"label\", \"pred\": \"pred\", "
               "\"discrepancy\": \"discrepancy\"}}",
};
