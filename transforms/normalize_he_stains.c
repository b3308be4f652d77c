/* Stain normalisation after Macenko et al., "A method for normalizing histology slides for quantitative analysis", 2009,
 * with the steps and defaults of MONAI 1.3 monai/apps/pathology/transforms/stain/array.py:
 *   optical density D = -ln(min(I + 1, tli) / tli); pixels with all D > beta; the plane of the two greatest eigenvectors of
 *   their covariance; stains at the percentiles alpha and 100 - alpha of the angle in it; concentrations C by least squares;
 *   I' = tli exp(-target_he (C max_cref / percentile99(C))). */
#include <math.h>

#include "transforms/colour.h"

struct normalize_he_stains {
    double tli, alpha, beta, bound;
    struct mm_doubles max_cref, target_he;
};
#define P struct normalize_he_stains

static const struct mm_param params[] = {
    MM_DOUBLE(P, tli, .def = 240, .min = 0, .max = 255, .exclusive_min = true, .help = "transmitted light intensity"),
    MM_DOUBLE(P, alpha, .def = 1, .min = 0, .max = 50, .unit = "%", .help = "percentile of the angles of the stains"),
    MM_DOUBLE(P, beta, .def = 0.15, .min = 0, .max = 10, .help = "optical density below which pixels are clear"),
    MM_DOUBLES(P, max_cref, .def_text = "[1.9705, 1.0308]", .count_min = 2, .count_max = 2,
               .help = "reference concentrations of haematoxylin and eosin"),
    MM_DOUBLES(P, target_he, .def_text = "[0.5626, 0.2159, 0.7201, 0.8012, 0.4062, 0.5581]", .count_min = 6,
               .count_max = 6, .help = "reference stains, 3 x 2: red, green, blue of haematoxylin and of eosin"),
    MM_DOUBLE(P, bound, .def = MM_INTENSITY_NONE, .min = 0, .max = 1e9, .exclusive_min = true,
              .help = "greatest intensity; none: 255 for integer types, else 1"),
    MM_PARAMS_END};

/* Replaces colours by optical densities. */
static void to_density(const P *p, const struct mm_colour *colour)
{
    for (int c = 0; c < 3; c++)
        for (size_t i = 0; i < colour->count; i++) {
            double value = (double)(colour->channel[c][i] / colour->bound) * 255 + 1;
            colour->channel[c][i] = (float)-log(fmin(value, p->tli) / p->tli);
        }
}

static bool is_stained(const P *p, const struct mm_colour *colour, size_t i)
{
    return (double)colour->channel[0][i] > p->beta && (double)colour->channel[1][i] > p->beta &&
           (double)colour->channel[2][i] > p->beta;
}

/* Covariance of the stained pixels, divided by n - 1; returns n. */
static size_t covariance(const P *p, const struct mm_colour *colour, double m[3][3])
{
    double mean[3] = {0};
    size_t n = 0;
    memset(m, 0, 9 * sizeof(double));
    for (size_t i = 0; i < colour->count; i++)
        if (is_stained(p, colour, i)) {
            n++;
            for (int c = 0; c < 3; c++)
                mean[c] += (double)colour->channel[c][i];
        }
    for (int c = 0; n && c < 3; c++)
        mean[c] /= (double)n;
    for (size_t i = 0; n > 1 && i < colour->count; i++)
        for (int k = 0; is_stained(p, colour, i) && k < 9; k++)
            m[k / 3][k % 3] += ((double)colour->channel[k / 3][i] - mean[k / 3]) *
                               ((double)colour->channel[k % 3][i] - mean[k % 3]) / ((double)n - 1);
    return n;
}

/* Eigenvectors of a symmetric matrix by Jacobi's rotations: columns of v, eigenvalues on the diagonal of m. */
static void find_eigenvectors(double m[3][3], double v[3][3])
{
    for (int k = 0; k < 9; k++)
        v[k / 3][k % 3] = k % 4 == 0;
    for (int turn = 0; turn < 60; turn++) {
        int a = turn % 3, b = (a + 1) % 3;
        if (fabs(m[a][b]) < 1e-300)
            continue;
        double theta = 0.5 * atan2(2 * m[a][b], m[b][b] - m[a][a]), c = cos(theta), s = sin(theta);
        for (int k = 0; k < 3; k++) { /* m = m J, v = v J */
            double x = m[k][a], y = m[k][b];
            m[k][a] = c * x - s * y;
            m[k][b] = s * x + c * y;
            x = v[k][a];
            y = v[k][b];
            v[k][a] = c * x - s * y;
            v[k][b] = s * x + c * y;
        }
        for (int k = 0; k < 3; k++) { /* m = J^T m */
            double x = m[a][k], y = m[b][k];
            m[a][k] = c * x - s * y;
            m[b][k] = s * x + c * y;
        }
    }
}

/* The stains of the slide: he[c][0] haematoxylin, which has more red density, he[c][1] eosin. */
static enum mm_status find_stains(const P *p, struct mm_arena *arena, const struct mm_colour *colour, double he[3][2],
                                  struct mm_error *err)
{
    enum mm_status s;
    double m[3][3], v[3][3], angle[2];
    size_t n = covariance(p, colour, m), at = 0;
    if (n == 0)
        return mm_fail(err, MM_ERR_DATA, "all pixels are below the optical density beta, %g: there is no stain",
                       p->beta);
    float *phi = mm_arena_array(arena, float, n);
    if (!phi)
        return mm_fail_memory(err, "angles of stains");
    find_eigenvectors(m, v);
    int first = 0, least = 0;
    for (int k = 1; k < 3; k++) {
        first = m[k][k] > m[first][first] ? k : first;
        least = m[k][k] <= m[least][least] ? k : least;
    }
    if (first == least) /* no spread at all */
        least = (first + 1) % 3;
    int second = 3 - first - least;
    for (size_t i = 0; i < colour->count; i++)
        if (is_stained(p, colour, i)) {
            double x = 0, y = 0;
            for (int c = 0; c < 3; c++) {
                x += (double)colour->channel[c][i] * v[c][second];
                y += (double)colour->channel[c][i] * v[c][first];
            }
            phi[at++] = (float)atan2(y, x);
        }
    if (MM_TRY(s, mm_intensity_percentile(phi, n, p->alpha, &angle[0], err)) ||
        MM_TRY(s, mm_intensity_percentile(phi, n, 100 - p->alpha, &angle[1], err)))
        return s;
    for (int c = 0; c < 3; c++)
        for (int k = 0; k < 2; k++)
            he[c][k] = v[c][second] * cos(angle[k]) + v[c][first] * sin(angle[k]);
    for (int c = 2; he[0][0] <= he[0][1] && c >= 0; c--) {
        double kept = he[c][0];
        he[c][0] = he[c][1];
        he[c][1] = kept;
    }
    return MM_OK;
}

/* Concentrations by least squares into the first two channels. */
static enum mm_status find_concentrations(const struct mm_colour *colour, double he[3][2], struct mm_error *err)
{
    double aa = 0, ab = 0, bb = 0;
    for (int c = 0; c < 3; c++) {
        aa += he[c][0] * he[c][0];
        ab += he[c][0] * he[c][1];
        bb += he[c][1] * he[c][1];
    }
    double det = aa * bb - ab * ab;
    if (!(det > 1e-12))
        return mm_fail(err, MM_ERR_DATA, "the slide has one stain only: its colours lie on a line");
    for (size_t i = 0; i < colour->count; i++) {
        double a = 0, b = 0;
        for (int c = 0; c < 3; c++) {
            a += he[c][0] * (double)colour->channel[c][i];
            b += he[c][1] * (double)colour->channel[c][i];
        }
        colour->channel[0][i] = (float)((bb * a - ab * b) / det);
        colour->channel[1][i] = (float)((aa * b - ab * a) / det);
    }
    return MM_OK;
}

static enum mm_status paint(const P *p, const struct mm_colour *colour, struct mm_error *err)
{
    enum mm_status s;
    double scale[2];
    for (int k = 0; k < 2; k++) {
        if (MM_TRY(s, mm_intensity_percentile(colour->channel[k], colour->count, 99, &scale[k], err)))
            return s;
        scale[k] = scale[k] != 0 ? p->max_cref.items[k] / scale[k] : 0;
    }
    for (size_t i = 0; i < colour->count; i++) {
        double a = (double)colour->channel[0][i] * scale[0], b = (double)colour->channel[1][i] * scale[1];
        for (int c = 0; c < 3; c++) {
            double value = p->tli * exp(-(p->target_he.items[2 * c] * a + p->target_he.items[2 * c + 1] * b));
            value = value > 255 ? 254 : value; /* as MONAI */
            colour->channel[c][i] = mm_colour_settle(colour, (float)(value / 255) * colour->bound);
        }
    }
    return MM_OK;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_colour colour;
    struct mm_volume *voxels;
    double he[3][2];
    if (MM_TRY(s, mm_colour_get(sample, field, p->bound, &colour, &voxels, err)))
        return s;
    to_density(p, &colour);
    if (MM_TRY(s, find_stains(p, sample->arena, &colour, he, err)) ||
        MM_TRY(s, find_concentrations(&colour, he, err)) || MM_TRY(s, paint(p, &colour, err)))
        return s;
    return mm_colour_put(sample, field, voxels, err);
}

const struct mm_transform mm_transform_normalize_he_stains = {
    .name = "NormalizeHEStains",
    .aliases = "MacenkoNormalize",
    .summary = "give a slide the stains of a reference (Macenko)",
    .notes = "Macenko et al. 2009 as in MONAI's pathology app. Images need three channels.",
    .params = params,
    .params_size = sizeof(P),
    .each = each,
    .example = "{\"name\": \"NormalizeHEStainsD\", \"args\": {\"keys\": \"rgb\"}}",
};
