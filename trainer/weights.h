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
    struct mm_strings renewed;  /* likewise, of another number of classes: keep their initial values */
    struct mm_strings reshaped; /* "name: file 3x16x1x1x1, model 5x16x1x1x1": keep their initial values */
};

/* A start from another model's weights. Refused (MM_ERR_DATA, nothing is loaded, the report is there) unless the difference is explained:
 * the first layer by another number of image channels (weights_adapt.c), and tensors that differ only in dimensions which are the number of
 * classes in the file and `classes` here. */
struct mm_weights_transfer {
    const char *name;         /* what errors call the file; NULL: its path */
    const enum mm_axes *axes; /* as for mm_weights_load */
    int64_t classes;          /* output channels of the model */
    bool partial;             /* takes what fits, be it little; MM_ERR_DATA when it is nothing */
};

/* Strict: everything must fit (resume, evaluate, infer). Otherwise by name and shape, the first layer adapted to another number of
 * channels, the rest reported.
 * `axes` says what kernels of a file without our metadata use; NULL: such a file is an error that says how to give it. */
enum mm_status mm_weights_load(struct mm_arena *arena, struct mm_network *network, const char *path, bool strict,
                               const enum mm_axes *axes, struct mm_weights_report *report, struct mm_error *err);
enum mm_status mm_weights_transfer(struct mm_arena *arena, struct mm_network *network, const char *path,
                                   const struct mm_weights_transfer *how, struct mm_weights_report *report,
                                   struct mm_error *err);
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
