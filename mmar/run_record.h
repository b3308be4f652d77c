/* models/run.json: the facts of a finished training that the manifest of an archive carries. Never a path, a file's name or a case's. */
#ifndef MM_MMAR_RUN_RECORD_H
#define MM_MMAR_RUN_RECORD_H

#include "mmar/project.h"
#include "trainer/loop.h"

/* Written at the end of `mmar train`, beside the weights it tells of ("weights_sha256"). `backend`: as the user asked for it. Where the
 * weights come from ("origin") is read from models/parent.json, which is there since the start, also of a resumed run. */
enum mm_status mm_run_record_write(struct mm_arena *arena, const struct mm_project *project,
                                   const struct mm_training *training, const struct mm_loop_result *result,
                                   const char *backend, struct mm_error *err);
/* Its "model", "inputs" and "outputs", of what the training has of them. `labels`: names by value; NULL: those of its datalist. */
void mm_run_record_model(struct mm_arena *arena, cJSON *record, const struct mm_training *training,
                         const cJSON *labels);

#endif
