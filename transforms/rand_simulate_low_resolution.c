/* Makes an image coarser and fine again, as a poorer scanner would (MONAI RandSimulateLowResolution; nnU-Net). Draws: happens or not, then
 * the share of the size. */
#include <math.h>

#include "transforms/scaling.h"
#include "transforms/voxels.h"

struct rand_simulate_low_resolution {
    double prob;
    const char *downsample_mode, *upsample_mode;
    struct mm_doubles zoom_range;
    bool align_corners;
};
#define P struct rand_simulate_low_resolution

static const struct mm_param params[] = {
    MM_DOUBLE(P, prob, .def = 0.1, .min = 0, .max = 1, .help = "probability of doing it"),
    MM_CHOICE(P, downsample_mode, .choices = MM_SCALING_MODES, .def_text = "nearest", .help = "to the coarse grid"),
    MM_CHOICE(P, upsample_mode, .choices = MM_SCALING_MODES, .def_text = "trilinear", .help = "and back"),
    MM_DOUBLES(P, zoom_range, .def_text = "[0.5, 1]", .max = 1, .exclusive_min = true, .count_min = 2, .count_max = 2,
               .help = "range of the coarse size as a share of the image's"),
    MM_BOOL(P, align_corners, .help = "of linear and cubic modes, as in torch.nn.functional.interpolate"),
    MM_IGNORED("device", .help = "transforms run on the CPU"),
    MM_PARAMS_END};

static bool is_random(const void *self)
{
    const P *p = self;
    return p->prob > 0;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key;
    const P *p = step->self;
    enum mm_status s;
    const struct mm_volume *image;
    struct mm_random random;
    int size[3];
    mm_step_random(step, context, &random);
    if (!mm_step_happens(&random, p->prob))
        return MM_OK;
    double zoom = mm_random_uniform(&random, p->zoom_range.items[0], p->zoom_range.items[1]);
    if (MM_TRY(s, mm_voxels_read(sample, field, &image, err)))
        return s;
    for (int a = 0; a < 3; a++)
        size[a] = a < image->rank ? (int)fmax(1, rint(image->size[a] * zoom)) : 1;
    struct mm_volume *coarse = mm_volume_resize(sample->arena, image, size, mm_scaling_mode(p->downsample_mode),
                                                p->align_corners, NULL, MM_F32);
    struct mm_volume *fine = coarse
                                 ? mm_volume_resize(sample->arena, coarse, image->size,
                                                    mm_scaling_mode(p->upsample_mode), p->align_corners, NULL, MM_F32)
                                 : NULL;
    if (!fine)
        return mm_fail_memory(err, "an image");
    memcpy(fine->affine, image->affine, sizeof fine->affine);
    mm_field_put(sample, field, fine);
    return MM_OK;
}

const struct mm_transform mm_transform_rand_simulate_low_resolution = {
    .name = "RandSimulateLowResolution",
    .summary = "make an image coarser and fine again",
    .notes = "A size is rint(n * share), at least 1.",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM,
    .is_random = is_random,
    .each = each,
    .example = "{\"name\": \"RandSimulateLowResolutiond\", \"args\": {\"keys\": \"image\", \"prob\": 0.5, "
               "\"zoom_range\": [0.5, 0.8]}}",
};
