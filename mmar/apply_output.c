/* Files and tiles of what a chain made. */
#include "mmar/apply_output.h"

#include <sys/stat.h>

#include "base/file.h"
#include "base/log.h"
#include "image/affine.h"
#include "image/format.h"
#include "image/slice.h"

/* Its label: the field of that name, else the first volume of whole numbers on the same grid. */
static const struct mm_volume *labels_of(const struct mm_sample *sample, const struct mm_field *image)
{
    const struct mm_field *label = mm_sample_find(sample, "label");
    if (label && label != image && label->kind == MM_FIELD_VOLUME &&
        mm_volume_same_size(label->volume, image->volume))
        return label->volume;
    for (size_t i = 0; i < sample->count && !label; i++) {
        const struct mm_field *f = &sample->fields[i];
        if (f != image && f->kind == MM_FIELD_VOLUME && mm_type_is_integer(f->volume->type) &&
            mm_volume_same_size(f->volume, image->volume))
            return f->volume;
    }
    return NULL;
}

/* "_r03" where there are more than one. */
static const char *number(struct mm_arena *arena, char letter, size_t value, size_t of)
{
    int digits = snprintf(NULL, 0, "%zu", of);
    return of > 1 ? mm_arena_format(arena, "_%c%0*zu", letter, digits, value) : "";
}

static enum mm_status refuse_inputs(const struct mm_inputs *inputs, const char *path, struct mm_error *err)
{
    struct stat target, source;
    if (stat(path, &target))
        return MM_OK;
    for (size_t i = 0; i < inputs->count; i++)
        for (size_t k = 0; k < inputs->items[i].item->count; k++) {
            const struct mm_entry *e = &inputs->items[i].item->entries[k];
            for (size_t j = 0; e->kind == MM_ENTRY_PATHS && j < e->count; j++)
                if (!stat(e->paths[j], &source) && source.st_dev == target.st_dev && source.st_ino == target.st_ino)
                    return mm_fail(err, MM_ERR_USAGE,
                                   "%s is an input: it would be written over (choose another folder by -o)", path);
        }
    return MM_OK;
}

static enum mm_status as_picture(struct mm_arena *arena, const struct mm_volume *volume,
                                 const struct mm_volume *labels, const struct mm_volume **out, struct mm_error *err)
{
    bool kept;
    int z = labels ? mm_slice_busiest(labels) : volume->size[2] / 2;
    struct mm_volume *flat = mm_slice_flat(arena, volume, z);
    *out = flat ? mm_slice_pixels(arena, flat, &kept) : NULL;
    return *out ? MM_OK : mm_fail_memory(err, "a picture");
}

static enum mm_status write_field(struct mm_apply_output *output, struct mm_arena *scratch,
                                  const struct mm_sample *sample, const struct mm_field *field, const char *name,
                                  struct mm_error *err)
{
    enum mm_status s;
    const struct mm_volume *volume = field->volume;
    const char *path = mm_arena_format(scratch, "%s/%s%s", output->folder, name, output->extension);
    if (!path)
        return mm_fail_memory(err, "a path");
    if (MM_TRY(s, refuse_inputs(output->inputs, path, err)))
        return s;
    if (!strcmp(output->extension, ".png")) {
        const struct mm_volume *labels = mm_type_is_integer(volume->type) ? volume : labels_of(sample, field);
        if (MM_TRY(s, as_picture(scratch, volume, labels, &volume, err)))
            return mm_fail_in(err, "%s", path);
    }
    if (MM_TRY(s, mm_image_write(path, volume, err)))
        return s;
    double spacing[3];
    mm_affine_spacing(field->volume->affine, spacing);
    printf("%s\n", path);
    mm_detail("%s: %d x %d x %d, %d channels of %s, %.3g x %.3g x %.3g mm", path, field->volume->size[0],
              field->volume->size[1], field->volume->size[2], field->volume->channels,
              mm_type_name(field->volume->type), spacing[0], spacing[1], spacing[2]);
    output->files++;
    return MM_OK;
}

static enum mm_status add_tile(struct mm_apply_output *output, struct mm_arena *scratch,
                               const struct mm_sample *sample, const struct mm_field *field, size_t repeat,
                               size_t crop, struct mm_error *err)
{
    const struct mm_volume *v = field->volume;
    struct mm_text text;
    mm_text_init(&text, 256);
    if (output->repeats > 1)
        mm_text_format(&text, "repeat %zu  ", repeat);
    if (output->crops > 1)
        mm_text_format(&text, "crop %zu  ", crop);
    mm_text_format(&text, "%dx%d", v->size[0], v->size[1]);
    if (v->rank == 3)
        mm_text_format(&text, "x%d", v->size[2]);
    const char *caption = mm_arena_text(scratch, text.bytes);
    mm_text_done(&text);
    return caption ? mm_sheet_add(output->sheet, caption, v, labels_of(sample, field), err)
                   : mm_fail_memory(err, "a caption");
}

/* The image that a sheet shows: "image" if there is one, else the first volume. */
static const struct mm_field *main_field(const struct mm_sample *sample)
{
    const struct mm_field *image = mm_sample_find(sample, "image");
    if (image && image->kind == MM_FIELD_VOLUME)
        return image;
    for (size_t i = 0; i < sample->count; i++)
        if (sample->fields[i].kind == MM_FIELD_VOLUME)
            return &sample->fields[i];
    return NULL;
}

enum mm_status mm_apply_write(struct mm_apply_output *output, struct mm_arena *scratch, const struct mm_input *input,
                              const struct mm_sample *sample, size_t repeat, size_t crop, struct mm_error *err)
{
    enum mm_status s;
    const struct mm_field *shown = main_field(sample);
    if (!shown)
        return mm_fail(err, MM_ERR_DATA,
                       "no image to write: a chain starts with a step that reads files, such as LoadImage");
    for (size_t i = 0; i < sample->count; i++) {
        const struct mm_field *field = &sample->fields[i];
        if (field->kind != MM_FIELD_VOLUME)
            continue;
        const char *name =
            mm_arena_format(scratch, "%s_%s%s%s", input->name, field->name,
                            number(scratch, 'r', repeat, output->repeats), number(scratch, 'c', crop, output->crops));
        if (!name)
            return mm_fail_memory(err, "a name");
        if (MM_TRY(s, write_field(output, scratch, sample, field, name, err)))
            return s;
    }
    return output->sheet ? add_tile(output, scratch, sample, shown, repeat, crop, err) : MM_OK;
}
