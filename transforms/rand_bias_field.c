/* A smooth random field as MR coils make it (MONAI RandBiasField): x * exp(b), b a sum of products of Legendre
 * polynomials of the axes in [-1, 1] (van Leemput et al. 1999). Draws: 1 happens or not, then the coefficients. */
#include "transforms/intensity.h"
#include "transforms/transform.h"

#define DEGREE_MAX 12
#define TERMS_MAX  ((DEGREE_MAX + 1) * (DEGREE_MAX + 2) * (DEGREE_MAX + 3) / 6)

struct rand_bias_field {
    int64_t degree;
    struct mm_doubles coeff_range;
    double prob;
};
#define P struct rand_bias_field

static const struct mm_param params[] = {
    MM_INT(P, degree, .def = 3, .min = 1, .max = DEGREE_MAX, .help = "greatest degree of a product"),
    MM_DOUBLES(P, coeff_range, .def_text = "[0, 0.1]", .count_min = 2, .count_max = 2, .min = -100, .max = 100,
               .help = "range of the coefficients"),
    MM_DOUBLE(P, prob, .def = 0.1, .min = 0, .max = 1, .help = "probability of doing it"),
    MM_IGNORED("dtype", .help = "results are float32"), MM_PARAMS_END};

static bool is_random(const void *self)
{
    const P *p = self;
    return p->prob > 0;
}

/* A product and its coefficient. */
struct term {
    int power[3];
    double coefficient;
};

static int draw_terms(const P *p, int rank, struct mm_random *random, struct term terms[TERMS_MAX])
{
    int n = 0, degree = (int)p->degree;
    for (int i = 0; i <= degree; i++)
        for (int j = 0; j <= degree - i; j++)
            for (int k = 0; k <= (rank == 3 ? degree - i - j : 0); k++)
                terms[n++] = (struct term){
                    {i, j, k}, mm_random_uniform(random, p->coeff_range.items[0], p->coeff_range.items[1])};
    return n;
}

/* L_0 .. L_degree at place i of n on [-1, 1]. */
static void legendre(int i, int n, int degree, double out[DEGREE_MAX + 1])
{
    double x = n > 1 ? -1 + 2.0 * i / (n - 1) : -1;
    out[0] = 1;
    out[1] = x;
    for (int k = 1; k < degree; k++)
        out[k + 1] = ((2 * k + 1) * x * out[k] - k * out[k - 1]) / (k + 1);
}

static void multiply(const struct mm_volume *v, const struct term *terms, int count, int degree)
{
    double at[3][DEGREE_MAX + 1];
    for (int z = 0; z < v->size[2]; z++)
        for (int y = 0; y < v->size[1]; y++) {
            double row[DEGREE_MAX + 1] = {0}; /* factors of L_0(x) .. of this row */
            legendre(z, v->size[2], degree, at[2]);
            legendre(y, v->size[1], degree, at[1]);
            for (int i = 0; i < count; i++)
                row[terms[i].power[0]] += terms[i].coefficient * at[1][terms[i].power[1]] * at[2][terms[i].power[2]];
            for (int x = 0; x < v->size[0]; x++) {
                double sum = 0;
                legendre(x, v->size[0], degree, at[0]);
                for (int i = 0; i <= degree; i++)
                    sum += row[i] * at[0][i];
                for (int c = 0; c < v->channels; c++)
                    ((float *)mm_volume_row(v, c, z, y))[x] *= (float)exp(sum);
            }
        }
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *v;
    struct mm_random random;
    struct term terms[TERMS_MAX];
    mm_step_random(step, context, &random);
    if (!mm_step_happens(&random, p->prob))
        return MM_OK;
    if (MM_TRY(s, mm_voxels_write_float(sample, field, &v, err)))
        return s;
    multiply(v, terms, draw_terms(p, v->rank, &random, terms), (int)p->degree);
    return MM_OK;
}

const struct mm_transform mm_transform_rand_bias_field = {
    .name = "RandBiasField",
    .summary = "multiply by a smooth random field, with a probability",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM | MM_IN_PLACE,
    .is_random = is_random,
    .each = each,
    .example = "{\"name\": \"RandBiasFieldd\", \"args\": {\"keys\": \"image\", \"prob\": 0.5, \"coeff_range\": [0, "
               "0.3]}}",
};
