/* Opening a trained network. */
#include "mmar/model.h"

#include "base/file.h"
#include "base/log.h"
#include "trainer/weights.h"

static enum mm_status load(struct mm_arena *arena, struct mm_model_use *use, const struct mm_model_choice *choice,
                           struct mm_error *err)
{
    struct mm_weights_report report = {0};
    const char *models = mm_config_text(use->project->config, "MMAR_CKPT_DIR", "models");
    use->weights = choice->weights
                       ? choice->weights
                       : mm_project_path(arena, use->project, mm_file_join(arena, models, "model.safetensors"));
    if (!mm_file_exists(use->weights))
        return mm_fail(err, MM_ERR_IO,
                       "%s: no such file: train the model first (mmar train), or name one with --model",
                       use->weights);
    mm_detail("weights: %s", use->weights);
    return mm_weights_load(arena, use->network, use->weights, true, NULL, &report, err);
}

enum mm_status mm_model_open(struct mm_arena *arena, struct mm_project *project, unsigned parts,
                             const struct mm_model_choice *choice, struct mm_model_use *out, struct mm_error *err)
{
    enum mm_status s;
    *out = (struct mm_model_use){.project = project};
    if (MM_TRY(s, mm_project_training(arena, project, parts, &out->training, err)) ||
        MM_TRY(s,
               mm_pool_open(choice->threads ? (unsigned)choice->threads : mm_threads_available(), &out->pool, err)))
        return s;
    const struct mm_network_options options = {.backend = choice->backend, .pool = out->pool};
    if (MM_TRY(s, mm_network_open(out->training->graph, &options, &out->network, err)))
        return s;
    return load(arena, out, choice, err);
}

void mm_model_close(struct mm_model_use *use)
{
    mm_network_close(use->network);
    mm_pool_close(use->pool);
}
