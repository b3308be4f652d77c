/* The contract of a model: builds a graph from its parameters. Names, shapes and starting values of its parameters are those of the
 * reference implementation, so that converted weights load by name and runs from scratch compare.
 *
 * Adding one: copy models/unet.c; its line in models/list.h (alphabetical); `make golden` compares outputs, gradients and parameter
 * names when vectors of its name exist; `make check`. Shared pieces (convolution with norm and activation ...) are in layers.h. */
#ifndef MM_TRAINER_MODELS_MODEL_H
#define MM_TRAINER_MODELS_MODEL_H

#include "base/params.h"
#include "trainer/graph.h"

/* Order of the spatial axes in weights files of the reference implementation. Ours are always (z, y, x). */
enum mm_axes { MM_AXES_XYZ, MM_AXES_ZYX };

struct mm_model {
    const char *name, *aliases, *summary, *notes;
    const struct mm_param *params;
    size_t params_size;
    enum mm_axes reference_axes;
    enum mm_status (*check)(struct mm_arena *arena, void *self, struct mm_error *err); /* NULL: none */
    /* Input 0 "image", outputs as the model has them. The graph comes empty, with `spatial` set by spatial_dims(self). */
    int (*spatial)(const void *self);
    int64_t (*in_channels)(const void *self);
    int64_t (*out_channels)(const void *self);
    /* The output is a probability already (a sigmoid ends the network), so 0.5 decides; NULL: logits, 0 decides. */
    bool (*probability)(const void *self);
    /* Sides of an input must be multiples of this (x, y, z); 1 where anything goes. */
    void (*multiple)(const void *self, int out[3]);
    enum mm_status (*build)(const void *self, struct mm_graph *graph, struct mm_error *err);
    const char *example;
};

extern const struct mm_model *const mm_models[]; /* NULL-terminated */
const struct mm_model *mm_model_find(const char *name);
/* Graph of a model with these parsed parameters. */
enum mm_status mm_model_graph(struct mm_arena *arena, const struct mm_model *model, const void *self,
                              struct mm_graph **out, struct mm_error *err);

#endif
