/* A trained network opened for use: `evaluate` and `infer`, from an MMAR folder or an archive. */
#ifndef MM_MMAR_MODEL_H
#define MM_MMAR_MODEL_H

#include "mmar/project.h"
#include "trainer/network.h"

struct mm_model_use {
    struct mm_project *project;
    struct mm_training *training;
    struct mm_network *network;
    struct mm_pool *pool;
    const char *weights; /* the file that was loaded */
};

struct mm_model_choice {
    const char *weights; /* file by --model; NULL: the MMAR's models/model.safetensors */
    const char *backend;
    int64_t threads;
};

/* `parts` as mm_project_training. Close also after a failure. */
enum mm_status mm_model_open(struct mm_arena *arena, struct mm_project *project, unsigned parts,
                             const struct mm_model_choice *choice, struct mm_model_use *out, struct mm_error *err);
void mm_model_close(struct mm_model_use *use);

#endif
