/* Moves the image by an affine map: given rotation, shear, translation and scale, or the matrix itself. */
#include "image/affine.h"
#include "transforms/motion.h"
#include "transforms/per_key.h"

struct affine {
    struct mm_doubles rotate_params, shear_params, translate_params, scale_params;
    const cJSON *affine;
    const char *rotate_order;
    struct mm_ints spatial_size;
    struct mm_strings mode, padding_mode;
    const cJSON *align_corners;
    struct mm_doubles corners_of_key; /* the last, read */
};
#define P struct affine

static const struct mm_param params[] = {
    MM_DOUBLES(P, rotate_params, .count_max = 3, .unit = "rad", .help = "angles about x, y, z; 2D: one"),
    MM_DOUBLES(P, shear_params, .count_max = 6, .help = "the matrix off its diagonal, row by row; 2D: two"),
    MM_DOUBLES(P, translate_params, .count_max = 3, .unit = "voxel", .help = "along x, y, z"),
    MM_DOUBLES(P, scale_params, .count_max = 3, .help = "along x, y, z; above 1 shows more of the image"),
    MM_JSON(P, affine, .help = "instead: a matrix of 3 x 3 (2D) or 4 x 4, in voxels from the middle"),
    MM_INTS(P, spatial_size, .def_text = "[-1]", .min = -1, .max = 1 << 16, .count_min = 1, .count_max = 3,
            .unit = "voxel", .help = "size of the result; -1 or 0 keeps the axis"),
    MM_MOTION_SAMPLING_PARAMS(P, "\"reflection\""),
    MM_MOTION_ORDER_PARAM(P),
    MM_IGNORED("dtype", .help = "coordinates are float64, values float32"),
    MM_IGNORED("as_tensor_output", .help = "there is one kind of image here"),
    MM_IGNORED("device", .help = "transforms run on the CPU"),
    MM_PARAM_LAZY,
    MM_PARAMS_END};

/* Reads the matrix for an image of that rank. */
static enum mm_status read_matrix(const cJSON *node, int rank, double matrix[16], struct mm_error *err)
{
    int n = rank + 1, r = 0;
    mm_affine_identity(matrix);
    bool good = cJSON_IsArray(node) && cJSON_GetArraySize(node) == n;
    for (const cJSON *row = good ? node->child : NULL; row; row = row->next, r++) {
        int c = 0;
        good = good && cJSON_IsArray(row) && cJSON_GetArraySize(row) == n;
        for (const cJSON *item = good ? row->child : NULL; item; item = item->next, c++) {
            good = good && cJSON_IsNumber(item);
            if (good && r < rank)
                matrix[4 * r + (c < rank ? c : 3)] = item->valuedouble;
        }
    }
    return good ? MM_OK
                : mm_fail(err, MM_ERR_CONFIG, "affine: an image of %d axes needs %d rows of %d numbers", rank, n, n);
}

static void fill(const struct mm_doubles *list, double *out)
{
    for (size_t i = 0; i < list->count; i++)
        out[i] = list->items[i];
}

static enum mm_status find_matrix(const P *p, int rank, double matrix[16], struct mm_error *err)
{
    if (p->affine)
        return read_matrix(p->affine, rank, matrix, err);
    struct mm_motion motion = mm_motion_none;
    motion.order = p->rotate_order;
    fill(&p->rotate_params, motion.rotate);
    fill(&p->shear_params, motion.shear);
    fill(&p->translate_params, motion.translate);
    fill(&p->scale_params, motion.scale);
    mm_motion_matrix(&motion, rank, matrix);
    return MM_OK;
}

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    P *p = self;
    double matrix[16];
    enum mm_status s;
    if (p->affine && MM_TRY(s, read_matrix(p->affine, cJSON_GetArraySize(p->affine) == 3 ? 2 : 3, matrix, err)))
        return s;
    if (MM_TRY(s, mm_motion_order_check(p->rotate_order, p->rotate_params.count, err)))
        return s;
    return mm_motion_sampling_read(arena, &p->mode, &p->padding_mode, p->align_corners, &p->corners_of_key, err);
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *image;
    double matrix[16];
    int size[3];
    if (MM_TRY(s, mm_field_volume(field, &image, err)) || MM_TRY(s, find_matrix(p, image->rank, matrix, err)) ||
        MM_TRY(s, mm_spatial_sizes(&p->spatial_size, "spatial_size", image, size, err)))
        return s;
    const struct mm_regrid_sampling how = mm_motion_sampling(&p->mode, &p->padding_mode, &p->corners_of_key, key);
    return mm_motion_move(step, sample, field, matrix, size, &how, err);
}

const struct mm_transform mm_transform_affine = {
    .name = "Affine",
    .summary = "rotate, shear, shift and scale the image about its middle",
    .notes = "The matrix takes voxels of the result to voxels of the image: R S T Z with R = Rx Ry Rz.",
    .version = 1,
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_SPATIAL | MM_INVERTIBLE,
    .check = check,
    .each = each,
    .invert = mm_regrid_invert,
    .example = "{\"name\": \"Affined\", \"args\": {\"keys\": [\"image\", \"label\"], \"rotate_params\": [0.2, 0, "
               "0.1], \"scale_params\": [1.1, 1, 0.9], \"mode\": [\"bilinear\", \"nearest\"], \"padding_mode\": "
               "\"zeros\"}}",
};
