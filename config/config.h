/* A run's configuration, resolved to one neutral tree. This layer knows the shape of a config (sections, variables, refs,
 * disabled, comments), not what any component does: each later layer reads the arguments of its own components.
 *
 * Variables: top-level values of the config < environment.json < --set k=v (the same order as Clara's). "{NAME}" inside any
 * string is substituted; when it is the whole string the value keeps its type. An unknown {NAME} is an error with the nearest
 * name. Substitution repeats inside substituted values up to 8 deep (a cycle is an error that shows it). MMAR_ROOT is predefined,
 * and so are Clara's MMAR_CKPT_DIR (models), MMAR_CKPT, MMAR_TORCHSCRIPT and MMAR_EVAL_OUTPUT_PATH (eval).
 * `--set` also reaches into the tree: "train.optimizer.args.lr=0.1", "train.pre_transforms[4].args.a_max=300",
 * "ScaleImg.args.target_resolution=[1,1,1]" (by alias). Values are JSON where they parse as JSON, else strings.
 *
 * Components: {"name": "X#alias", "args": {...}, "disabled": bool, ...}; {"ref": "alias or name"} stands for the component of
 * that alias, else of that unique name, among all transforms of the file before or after (an ambiguous or unknown one is an
 * error with the choices). `disabled` true drops it, its alias stays referable. Keys starting with "__" are comments anywhere.
 * A component with "path" (a Python class) is an error that says that Python components cannot run here; a class of monai.*
 * stands for the built-in of its last name.
 * AutoML's "search" and "apply" are checked for their form (config/search.c) and kept.
 * Unknown attributes beside name/args (rank, log_label, is_key_metric ...) are kept in `node`. */
#ifndef MM_CONFIG_CONFIG_H
#define MM_CONFIG_CONFIG_H

#include "base/problems.h"

struct mm_components;

struct mm_component {
    const char *name;  /* class, without "#alias" */
    const char *alias; /* NULL when none          */
    const cJSON *args; /* object, NULL when none  */
    const cJSON *node; /* the component as resolved: place and other attributes */
    /* Of its argument "transforms", an item each: one component, or those of a list or a "Compose" in it. Disabled items are left
     * out. */
    const struct mm_components *members;
    size_t member_count;
};

struct mm_components {
    size_t count;
    struct mm_component *items;
};

/* "train", "validate", or an evaluation or inference file as a whole. Pointers are NULL and lists empty when absent.
 * v3's names; v4's sections are turned into them before (config/v4.c): dataset and dataloader into pipeline, lr_scheduler
 * into schedule, key_metric and additional_metrics into metrics. */
struct mm_stage {
    const cJSON *node;
    const struct mm_component *model, *loss, *optimizer, *schedule, *pipeline, *inferer;
    struct mm_components pre_transforms, batch_transforms, post_transforms, metrics, aux_ops, handlers, writers;
    struct mm_components label_transforms; /* of an evaluation file: for the labels, where there are any */
};

/* What a file of an MMAR's config folder is, told by its sections. */
enum mm_config_kind {
    MM_CONFIG_TRAINING,   /* "train", or nothing that tells */
    MM_CONFIG_EVALUATION, /* validation and inference: a stage's sections at the top, or "validate" alone */
    /* Recognised and not used by this program: read as JSON, not resolved. */
    MM_CONFIG_AUTOML,
    MM_CONFIG_FEDERATED_CLIENT,
    MM_CONFIG_FEDERATED_SERVER,
    MM_CONFIG_AIAA,
    MM_CONFIG_ENVIRONMENT,
};
/* "a federated client configuration" */
const char *mm_config_kind_text(enum mm_config_kind kind);
static inline bool mm_config_kind_is_used(enum mm_config_kind kind)
{
    return kind <= MM_CONFIG_EVALUATION;
}

struct mm_config {
    enum mm_config_kind kind; /* of those not used here only this, file and root are set */
    const char *file;         /* as the user knows it                               */
    const cJSON *root;        /* whole file after substitution                      */
    const cJSON *variables;   /* environment.json's and --set's that the file has not */
    int64_t epochs;           /* 0 when absent                                      */
    int64_t valid_interval;   /* num_training_epoch_per_valid, in epochs; default 1 */
    double learning_rate;     /* NaN when absent                                    */
    bool use_amp, multi_gpu;
    uint64_t seed;                   /* "determinism".random_seed or top-level "seed"; default 0 */
    struct mm_stage train, validate; /* an evaluation or inference file is `validate` */
};

struct mm_config_sources {
    const char *root;   /* the MMAR's folder: becomes MMAR_ROOT; relative paths below are looked up in it first */
    const char *config; /* "config/config_train.json"                        */
    const char *environment; /* "config/environment.json"; NULL: none; need not exist when `environment_optional` */
    bool environment_optional;
    const char *const *sets; /* "k=v" of --set                                    */
    size_t set_count;
    bool list_allowed; /* a config that is a bare list stands for {"pre_transforms": list} */
    /* What stands in for a Python class of that name, for the error about it; NULL: nothing is proposed. Returns "" or a text such as
     * "; built in are RandShiftIntensity and RandScaleIntensity" in `buffer`. */
    const char *(*propose)(const char *name, char *buffer, size_t size);
};

/* Reads, substitutes, resolves. Problems collects everything wrong; MM_ERR_CONFIG when any is an error, MM_ERR_IO when a file
 * cannot be read (then with text in err). Unknown top-level keys are variables, as in Clara, so they are no error; a top-level
 * variable nobody uses and no reader knows is a warning (with the nearest used name, if one is near).
 * *out is set whenever the file could be parsed, so that a checker can go on after errors; else it is NULL. */
enum mm_status mm_config_read(struct mm_arena *arena, const struct mm_config_sources *sources, struct mm_config **out,
                              struct mm_problems *problems, struct mm_error *err);

/* A list of components that stands alone, outside of a config: without variables, and nothing can be referred to. */
enum mm_status mm_components_read(struct mm_arena *arena, const cJSON *list, struct mm_components *out,
                                  struct mm_problems *problems);

/* A top-level variable after all overrides, or NULL: environment.json's and --set's are seen too. */
const cJSON *mm_config_variable(const struct mm_config *config, const char *name);
/* Text of a string variable, or `otherwise`. */
const char *mm_config_text(const struct mm_config *config, const char *name, const char *otherwise);

#endif
