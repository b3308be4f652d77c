/* Golden vectors: cases <family>/<Component>/<case>.json + .safetensors (README.md of that folder). Every case runs through the
 * component's ordinary config; there is no code for a single case. */
#ifndef MM_TESTS_GOLDEN_GOLDEN_H
#define MM_TESTS_GOLDEN_GOLDEN_H

#include "base/params.h"
#include "config/config.h"
#include "image/volume.h"
#include "trainer/safetensors.h"
#include "trainer/tensor.h"

struct golden_case {
    struct mm_arena *arena;
    const char *name; /* "transforms/Spacingd/oblique" */
    const cJSON *json;
    const struct mm_safetensors *file;
    struct mm_component component; /* "config" */
    double rtol, atol, mismatch;   /* mismatch: share of elements that may differ */
    struct mm_text *report;        /* why it failed: lines */
    bool failed;
};

enum golden_result { GOLDEN_PASSED, GOLDEN_FAILED, GOLDEN_SKIPPED };

/* One per family. GOLDEN_SKIPPED: the component is not there. */
enum golden_result golden_transform(struct golden_case *c);
enum golden_result golden_loss(struct golden_case *c);
enum golden_result golden_optimizer(struct golden_case *c);
enum golden_result golden_schedule(struct golden_case *c);
enum golden_result golden_metric(struct golden_case *c);
enum golden_result golden_inferer(struct golden_case *c);
enum golden_result golden_network(struct golden_case *c);

/* Marks the case failed with a line of text; returns GOLDEN_FAILED. */
enum golden_result golden_fail(struct golden_case *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A tensor by its name in the file ("in.image"), and its values as floats in file order; NULL and a failure when missing. */
const struct mm_st_tensor *golden_tensor(struct golden_case *c, const char *name);
float *golden_floats(struct golden_case *c, const char *name, size_t *count);
double golden_number(const cJSON *object, const char *name, double otherwise);
/* Names of tensors of "inputs"/"outputs" are the keys of these objects. */
const cJSON *golden_inputs(const struct golden_case *c);
const cJSON *golden_outputs(const struct golden_case *c);

/* |x - ref| <= atol + rtol |ref| for all but the allowed share; NaN equals NaN, infinities equal themselves. Reports the largest error
 * with its place and both values. */
void golden_compare(struct golden_case *c, const char *what, const float *got, const float *expected, size_t count,
                    double rtol, double atol, double mismatch);

/* A tensor of axes N,C,X,Y[,Z] (x slowest of the spatial ones) in our order (n, c, z, y, x), and back. `dim`: of the file. */
float *golden_to_ours(struct mm_arena *arena, const float *values, const int64_t *dim, int rank, int leading);
float *golden_from_ours(struct mm_arena *arena, const float *values, const int64_t *dim, int rank, int leading);
/* Uniform [0, 1) of the fill rule: splitmix64 from fnv1a64(name) + i. */
double golden_uniform(uint64_t hash, uint64_t i);

/* Parses the component's arguments; false: failed with the problems as text. */
bool golden_params(struct golden_case *c, const struct mm_param *table, size_t size,
                   const struct mm_param_target *also, void **self);

#endif
