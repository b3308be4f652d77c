/* mmar datalist */
#include "base/file.h"
#include "base/log.h"
#include "mmar/datalist_write.h"

struct datalist_options {
    const char *output, *images, *labels, *group;
    double validation;
    int64_t validation_count, training_count, folds, fold, seed;
    bool force, last;
};
#define P struct datalist_options

static const struct mm_param options[] = {
    MM_STRING(P, output, .help = "-o: file to write (default: dataset.json in the folder)"),
    MM_STRING(P, images, .help = "subfolder of the images (default: found)"),
    MM_STRING(P, labels, .help = "subfolder of the labels (default: found)"),
    MM_DOUBLE(P, validation, .def = 0.2, .min = 0, .max = 0.9, .help = "share of the groups for the validation list"),
    MM_INT(P, validation_count, .def = -1, .min = -1, .max = 1e9, .help = "their number instead of the share"),
    MM_INT(P, training_count, .def = -1, .min = -1, .max = 1e9,
           .help = "keep at most that many training items (-1: all)"),
    MM_BOOL(P, last, .help = "validate on the last ones instead of a random choice"),
    MM_INT(P, folds, .def = 1, .min = 1, .max = 1000, .help = "k-fold split: number of folds"),
    MM_INT(P, fold, .min = 0, .max = 999, .help = "k-fold split: the fold that validates, from 0"),
    MM_STRING(P, group,
              .help = "regular expression on file names: items whose match is equal (one patient) stay together"),
    MM_INT(P, seed, .min = 0, .max = 9e15, .help = "of the random choice"),
    MM_BOOL(P, force, .help = "replace an existing file"),
    MM_PARAMS_END};

static enum mm_status run(const struct mm_command_call *call, struct mm_error *err)
{
    enum mm_status s;
    const struct datalist_options *o = call->options;
    const char *folder = call->args[0];
    const struct mm_datalist_request request = {
        .folder = folder,
        .output = o->output ? o->output : mm_file_join(call->arena, folder, "dataset.json"),
        .images = o->images,
        .labels = o->labels,
        .validation_share = o->validation,
        .validation_count = o->validation_count,
        .training_count = o->training_count,
        .folds = o->folds,
        .fold = o->fold,
        .group = o->group,
        .seed = (uint64_t)o->seed,
        .last_validate = o->last,
        .overwrite = o->force};
    struct mm_datalist_made made;
    if (o->folds > 1 && o->fold >= o->folds)
        return mm_fail(err, MM_ERR_USAGE, "--fold %lld of --folds %lld: folds are numbered from 0 to %lld",
                       (long long)o->fold, (long long)o->folds, (long long)o->folds - 1);
    if (MM_TRY(s, mm_datalist_write(call->arena, &request, &made, err)))
        return s;
    printf("%s\n", request.output);
    mm_note("%zu for training, %zu for validation, %zu for testing", made.training, made.validation, made.test);
    if (made.images_alone || made.labels_alone)
        mm_warn("left out: %zu images without label, %zu labels without image", made.images_alone, made.labels_alone);
    return MM_OK;
}

const struct mm_command mm_command_datalist = {
    .name = "datalist",
    .args = "DIR",
    .summary = "write a datalist from a folder of images and labels",
    .args_min = 1,
    .args_max = 1,
    .options = options,
    .options_size = sizeof(struct datalist_options),
    .run = run,
    .notes = "Finds imagesTr/labelsTr, images/labels, image/label, images/masks, or pairs like case.nii.gz with "
             "case_seg.nii.gz in one folder.",
    .examples = "  mmar datalist Task04_Hippocampus --validation 0.25\n  mmar datalist data --group "
                "'^(patient[0-9]+)' --folds 5 --fold 0 -o fold0.json\n",
};
