/* mmar convert */
#include "mmar/convert.h"
#include "base/file.h"
#include "base/log.h"
#include "mmar/fit.h"
#include "mmar/progress_line.h"
#include "mmar/project.h"
#include "mmar/report.h"

struct convert_options {
    struct mm_mmar_options mmar;
    const char *output, *axes, *to, *key;
    struct mm_strings rename;
    bool list;
};
#define P struct convert_options

static const struct mm_param options[] = {
    MM_STRING(P, output, .help = "-o: the .safetensors file to write"),
    MM_CHOICE(P, axes, .choices = "xyz zyx yx",
              .help = "order of the kernels' axes in a file that does not say it: xyz for MONAI, else zyx"),
    MM_CHOICE(P, to, .choices = "zyx xyz", .def_text = "zyx",
              .help = "order to write: zyx for mmar, xyz to go back to MONAI"),
    MM_STRINGS(P, rename,
               .help = "old=new,old.=new.,... or a table *.json; a name that ends with a dot is a beginning"),
    MM_STRING(P, key, .help = "which dict of a PyTorch file: model, trainer.model (default: the usual names)"),
    MM_BOOL(P, list, .help = "show what the file holds and write nothing"),
    MM_PARAMS_END};

static void shape_text(const struct mm_strided *t, char *buffer, size_t size)
{
    size_t used = 0;
    snprintf(buffer, size, "scalar");
    for (int i = 0; i < t->rank && used < size; i++)
        used += (size_t)snprintf(buffer + used, size - used, "%s%lld", i ? "x" : "", (long long)t->dim[i]);
}

static enum mm_status list_json(struct mm_arena *arena, const struct mm_convert_source *source, struct mm_error *err)
{
    cJSON *json = mm_json_object(arena), *tensors = mm_json_array(arena), *others = mm_json_array(arena);
    mm_json_add(arena, json, "kind", mm_json_text(arena, source->kind));
    mm_json_add(arena, json, "key", mm_json_text(arena, source->key));
    mm_json_add(arena, json, "axes", source->axes ? mm_json_text(arena, source->axes) : mm_json_null(arena));
    mm_json_add(arena, json, "sha256", mm_json_text(arena, source->sha256));
    for (size_t i = 0; i < source->count; i++) {
        const struct mm_strided *t = &source->tensors[i];
        cJSON *entry = mm_json_append(tensors, mm_json_object(arena)), *shape = mm_json_array(arena);
        for (int d = 0; d < t->rank; d++)
            mm_json_append(shape, mm_json_integer(arena, t->dim[d]));
        mm_json_add(arena, entry, "name", mm_json_text(arena, t->name));
        mm_json_add(arena, entry, "dtype", mm_json_text(arena, t->dtype));
        mm_json_add(arena, entry, "shape", shape);
    }
    for (size_t i = 0; i < source->others.count; i++)
        mm_json_append(others, mm_json_text(arena, source->others.items[i]));
    mm_json_add(arena, json, "tensors", tensors);
    mm_json_add(arena, json, "others", others);
    return mm_command_print_json(arena, json, err);
}

static enum mm_status list(const struct mm_command_call *call, const struct mm_convert_source *source,
                           struct mm_error *err)
{
    if (call->json)
        return list_json(call->arena, source, err);
    for (size_t i = 0; i < source->count; i++) {
        char shape[192];
        shape_text(&source->tensors[i], shape, sizeof shape);
        printf("%-5s %-20s %s\n", source->tensors[i].dtype, shape, source->tensors[i].name);
    }
    printf("%zu tensors%s%s, %s, axes %s\n", source->count, *source->key ? " under " : "", source->key, source->kind,
           source->axes ? source->axes : "not said");
    for (size_t i = 0; i < source->others.count; i++)
        printf("not converted: %s\n", source->others.items[i]);
    return MM_OK;
}

/* From the order the file has, by itself or by --axes, to the one wanted. */
static enum mm_status turn(struct mm_convert_source *source, const struct convert_options *o, struct mm_error *err)
{
    const char *given = o->axes && !strcmp(o->axes, "yx") ? "zyx" : o->axes;
    if (source->axes && given && strcmp(source->axes, given) != 0)
        return mm_fail(err, MM_ERR_USAGE, "--axes %s: the file says that its axes are %s", o->axes, source->axes);
    const char *from = source->axes ? source->axes : given;
    if (!from && mm_convert_needs_axes(source))
        return mm_fail(err, MM_ERR_USAGE,
                       "the file does not say the order of its kernels' axes: give --axes xyz (made by MONAI) or "
                       "--axes zyx (timm, segmentation_models.pytorch, Keras)");
    if (from)
        mm_convert_turn(source, from, o->to);
    return MM_OK;
}

/* Compares what was written with the MMAR's network. MM_NO when a part of that has no weights. */
static enum mm_status check_fit(struct mm_arena *arena, const struct convert_options *o, struct mm_error *err)
{
    enum mm_status s;
    struct mm_training *training;
    struct mm_weights_report found = {0};
    if (MM_TRY(s, mm_fit(arena, &o->mmar, o->output, &training, &found, err)))
        return s;
    mm_report_transfer(&found, true);
    return found.missing.count + found.reshaped.count
               ? mm_fail(err, MM_NO, "%s: is written, and does not fill the model of %s", o->output, o->mmar.mmar)
               : MM_OK;
}

static enum mm_status run(const struct mm_command_call *call, struct mm_error *err)
{
    enum mm_status s;
    const struct convert_options *o = call->options;
    struct mm_convert_source source;
    struct mm_progress_line line;
    struct mm_archive_progress progress = mm_progress_line(&line);
    if (!o->list && !o->output)
        return mm_fail(err, MM_ERR_USAGE, "give -o FILE.safetensors, or --list to look");
    if (call->json && !o->list)
        return mm_fail(err, MM_ERR_USAGE, "--json goes with --list");
    if (o->output && !o->list && MM_TRY(s, mm_convert_may_replace(o->output, err)))
        return s;
    s = mm_convert_open(call->arena, call->args[0], o->key, &progress, &source, err);
    mm_progress_end(false);
    if (s != MM_OK || MM_TRY(s, mm_convert_rename(call->arena, &source, &o->rename, err)))
        return s;
    if (o->list)
        return list(call, &source, err);
    if (MM_TRY(s, turn(&source, o, err)))
        return mm_fail_in(err, "%s", call->args[0]);
    s = mm_convert_write(&source, o->output, o->to, &progress, err);
    mm_progress_end(false);
    if (s != MM_OK)
        return s;
    mm_note("%s: %zu tensors%s%s of %s, axes %s", o->output, source.count, *source.key ? " under " : "", source.key,
            source.kind, o->to);
    for (size_t i = 0; i < source.others.count; i++)
        mm_note("  not converted: %s", source.others.items[i]);
    return o->mmar.mmar ? check_fit(call->arena, o, err) : MM_OK;
}

const struct mm_command mm_command_convert = {
    .name = "convert",
    .args = "FILE",
    .summary = "convert weights: PyTorch (.pt, .pth) or .safetensors to .safetensors, and back",
    .args_min = 1,
    .args_max = 1,
    .options = options,
    .options_size = sizeof(struct convert_options),
    .takes_mmar = true,
    .has_json = true,
    .run = run,
    .notes =
        "Nothing in a PyTorch file is ever run: it is read as data, and what weights do not need is refused.\n"
        "With --mmar the result is compared with that MMAR's model; exit code 1 when it does not fill the model.",
    .examples = "  mmar convert model.pt --list\n"
                "  mmar convert model.pt -o weights.safetensors --axes xyz --mmar spleen\n"
                "  mmar convert model.pt -o weights.safetensors --axes xyz --rename module.=\n"
                "  mmar convert spleen/models/model.safetensors -o for_monai.safetensors --to xyz\n",
};
