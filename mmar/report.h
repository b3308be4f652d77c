/* What people look at after a command: the plan as text, curves and overlays as PNG, tables of scores. */
#ifndef MM_MMAR_REPORT_H
#define MM_MMAR_REPORT_H

#include "mmar/project.h"
#include "trainer/evaluate.h"
#include "trainer/weights.h"

struct mm_plan_question {
    const char *folder; /* of the run: numbers chosen by an earlier run of the same config are those of this one */
    unsigned loader_threads; /* 0: the config's */
    double step_seconds;     /* what a step of the training takes; 0: not known */
    bool measures;           /* prepares one item, to tell what loading takes */
};
/* Cache plan, network with parameters, FLOPs and bytes, optimizer and length of the run: as text and, where `json` is not NULL, as an
 * object with the same numbers. */
enum mm_status mm_report_plan(struct mm_arena *arena, const struct mm_training *training,
                              const struct mm_plan_question *request, struct mm_text *text, cJSON **json,
                              struct mm_error *err);
/* eval/curves.png from train.jsonl in `folder`: loss a step and key metric an epoch. Nothing when there is too little to draw. */
enum mm_status mm_report_curves(struct mm_arena *arena, const struct mm_project *project, const char *folder,
                                struct mm_error *err);
/* Overlay of prediction (filled outline) and truth beside the image: middle of the largest labelled slice. */
enum mm_status mm_report_overlay(struct mm_arena *arena, const char *path, const struct mm_volume *image,
                                 const struct mm_volume *prediction, const struct mm_volume *truth,
                                 struct mm_error *err);
/* eval/metrics.csv and eval/metrics.json (the object that `evaluate --json` prints). `weights`: the file that was scored; its digest
 * goes along, so that the scores can only ever be taken for those of these weights. */
enum mm_status mm_report_scores(struct mm_arena *arena, const struct mm_project *project,
                                const struct mm_training *training, const struct mm_scores *scores,
                                const char *weights, cJSON **json, struct mm_error *err);

/* What a load of weights found, name by name, as notes; or what it would have found, had it not been refused. */
void mm_report_transfer(const struct mm_weights_report *report, bool is_loaded);

#endif
