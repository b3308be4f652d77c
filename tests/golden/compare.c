/* Tensors of golden files: reading, axis order, comparison, the fill rule. */
#include <math.h>

#include "golden.h"

const struct mm_st_tensor *golden_tensor(struct golden_case *c, const char *name)
{
    const struct mm_st_tensor *t = mm_safetensors_find(c->file, name);
    if (!t)
        golden_fail(c, "the case has no tensor %s", name);
    return t;
}

float *golden_floats(struct golden_case *c, const char *name, size_t *count)
{
    const struct mm_st_tensor *t = golden_tensor(c, name);
    struct mm_error err = {.status = MM_OK};
    if (!t)
        return NULL;
    *count = 1;
    for (int i = 0; i < t->rank; i++)
        *count *= (size_t)t->dim[i];
    float *values = mm_arena_array(c->arena, float, *count + 1);
    if (!values || mm_safetensors_floats(t, values, *count, &err) != MM_OK) {
        golden_fail(c, "%s: %s", name, err.text);
        return NULL;
    }
    return values;
}

double golden_number(const cJSON *object, const char *name, double otherwise)
{
    const cJSON *node = mm_json_get(object, name);
    return cJSON_IsNumber(node) ? node->valuedouble : otherwise;
}

const cJSON *golden_inputs(const struct golden_case *c)
{
    return mm_json_get(c->json, "inputs");
}

const cJSON *golden_outputs(const struct golden_case *c)
{
    return mm_json_get(c->json, "outputs");
}

void golden_compare(struct golden_case *c, const char *what, const float *got, const float *expected, size_t count,
                    double rtol, double atol, double mismatch)
{
    size_t bad = 0, worst = 0;
    double largest = -1;
    for (size_t i = 0; i < count; i++) {
        double x = (double)got[i], r = (double)expected[i], error = fabs(x - r);
        if ((isnan(x) && isnan(r)) || x == r || error <= atol + rtol * fabs(r))
            continue;
        bad++;
        if (isnan(error))
            error = INFINITY;
        if (error > largest) {
            largest = error;
            worst = i;
        }
    }
    if ((double)bad > mismatch * (double)count)
        golden_fail(c, "%s: %zu of %zu values are off; largest error %g at element %zu: got %.9g, reference %.9g",
                    what, bad, count, largest, worst, (double)got[worst], (double)expected[worst]);
}

/* The spatial axes behind `leading` ones, in reverse order: (x, y, z) row-major <-> (z, y, x) row-major. */
static float *reverse_spatial(struct mm_arena *arena, const float *values, const int64_t *dim, int rank, int leading,
                              bool to_ours)
{
    size_t outer = 1, s[3] = {1, 1, 1}; /* sizes along x, y, z */
    for (int i = 0; i < leading; i++)
        outer *= (size_t)dim[i];
    for (int i = leading; i < rank; i++)
        s[i - leading] = (size_t)dim[i];
    float *out = mm_arena_array(arena, float, outer *s[0] * s[1] * s[2] + 1);
    for (size_t o = 0; out && o < outer; o++)
        for (size_t x = 0; x < s[0]; x++)
            for (size_t y = 0; y < s[1]; y++)
                for (size_t z = 0; z < s[2]; z++) {
                    size_t base = o * s[0] * s[1] * s[2], theirs = base + (x * s[1] + y) * s[2] + z,
                           ours = base + (z * s[1] + y) * s[0] + x;
                    out[to_ours ? ours : theirs] = values[to_ours ? theirs : ours];
                }
    return out;
}

float *golden_to_ours(struct mm_arena *arena, const float *values, const int64_t *dim, int rank, int leading)
{
    return reverse_spatial(arena, values, dim, rank, leading, true);
}

float *golden_from_ours(struct mm_arena *arena, const float *values, const int64_t *dim, int rank, int leading)
{
    return reverse_spatial(arena, values, dim, rank, leading, false);
}

double golden_uniform(uint64_t hash, uint64_t i)
{
    uint64_t z = hash + i + 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    z ^= z >> 31;
    return (double)(z >> 40) / 16777216.0;
}

bool golden_params(struct golden_case *c, const struct mm_param *table, size_t size,
                   const struct mm_param_target *also, void **self)
{
    struct mm_problems problems;
    struct mm_error err = {.status = MM_OK};
    mm_problems_init(&problems, c->arena);
    *self = mm_arena_alloc(c->arena, size ? size : 1);
    struct mm_param_target targets[2] = {{table, *self}, also ? *also : (struct mm_param_target){0}};
    if (mm_params_read(c->arena, targets, also ? 2 : 1, c->component.args, c->component.node, &problems) == MM_OK)
        return true;
    mm_problems_fail(&problems, MM_ERR_CONFIG, &err);
    golden_fail(c, "%s", err.text);
    return false;
}
