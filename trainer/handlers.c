/* The handlers and writers of Clara's configs, and what stands for each here. Names: Clara Train 3 and 4, MONAI 0.8. */
#include "trainer/handlers.h"

#include "base/names.h"

static const struct {
    const char *name;
    const char *instead; /* NULL: exactly what is done here anyway, not worth a word */
} known[] = {
    {"CheckpointLoader", "a training starts from other weights with mmar train --from"},
    {"CheckpointSaver", "models/ gets the best model, the last one and a checkpoint"},
    {"DeepgrowStatsHandler", "numbers go to models/train.jsonl"},
    {"IntimeModelSelectionHandler", "it belongs to federated learning"},
    {"LrScheduleHandler", NULL},
    {"MMARHandler", "it belongs to AutoML"},
    {"MMARStatsHandler", "it belongs to AutoML"},
    {"MMARTensorboardHandler", "it belongs to AutoML"},
    {"MetricsSaver", "mmar evaluate writes eval/metrics.json and eval/metrics.csv"},
    {"ProbMapProducer", "mmar infer writes predictions"},
    {"SegmentationSaver", "mmar infer and mmar evaluate --write write predictions"},
    {"SmartCacheHandler", NULL},
    {"StatsHandler", "the log has loss and metrics of each epoch"},
    {"TensorBoardImageHandler", "mmar evaluate draws overlays"},
    {"TensorBoardStatsHandler", "numbers go to models/train.jsonl, curves to models/curves.png"},
    {"TransformInverter", "predictions are always carried back to the grid of the image file"},
    {"ValidationHandler", NULL},
    {"WriteNifti", "mmar infer and mmar evaluate --write write predictions"},
    {"WritePng", "mmar infer and mmar evaluate --write write predictions"},
};
#define KNOWN (sizeof known / sizeof *known)

static void check_one(const struct mm_component *component, const char *what, struct mm_problems *problems)
{
    struct mm_nearest nearest;
    char hint[128];
    const cJSON *name = mm_json_get(component->node, "name");
    const cJSON *place = name ? name : component->node;
    mm_nearest_init(&nearest, component->name);
    for (size_t i = 0; i < KNOWN; i++) {
        mm_nearest_offer(&nearest, known[i].name);
        if (strcmp(known[i].name, component->name) != 0)
            continue;
        if (known[i].instead)
            mm_problem(problems, MM_SEVERITY_NOTE, place, "%s changes nothing here: %s", component->name,
                       known[i].instead);
        return;
    }
    mm_problem(problems, MM_SEVERITY_WARNING, place, "the %s \"%s\" is not known and not used%s", what,
               component->name, mm_nearest_hint(&nearest, hint, sizeof hint));
}

void mm_handlers_check(const struct mm_stage *stage, struct mm_problems *problems)
{
    for (size_t i = 0; i < stage->handlers.count; i++)
        check_one(&stage->handlers.items[i], "handler", problems);
    for (size_t i = 0; i < stage->writers.count; i++)
        check_one(&stage->writers.items[i], "writer", problems);
}
