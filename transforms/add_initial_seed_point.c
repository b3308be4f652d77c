/* DeepGrow: the first clicks, one drawn in each object of a label (MONAI AddInitialSeedPoint). Draws: the slice, then each click. */
#include "image/components.h"
#include "transforms/clicks.h"
#include "transforms/voxels.h"

struct add_initial_seed_point {
    const char *label, *guidance, *sids, *sid;
    int64_t connected_regions;
};
#define P struct add_initial_seed_point

static const struct mm_param params[] = {
    MM_STRING(P, label, .def_text = "label", .help = "what is above 0.5 is clicked into"),
    MM_STRING(P, guidance, .def_text = "guidance", .help = "field that gets the clicks"),
    MM_STRING(P, sids, .def_text = "sids",
              .help = "field with the slices to choose from; without it a 3D label gets one click in all"),
    MM_STRING(P, sid, .def_text = "sid", .help = "field with the slice; without it one of sids is drawn"),
    MM_INT(P, connected_regions, .def = 5, .min = 1, .max = 1 << 16,
           .help = "most objects of a slice, or of a 2D label, that get a click"),
    MM_PARAMS_END};

/* The slice of a 3D label to click into; -1: the label is one object. */
static int choose_slice(const P *p, const struct mm_sample *sample, const struct mm_volume *label,
                        struct mm_random *random)
{
    const struct mm_field *sids = mm_sample_find(sample, p->sids), *sid = mm_sample_find(sample, p->sid);
    if (label->rank == 2 || !sids || sids->kind != MM_FIELD_NUMBER || !sids->count)
        return -1;
    double drawn = sids->numbers[mm_random_below(random, (uint32_t)sids->count)];
    bool is_given = sid && (sid->kind == MM_FIELD_NUMBER || sid->kind == MM_FIELD_CLASS) && sid->count;
    for (size_t i = 0; is_given && i < sids->count; i++)
        if (sids->numbers[i] == sid->numbers[0])
            drawn = sid->numbers[0];
    return drawn >= 0 && drawn < label->size[2] ? (int)drawn : -1;
}

/* Slice z (all slices when negative) of the label's first channel as a mask. */
static uint8_t *make_mask(struct mm_arena *arena, const struct mm_volume *label, int z, int size[3])
{
    memcpy(size, label->size, 3 * sizeof *size);
    size[2] = z < 0 ? label->size[2] : 1;
    size_t plane = (size_t)size[0] * (size_t)size[1], count = plane * (size_t)size[2];
    uint8_t *mask = mm_arena_array(arena, uint8_t, count);
    for (size_t i = 0; mask && i < count; i++) {
        size_t place = i + (z < 0 ? 0 : (size_t)z * plane);
        mask[i] = mm_volume_get(label, 0, (int)(place / plane), (int)(place % plane / (size_t)size[0]),
                                (int)(place % (size_t)size[0])) > 0.5;
    }
    return mask;
}

static enum mm_status click(struct mm_arena *arena, const uint8_t *mask, const int size[3], int z,
                            struct mm_random *random, struct mm_clicks *clicks, struct mm_error *err)
{
    enum mm_status s;
    double point[3];
    if (MM_TRY(s, mm_clicks_draw(arena, mask, size, random, point, err)))
        return s;
    point[2] += z > 0 ? z : 0;
    return mm_clicks_add(arena, clicks, MM_CLICKS_INSIDE, point, err);
}

/* One click in each of the first objects. */
static enum mm_status click_objects(const P *p, struct mm_arena *arena, const uint8_t *mask, const int size[3], int z,
                                    struct mm_random *random, struct mm_clicks *clicks, struct mm_error *err)
{
    enum mm_status s;
    size_t voxels = (size_t)size[0] * (size_t)size[1];
    int32_t *objects = mm_arena_array(arena, int32_t, voxels), count;
    uint8_t *object = mm_arena_array(arena, uint8_t, voxels);
    if (!objects || !object)
        return mm_fail_memory(err, "the objects of a label");
    if (MM_TRY(s, mm_components_label(arena, mask, size, 2, objects, &count, err)))
        return s;
    for (int32_t n = 1; n <= count && n <= p->connected_regions; n++) {
        for (size_t i = 0; i < voxels; i++)
            object[i] = objects[i] == n;
        if (MM_TRY(s, click(arena, object, size, z, random, clicks, err)))
            return s;
    }
    return MM_OK;
}

static enum mm_status apply(const struct mm_step *step, struct mm_sample *sample, const struct mm_context *context,
                            struct mm_error *err)
{
    const P *p = step->self;
    enum mm_status s;
    struct mm_field *field;
    struct mm_random random;
    struct mm_clicks clicks = {0};
    int size[3];
    mm_step_random(step, context, &random);
    if (MM_TRY(s, mm_sample_volume(sample, p->label, &field, err)))
        return s;
    const struct mm_volume *label = field->volume;
    int z = choose_slice(p, sample, label, &random);
    uint8_t *mask = make_mask(sample->arena, label, z, size);
    if (!mask)
        return mm_fail_memory(err, "a mask");
    if (!memchr(mask, 1, (size_t)size[0] * (size_t)size[1] * (size_t)size[2]))
        return mm_fail(err, MM_ERR_DATA, "%s: no voxel is above 0.5, there is nothing to click into", p->label);
    if (MM_TRY(s, size[2] == 1 ? click_objects(p, sample->arena, mask, size, z, &random, &clicks, err)
                               : click(sample->arena, mask, size, z, &random, &clicks, err)))
        return s;
    return mm_clicks_put(sample, p->guidance, &clicks, err);
}

const struct mm_transform mm_transform_add_initial_seed_point = {
    .name = "AddInitialSeedPoint",
    .summary = "draw the first clicks in the objects of a label",
    .notes = "DeepGrow. A voxel is drawn with probability exp(d) - 1, d being its chessboard distance from the "
             "object's edge. "
             "Where FindAllValidSlices left its list, one slice is drawn and each object in it gets a click.",
    .params = params,
    .params_size = sizeof(P),
    .fields = MM_FIELDS_OWN,
    .flags = MM_RANDOM,
    .apply = apply,
    .example = "{\"name\": \"AddInitialSeedPointd\", \"args\": {\"label\": \"label\", \"guidance\": \"guidance\", "
               "\"sids\": \"sids\"}}",
};
