/* All component families behind one view, for `list`, `help`, the reference docs and the contract tests over everything. */
#ifndef MM_MMAR_FAMILIES_H
#define MM_MMAR_FAMILIES_H

#include "base/params.h"

struct mm_member {
    const char *name, *aliases, *summary, *notes, *example;
    const struct mm_param *tables[2]; /* own, and what the family adds; NULL where none */
};

struct mm_family {
    const char *name, *summary;                          /* "transforms" */
    bool (*member)(size_t index, struct mm_member *out); /* false past the end */
};

extern const struct mm_family mm_families[];              /* ends with name NULL */
const struct mm_family *mm_family_find(const char *name); /* "transform" is "transforms" */

/* The page of a member: summary, spellings, parameters, notes, example. */
void mm_member_help(struct mm_text *text, const struct mm_family *family, const struct mm_member *member);
void mm_member_markdown(struct mm_text *text, const struct mm_member *member);

#endif
