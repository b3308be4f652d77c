/* Clara v3: writes images as they are at this point of a chain, to look at them. */
#include "base/file.h"
#include "image/format.h"
#include "transforms/transform.h"

struct save_as_nifti {
    const char *out_dir;
};
#define P struct save_as_nifti

static const struct mm_param params[] = {
    MM_STRING(P, out_dir, .def_text = "", .help = "folder of the files; empty: nothing is written"),
    MM_IGNORED("interrupt", .help = "nothing waits for a key"), MM_PARAMS_END};

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *image;
    if (MM_TRY(s, mm_field_volume(field, &image, err)) || !*p->out_dir)
        return s;
    const char *path = mm_arena_format(sample->arena, "%s/%s_%u_%u_%u.nii.gz", p->out_dir, field->name, sample->item,
                                       context ? context->epoch : 0, context ? context->output : 0);
    if (!path)
        return mm_fail_memory(err, "a path");
    if (MM_TRY(s, mm_file_make_folder(p->out_dir, err)))
        return s;
    return mm_image_write(path, image, err);
}

const struct mm_transform mm_transform_save_as_nifti = {
    .name = "SaveAsNifti",
    .summary = "write images as they are here, to look at them",
    .notes =
        "Clara v3. Files are named field_item_epoch_crop.nii.gz. In the part of a chain that is cached it runs once "
        "for each item.",
    .params = params,
    .params_size = sizeof(P),
    .each = each,
    .example = "{\"name\": \"SaveAsNifti\", \"args\": {\"fields\": [\"image\", \"label\"], \"out_dir\": \"\"}}",
};
