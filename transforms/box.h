/* Crops and pads are one thing: a box of voxels in the coordinates of the image, which may reach outside it. */
#ifndef MM_TRANSFORMS_BOX_H
#define MM_TRANSFORMS_BOX_H

#include "transforms/transform.h"

/* What voxels outside the image get. The names are numpy.pad's and, for two of them, torch's too. */
struct mm_box_fill {
    enum mm_pad_mode mode;
    double value; /* of MM_PAD_CONSTANT */
};
#define MM_BOX_MODES "constant edge reflect symmetric wrap minimum maximum mean replicate circular"
#define MM_BOX_FILL_PARAMS(P)                                                                                        \
    MM_STRINGS(P, mode, .choices = MM_BOX_MODES, .def_text = "\"constant\"", .count_min = 1,                         \
               .help = "values of padded voxels: one, or one a key"),                                                \
        MM_DOUBLE(P, value, .aliases = "constant_values", .help = "value of padded voxels of mode constant")

/* The fill for that key of parameters made by MM_BOX_FILL_PARAMS. */
struct mm_box_fill mm_box_fill_of(const struct mm_strings *mode, size_t key, double value);

/* The part of the image in the box, with `fill` (NULL: zeros) outside; NULL when memory is out. */
struct mm_volume *mm_box_cut(struct mm_arena *arena, const struct mm_volume *image, const struct mm_box *box,
                             const struct mm_box_fill *fill);
/* Gives the field the part of its image in the box and records it; nothing happens when the box is the image.
 * `fill` NULL: zeros outside. */
enum mm_status mm_box_apply(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field,
                            const struct mm_box *box, const struct mm_box_fill *fill, struct mm_error *err);
/* The `invert` of every such transform: crops what was padded, pads with zeros what was cropped. */
/* Is it one that a step may have recorded: not empty, and near enough to zero to be reckoned with? */
bool mm_box_is_possible(const struct mm_box *box);
enum mm_status mm_box_invert(const struct mm_applied *applied, struct mm_arena *arena, const struct mm_volume *in,
                             bool nearest, struct mm_volume **out, struct mm_error *err);

/* The box of that size about the image's middle: start = max(n/2 - size/2, 0), cut off at the image's end. */
struct mm_box mm_box_centre(const struct mm_volume *image, const int size[3]);
/* The box of that size about a voxel, moved inside at the low end and cut off at the high one (MONAI SpatialCrop's roi_center). */
struct mm_box mm_box_about(const struct mm_volume *image, const int middle[3], const int size[3]);
/* The box of that size, or as much of it as the image has, about a voxel, moved so that it lies inside. */
struct mm_box mm_box_inside(const struct mm_volume *image, const int middle[3], const int size[3]);
/* The image and, where it is smaller than `size`, as much more: half before (rounded down), half behind; all
 * behind with `at_end`. */
struct mm_box mm_box_enlarged(const struct mm_volume *image, const int size[3], bool at_end);
/* Moves the box, which lies inside, to a place drawn evenly: one draw an axis. */
void mm_box_place(const struct mm_volume *image, struct mm_random *random, struct mm_box *box);
/* The least multiple of k that is not below n; n itself when k is not positive. */
int mm_box_multiple(int n, int k);
/* The image is no smaller than `size` along any axis. */
enum mm_status mm_box_fits(const struct mm_volume *image, const int size[3], struct mm_error *err);

/* For steps that are MM_TAKES_PACKED and look into images. The voxel of that number, x + size.x * (y + size.y * z), with its channels, as
 * an image of one voxel; NULL when memory is out. */
struct mm_volume *mm_box_voxel(struct mm_arena *arena, const struct mm_volume *image, uint32_t voxel);
/* *image becomes dense when it is packed; NULL stays NULL. */
enum mm_status mm_box_unpack(struct mm_arena *arena, const struct mm_volume **image, struct mm_error *err);

#endif
