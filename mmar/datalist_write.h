/* Writing a datalist from a folder of images: `mmar datalist` and `mmar synth`. */
#ifndef MM_MMAR_DATALIST_WRITE_H
#define MM_MMAR_DATALIST_WRITE_H

#include "mmar/command.h"

struct mm_datalist_request {
    const char *folder, *output;
    const char *images,
        *labels; /* subfolders; NULL: found (imagesTr/labelsTr, images/labels, image/label, or one folder of pairs) */
    double validation_share; /* used when validation_count is negative */
    int64_t validation_count;
    int64_t training_count; /* at most that many; negative: all that do not validate */
    int64_t folds, fold;    /* folds > 1: k-fold split, `fold` (from 0) validates */
    const char
        *group; /* regular expression: items whose first match (or its first group) is equal stay together; NULL */
    uint64_t seed;
    bool last_validate; /* no shuffle: the last ones validate */
    bool overwrite;
};

struct mm_datalist_made {
    size_t training, validation, test;
    size_t images_alone, labels_alone; /* files without their partner, left out */
};

/* Images and labels pair by stem ("case_1.nii.gz" with "case_1.nii.gz", "case_1_seg.nii.gz", "case_1_label.png" ...). Paths are written
 * relative to the datalist's folder. Error when nothing pairs, naming what was looked for. */
enum mm_status mm_datalist_write(struct mm_arena *arena, const struct mm_datalist_request *request,
                                 struct mm_datalist_made *made, struct mm_error *err);

#endif
