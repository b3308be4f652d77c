/* The contract of an image file format.
 *
 * Adding a format:
 *   1. copy image/png.c to image/<name>.c, keep the exported object `mm_format_<name>` at its end;
 *   2. fill probe (by first bytes), header, read, write; foreign bytes are hostile: every size checked before use;
 *   3. add its line to image/list.h (alphabetical; a longer extension must not be hidden by a shorter one);
 *   4. `make check`: tests/family/test_formats.c round-trips it and feeds it truncated files; add a fuzzer in tests/fuzz. */
#ifndef MM_IMAGE_FORMAT_H
#define MM_IMAGE_FORMAT_H

#include "image/volume.h"

/* What a header tells without reading voxels. */
struct mm_image_info {
    enum mm_type type; /* as the voxels would be returned                                  */
    int rank, channels, size[3];
    double affine[16];
    uint64_t file_bytes;
};

struct mm_format {
    const char *name, *extensions; /* "nifti", ".nii .nii.gz": lower case, longest first */
    const char *summary;
    /* First bytes of the file (up to 512, decompressed for .gz where the format wants it). */
    bool (*probe)(const unsigned char *bytes, size_t size, const char *path);
    enum mm_status (*header)(const char *path, struct mm_image_info *info, struct mm_error *err);
    enum mm_status (*read)(struct mm_arena *arena, const char *path, struct mm_volume **out, struct mm_error *err);
    /* NULL when the format cannot be written. Atomic. Types it cannot hold are an error that names those it can. */
    enum mm_status (*write)(const char *path, const struct mm_volume *volume, struct mm_error *err);
    bool has_float; /* float32 voxels can be written, any number of channels of them */
    /* The file that the voxels are in when it is not the header's own, else NULL. May be NULL: they always are. */
    enum mm_status (*data_file)(struct mm_arena *arena, const char *path, char **file, struct mm_error *err);
    bool is_lossy; /* what is written comes back nearly so: nothing for labels */
};

extern const struct mm_format *const mm_formats[]; /* NULL-terminated */
/* By extension, else by content; MM_ERR_DATA that lists what can be read. Errors carry the path. */
enum mm_status mm_image_header(const char *path, struct mm_image_info *info, struct mm_error *err);
enum mm_status mm_image_read(struct mm_arena *arena, const char *path, struct mm_volume **out, struct mm_error *err);
enum mm_status mm_image_write(const char *path, const struct mm_volume *volume, struct mm_error *err);
/* The file beside `path` that holds its voxels, told by the header; NULL where there is none or it cannot be told. */
char *mm_image_data_file(struct mm_arena *arena, const char *path);
/* The format that would write that path by its extension, or NULL; and the extension as it stands in the path (".nii.gz"). */
const struct mm_format *mm_format_of(const char *path);
const char *mm_format_extension(const char *path);

#endif
