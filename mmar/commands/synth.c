/* mmar synth */
#include "base/file.h"
#include "base/log.h"
#include "image/format.h"
#include "image/phantom.h"
#include "mmar/command.h"
#include "mmar/datalist_write.h"

struct synth_options {
    int64_t count, validation, classes, per_class, seed;
    struct mm_ints size;
    struct mm_doubles spacing;
    double noise, bias;
};
#define P struct synth_options

static const struct mm_param options[] = {
    MM_INT(P, count, .def = 16, .min = 1, .max = 100000, .help = "images to make"),
    MM_INT(P, validation, .def = 4, .min = 0, .max = 100000, .help = "of these, for the validation list"),
    MM_INTS(P, size, .def_text = "[48, 48, 32]", .min = 8, .max = 4096, .count_min = 2, .count_max = 3,
            .unit = "voxel", .help = "x,y,z (NIfTI, int16) or x,y (PNG, 8 bit)"),
    MM_DOUBLES(P, spacing, .def_text = "[1, 1, 1.5]", .min = 0, .exclusive_min = true, .max = 1000, .count_min = 2,
               .count_max = 3, .unit = "mm", .help = "voxel spacing"),
    MM_INT(P, classes, .def = 2, .min = 1, .max = 200,
           .help = "labelled shapes: 1 ellipsoid, 2 box, 3 tube, 4 shell, ..."),
    MM_INT(P, per_class, .def = 2, .min = 1, .max = 100, .help = "objects of each class in an image"),
    MM_DOUBLE(P, noise, .def = 8, .min = 0, .max = 1000,
              .help = "standard deviation of Gaussian noise (contrasts are 45 to 120)"),
    MM_DOUBLE(P, bias, .def = 0.3, .min = 0, .max = 0.9, .help = "strength of the smooth bias field"),
    MM_INT(P, seed, .def = 1, .min = 0, .max = 9e15, .help = "other seed, other images"),
    MM_PARAMS_END};

static enum mm_status spec_of(const struct synth_options *o, struct mm_phantom *spec, struct mm_error *err)
{
    *spec = (struct mm_phantom){.rank = (int)o->size.count,
                                .classes = (int)o->classes,
                                .per_class = (int)o->per_class,
                                .noise = o->noise,
                                .bias = o->bias,
                                .seed = (uint64_t)o->seed,
                                .size = {1, 1, 1},
                                .spacing = {1, 1, 1}};
    if (o->spacing.count < o->size.count)
        return mm_fail(err, MM_ERR_USAGE, "--spacing has %zu values, --size has %zu", o->spacing.count,
                       o->size.count);
    for (size_t a = 0; a < o->size.count; a++) {
        spec->size[a] = (int)o->size.items[a];
        spec->spacing[a] = o->spacing.items[a];
    }
    spec->type = spec->rank == 2 ? MM_U8 : MM_I16;
    if (o->validation >= o->count)
        return mm_fail(err, MM_ERR_USAGE, "--validation %lld leaves no training image of %lld",
                       (long long)o->validation, (long long)o->count);
    return MM_OK;
}

static enum mm_status write_pair(const struct mm_phantom *spec, const char *folder, uint32_t number,
                                 struct mm_arena *arena, struct mm_error *err)
{
    enum mm_status s;
    struct mm_volume *image, *label;
    const char *extension = spec->rank == 2 ? ".png" : ".nii.gz";
    if (MM_TRY(s, mm_phantom_make(arena, spec, number, &image, &label, err)) ||
        MM_TRY(s, mm_image_write(mm_arena_format(arena, "%s/imagesTr/phantom_%03u%s", folder, number, extension),
                                 image, err)))
        return s;
    return mm_image_write(mm_arena_format(arena, "%s/labelsTr/phantom_%03u%s", folder, number, extension), label,
                          err);
}

static enum mm_status write_all(const struct mm_command_call *call, const struct mm_phantom *spec,
                                struct mm_error *err)
{
    enum mm_status s = MM_OK;
    const struct synth_options *o = call->options;
    struct mm_arena scratch;
    mm_arena_init(&scratch, NULL);
    for (int64_t i = 0; i < o->count && s == MM_OK; i++) {
        mm_arena_reset(&scratch);
        mm_progress("%lld/%lld", (long long)i + 1, (long long)o->count);
        s = write_pair(spec, call->args[0], (uint32_t)i, &scratch, err);
        if (s == MM_OK && mm_interrupted())
            s = mm_fail(err, MM_INTERRUPTED, "interrupted after %lld images", (long long)i + 1);
    }
    mm_progress_end(false);
    mm_arena_done(&scratch);
    return s;
}

static enum mm_status run(const struct mm_command_call *call, struct mm_error *err)
{
    enum mm_status s;
    const struct synth_options *o = call->options;
    struct mm_phantom spec;
    const char *folder = call->args[0];
    if (MM_TRY(s, spec_of(o, &spec, err)) ||
        MM_TRY(s, mm_file_make_folder(mm_file_join(call->arena, folder, "imagesTr"), err)) ||
        MM_TRY(s, mm_file_make_folder(mm_file_join(call->arena, folder, "labelsTr"), err)) ||
        MM_TRY(s, write_all(call, &spec, err)))
        return s;
    const struct mm_datalist_request request = {.folder = folder,
                                                .output = mm_file_join(call->arena, folder, "dataset.json"),
                                                .validation_count = o->validation,
                                                .training_count = -1,
                                                .last_validate = true,
                                                .overwrite = true};
    struct mm_datalist_made made;
    if (MM_TRY(s, mm_datalist_write(call->arena, &request, &made, err)))
        return s;
    printf("%s\n", request.output);
    mm_note("%lld images, %zu for training and %zu for validation", (long long)o->count, made.training,
            made.validation);
    return MM_OK;
}

const struct mm_command mm_command_synth = {
    .name = "synth",
    .args = "DIR",
    .summary = "make synthetic images with labels and a datalist",
    .args_min = 1,
    .args_max = 1,
    .options = options,
    .options_size = sizeof(struct synth_options),
    .run = run,
    .notes = "An oval body with labelled ellipsoids, boxes, tubes and shells, unlabelled decoys, a bias field and "
             "noise; objects are measured\n"
             "in millimetres. Same options and seed, same files (image/phantom.h describes them).",
    .examples = "  mmar synth data\n  mmar synth flat --size 96,96 --spacing 1,1 --count 40 --validation 8\n",
};
