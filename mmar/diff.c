/* The two sides of a comparison. */
#include "mmar/diff.h"

#include "base/file.h"

static enum mm_status open_folder(struct mm_arena *arena, const char *folder, struct mm_diff_side *side,
                                  struct mm_error *err)
{
    enum mm_status s;
    cJSON *config, *metrics;
    const char *config_path = mm_file_join(arena, folder, "config/config_train.json"),
               *metrics_path = mm_file_join(arena, folder, "eval/metrics.json"),
               *weights = mm_file_join(arena, folder, "models/model.safetensors");
    if (!config_path || !metrics_path || !weights)
        return mm_fail_memory(err, "a file name");
    if (!mm_file_exists(config_path))
        return mm_fail(err, MM_ERR_USAGE, "%s: is no MMAR: it has no config/config_train.json", folder);
    if (MM_TRY(s, mm_json_read(arena, config_path, &config, err)))
        return s;
    side->config = config;
    if (mm_file_exists(metrics_path)) {
        if (MM_TRY(s, mm_json_read(arena, metrics_path, &metrics, err)))
            return s;
        side->metrics = mm_json_get(metrics, "metrics");
    }
    side->weights = mm_file_exists(weights) ? weights : NULL;
    return MM_OK;
}

enum mm_status mm_diff_open(struct mm_arena *arena, const char *path, struct mm_archive_progress *progress,
                            struct mm_diff_side *side, struct mm_error *err)
{
    enum mm_status s;
    cJSON *manifest;
    *side = (struct mm_diff_side){.config = NULL};
    if (mm_file_is_folder(path))
        return open_folder(arena, path, side, err);
    if (mm_text_ends(path, ".safetensors")) {
        side->weights = path;
        return MM_OK;
    }
    if (MM_TRY(s, mm_unpack_temporary(arena, path, progress, &side->temporary, &manifest, err)))
        return s;
    const char *model = mm_file_join(arena, side->temporary, "model");
    s = model ? open_folder(arena, model, side, err) : mm_fail_memory(err, "a file name");
    if (s != MM_OK)
        mm_diff_close(side);
    return s;
}

void mm_diff_close(struct mm_diff_side *side)
{
    if (side->temporary)
        mm_file_remove_tree(side->temporary, NULL);
    side->temporary = NULL;
}
