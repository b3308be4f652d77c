/* A new MMAR: its folders, and the files of a template with their gaps filled. */
#ifndef MM_MMAR_SCAFFOLD_H
#define MM_MMAR_SCAFFOLD_H

#include "base/json.h"

struct mm_scaffold {
    struct mm_arena *arena;
    const char *folder, *name, *template;
    const cJSON *about;
    const char *data; /* absolute path of the datalist; NULL: none given */
    const char *list; /* DATASET_JSON when it is another than that; NULL: the same */
};

/* Text with every "@KEY@" of the pairs replaced. */
void mm_scaffold_fill(struct mm_text *out, const char *text, const char *const (*pairs)[2], size_t count);
enum mm_status mm_scaffold_write(const char *path, const char *text, bool executable, struct mm_error *err);
/* environment.json with the person's own datalist in place of the default. */
enum mm_status mm_scaffold_environment(const struct mm_scaffold *s, const char *path, const char *text,
                                       struct mm_error *err);
/* The files of one template. */
enum mm_status mm_scaffold_files(const struct mm_scaffold *s, const char *template, struct mm_error *err);
enum mm_status mm_scaffold_folders(const struct mm_scaffold *s, struct mm_error *err);

#endif
