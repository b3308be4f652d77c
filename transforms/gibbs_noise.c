/* Gibbs' ringing of a given strength (MONAI GibbsNoise). */
#include "transforms/kspace.h"
#include "transforms/transform.h"
#include "transforms/voxels.h"

struct gibbs_noise {
    double alpha;
};
#define P struct gibbs_noise

static const struct mm_param params[] = {
    MM_DOUBLE(P, alpha, .def = 0.5, .min = 0, .max = 1, .help = "0 cuts nothing off, 1 all but the mean"),
    MM_IGNORED("as_tensor_output", .help = "there is one kind of image here"), MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *v;
    if (MM_TRY(s, mm_voxels_write_float(sample, field, &v, err)))
        return s;
    for (int c = 0; c < v->channels; c++)
        if (MM_TRY(s, mm_kspace_gibbs(mm_voxels_floats(v, c), v->size, v->rank, p->alpha, err)))
            return s;
    return MM_OK;
}

const struct mm_transform mm_transform_gibbs_noise = {
    .name = "GibbsNoise",
    .summary = "ringing as of images of few frequencies",
    .notes =
        "Frequencies beyond a radius about the middle of k-space become 0: (1 - alpha) * longest edge * sqrt(2) / 2.",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_IN_PLACE,
    .each = each,
    .example = "{\"name\": \"GibbsNoised\", \"args\": {\"keys\": \"image\", \"alpha\": 0.6}}",
};
