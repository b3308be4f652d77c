/* mmar infer */
#include <errno.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/log.h"
#include "base/threads.h"
#include "image/format.h"
#include "mmar/archive/archive.h"
#include "mmar/predict_file.h"
#include "mmar/progress_line.h"
#include "mmar/report.h"
#include "mmar/signing/vouch.h"

struct infer_options {
    struct mm_mmar_options mmar;
    const char *output, *model, *backend, *suffix, *key;
    int64_t threads;
    struct mm_ints classes;
    bool overlay, probabilities, require_signature;
};
#define P struct infer_options

static const struct mm_param options[] = {
    MM_STRING(P, output, .required = true, .help = "-o: folder for the predictions (made when it is not there)"),
    MM_STRING(P, suffix, .help = "put behind the name of each input (default: _seg; _prob with --probabilities)"),
    MM_BOOL(P, probabilities, .help = "write probabilities (float32, a channel for each class) instead of labels"),
    MM_INTS(P, classes, .min = 0, .max = 65535, .help = "with --probabilities: only these classes"),
    MM_STRING(P, model, .help = "weights (default: models/model.safetensors)"),
    MM_BOOL(P, overlay, .help = "also draw each prediction over its image as PNG"),
    MM_INT(P, threads, .min = 0, .max = 1024, .help = "compute threads (default: the processors there are)"),
    MM_STRING(P, backend, .def_text = "auto", .help = "where to compute: auto, onednn, cpu, reference"),
    MM_VOUCH_PARAMS(P),
    MM_PARAMS_END};

/* "scan.nii.gz" with "_seg" becomes "scan_seg.nii.gz". What cannot hold labels exactly gives way: "photo.jpg" becomes "photo_seg.png",
 * what cannot be written at all ".nii.gz". */
static const char *output_path(struct mm_arena *arena, const struct infer_options *o, const char *input)
{
    const char *name = mm_file_name(input), *extension = mm_format_extension(input);
    const struct mm_format *format = mm_format_of(input);
    const char *written = !format || !format->write ? ".nii.gz" : format->is_lossy ? ".png" : extension;
    const char *suffix = o->suffix ? o->suffix : o->probabilities ? "_prob" : "_seg";
    if (o->probabilities && format && !format->has_float)
        written = ".tif";
    return mm_arena_format(arena, "%s/%.*s%s%s", o->output, (int)(strlen(name) - strlen(extension)), name, suffix,
                           written);
}

struct job {
    const char *input, *output;
};

static int by_output(const void *a, const void *b)
{
    return strcmp(((const struct job *)a)->output, ((const struct job *)b)->output);
}

/* Every input is there and has an output of its own before anything is written. */
static enum mm_status check_jobs(const struct job *jobs, size_t count, struct mm_arena *arena, struct mm_error *err)
{
    struct stat in, out;
    struct job *sorted = mm_arena_array(arena, struct job, count + 1);
    if (!sorted)
        return mm_fail_memory(err, "the list of inputs");
    for (size_t i = 0; i < count; i++) {
        sorted[i] = jobs[i];
        if (!jobs[i].output)
            return mm_fail_memory(err, "the list of inputs");
        if (stat(jobs[i].input, &in))
            return mm_fail(err, MM_ERR_IO, "%s: cannot open: %s", jobs[i].input, strerror(errno));
        if (!stat(jobs[i].output, &out) && in.st_dev == out.st_dev && in.st_ino == out.st_ino)
            return mm_fail(err, MM_ERR_USAGE, "%s: the prediction would overwrite its input", jobs[i].input);
    }
    qsort(sorted, count, sizeof *sorted, by_output);
    for (size_t i = 1; i < count; i++)
        if (!strcmp(sorted[i - 1].output, sorted[i].output))
            return mm_fail(err, MM_ERR_USAGE, "%s and %s would both become %s", sorted[i - 1].input, sorted[i].input,
                           sorted[i].output);
    return MM_OK;
}

static enum mm_status write_one(const struct job *job, bool overlay, const struct mm_volume *prediction,
                                struct mm_arena *arena, struct mm_error *err)
{
    enum mm_status s;
    struct mm_volume *image;
    if (MM_TRY(s, mm_image_write(job->output, prediction, err)))
        return s;
    printf("%s\n", job->output);
    if (!overlay)
        return MM_OK;
    if (MM_TRY(s, mm_image_read(arena, job->input, &image, err)))
        return s;
    return mm_report_overlay(arena, mm_arena_format(arena, "%s.png", job->output), image, prediction, NULL, err);
}

static void report_begin(const struct job *jobs, size_t done, size_t count, double seconds)
{
    char text[32] = "?";
    if (done)
        mm_text_seconds(text, sizeof text, seconds * (double)(count - done) / (double)done);
    mm_progress("%zu/%zu %s, %s left", done + 1, count, jobs[done].input, text);
}

/* An input that cannot be predicted does not keep the others from it; output that cannot be written ends the run. */
static enum mm_status run_jobs(struct mm_file_source *source, const struct infer_options *o, const struct job *jobs,
                               size_t count, struct mm_error *err)
{
    enum mm_status s = MM_OK, worst = MM_OK;
    size_t failed = 0;
    const struct mm_file_prediction how = {o->probabilities, o->classes};
    double began = mm_clock();
    struct mm_volume *prediction;
    struct mm_arena scratch;
    mm_arena_init(&scratch, NULL);
    for (size_t i = 0; i < count && s == MM_OK; i++) {
        mm_arena_reset(&scratch);
        report_begin(jobs, i, count, mm_clock() - began);
        if (MM_TRY(s, mm_predict_file(source, &how, i, &scratch, &prediction, err))) {
            if (s == MM_INTERRUPTED)
                break;
            mm_fail_in(err, "%s", jobs[i].input);
            if (count == 1 || s == MM_ERR_MEMORY || s == MM_ERR_DEVICE)
                break;
            mm_progress_end(false);
            mm_warn("left out: %s", err->text);
            worst = s;
            failed++;
            s = MM_OK;
        } else if (MM_TRY(s, write_one(&jobs[i], o->overlay, prediction, &scratch, err)))
            break;
        if (mm_interrupted())
            s = mm_fail(err, MM_INTERRUPTED, "interrupted after %s", jobs[i].input);
    }
    mm_progress_end(false);
    mm_arena_done(&scratch);
    if (s == MM_OK && failed)
        return mm_fail(err, worst, "%zu of %zu images could not be predicted", failed, count);
    return s;
}

static enum mm_status infer_all(const struct mm_command_call *call, struct mm_model_use *use, size_t first,
                                struct mm_error *err)
{
    enum mm_status s;
    const struct infer_options *o = call->options;
    struct mm_file_source *source = NULL;
    size_t count = call->arg_count - first;
    const char *const *inputs = call->args + first;
    struct job *jobs = mm_arena_array(call->arena, struct job, count + 1);
    if (!jobs)
        return mm_fail_memory(err, "the list of inputs");
    for (size_t i = 0; i < count; i++)
        jobs[i] = (struct job){inputs[i], output_path(call->arena, o, inputs[i])};
    if (MM_TRY(s, check_jobs(jobs, count, call->arena, err)) || MM_TRY(s, mm_file_make_folder(o->output, err)))
        return s;
    s = mm_file_source_open(call->arena, use, inputs, count, &source, err);
    if (s == MM_OK)
        s = run_jobs(source, o, jobs, count, err);
    mm_file_source_close(source);
    return s;
}

/* The first argument may be the model: an MMAR folder or an archive (verified and unpacked into a temporary folder). */
static enum mm_status model_root(const struct mm_command_call *call, const char **root, const char **temporary,
                                 size_t *first, struct mm_error *err)
{
    enum mm_status s;
    const struct infer_options *o = call->options;
    const struct mm_vouch ask = {o->key, o->require_signature};
    struct mm_signer signer;
    cJSON *manifest;
    struct mm_progress_line line;
    struct mm_archive_progress progress = mm_progress_line(&line);
    const char *model = o->mmar.mmar;
    if (!model && call->arg_count &&
        (mm_file_is_folder(call->args[0]) || mm_text_ends(call->args[0], ".mmar") ||
         mm_text_ends(call->args[0], ".zip")))
        model = call->args[(*first)++];
    if (*first >= call->arg_count)
        return mm_fail(err, MM_ERR_USAGE, "no input image given (see mmar help infer)");
    *root = model;
    if (!model || mm_file_is_folder(model))
        return mm_vouch_folder(&ask, model ? model : ".", err);
    if (MM_TRY(s, mm_vouch_archive(call->arena, &ask, model, &signer, err)))
        return s;
    s = mm_unpack_temporary(call->arena, model, &progress, temporary, &manifest, err);
    mm_progress_end(false);
    if (s != MM_OK)
        return s;
    *root = mm_file_join(call->arena, *temporary, "model");
    return MM_OK;
}

static enum mm_status run(const struct mm_command_call *call, struct mm_error *err)
{
    enum mm_status s;
    const struct infer_options *o = call->options;
    struct mm_mmar_options where = o->mmar;
    struct mm_project *project;
    struct mm_model_use use = {0};
    const struct mm_model_choice choice = {o->model, o->backend, o->threads};
    const char *root = NULL;
    const char *temporary = NULL;
    size_t first = 0;
    if (!o->output)
        return mm_fail(err, MM_ERR_USAGE, "mmar infer needs -o FOLDER for the predictions");
    if (o->probabilities && o->overlay)
        return mm_fail(err, MM_ERR_USAGE, "--overlay draws labels: it cannot be used with --probabilities");
    if (o->classes.count && !o->probabilities)
        return mm_fail(err, MM_ERR_USAGE, "--classes chooses probabilities: it needs --probabilities");
    s = model_root(call, &root, &temporary, &first, err);
    where.mmar = NULL;
    if (s == MM_OK &&
        (s = mm_project_open(call->arena, &where, root, "config/config_train.json", &project, err)) == MM_OK) {
        if ((s = mm_model_open(call->arena, project, MM_PART_MODEL, &choice, &use, err)) == MM_OK)
            s = infer_all(call, &use, first, err);
        mm_model_close(&use);
    }
    if (temporary)
        mm_file_remove_tree(temporary, NULL);
    return s;
}

const struct mm_command mm_command_infer = {
    .name = "infer",
    .args = "[MMAR or ARCHIVE] INPUT...",
    .summary = "predict on images, on the grid of each input",
    .args_min = 1,
    .args_max = -1,
    .options = options,
    .options_size = sizeof(struct infer_options),
    .takes_mmar = true,
    .run = run,
    .notes =
        "Each prediction has the size, affine and file format of its input; voxels are label values (uint8, "
        "uint16 beyond 256 classes),\n"
        "or with --probabilities float32 from 0 to 1 (a TIFF where the input's format has no float32). A 2D model "
        "predicts a stack slice by slice.\n"
        "An image that cannot be predicted is left out and told of; the exit code is then that of its error.",
    .examples =
        "  mmar infer spleen scan.nii.gz -o out\n  mmar infer other_lab.mmar a.nii.gz b.nii.gz -o out --overlay\n"
        "  mmar infer membranes test-volume.tif -o out --probabilities --classes 1\n",
};
