/* What stands on a command line for images with their labels, as items of a datalist. */
#ifndef MM_MMAR_INPUTS_H
#define MM_MMAR_INPUTS_H

#include "mmar/project.h"

struct mm_input {
    const char *shown; /* as the user wrote it, "[n]" added where it named a list  */
    const char *name; /* for files made from it: the image's name without extension, unlike that of any other input */
    const struct mm_item *item;
    uint32_t index; /* in its datalist, else its place on the command line */
};

struct mm_inputs {
    size_t count;
    struct mm_input *items;
};

/* Each word is
 *   image.nii.gz                an image
 *   image.nii.gz:label.nii.gz   an image and its label
 *   dataset.json#training[3]    an item of a datalist (from 0); without [n]: all of that list, without #: of "training"
 *   #validation[0]              the same of the MMAR's own datalist
 * `label` (NULL: none) is the label of the one image given. `project` may be NULL. */
enum mm_status mm_inputs_read(struct mm_arena *arena, const char *const *words, size_t count, const char *label,
                              const struct mm_project *project, struct mm_inputs *out, struct mm_error *err);

#endif
