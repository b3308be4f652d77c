/* Stretches the cells of a grid by random factors (MONAI RandGridDistortion). Draws: happens or not, then the factors, an axis after the
 * other. */
#include "transforms/grid_warp.h"
#include "transforms/intensity.h"
#include "transforms/motion.h"

struct rand_grid_distortion {
    struct mm_ints num_cells;
    double prob;
    struct mm_doubles distort_limit;
    struct mm_strings mode, padding_mode;
};
#define P struct rand_grid_distortion

static const struct mm_param params[] = {
    MM_INTS(P, num_cells, .def_text = "5", .min = 1, .max = MM_GRID_WARP_CELLS_MAX, .count_min = 1, .count_max = 3,
            .help = "cells along each axis: one number for all, or one each"),
    MM_DOUBLE(P, prob, .def = 0.1, .min = 0, .max = 1, .help = "probability of doing it"),
    MM_DOUBLES(P, distort_limit, .def_text = "[-0.03, 0.03]", .count_min = 1, .count_max = 2,
               .help = "range of the factors less 1; one number v means -v to v"),
    MM_MOTION_MODE_PARAMS(P, MM_REGRID_MODES, MM_REGRID_PADDINGS, "\"border\""),
    MM_IGNORED("device", .help = "transforms run on the CPU"),
    MM_PARAMS_END};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    (void)arena;
    const P *p = self;
    return mm_regrid_modes_check(&p->mode, &p->padding_mode, err);
}

static bool is_random(const void *self)
{
    const P *p = self;
    return p->prob > 0;
}

static enum mm_status draw_factors(const P *p, struct mm_arena *arena, int rank, const int cells[3],
                                   struct mm_random *random, const double *factors[3], struct mm_error *err)
{
    double low, high;
    mm_intensity_ends(&p->distort_limit, &low, &high);
    for (int a = 0; a < rank; a++) {
        double *of_axis = mm_arena_array(arena, double, (size_t)cells[a] + 1);
        if (!of_axis)
            return mm_fail_memory(err, "factors");
        for (int i = 0; i <= cells[a]; i++)
            of_axis[i] = 1 + mm_random_uniform(random, low, high);
        factors[a] = of_axis;
    }
    return MM_OK;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *image;
    struct mm_random random;
    const double *factors[3] = {NULL};
    int cells[3];
    mm_step_random(step, context, &random);
    if (!mm_step_happens(&random, p->prob))
        return MM_OK;
    if (MM_TRY(s, mm_field_volume(field, &image, err)) ||
        MM_TRY(s, mm_spatial_ints(&p->num_cells, "num_cells", image->rank, 1, cells, err)) ||
        MM_TRY(s, draw_factors(p, sample->arena, image->rank, cells, &random, factors, err)))
        return s;
    const struct mm_doubles no_corners = {0};
    const struct mm_regrid_sampling how = mm_motion_sampling(&p->mode, &p->padding_mode, &no_corners, key);
    return mm_grid_warp(step, sample, field, cells, factors, &how, err);
}

const struct mm_transform mm_transform_rand_grid_distortion = {
    .name = "RandGridDistortion",
    .summary = "stretch the cells of a grid by random factors",
    .notes = "Cannot be undone.",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM | MM_SPATIAL,
    .check = check,
    .is_random = is_random,
    .each = each,
    .example = "{\"name\": \"RandGridDistortiond\", \"args\": {\"keys\": [\"image\", \"label\"], \"num_cells\": 4, "
               "\"prob\": "
               "0.5, \"distort_limit\": 0.2, \"mode\": [\"bilinear\", \"nearest\"]}}",
};
