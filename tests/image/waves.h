/* Volumes with known contents, for the tests of the image layer. */
#ifndef MM_TESTS_IMAGE_WAVES_H
#define MM_TESTS_IMAGE_WAVES_H

#include <math.h>

#include "image/volume.h"

/* Smooth, different along every axis, between 0 and 200. */
static inline double wave_value(int c, int z, int y, int x)
{
    return 100 + 40 * sin(0.7 * x + 0.3 * c) + 30 * cos(0.5 * y) + 20 * sin(0.9 * z + 0.2 * x);
}

static inline struct mm_volume *wave_volume(struct mm_arena *arena, enum mm_type type, int rank, int channels, int nx,
                                            int ny, int nz)
{
    const int size[3] = {nx, ny, nz};
    struct mm_volume *v = mm_volume_make(arena, type, rank, channels, size);
    for (int c = 0; v && c < channels; c++) {
        for (int z = 0; z < nz; z++) {
            for (int y = 0; y < ny; y++) {
                for (int x = 0; x < nx; x++)
                    mm_volume_set(v, c, z, y, x, wave_value(c, z, y, x));
            }
        }
    }
    return v;
}

/* A header over the same numbers stored with channels interleaved: strides that are not dense. */
static inline struct mm_volume *wave_interleave(struct mm_arena *arena, const struct mm_volume *v)
{
    struct mm_volume *w = mm_volume_like(arena, v, v->type, 0);
    w->stride[3] = 1;
    w->stride[0] = v->channels;
    w->stride[1] = w->stride[0] * v->size[0];
    w->stride[2] = w->stride[1] * v->size[1];
    for (int c = 0; c < v->channels; c++) {
        for (int z = 0; z < v->size[2]; z++) {
            for (int y = 0; y < v->size[1]; y++) {
                for (int x = 0; x < v->size[0]; x++)
                    mm_volume_set(w, c, z, y, x, mm_volume_get(v, c, z, y, x));
            }
        }
    }
    return w;
}

/* Largest difference between two volumes of the same size; infinite when sizes or channels differ. */
static inline double wave_difference(const struct mm_volume *a, const struct mm_volume *b)
{
    double worst = 0;
    if (!mm_volume_same_size(a, b) || a->channels != b->channels)
        return INFINITY;
    for (int c = 0; c < a->channels; c++) {
        for (int z = 0; z < a->size[2]; z++) {
            for (int y = 0; y < a->size[1]; y++) {
                for (int x = 0; x < a->size[0]; x++) {
                    double d = fabs(mm_volume_get(a, c, z, y, x) - mm_volume_get(b, c, z, y, x));
                    worst = d > worst ? d : worst;
                }
            }
        }
    }
    return worst;
}

#endif
