/* YAML as JSON trees, for the configs of bundles that are written so: what PyYAML's safe_load, by which MONAI reads them, makes of a
 * document, as far as JSON can say it. Refused, with line and column: aliases and merge keys (a short text must not become a large one),
 * tags, further documents, keys twice, keys that are no text and no whole number, numbers that are not finite, do not fit 64 bits or are to
 * the base 60, and what the JSON reader refuses by its limits. Dates stay text. */
#ifndef MM_MMAR_FOREIGN_YAML_H
#define MM_MMAR_FOREIGN_YAML_H

#include "base/json.h"

#define MM_YAML_SIZE_MAX ((size_t)1 << 20)

/* As mm_json_parse: nodes know their places. MM_ERR_CONFIG with "name:line:column: ...". */
enum mm_status mm_yaml_parse(struct mm_arena *arena, const char *name, const char *text, size_t length, cJSON **out,
                             struct mm_error *err);

/* yaml_scalar.c: what a plain scalar stands for, by YAML 1.1 and the patterns of PyYAML 6 (yaml/resolver.py). A scalar that may stand for
 * nothing here fails with the reason, which names no place; *out is text where no pattern fits. */
enum mm_status mm_yaml_scalar(struct mm_arena *arena, const char *text, cJSON **out, struct mm_error *err);

#endif
