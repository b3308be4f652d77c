/* 0 outside a mask (MONAI MaskIntensity). */
#include "transforms/labels.h"
#include "transforms/transform.h"

struct mask_intensity {
    const char *mask_key;
};
#define P struct mask_intensity

static const struct mm_param params[] = {
    MM_STRING(P, mask_key, .required = true, .help = "field of the same size; what is above 0 stays"),
    MM_IGNORED("mask_data", .help = "give mask_key"), MM_IGNORED("select_fn", .help = "always: above 0"),
    MM_PARAMS_END};

static enum mm_status find_mask(const P *p, struct mm_sample *sample, const struct mm_volume *v,
                                const struct mm_volume **out, struct mm_error *err)
{
    struct mm_field *field;
    enum mm_status s;
    if (MM_TRY(s, mm_sample_volume(sample, p->mask_key, &field, err)) ||
        MM_TRY(s, mm_voxels_read(sample, field, out, err)))
        return s;
    const struct mm_volume *mask = *out;
    if (!mm_volume_same_size(mask, v))
        return mm_fail(err, MM_ERR_DATA, "the mask \"%s\" has %dx%dx%d voxels, the image %dx%dx%d", p->mask_key,
                       mask->size[0], mask->size[1], mask->size[2], v->size[0], v->size[1], v->size[2]);
    if (mask->channels != 1 && mask->channels != v->channels)
        return mm_fail(err, MM_ERR_DATA, "the mask \"%s\" has %d channels, the image %d", p->mask_key, mask->channels,
                       v->channels);
    return MM_OK;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    struct mm_volume *v;
    const struct mm_volume *mask;
    enum mm_status s;
    if (MM_TRY(s, mm_voxels_write(sample, field, &v, err)) || MM_TRY(s, find_mask(step->self, sample, v, &mask, err)))
        return s;
    uint8_t *kept = mm_alloc_raw(mm_volume_voxels(v));
    if (!kept)
        return mm_fail_memory(err, "a mask");
    for (int c = 0; c < v->channels; c++) {
        if (c < mask->channels)
            mm_labels_above(mask, c, 0, kept);
        mm_voxels_keep(v, c, kept);
    }
    mm_free(kept);
    return MM_OK;
}

const struct mm_transform mm_transform_mask_intensity = {
    .name = "MaskIntensity",
    .summary = "set the voxels outside a mask to 0",
    .notes = "voxels keep their type",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_VOXELWISE | MM_IN_PLACE,
    .each = each,
    .example = "{\"name\": \"MaskIntensityd\", \"args\": {\"keys\": \"image\", \"mask_key\": \"label\"}}",
};
