/* The ready MMARs of templates/, compiled into the program (tools/embed-templates). "common" is part of each. */
#ifndef MM_MMAR_TEMPLATE_H
#define MM_MMAR_TEMPLATE_H

#include "base/json.h"

struct mm_template_file {
    const char *template, *path, *text;
    bool executable;
};
extern const struct mm_template_file mm_template_files[]; /* ends with template NULL */

/* The description of a template ("summary", "next"), or NULL when there is none of that name. */
const struct mm_template_file *mm_template_find(const char *name);
/* The name of template number i (without "common"), or NULL past the end. */
const char *mm_template_name(size_t index);

#endif
