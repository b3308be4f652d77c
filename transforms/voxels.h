/* The voxels of a field as flat arrays: for transforms that change values and leave the grid alone. All volumes handed out here
 * are dense, so channel c is one run of mm_volume_voxels(v) elements and all channels together are one longer run. */
#ifndef MM_TRANSFORMS_VOXELS_H
#define MM_TRANSFORMS_VOXELS_H

#include "transforms/sample.h"

#define MM_VOXELS_CHUNK 1024

/* To read, in the type they have. */
enum mm_status mm_voxels_read(struct mm_sample *sample, const struct mm_field *field, const struct mm_volume **out,
                              struct mm_error *err);
/* To write, in the type they have or as float32. */
enum mm_status mm_voxels_write(struct mm_sample *sample, struct mm_field *field, struct mm_volume **out,
                               struct mm_error *err);
enum mm_status mm_voxels_write_float(struct mm_sample *sample, struct mm_field *field, struct mm_volume **out,
                                     struct mm_error *err);
/* x * by + plus for every voxel, as float32: at once where the voxels are this sample's own, else when they are copied. Only in a
 * transform that is MM_RESCALES. */
enum mm_status mm_voxels_rescale(struct mm_sample *sample, struct mm_field *field, double by, double plus,
                                 struct mm_error *err);
/* A zeroed volume of that geometry and its place in the sample's arena: what a step fills and puts into the field. */
enum mm_status mm_voxels_make(struct mm_sample *sample, const struct mm_volume *from, enum mm_type type, int channels,
                              struct mm_volume **out, struct mm_error *err);

/* Channel c of a float32 volume. */
float *mm_voxels_floats(const struct mm_volume *v, int c);

/* What is treated as one population: each channel, or all of them together. */
struct mm_voxels_parts {
    float *data;
    size_t count, length;
};
struct mm_voxels_parts mm_voxels_split(const struct mm_volume *v, bool channel_wise);

/* Voxels [from, from + n) of a channel of any type as double, and back (rounded half to even, saturated); n is
 * MM_VOXELS_CHUNK or what is left. `get` returns n, 0 at the end. */
size_t mm_voxels_get(const struct mm_volume *v, int c, size_t from, double out[MM_VOXELS_CHUNK]);
void mm_voxels_put(struct mm_volume *v, int c, size_t from, size_t n, const double *in);
/* Sets the voxels of a channel, of any type, to 0 where mask is 0. */
void mm_voxels_keep(struct mm_volume *v, int c, const uint8_t *mask);

#endif
