/* Colour transfer after Reinhard, Ashikhmin, Gooch and Shirley, "Color transfer between images", 2001: mean and standard
 * deviation of each axis of the space l alpha beta become those of a target.
 *   lms = M rgb (rgb in [0, 255]), lab = diag(1/sqrt 3, 1/sqrt 6, 1/sqrt 2) [1 1 1; 1 1 -2; 1 -1 0] ln lms
 * Defaults of the target: HistomicsTK's example slide TCGA-A2-A3XS. */
#include <math.h>

#include "image/affine.h"
#include "transforms/colour.h"

struct reinhard_normalize {
    struct mm_doubles target_mean, target_std;
    double bound;
};
#define P struct reinhard_normalize

static const struct mm_param params[] = {
    MM_DOUBLES(P, target_mean, .def_text = "[8.74108109, -0.12440419, 0.0444982]", .count_min = 3, .count_max = 3,
               .help = "means of l, alpha and beta wanted (natural logarithms of values up to 255)"),
    MM_DOUBLES(P, target_std, .def_text = "[0.6135447, 0.10989545, 0.0286032]", .min = 0, .max = 100, .count_min = 3,
               .count_max = 3, .help = "standard deviations wanted"),
    MM_DOUBLE(P, bound, .def = MM_INTENSITY_NONE, .min = 0, .max = 1e9, .exclusive_min = true,
              .help = "greatest intensity; none: 255 for integer types, else 1"),
    MM_PARAMS_END};

static const double to_lms[16] = {0.3811, 0.5783, 0.0402, 0, 0.1967, 0.7244, 0.0782, 0,
                                  0.0241, 0.1288, 0.8444, 0, 0,      0,      0,      1};
/* Orthonormal: its transpose takes lab to ln lms. */
static const double to_lab[3][3] = {
    {0.57735026918962576, 0.57735026918962576, 0.57735026918962576},
    {0.40824829046386302, 0.40824829046386302, -0.81649658092772603},
    {0.70710678118654752, -0.70710678118654752, 0},
};

static void lab_of(const struct mm_colour *colour, size_t i, double lab[3])
{
    double rgb[3], lms[3];
    for (int c = 0; c < 3; c++)
        rgb[c] = (double)(colour->channel[c][i] / colour->bound) * 255;
    mm_affine_point(lms, to_lms, rgb);
    for (int c = 0; c < 3; c++)
        lms[c] = log(fmax(lms[c], 1e-6));
    for (int r = 0; r < 3; r++)
        lab[r] = to_lab[r][0] * lms[0] + to_lab[r][1] * lms[1] + to_lab[r][2] * lms[2];
}

static void put_lab(const struct mm_colour *colour, size_t i, const double lab[3], const double from_lms[16])
{
    double lms[3], rgb[3];
    for (int c = 0; c < 3; c++)
        lms[c] = exp(to_lab[0][c] * lab[0] + to_lab[1][c] * lab[1] + to_lab[2][c] * lab[2]);
    mm_affine_point(rgb, from_lms, lms);
    for (int c = 0; c < 3; c++)
        colour->channel[c][i] = mm_colour_settle(colour, (float)(rgb[c] / 255) * colour->bound);
}

static void find_statistics(const struct mm_colour *colour, double mean[3], double std[3])
{
    double lab[3], sum[3] = {0}, squares[3] = {0}, n = (double)colour->count;
    for (size_t i = 0; i < colour->count; i++) {
        lab_of(colour, i, lab);
        for (int c = 0; c < 3; c++) {
            sum[c] += lab[c];
            squares[c] += lab[c] * lab[c];
        }
    }
    for (int c = 0; c < 3; c++) {
        mean[c] = sum[c] / n;
        std[c] = sqrt(fmax(squares[c] / n - mean[c] * mean[c], 0));
    }
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_colour colour;
    struct mm_volume *voxels;
    double mean[3], std[3], lab[3], from_lms[16];
    if (MM_TRY(s, mm_colour_get(sample, field, p->bound, &colour, &voxels, err)))
        return s;
    mm_affine_invert(from_lms, to_lms);
    find_statistics(&colour, mean, std);
    for (size_t i = 0; i < colour.count; i++) {
        lab_of(&colour, i, lab);
        for (int c = 0; c < 3; c++)
            lab[c] =
                (lab[c] - mean[c]) / (std[c] > 1e-12 ? std[c] : 1) * p->target_std.items[c] + p->target_mean.items[c];
        put_lab(&colour, i, lab, from_lms);
    }
    return mm_colour_put(sample, field, voxels, err);
}

const struct mm_transform mm_transform_reinhard_normalize = {
    .name = "ReinhardNormalize",
    .aliases = "NormalizeReinhard",
    .summary = "give a slide's colours the mean and spread of a target (Reinhard)",
    .notes = "Reinhard et al. 2001 in the space l alpha beta. Images need three channels.",
    .params = params,
    .params_size = sizeof(P),
    .each = each,
    .example = "{\"name\": \"ReinhardNormalize\", \"args\": {\"keys\": \"rgb\"}}",
};
