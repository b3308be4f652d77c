/* An image file in, a prediction on its grid out: what `mmar infer` does with each input. */
#ifndef MM_MMAR_PREDICT_FILE_H
#define MM_MMAR_PREDICT_FILE_H

#include "mmar/model.h"

struct mm_file_prediction {
    const struct mm_chain *chain; /* of the model's config, narrowed to the image */
    bool probabilities;           /* float32, a channel for each class, instead of labels */
    struct mm_ints classes;       /* of the probabilities: these channels; empty: all */
};

/* A 2D model predicts a stack slice by slice. In the arena. Errors do not name the file. */
enum mm_status mm_predict_file(const struct mm_model_use *use, const struct mm_file_prediction *how, const char *path,
                               struct mm_arena *arena, struct mm_volume **out, struct mm_error *err);

#endif
