/* Elastic deformation. Source: MONAI 1.3 monai/transforms/spatial/array.py (RandDeformGrid, Rand2DElastic,
 * Rand3DElastic). */
#include "transforms/elastic.h"

#include "image/affine.h"
#include "transforms/voxels.h"
#include "transforms/warp.h"

static void draw(struct mm_volume *v, enum mm_elastic_noise noise, struct mm_random *random)
{
    float *data = v->data;
    size_t count = mm_volume_voxels(v) * (size_t)v->channels;
    if (noise == MM_ELASTIC_NORMAL)
        mm_random_normals(random, data, count);
    for (size_t i = 0; noise == MM_ELASTIC_UNIFORM && i < count; i++)
        data[i] = 2 * mm_random_float(random) - 1;
}

/* Numbers with the last axis fastest into a volume with the first one fastest. */
static void take(struct mm_volume *v, const double *numbers)
{
    for (int c = 0; c < v->channels; c++)
        for (int x = 0; x < v->size[0]; x++)
            for (int y = 0; y < v->size[1]; y++)
                for (int z = 0; z < v->size[2]; z++)
                    ((float *)mm_volume_row(v, c, z, y))[x] = (float)*numbers++;
}

enum mm_status mm_elastic_offsets(struct mm_sample *sample, const char *given, const int size[3], int rank,
                                  enum mm_elastic_noise noise, struct mm_random *random, struct mm_volume **out,
                                  struct mm_error *err)
{
    struct mm_volume *v = mm_volume_make(sample->arena, MM_F32, rank, rank, size);
    if (!v)
        return mm_fail_memory(err, "random offsets");
    size_t count = mm_volume_voxels(v) * (size_t)rank;
    const struct mm_field *field = mm_sample_find(sample, given);
    if (!field || field->kind != MM_FIELD_NUMBER)
        draw(v, noise, random);
    else if (field->count == count)
        take(v, field->numbers);
    else
        return mm_fail(err, MM_ERR_DATA, "\"%s\" has %zu numbers, %d x %d x %d x %d are needed", given, field->count,
                       rank, size[0], size[1], size[2]);
    *out = v;
    return MM_OK;
}

void mm_elastic_points(struct mm_volume *offsets, const double spacing[3], double magnitude, const double matrix[16])
{
    const int *size = offsets->size;
    float *rows[3] = {NULL};
    for (int z = 0; z < size[2]; z++)
        for (int y = 0; y < size[1]; y++) {
            for (int a = 0; a < offsets->rank; a++)
                rows[a] = mm_volume_row(offsets, a, z, y);
            for (int x = 0; x < size[0]; x++) {
                const int at[3] = {x, y, z};
                double point[3] = {0};
                for (int a = 0; a < offsets->rank; a++)
                    point[a] = (at[a] - 0.5 * (size[a] - 1)) * spacing[a] + magnitude * (double)rows[a][x];
                mm_affine_point(point, matrix, (double[]){point[0], point[1], point[2]});
                for (int a = 0; a < offsets->rank; a++)
                    rows[a][x] = (float)point[a];
            }
        }
}

enum mm_status mm_elastic_apply(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field,
                                const struct mm_volume *points, const struct mm_regrid_sampling *how,
                                struct mm_error *err)
{
    enum mm_status s;
    struct mm_volume *image;
    if (MM_TRY(s, mm_field_volume(field, &image, err)))
        return s;
    struct mm_warp_points from = {.points = points};
    double shift[3] = {0};
    for (int a = 0; a < points->rank; a++) {
        from.shift[a] = 0.5 * (image->size[a] - 1);
        shift[a] = from.shift[a] - 0.5 * (points->size[a] - 1);
    }
    const struct mm_warp warp = {
        .size = {points->size[0], points->size[1], points->rank == 2 ? image->size[2] : points->size[2]},
        .interpolation = how->interpolation,
        .outside = how->outside,
        .row = mm_warp_row_of_points,
        .self = &from};
    struct mm_volume *out = mm_warp(sample->arena, image, &warp);
    if (!out)
        return mm_fail_memory(err, "a deformed image");
    mm_affine_shift(out->affine, shift);
    return mm_field_moved(sample, field, step, out, NULL, 0, err);
}
