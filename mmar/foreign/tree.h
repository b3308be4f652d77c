/* A folder or a zip of a stranger as a list of plain files: names checked, nothing followed, nothing unpacked that is not asked for. */
#ifndef MM_MMAR_FOREIGN_TREE_H
#define MM_MMAR_FOREIGN_TREE_H

#include "base/zip.h"

#define MM_TREE_FILES_MAX 20000

struct mm_tree_file {
    const char *name; /* relative, '/'-separated */
    uint64_t size;
    const char *path;                 /* on the disk; NULL: in the zip */
    const struct mm_zip_entry *entry; /* in the zip                    */
};

struct mm_tree {
    struct mm_arena *arena;
    const char *path;   /* as the user knows it */
    struct mm_zip *zip; /* NULL: a folder       */
    size_t count;
    struct mm_tree_file *files; /* sorted by name; the one folder that all lie in is left out of their names */
    size_t links;               /* in a folder: links and devices, which are not followed */
};

/* MM_ERR_IO: cannot be read; MM_ERR_DATA: neither a folder nor a zip, or one with names that are refused. Close after success. */
enum mm_status mm_tree_open(struct mm_arena *arena, const char *path, struct mm_tree *tree, struct mm_error *err);
void mm_tree_close(struct mm_tree *tree);
const struct mm_tree_file *mm_tree_find(const struct mm_tree *tree, const char *name);
/* Its bytes with a NUL behind them, at most `limit`. */
enum mm_status mm_tree_read(const struct mm_tree *tree, const struct mm_tree_file *file, size_t limit,
                            unsigned char **bytes, size_t *size, struct mm_error *err);
/* A copy at `path`. */
enum mm_status mm_tree_copy(const struct mm_tree *tree, const struct mm_tree_file *file, const char *path,
                            struct mm_error *err);

#endif
