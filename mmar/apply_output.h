/* Where `mmar apply` puts what a chain made: a file for every image of a sample, and a tile of the contact sheet. */
#ifndef MM_MMAR_APPLY_OUTPUT_H
#define MM_MMAR_APPLY_OUTPUT_H

#include "mmar/inputs.h"
#include "mmar/sheet.h"
#include "transforms/sample.h"

struct mm_apply_output {
    const char *folder, *extension; /* ".nii.gz" */
    const struct mm_inputs *inputs; /* files that must not be written over */
    struct mm_sheet *sheet;         /* NULL: none */
    size_t repeats, crops;          /* how many there are of each: names carry a number where there are several */
    size_t files;                   /* written so far */
};

/* Writes every image of the sample as "<input>_<field>[_r<repeat>][_c<crop>]<extension>" and prints the paths on stdout. PNG shows
 * the busiest slice of a volume; repeat and crop count from 1. */
enum mm_status mm_apply_write(struct mm_apply_output *output, struct mm_arena *scratch, const struct mm_input *input,
                              const struct mm_sample *sample, size_t repeat, size_t crop, struct mm_error *err);

#endif
