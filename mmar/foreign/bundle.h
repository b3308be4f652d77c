/* Shared by bundle*.c: a bundle's config file, whose values refer to each other. "@id" and "%id" stand for the value at that place
 * ("train#dataset#transform", newer "train::dataset"), "$" begins Python. Python is never run: constants that are written in it are
 * understood by a closed grammar (bundle_expression.c), and nothing else. */
#ifndef MM_MMAR_FOREIGN_BUNDLE_H
#define MM_MMAR_FOREIGN_BUNDLE_H

#include "mmar/foreign/notes.h"

struct mm_bundle {
    struct mm_arena *arena;
    struct mm_notes *notes;
    const cJSON *root;      /* NULL: the bundle has no such file */
    size_t made;            /* values copied by references: bounded */
    const char *no_network; /* out of mm_bundle_config, of `train`: why there is none; NULL: the configs name none */
};

/* bundle_value.c. The node at an id, references followed; NULL: there is none, or it is Python. */
const cJSON *mm_bundle_find(struct mm_bundle *bundle, const char *id);
/* The first of several ids (NULL behind the last) that is there. */
const cJSON *mm_bundle_first(struct mm_bundle *bundle, const char *const *ids);
#define MM_BUNDLE_FIRST(bundle, ...) mm_bundle_first(bundle, (const char *const[]){__VA_ARGS__, NULL})
/* What an engine was given, whatever its parts are called elsewhere. */
#define MM_BUNDLE_TRAINER(argument)   "train#trainer#" argument, "trainer#" argument
#define MM_BUNDLE_EVALUATOR(argument) "validate#evaluator#" argument, "evaluator#" argument
/* What a node stands for, itself when it is no reference; NULL as above. */
const cJSON *mm_bundle_follow(struct mm_bundle *bundle, const cJSON *node);
/* A copy without any references; NULL when it holds Python, which is noted with its place. */
cJSON *mm_bundle_literal(struct mm_bundle *bundle, const cJSON *node);

/* bundle_component.c. {"_target_": "monai.losses.DiceLoss", ...} as {"name": "DiceLoss", "args": {...}}; NULL when no member of the family
 * is called so, which is noted. `wiring`: arguments that only name other parts of the program. */
cJSON *mm_bundle_component(struct mm_bundle *bundle, const cJSON *node, const char *family, const char *wiring);
/* Whether it is left out, which is noted: what only Python knows is. */
bool mm_bundle_is_disabled(struct mm_bundle *bundle, const cJSON *node, const char *name);
/* Notes what a component was taken as. */
void mm_bundle_taken(struct mm_bundle *bundle, const cJSON *node, const char *what, const cJSON *component);
/* Last part of "_target_"; NULL when it has none. */
const char *mm_bundle_target(const cJSON *node);

/* bundle_chain.c. A chain of transforms, from a list or a Compose. */
cJSON *mm_bundle_chain(struct mm_bundle *bundle, const cJSON *node);

/* bundle_metrics.c. The list of them. */
cJSON *mm_bundle_metrics(struct mm_bundle *bundle);
/* Does validation make fields of the prediction's channels? */
bool mm_bundle_splits(struct mm_bundle *bundle);

/* bundle_config.c. A config of ours from train.json and inference.json; NULL: without a network. */
cJSON *mm_bundle_config(struct mm_bundle *train, struct mm_bundle *inference);

#endif
