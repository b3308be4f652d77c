/* What differs between two models: config, metrics, weights. Each comparison gives a JSON list of differences, empty when there are none;
 * a value that one side lacks is left out of its entry. */
#ifndef MM_MMAR_DIFF_H
#define MM_MMAR_DIFF_H

#include "mmar/archive/archive.h"

/* One side: an archive (verified, unpacked to a temporary folder), an MMAR folder, or a .safetensors file. What it lacks is NULL. */
struct mm_diff_side {
    const cJSON *config;   /* config/config_train.json          */
    const cJSON *metrics;  /* "metrics" of eval/metrics.json    */
    const char *weights;   /* models/model.safetensors          */
    const char *temporary; /* removed by close                  */
};
enum mm_status mm_diff_open(struct mm_arena *arena, const char *path, struct mm_archive_progress *progress,
                            struct mm_diff_side *side, struct mm_error *err);
void mm_diff_close(struct mm_diff_side *side);

/* [{name, change: "added" "removed" "reshaped" "changed", a, b: type and shape; norm: |b - a|, relative: |b - a| / |a|}] by name. Norms
 * are given for a change of values only, and where these are numbers. Either file may be NULL. */
enum mm_status mm_diff_weights(struct mm_arena *arena, const char *a, const char *b,
                               struct mm_archive_progress *progress, cJSON **out, struct mm_error *err);

#endif
