/* The model card as a Markdown page, docs/README.md of an MMAR. What the program knows stands between two marks and is written anew by
 * `mmar card`, and by `mmar pack` for the archive; all else is the person's own and stays as it is. */
#ifndef MM_MMAR_CARD_PAGE_H
#define MM_MMAR_CARD_PAGE_H

#include "base/json.h"

#define MM_CARD_PAGE "docs/README.md"

/* The facts alone. */
void mm_card_page(struct mm_text *text, const cJSON *manifest);
/* `page` (NULL: there is none) with its facts brought up to date; *out is NULL when nothing changes. A page without marks gets them behind
 * its first heading when `add`, else it stays as it is. MM_ERR_DATA: one mark without the other. */
enum mm_status mm_card_refresh(struct mm_arena *arena, const char *page, const cJSON *manifest, bool add,
                               const char **out, struct mm_error *err);

#endif
