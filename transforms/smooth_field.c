/* Smooth fields. Source of the steps: MONAI monai/transforms/smooth_field/array.py. */
#include "transforms/smooth_field.h"

enum mm_status mm_smooth_range_read(const struct mm_doubles *list, const char *name, double least, double rim,
                                    struct mm_smooth_range *out, struct mm_error *err)
{
    double a = list->count == 1 ? least : list->items[0], b = list->items[list->count - 1];
    *out = (struct mm_smooth_range){list->count == 1 ? a : fmin(a, b), list->count == 1 ? b : fmax(a, b), rim};
    if (!(out->low < out->high))
        return mm_fail(err, MM_ERR_CONFIG, "%s goes from %g to %g: there is nothing to draw", name, out->low,
                       out->high);
    return MM_OK;
}

/* The coarse grid: random values with `pad` others around them. */
static struct mm_volume *draw_values(struct mm_arena *arena, const int size[3], const int pad[3], int rank,
                                     int channels, const struct mm_smooth_range *range, struct mm_random *random)
{
    const int wide[3] = {size[0] + 2 * pad[0], size[1] + 2 * pad[1], size[2] + 2 * pad[2]};
    struct mm_volume *v = mm_volume_make(arena, MM_F32, rank, channels, wide);
    for (int c = 0; v && c < channels; c++)
        for (int z = 0; z < wide[2]; z++)
            for (int y = 0; y < wide[1]; y++) {
                float *row = mm_volume_row(v, c, z, y);
                bool inside = z >= pad[2] && z < wide[2] - pad[2] && y >= pad[1] && y < wide[1] - pad[1];
                for (int x = 0; x < wide[0]; x++)
                    row[x] = (float)(inside && x >= pad[0] && x < wide[0] - pad[0]
                                         ? mm_random_uniform(random, range->low, range->high)
                                         : range->rim);
            }
    return v;
}

/* From its own range to that of the coarse grid, all channels together. */
static void stretch(struct mm_volume *fine, const struct mm_volume *coarse)
{
    float low, high, wanted_low, wanted_high, *x = fine->data;
    size_t n = mm_volume_voxels(fine) * (size_t)fine->channels;
    mm_intensity_bounds(x, n, &low, &high);
    mm_intensity_bounds(coarse->data, mm_volume_voxels(coarse) * (size_t)coarse->channels, &wanted_low, &wanted_high);
    for (size_t i = 0; i < n && high > low; i++)
        x[i] = (x[i] - low) / (high - low) * (wanted_high - wanted_low) + wanted_low;
}

enum mm_status mm_smooth_field_make(struct mm_arena *arena, const struct mm_smooth_field *how,
                                    const struct mm_volume *image, int channels, const struct mm_smooth_range *range,
                                    size_t key, struct mm_random *random, struct mm_volume **out,
                                    struct mm_error *err)
{
    enum mm_status s;
    int size[3], wanted[3], pad[3];
    if (MM_TRY(s, mm_spatial_ints(&how->rand_size, "rand_size", image->rank, 1, size, err)))
        return s;
    memcpy(wanted, image->size, sizeof wanted);
    if (how->spatial_size.count &&
        MM_TRY(s, mm_spatial_ints(&how->spatial_size, "spatial_size", image->rank, 1, wanted, err)))
        return s;
    for (int a = 0; a < 3; a++) {
        pad[a] = a < image->rank ? (int)how->pad : 0;
        if (wanted[a] != image->size[a])
            return mm_fail(err, MM_ERR_DATA, "spatial_size is %dx%dx%d, the image %dx%dx%d", wanted[0], wanted[1],
                           wanted[2], image->size[0], image->size[1], image->size[2]);
    }
    struct mm_volume *coarse = draw_values(arena, size, pad, image->rank, channels, range, random);
    enum mm_resize mode = mm_scaling_mode(mm_string_of_key(&how->mode, key));
    *out = coarse ? mm_volume_resize(arena, coarse, image->size, mode, how->align_corners, NULL, MM_F32) : NULL;
    if (!*out)
        return mm_fail_memory(err, "a random field");
    stretch(*out, coarse);
    return MM_OK;
}

enum mm_status mm_smooth_field_adjust(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field,
                                      size_t key, const struct mm_context *context, const struct mm_smooth_field *how,
                                      const struct mm_smooth_range *range, mm_smooth_work *work, struct mm_error *err)
{
    struct mm_random random;
    mm_step_random(step, context, &random);
    if (!mm_step_happens(&random, how->prob))
        return MM_OK;
    enum mm_status s;
    struct mm_volume *v, *factors;
    if (MM_TRY(s, mm_voxels_write_float(sample, field, &v, err)))
        return s;
    struct mm_arena scratch;
    mm_arena_init(&scratch, NULL);
    s = mm_smooth_field_make(&scratch, how, v, 1, range, key, &random, &factors, err);
    float low, high;
    mm_intensity_bounds(v->data, mm_volume_voxels(v) * (size_t)v->channels, &low, &high);
    for (int c = 0; !s && c < v->channels; c++)
        work(mm_voxels_floats(v, c), factors->data, mm_volume_voxels(v), low, high);
    mm_arena_done(&scratch);
    return s;
}
