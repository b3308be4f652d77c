/* A network's weights in files: models/model.safetensors, final_model.safetensors, checkpoint.safetensors.
 * __metadata__: "format" "mmar-weights-1", "axes" "zyx" (order of the spatial axes of kernels), "model" (name and arguments as JSON),
 * and for checkpoints "state" (JSON of the run). Kernels of 2D models are (o, i, y, x). */
#ifndef MM_TRAINER_WEIGHTS_H
#define MM_TRAINER_WEIGHTS_H

#include "trainer/models/model.h"
#include "trainer/network.h"
#include "trainer/safetensors.h"

/* What loading found, for the user: names live in the arena given to load. */
struct mm_weights_report {
    size_t loaded;
    struct mm_strings missing;    /* in the model, not in the file: keep their initial values         */
    struct mm_strings unexpected; /* in the file, not in the model                                     */
    struct mm_strings adapted;  /* likewise, of the first layer: made for the model's channels, see weights_adapt.c */
    struct mm_strings reshaped; /* "name: file 3x16x1x1x1, model 5x16x1x1x1": keep their initial values */
};

/* Strict: everything must fit (resume, evaluate, infer). Otherwise by name and shape, the first layer adapted to another number of
 * channels, the rest reported (fine-tuning).
 * `axes` says what kernels of a file without our metadata use; NULL: such a file is an error that says how to give it. */
enum mm_status mm_weights_load(struct mm_arena *arena, struct mm_network *network, const char *path, bool strict,
                               const enum mm_axes *axes, struct mm_weights_report *report, struct mm_error *err);
/* Only what a load would find, not strict: nothing is loaded, and no network is needed. */
enum mm_status mm_weights_compare(struct mm_arena *arena, const struct mm_graph *graph, const char *path,
                                  struct mm_weights_report *report, struct mm_error *err);
/* The same as mm_weights_load from a parsed file. */
enum mm_status mm_weights_apply(struct mm_arena *arena, struct mm_network *network, const struct mm_safetensors *file,
                                bool strict, const enum mm_axes *axes, struct mm_weights_report *report,
                                struct mm_error *err);
/* Parameters and buffers in graph order. `extra` (may be NULL) is added to the metadata (strings). `with_optimizer`: slots too, as
 * "optimizer.<slot>.<name>". */
enum mm_status mm_weights_save(struct mm_network *network, const char *path, const cJSON *extra, bool with_optimizer,
                               struct mm_error *err);
/* Restores parameters and optimizer slots of a checkpoint, bit for bit. */
enum mm_status mm_weights_restore(struct mm_arena *arena, struct mm_network *network,
                                  const struct mm_safetensors *file, struct mm_error *err);

#endif
