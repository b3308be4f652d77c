/* From an image file to a prediction on the file's own grid: chain, sliding window, post transforms, inverse transforms. */
#ifndef MM_TRAINER_PREDICT_H
#define MM_TRAINER_PREDICT_H

#include "trainer/network.h"
#include "trainer/training.h"

/* Raw network output for a sample whose image is prepared: f32, out_channels, on the image's (transformed) grid. */
enum mm_status mm_predict_logits(struct mm_network *network, const struct mm_training *training,
                                 struct mm_arena *arena, const struct mm_sample *sample, struct mm_volume **out,
                                 struct mm_error *err);
/* Adds the field "pred": logits through the post transforms (class indices, or one mask a channel). Still on the transformed grid
 * unless the post transforms invert. */
enum mm_status mm_predict_sample(struct mm_network *network, const struct mm_training *training,
                                 struct mm_sample *sample, struct mm_error *err);
/* Its second half, for logits that are there. */
enum mm_status mm_predict_finish(const struct mm_training *training, struct mm_sample *sample,
                                 struct mm_volume *logits, struct mm_error *err);
/* The same carried back to the grid, size and affine of the image's file: labels u8 (u16 beyond 255 classes). */
enum mm_status mm_predict_on_file_grid(struct mm_network *network, const struct mm_training *training,
                                       struct mm_sample *sample, struct mm_volume **out, struct mm_error *err);
/* Probabilities instead of labels: float32, a channel for each output of the network, carried back with linear interpolation. As an
 * Activations among the post transforms makes them; without one softmax over the channels, or sigmoid of a single one. */
enum mm_status mm_predict_probabilities(struct mm_network *network, const struct mm_training *training,
                                        struct mm_sample *sample, struct mm_volume **out, struct mm_error *err);
/* Masks of 0/1 bytes, class after class, of a label map or of one-mask-a-channel volumes. Values beyond `classes` are an error. */
enum mm_status mm_class_masks(struct mm_arena *arena, const struct mm_volume *volume, int classes, uint8_t **masks,
                              struct mm_error *err);

#endif
