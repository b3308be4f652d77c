/* Images in memory. A volume is valid until its arena is reset. Functions borrow what is const and never keep a pointer.
 *
 * Axes: x, y, z = the first, second, third index of NIfTI and MONAI arrays; x is contiguous. A 2D image has spatial rank 2 and
 * size[2] = 1; x is the column, y the row. Channels are planar: voxel (c, z, y, x) is at c*stride[3] + z*stride[2] +
 * y*stride[1] + x*stride[0] elements (interleaved files are made planar on reading). What is not a view is dense: x contiguous, then
 * y, z and the channels.
 * `affine` maps (x, y, z, 1) to millimetres in RAS+ (right, anterior, superior positive), row-major 4x4 (nibabel's convention). */
#ifndef MM_IMAGE_VOLUME_H
#define MM_IMAGE_VOLUME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "image/type.h"

struct mm_volume {
    enum mm_type type;
    int rank; /* spatial: 2 or 3 */
    int channels;
    int size[3];         /* x, y, z */
    ptrdiff_t stride[4]; /* x, y, z, channel; in elements; those of views run either way and in any order */
    double affine[16];
    void *data;  /* 64-byte aligned when made here; shared views point into another volume's data */
    bool shared; /* the voxels belong to somebody else (a cache, another sample): do not write */
    const struct mm_packed
        *packed; /* the voxels are there, compressed, and data is NULL (image/packed.h); usually NULL */
    const struct mm_rescale
        *rescale; /* what is made of the voxels when they are copied (image/rescale.h); usually NULL */
};

/* Voxel box: [start, start + size). May reach outside the volume where a function says so. */
struct mm_box {
    int start[3], size[3];
};

#define MM_VOLUME_VOXELS_MAX ((size_t)1 << 34)

/* New, dense, zeroed; identity affine. NULL when memory is out or the sizes are not positive or too large. */
struct mm_volume *mm_volume_make(struct mm_arena *arena, enum mm_type type, int rank, int channels,
                                 const int size[3]);
/* The same with voxels undefined: for who writes each of them. */
struct mm_volume *mm_volume_make_raw(struct mm_arena *arena, enum mm_type type, int rank, int channels,
                                     const int size[3]);
/* The same over dense voxels that are in the arena already. */
struct mm_volume *mm_volume_wrap(struct mm_arena *arena, enum mm_type type, int rank, int channels, const int size[3],
                                 void *data);
/* New volume of the same geometry and affine, of another type or channel count (0 = the same). */
struct mm_volume *mm_volume_like(struct mm_arena *arena, const struct mm_volume *from, enum mm_type type,
                                 int channels);
struct mm_volume *mm_volume_copy(struct mm_arena *arena, const struct mm_volume *from); /* dense, owned */
/* A second header over the same voxels, marked shared. */
struct mm_volume *mm_volume_view(struct mm_arena *arena, const struct mm_volume *from);
/* Views of a box that lies inside, and of what mm_volume_reorient makes; not of packed volumes. */
struct mm_volume *mm_volume_view_box(struct mm_arena *arena, const struct mm_volume *from, const struct mm_box *box);
struct mm_volume *mm_volume_view_turned(struct mm_arena *arena, const struct mm_volume *from,
                                        const int permutation[3], unsigned flips);

size_t mm_volume_voxels(const struct mm_volume *v); /* x*y*z, one channel */
size_t mm_volume_bytes(const struct mm_volume *v);  /* of a dense copy    */
bool mm_volume_is_dense(const struct mm_volume *v); /* and neither packed nor waiting for a rescaling */
bool mm_volume_same_size(const struct mm_volume *a, const struct mm_volume *b);
/* Address of voxel (0, y, z) of channel c: rows are contiguous when stride[0] is 1 (dense volumes). */
void *mm_volume_row(const struct mm_volume *v, int c, int z, int y);

/* One voxel as double, or written with rounding half to even and saturation for integer types. For tests and rare paths. */
double mm_volume_get(const struct mm_volume *v, int c, int z, int y, int x);
void mm_volume_set(struct mm_volume *v, int c, int z, int y, int x, double value);
/* Same voxels in another type: to integers with rounding half to even and saturation, NaN becomes 0. */
struct mm_volume *mm_volume_convert(struct mm_arena *arena, const struct mm_volume *from, enum mm_type type);
/* The same to memory of the caller's: all voxels of a volume of any strides, densely. */
void mm_volume_flatten(void *to, enum mm_type type, const struct mm_volume *from);
/* As above, for an output that is large and not read at once (image/past.h). */
void mm_volume_flatten_past(void *to, enum mm_type type, const struct mm_volume *from);
/* n elements, as above: for loops over rows. */
void mm_convert(void *to, enum mm_type to_type, const void *from, enum mm_type from_type, size_t n,
                ptrdiff_t from_stride);

/* The part of `from` inside the box; what lies outside becomes `fill`. The affine moves with the corner. */
struct mm_volume *mm_volume_crop(struct mm_arena *arena, const struct mm_volume *from, const struct mm_box *box,
                                 double fill);

/* Padding rules for a box that reaches outside: constant, edge, reflect (edge not repeated), symmetric, wrap (numpy.pad). */
enum mm_pad_mode {
    MM_PAD_CONSTANT,
    MM_PAD_EDGE,
    MM_PAD_REFLECT,
    MM_PAD_SYMMETRIC,
    MM_PAD_WRAP,
    MM_PAD_MINIMUM,
    MM_PAD_MAXIMUM,
    MM_PAD_MEAN
};
struct mm_volume *mm_volume_pad(struct mm_arena *arena, const struct mm_volume *from, const struct mm_box *box,
                                enum mm_pad_mode mode, double fill);
/* Axes flipped (bit a = axis a) and then permuted: output axis a is input axis permutation[a]. Affine follows. */
struct mm_volume *mm_volume_reorient(struct mm_arena *arena, const struct mm_volume *from, const int permutation[3],
                                     unsigned flips);

#endif
