/* What must not leave a lab with a model: local paths and the names of cases. */
#ifndef MM_MMAR_ARCHIVE_PRIVACY_H
#define MM_MMAR_ARCHIVE_PRIVACY_H

#include "mmar/archive/archive.h"

/* A JSON file that may travel: `stays` when it is a datalist; environment.json comes back as a template, its local paths emptied
 * (*text); *text stays NULL when the file travels as it is. Files of config/ must be sound JSON. */
enum mm_status mm_privacy_json(struct mm_arena *arena, const char *root, const char *name, char **text, bool *stays,
                               struct mm_error *err);
/* eval/metrics.json with cases numbered instead of named; *text NULL when there is none, or when its scores are those of other weights
 * than those of that digest (NULL: no weights travel). */
enum mm_status mm_privacy_metrics(struct mm_arena *arena, const char *root, const char *weights_sha256, char **text,
                                  struct mm_error *err);
/* Looks through what travels, names of files and the manifest (may be NULL) included, for local paths, the names of this user, machine
 * and of the cases of its datalists, e-mail addresses (those of authors in the card are wanted), and DICOM identifiers. Findings are
 * MM_NO with their places, except at places of `allow` (may be NULL): "docs/a.md", "docs/a.md:12"; *allowed (may be NULL) lists these,
 * a line each. A place of `allow` where nothing was found is MM_ERR_USAGE. */
enum mm_status mm_privacy_scan(struct mm_arena *arena, const char *root, const struct mm_archive_list *list,
                               const cJSON *manifest, const struct mm_strings *allow, const char **allowed,
                               struct mm_error *err);

#endif
