/* Shared by bundle_value.c, bundle_expression.c and bundle_constants.c: constants that are written as Python. */
#ifndef MM_MMAR_FOREIGN_BUNDLE_EXPRESSION_H
#define MM_MMAR_FOREIGN_BUNDLE_EXPRESSION_H

#include "mmar/foreign/bundle.h"

#define MM_BUNDLE_TEXT_MAX 1024
#define MM_BUNDLE_LIST_MAX 4096
#define MM_BUNDLE_MADE_MAX                                                                                           \
    200000 /* values that references and sums may make: a short file must not become a large one */

/* What the text behind a "$" stands for; NULL when it is more than a constant. `depth`: references followed so far. */
const cJSON *mm_bundle_expression(struct mm_bundle *bundle, const char *text, int depth);

/* bundle_constants.c. a sign b with + - * / % and '|' for "//"; NULL: not with these two. */
const cJSON *mm_bundle_operate(struct mm_bundle *bundle, const cJSON *a, const cJSON *b, char sign);
bool mm_bundle_truth(const cJSON *value);
/* np.pi, torch.float32, monai.utils.GridSampleMode.NEAREST, True ...; the name is written over. NULL: unknown. */
const cJSON *mm_bundle_named(struct mm_bundle *bundle, char *name);
/* int(x), float(x), len(x), list(x), tuple(x). */
const cJSON *mm_bundle_call(struct mm_bundle *bundle, const char *name, const cJSON *argument);

/* bundle_value.c. "@name" at *text, which moves behind it: what it stands for. */
const cJSON *mm_bundle_reference(struct mm_bundle *bundle, const char **text, int depth);
/* bundle_value.c. What a node stands for; NULL: Python, or a circle. */
const cJSON *mm_bundle_follow_at(struct mm_bundle *bundle, const cJSON *node, int depth);

#endif
