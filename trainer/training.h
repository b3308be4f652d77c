/* A training as the config describes it: components found and parsed, graph built with its loss, data opened. Nothing runs yet:
 * `mmar check` and `mmar plan` stop here. */
#ifndef MM_TRAINER_TRAINING_H
#define MM_TRAINER_TRAINING_H

#include "cache/pipeline.h"
#include "trainer/infer.h"
#include "trainer/losses/loss.h"
#include "trainer/metrics/metric.h"
#include "trainer/models/model.h"
#include "trainer/optimizers/optimizer.h"
#include "trainer/schedules/schedule.h"

#define MM_METRICS_MAX 8

struct mm_metric_use {
    const struct mm_metric *metric;
    const void *self;
    const char *name; /* as reports call it */
    bool is_key;
    int only_class; /* the one class it is of; negative: all */
};

/* How predictions are made and scored: shared by validation while training, `evaluate` and `infer`. */
struct mm_prediction_spec {
    struct mm_inferer inferer;
    const struct mm_chain
        *post; /* post_transforms on field "pred"; NULL: argmax, or sigmoid >= 0.5 for one channel */
    const struct mm_chain *post_alone; /* the same for a sample without label: steps narrowed to "pred" */
    const char *image_field, *label_field, *prediction_field;
    int classes;                    /* values 0..classes-1 of a prediction with one channel */
    const char *const *class_names; /* of the datalist; NULL, or entries NULL where unknown */
};

struct mm_training {
    const struct mm_config *config;
    const struct mm_model *model;
    const void *model_self;
    struct mm_graph *graph;
    mm_value loss_root; /* the graph's loss node; its inputs are image and target */
    const struct mm_loss *loss;
    const void *loss_self;
    const struct mm_optimizer *optimizer;
    const void *optimizer_self;
    double learning_rate;
    const struct mm_schedule *schedule; /* NULL: constant */
    const void *schedule_self;
    bool schedule_by_step;
    struct mm_metric_use metrics[MM_METRICS_MAX];
    size_t metric_count;
    struct mm_prediction_spec prediction;
    const struct mm_source *train, *validation; /* validation NULL when the config has none */
    int64_t epochs, valid_interval;
    uint64_t seed;
};

/* What a reading needs: evaluation and inference need no train section's data. */
enum mm_training_parts {
    MM_PART_MODEL = 1 << 0, /* model and graph                       */
    MM_PART_TRAIN = 1 << 1, /* loss, optimizer, schedule, train data */
    MM_PART_VALID = 1 << 2, /* metrics and validation data           */
    MM_PART_ALL = 7,
};

/* `root`: the MMAR's folder. Everything wrong goes to problems; MM_ERR_CONFIG when anything was (other status: text in err). */
enum mm_status mm_training_read(struct mm_arena *arena, const struct mm_config *config, const char *root,
                                unsigned parts, struct mm_training **out, struct mm_problems *problems,
                                struct mm_error *err);

/* {"name": ..., "args": {all, with defaults}}: for weights files and the manifest. */
cJSON *mm_training_model_json(struct mm_arena *arena, const struct mm_training *training);
/* SHA-256 of everything that decides the result (seed, model, loss, optimizer, schedule, chains, pipeline, list), epochs left out. */
enum mm_status mm_training_digest(struct mm_arena *arena, const struct mm_training *training, char hex[65],
                                  struct mm_error *err);
/* The same for people, to say what differs between two runs: without the names of the list's items. NULL when memory is out. */
cJSON *mm_training_summary(struct mm_arena *arena, const struct mm_training *training);

#endif
