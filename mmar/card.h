/* An archive's manifest as people read it. Texts come from strangers: nothing in them can steer a terminal. */
#ifndef MM_MMAR_CARD_H
#define MM_MMAR_CARD_H

#include "base/json.h"

/* `digest`: of the manifest, see mm_manifest_digest. Needs a checked manifest. */
void mm_card_print(struct mm_text *text, const cJSON *manifest, const char *digest);
/* The model and the chain of its parents, one line each, the nearest first. */
void mm_card_lineage(struct mm_text *text, const cJSON *manifest, const char *digest);
/* The files with their sizes, folders with what is in them. */
void mm_card_tree(struct mm_text *text, const cJSON *manifest, const char *digest);
/* One value as text, control and direction characters replaced. */
void mm_card_text(struct mm_text *text, const char *value);
/* "licence: ...; data: ...", what `pack`, `unpack` and `init --from` remind of. */
void mm_card_licences(struct mm_text *text, const cJSON *manifest);
/* Number and bytes of the files. */
void mm_card_files(const cJSON *manifest, size_t *count, uint64_t *bytes);

#endif
