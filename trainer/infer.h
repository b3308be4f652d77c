/* Sliding-window inference (MONAI's semantics): windows of roi_size with overlap, blended by constant or Gaussian weights. */
#ifndef MM_TRAINER_INFER_H
#define MM_TRAINER_INFER_H

#include "base/params.h"
#include "image/volume.h"
#include "trainer/tensor.h"

struct mm_inferer {
    struct mm_ints
        roi_size; /* x, y[, z]; 0 or -1: the image's size; empty: the whole image in one pass (SimpleInferer) */
    int64_t sw_batch_size;
    struct mm_doubles overlap;
    const char *mode; /* constant, gaussian */
    double sigma_scale;
    const char *padding_mode;
    double cval;
};
/* Reads "SlidingWindowInferer", "SimpleInferer" and Clara's "TFScanWindowInferer", "TFSimpleInferer"; NULL component: simple. */
struct mm_component;
enum mm_status mm_inferer_read(struct mm_arena *arena, const struct mm_component *component, struct mm_inferer *out,
                               struct mm_problems *problems);

/* Runs a batch: input n windows plain f32 (desc), output the same spatial size with out_channels. */
typedef enum mm_status mm_predict(void *context, const struct mm_desc *input, const float *x, float *y,
                                  struct mm_error *err);

/* `image`: f32, dense. The result is f32 of out_channels on the image's grid, in `arena`. Windows whose size is not a multiple of
 * `multiple` (x, y, z) are padded up for the call and cropped after. Memory beyond image and result: one batch, and one float a voxel of the image. */
enum mm_status mm_infer_volume(struct mm_arena *arena, const struct mm_inferer *inferer,
                               const struct mm_volume *image, int out_channels, const int multiple[3],
                               mm_predict *predict, void *context, struct mm_volume **out, struct mm_error *err);

#endif
