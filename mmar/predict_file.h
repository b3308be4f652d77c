/* An image file in, a prediction on its grid out: what `mmar infer` does with each input. */
#ifndef MM_MMAR_PREDICT_FILE_H
#define MM_MMAR_PREDICT_FILE_H

#include "mmar/model.h"

struct mm_file_prediction {
    bool probabilities;     /* float32, a channel for each class, instead of labels */
    struct mm_ints classes; /* of the probabilities: these channels; empty: all */
};

/* Files that are predicted one after the other. The threads of a loader read and prepare those that come next (cache/whole.h), by the
 * num_workers, item_deadline and cache_memory of the config's validate.image_pipeline, where it has one. */
struct mm_file_source;

/* The paths are borrowed. Everything else lives in the arena until it is closed; closing is right after a failed opening, too. */
enum mm_status mm_file_source_open(struct mm_arena *arena, const struct mm_model_use *use, const char *const *paths,
                                   size_t count, struct mm_file_source **out, struct mm_error *err);
void mm_file_source_close(struct mm_file_source *source); /* accepts NULL */

/* File number `index`, in order from 0; after a failure the next one may be tried. A 2D model predicts a stack slice by slice. The result
 * is in the arena. Errors do not name the file. */
enum mm_status mm_predict_file(struct mm_file_source *source, const struct mm_file_prediction *how, size_t index,
                               struct mm_arena *arena, struct mm_volume **out, struct mm_error *err);

#endif
