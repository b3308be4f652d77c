/* DeepGrow: clicks as two channels behind the image's, spots inside and spots outside (MONAI AddGuidanceSignal). */
#include "transforms/clicks.h"
#include "transforms/spots.h"

struct add_guidance_signal {
    const char *image, *guidance;
    double sigma;
    int64_t number_intensity_ch;
};
#define P struct add_guidance_signal

static const struct mm_param params[] = {
    MM_STRING(P, image, .def_text = "image", .help = "field that gets the channels"),
    MM_STRING(P, guidance, .def_text = "guidance", .help = "field with the clicks"),
    MM_DOUBLE(P, sigma, .def = 2, .min = 0, .max = 100, .unit = "voxel", .help = "of the spots"),
    MM_INT(P, number_intensity_ch, .def = 1, .min = 1, .max = 1 << 16, .help = "channels of the image that are kept"),
    MM_PARAMS_END};

/* Clicks beyond the image's edge are moved onto it. */
static enum mm_status draw(const P *p, struct mm_arena *arena, struct mm_volume *to, int channel,
                           const struct mm_clicks *clicks, enum mm_click_side side, struct mm_error *err)
{
    size_t count = clicks->count[side];
    double(*points)[3] = mm_arena_array_of(arena, count, sizeof *points);
    if (!points)
        return mm_fail_memory(err, "clicks");
    for (size_t i = 0; i < count; i++)
        for (int a = 0; a < 3; a++) {
            double last = to->size[a] - 1, place = clicks->points[side][i][a];
            points[i][a] = a >= to->rank || place < 0 ? 0 : place > last ? last : place;
        }
    return mm_spots_draw(arena, to, channel, (const double(*)[3])points, count, p->sigma, 0, 1, err);
}

static enum mm_status apply(const struct mm_step *step, struct mm_sample *sample, const struct mm_context *context,
                            struct mm_error *err)
{
    (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_field *field;
    const struct mm_volume *image;
    struct mm_volume *to;
    struct mm_clicks clicks;
    if (MM_TRY(s, mm_sample_volume(sample, p->image, &field, err)) ||
        MM_TRY(s, mm_voxels_read(sample, field, &image, err)) ||
        MM_TRY(s, mm_clicks_get(sample, p->guidance, &clicks, err)))
        return s;
    int kept = image->channels < p->number_intensity_ch ? image->channels : (int)p->number_intensity_ch;
    if (MM_TRY(s, mm_voxels_make(sample, image, MM_F32, kept + MM_CLICK_SIDES, &to, err)))
        return s;
    mm_convert(to->data, MM_F32, image->data, image->type, mm_volume_voxels(image) * (size_t)kept, 1);
    for (enum mm_click_side side = 0; side < MM_CLICK_SIDES; side++)
        if (MM_TRY(s, draw(p, sample->arena, to, kept + (int)side, &clicks, side, err)))
            return s;
    mm_field_put(sample, field, to);
    return MM_OK;
}

const struct mm_transform mm_transform_add_guidance_signal = {
    .name = "AddGuidanceSignal",
    .summary = "add two channels with spots at the clicks",
    .notes = "DeepGrow. First the clicks inside, then those outside; each channel is scaled to 0..1.",
    .params = params,
    .params_size = sizeof(P),
    .fields = MM_FIELDS_OWN,
    .apply = apply,
    .example = "{\"name\": \"AddGuidanceSignald\", \"args\": {\"image\": \"image\", \"guidance\": \"guidance\", "
               "\"sigma\": 2}}",
};
