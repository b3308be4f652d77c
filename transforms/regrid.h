/* Images on grids of another spacing: the core of Spacing and ScaleByResolution, after MONAI's Spacing and
 * SpatialResample. */
#ifndef MM_TRANSFORMS_REGRID_H
#define MM_TRANSFORMS_REGRID_H

#include "image/resample.h"
#include "transforms/transform.h"

/* The grid wanted. The spacing of an axis that is not positive stays as it is; missing axes get the last one
 * given. */
struct mm_regrid_target {
    const struct mm_doubles *spacing;
    const struct mm_doubles *least, *most; /* axes with a spacing between these stay; NULL or empty: none do */
    bool diagonal;     /* output axes lie along the world's                                                     */
    bool scale_extent; /* outer faces of the voxels are matched, not the middles of the outermost ones          */
};

struct mm_regrid_sampling {
    enum mm_interpolation interpolation;
    enum mm_outside outside;
    unsigned align_corners; /* 0 or 1 */
};

struct mm_grid {
    int size[3];
    double affine[16];
};

/* MONAI's modes: the words are torch.nn.functional.grid_sample's, the numbers orders of splines, which MONAI has scipy compute; and its
 * paddings in the words of either. A padding of the other's is taken as the one most like it (MONAI's resolves_modes), "mirror" is scipy's
 * alone. Where both agree, orders 0 and 1 are torch's nearest and bilinear; with zeros outside they are not: scipy has zeros from the
 * middles of the outermost voxels on, torch interpolates to zeros around the image. */
#define MM_REGRID_MODES "bilinear nearest bicubic 0 1 2 3 4 5"
#define MM_REGRID_PADDINGS                                                                                           \
    "zeros border reflection constant nearest reflect mirror wrap grid-constant grid-mirror grid-wrap"
/* Of members that MONAI has torch alone compute: 0, 1 and 3 are other words for nearest, bilinear and bicubic. */
#define MM_REGRID_TORCH_MODES "bilinear nearest bicubic 0 1 3"
#define MM_REGRID_TORCH_PADDINGS                                                                                     \
    "zeros border reflection constant nearest reflect wrap grid-constant grid-mirror grid-wrap"
struct mm_regrid_sampling mm_regrid_sampling(const char *mode, const char *padding_mode, bool align_corners);
struct mm_regrid_sampling mm_regrid_sampling_by_torch(const char *mode, const char *padding_mode, bool align_corners);
/* Refuses a word of torch's with "mirror", for any key. */
enum mm_status mm_regrid_modes_check(const struct mm_strings *modes, const struct mm_strings *paddings,
                                     struct mm_error *err);

/* The image on a grid of that size; `map` takes its voxels to those of the image. Nearest and order 0 keep the type, all else is
 * float32. With align_corners MONAI builds the map for grids aligned at their faces and samples with grids aligned at
 * the middles of the outermost voxels: in = ((map (o * m/(m-1) - 0.5)) + 0.5) * (n-1)/n for n voxels in and m out.
 * The affine of the result is that of the image times `map`. NULL when memory is out. */
struct mm_volume *mm_regrid_resample(struct mm_arena *arena, const struct mm_volume *image, const double map[16],
                                     const int size[3], const struct mm_regrid_sampling *how);

/* Size n' = round(extent + 1) with the extent between the middles of the outermost voxels in new voxels, half to
 * even. Origin: the first corner of the image from which all others lie in the positive directions of the new axes
 * (to within 1e-8), else the one that brings n/2 of both grids together. scale_extent: n' = round(extent between
 * faces), origin A * (n/n' - 1)/2. */
enum mm_status mm_regrid_find(const struct mm_volume *image, const struct mm_regrid_target *target,
                              struct mm_grid *grid, struct mm_error *err);
/* The size that the image has on a grid with that affine (MONAI's compute_shape_offset); the affine is reduced to the image's axes. */
enum mm_status mm_regrid_size(const struct mm_volume *image, struct mm_grid *grid, struct mm_error *err);
/* Resamples the field's image on the grid and records it. Nothing happens when the grid is the image's to within
 * 1e-3. */
enum mm_status mm_regrid_apply(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field,
                               const struct mm_grid *grid, const struct mm_regrid_sampling *how,
                               struct mm_error *err);
enum mm_status mm_regrid_invert(const struct mm_applied *applied, struct mm_arena *arena, const struct mm_volume *in,
                                bool nearest, struct mm_volume **out, struct mm_error *err);

#endif
