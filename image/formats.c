/* The image formats and who reads what: the extension proposes, the content decides. */
#include <strings.h>

#include "base/file.h"
#include "base/text.h"
#include "image/format.h"
#include "image/list.h"
#include "image/source.h"

#define DECLARE(name) extern const struct mm_format mm_format_##name;
MM_FORMATS(DECLARE)
#define ENTRY(name) &mm_format_##name,
const struct mm_format *const mm_formats[] = {MM_FORMATS(ENTRY) NULL};

#define PROBE_BYTES 512
#define LIST_MAX    1024

/* Where `extension` (of that length) starts at the end of the path, whatever its case; NULL when it does not. */
static const char *find_extension(const char *path, const char *extension, size_t length)
{
    const char *name = mm_file_name(path);
    size_t have = strlen(name);
    if (have <= length || strncasecmp(name + have - length, extension, length) != 0)
        return NULL;
    return name + have - length;
}

/* The format and the longest of the extensions known. */
static const struct mm_format *match(const char *path, const char **extension)
{
    const struct mm_format *best = NULL;
    *extension = NULL;
    for (size_t i = 0; mm_formats[i]; i++) {
        const char *word = mm_formats[i]->extensions;
        while (*word) {
            size_t length = strcspn(word, " ");
            const char *at = find_extension(path, word, length);
            if (at && (!best || at < *extension)) {
                best = mm_formats[i];
                *extension = at;
            }
            word += length;
            word += strspn(word, " ");
        }
    }
    return best;
}

const struct mm_format *mm_format_of(const char *path)
{
    const char *extension;
    return match(path, &extension);
}

char *mm_image_data_file(struct mm_arena *arena, const char *path)
{
    char *file = NULL;
    const struct mm_format *format = mm_format_of(path);
    if (!format || !format->data_file || format->data_file(arena, path, &file, NULL))
        return NULL;
    return file;
}

const char *mm_format_extension(const char *path)
{
    const char *extension;
    if (match(path, &extension))
        return extension;
    const char *name = mm_file_name(path), *dot = strrchr(name, '.');
    return dot && dot != name ? dot : name + strlen(name);
}

/* "nifti (.nii.gz .nii), png (.png)" of the formats that can be read, or written. */
static void list_formats(struct mm_text *text, bool writable)
{
    mm_text_init(text, LIST_MAX);
    for (size_t i = 0; mm_formats[i]; i++) {
        if (!writable || mm_formats[i]->write)
            mm_text_format(text, "%s%s (%s)", text->length ? ", " : "", mm_formats[i]->name,
                           mm_formats[i]->extensions);
    }
}

static enum mm_status fail_unknown(bool writable, struct mm_error *err)
{
    struct mm_text list;
    list_formats(&list, writable);
    enum mm_status s = mm_fail(err, MM_ERR_DATA,
                               writable ? "no image format is written to that extension; there are %s"
                                        : "not an image that can be read; there are %s",
                               list.bytes);
    mm_text_done(&list);
    return s;
}

/* The format whose content it is; the one of the extension when none says so, for its better message. A folder is a
 * series of DICOM files. */
static enum mm_status find_reader(const char *path, const struct mm_format **out, struct mm_error *err)
{
    unsigned char start[PROBE_BYTES];
    struct mm_source source;
    enum mm_status s;
    *out = &mm_format_dicom;
    if (mm_file_is_folder(path))
        return MM_OK;
    if (MM_TRY(s, mm_source_peek(path, start, sizeof start, &source, err)))
        return s;
    *out = mm_format_of(path);
    if (*out && (*out)->probe(start, source.got, path))
        return MM_OK;
    for (size_t i = 0; mm_formats[i]; i++) {
        if (mm_formats[i]->probe(start, source.got, path)) {
            *out = mm_formats[i];
            return MM_OK;
        }
    }
    return *out ? MM_OK : fail_unknown(false, err);
}

/* Errors of the file system name the path themselves. */
static enum mm_status add_path(enum mm_status s, const char *path, struct mm_error *err)
{
    return s == MM_OK || s == MM_ERR_IO ? s : mm_fail_in(err, "%s", path);
}

enum mm_status mm_image_header(const char *path, struct mm_image_info *info, struct mm_error *err)
{
    const struct mm_format *format;
    enum mm_status s = find_reader(path, &format, err);
    memset(info, 0, sizeof *info);
    if (s == MM_OK)
        s = format->header(path, info, err);
    return add_path(s, path, err);
}

enum mm_status mm_image_read(struct mm_arena *arena, const char *path, struct mm_volume **out, struct mm_error *err)
{
    const struct mm_format *format;
    enum mm_status s = find_reader(path, &format, err);
    if (s == MM_OK)
        s = format->read(arena, path, out, err);
    return add_path(s, path, err);
}

enum mm_status mm_image_write(const char *path, const struct mm_volume *volume, struct mm_error *err)
{
    const struct mm_format *format = mm_format_of(path);
    if (!format || !format->write)
        return add_path(fail_unknown(true, err), path, err);
    return add_path(format->write(path, volume, err), path, err);
}
