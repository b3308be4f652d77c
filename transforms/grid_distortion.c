/* Stretches the cells of a grid by given factors (MONAI GridDistortion). */
#include "transforms/grid_warp.h"

#include "transforms/motion.h"

struct grid_distortion {
    struct mm_ints num_cells;
    const cJSON *distort_steps;
    struct mm_strings mode, padding_mode;
    size_t axes, counts[3];
    const double *factors[3]; /* distort_steps, read */
};
#define P struct grid_distortion

static const struct mm_param params[] = {
    MM_INTS(P, num_cells, .required = true, .min = 1, .max = MM_GRID_WARP_CELLS_MAX, .count_min = 1, .count_max = 3,
            .help = "cells along each axis: one number for all, or one each"),
    MM_JSON(P, distort_steps, .required = true,
            .help = "for each axis a list of factors, one more than it has cells"),
    MM_MOTION_MODE_PARAMS(P, MM_REGRID_MODES, MM_REGRID_PADDINGS, "\"border\""),
    MM_IGNORED("device", .help = "transforms run on the CPU"), MM_PARAMS_END};

static enum mm_status read_axis(struct mm_arena *arena, const cJSON *list, P *p, struct mm_error *err)
{
    size_t count = (size_t)cJSON_GetArraySize(list);
    double *factors = mm_arena_array(arena, double, count);
    if (!factors)
        return mm_fail_memory(err, "factors");
    if (p->axes == 3 || !cJSON_IsArray(list) || !count)
        return mm_fail(err, MM_ERR_CONFIG, "distort_steps: expected a list of factors for each of 2 or 3 axes");
    p->factors[p->axes] = factors;
    p->counts[p->axes++] = count;
    for (const cJSON *item = list->child; item; item = item->next) {
        if (!cJSON_IsNumber(item))
            return mm_fail(err, MM_ERR_CONFIG, "distort_steps: factors are numbers");
        *factors++ = item->valuedouble;
    }
    return MM_OK;
}

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    enum mm_status s;
    P *p = self;
    if (MM_TRY(s, mm_regrid_modes_check(&p->mode, &p->padding_mode, err)))
        return s;
    p->axes = 0;
    for (const cJSON *list = p->distort_steps->child; list; list = list->next)
        if (MM_TRY(s, read_axis(arena, list, p, err)))
            return s;
    for (size_t a = 0; a < p->axes; a++) {
        int64_t cells = p->num_cells.items[a < p->num_cells.count ? a : p->num_cells.count - 1];
        if (p->counts[a] != (size_t)cells + 1)
            return mm_fail(err, MM_ERR_CONFIG, "distort_steps: axis %zu has %zu factors, its %lld cells need %lld", a,
                           p->counts[a], (long long)cells, (long long)cells + 1);
    }
    return MM_OK;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *image;
    int cells[3];
    if (MM_TRY(s, mm_field_volume(field, &image, err)) ||
        MM_TRY(s, mm_spatial_ints(&p->num_cells, "num_cells", image->rank, 1, cells, err)))
        return s;
    if (p->axes != (size_t)image->rank)
        return mm_fail(err, MM_ERR_DATA, "distort_steps has factors for %zu axes, the image has %d", p->axes,
                       image->rank);
    const struct mm_doubles no_corners = {0};
    const struct mm_regrid_sampling how = mm_motion_sampling(&p->mode, &p->padding_mode, &no_corners, key);
    return mm_grid_warp(step, sample, field, cells, p->factors, &how, err);
}

const struct mm_transform mm_transform_grid_distortion = {
    .name = "GridDistortion",
    .summary = "stretch the cells of a grid by given factors",
    .notes = "Cannot be undone.",
    .version = 1,
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_SPATIAL,
    .check = check,
    .each = each,
    .example = "{\"name\": \"GridDistortiond\", \"args\": {\"keys\": \"image\", \"num_cells\": 2, \"distort_steps\": "
               "[[1, 1.2, 1], [0.8, 1, 1], [1, 1, 1]]}}",
};
