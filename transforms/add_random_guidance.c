/* DeepGrow: one more click where the prediction is most wrong (MONAI AddRandomGuidance). Draws: whether, then the click. */
#include "transforms/clicks.h"
#include "transforms/voxels.h"

struct add_random_guidance {
    const char *guidance, *discrepancy, *probability;
};
#define P struct add_random_guidance

static const struct mm_param params[] = {
    MM_STRING(P, guidance, .def_text = "guidance", .help = "field with the clicks there are"),
    MM_STRING(P, discrepancy, .def_text = "discrepancy", .help = "field that FindDiscrepancyRegions made"),
    MM_STRING(P, probability, .def_text = "probability", .help = "field with the probability of a click, 0 to 1"),
    MM_PARAMS_END};

static enum mm_status read_probability(struct mm_sample *sample, const char *name, double *out, struct mm_error *err)
{
    enum mm_status s;
    struct mm_field *field;
    if (MM_TRY(s, mm_sample_field(sample, name, &field, err)))
        return s;
    if ((field->kind != MM_FIELD_NUMBER && field->kind != MM_FIELD_CLASS) || field->count != 1)
        return mm_fail(err, MM_ERR_DATA, "\"%s\" must be one number, the probability of a click", name);
    *out = field->numbers[0];
    if (!(*out >= 0 && *out <= 1))
        return mm_fail(err, MM_ERR_DATA, "\"%s\" is %g: a probability is from 0 to 1", name, *out);
    return MM_OK;
}

static size_t count_set(const uint8_t *mask, size_t voxels)
{
    size_t count = 0;
    for (size_t i = 0; i < voxels; i++)
        count += mask[i] != 0;
    return count;
}

static enum mm_status apply(const struct mm_step *step, struct mm_sample *sample, const struct mm_context *context,
                            struct mm_error *err)
{
    const P *p = step->self;
    enum mm_status s;
    struct mm_field *field;
    struct mm_volume *masks;
    struct mm_clicks clicks;
    struct mm_random random;
    double probability = 0, point[3];
    mm_step_random(step, context, &random);
    if (MM_TRY(s, read_probability(sample, p->probability, &probability, err)) ||
        MM_TRY(s, mm_sample_volume(sample, p->discrepancy, &field, err)) ||
        MM_TRY(s, mm_clicks_get(sample, p->guidance, &clicks, err)))
        return s;
    if (field->volume->channels != 2)
        return mm_fail(err, MM_ERR_DATA,
                       "%s has %d channels where 2 are needed: what is missed, and what is too much", p->discrepancy,
                       field->volume->channels);
    if (!mm_step_happens(&random, probability))
        return MM_OK;
    if (!(masks = mm_volume_convert(sample->arena, field->volume, MM_U8)))
        return mm_fail_memory(err, "masks");
    size_t voxels = mm_volume_voxels(masks);
    const uint8_t *missed = masks->data, *excess = missed + voxels;
    size_t misses = count_set(missed, voxels), excesses = count_set(excess, voxels);
    if (!misses && !excesses)
        return MM_OK;
    enum mm_click_side side = misses >= excesses ? MM_CLICKS_INSIDE : MM_CLICKS_OUTSIDE;
    if (MM_TRY(s, mm_clicks_draw(sample->arena, side == MM_CLICKS_INSIDE ? missed : excess, masks->size, &random,
                                 point, err)) ||
        MM_TRY(s, mm_clicks_add(sample->arena, &clicks, side, point, err)))
        return s;
    return mm_clicks_put(sample, p->guidance, &clicks, err);
}

const struct mm_transform mm_transform_add_random_guidance = {
    .name = "AddRandomGuidance",
    .summary = "draw one more click where a prediction is wrong",
    .notes =
        "DeepGrow. Inside where more is missed than is too much, else outside; drawn as AddInitialSeedPoint draws.",
    .params = params,
    .params_size = sizeof(P),
    .fields = MM_FIELDS_OWN,
    .flags = MM_RANDOM,
    .apply = apply,
    .example = "{\"name\": \"AddRandomGuidanced\", \"args\": {\"guidance\": \"guidance\", \"discrepancy\": "
               "\"discrepancy\", \"probability\": \"probability\"}}",
};
