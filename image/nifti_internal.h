/* NIfTI-1 and NIfTI-2, the parts: header fields, the affine among them, voxels in and out. Used by image/nifti*.c,
 * their tests and fuzzers only. Field offsets from nifti1.h (Cox 2003) and nifti2.h (2011), rules as in nibabel. */
#ifndef MM_IMAGE_NIFTI_INTERNAL_H
#define MM_IMAGE_NIFTI_INTERNAL_H

#include "image/format.h"

#define MM_NIFTI_HEADER_MAX 544 /* NIfTI-2 and the four bytes that announce extensions */

struct mm_nifti {
    int version; /* 1 or 2 */
    bool big_endian;
    int64_t dim[8];
    int datatype, intent, qform_code, sform_code;
    double pixdim[8];
    uint64_t vox_offset;
    double slope, inter;
    double quatern[3], qoffset[3], srow[12];
};

/* First four bytes are the header size of NIfTI-1 or 2, in either byte order. */
bool mm_nifti_is(const unsigned char *bytes, size_t size);
/* Reads the fields and refuses what is no single-file NIfTI. */
enum mm_status mm_nifti_parse(const unsigned char *bytes, size_t size, struct mm_nifti *header, struct mm_error *err);
/* Little-endian bytes with extension flag: returns how many, 352 or 544. */
size_t mm_nifti_encode(const struct mm_nifti *header, unsigned char bytes[MM_NIFTI_HEADER_MAX]);

/* A datatype code and what it holds; NULL when it is not supported. */
struct mm_nifti_type {
    int code;
    enum mm_type type;
    int components; /* 3 for RGB24: interleaved, made planar */
};
const struct mm_nifti_type *mm_nifti_type_of(int code);
const struct mm_nifti_type *mm_nifti_type_for(enum mm_type type);
bool mm_nifti_is_scaled(const struct mm_nifti *header);
/* Checks type, sizes and affine, and fills all of info but file_bytes. *voxel_bytes is the size in the file. */
enum mm_status mm_nifti_describe(const struct mm_nifti *header, struct mm_image_info *info, size_t *voxel_bytes,
                                 struct mm_error *err);

/* sform, else qform, else what nibabel assumes: spacing with x flipped about the centre. Always invertible. */
enum mm_status mm_nifti_get_affine(const struct mm_nifti *header, double affine[16], struct mm_error *err);
/* Sets both forms and pixdim; the qform only where it can hold the affine (no shear). */
void mm_nifti_set_affine(struct mm_nifti *header, const double affine[16]);

/* The voxels are returned as they are stored, but for the byte order: a file's own bytes can become the volume. */
bool mm_nifti_keeps_voxels(const struct mm_nifti *header);
/* A whole file, plain or gzip by content. Owned bytes are in the arena and become the volume where they can. */
enum mm_status mm_nifti_from_bytes(struct mm_arena *arena, const unsigned char *bytes, size_t size,
                                   struct mm_volume **out, struct mm_error *err);
enum mm_status mm_nifti_from_owned(struct mm_arena *arena, unsigned char *bytes, size_t size, struct mm_volume **out,
                                   struct mm_error *err);
enum mm_status mm_nifti_write(const char *path, const struct mm_volume *volume, struct mm_error *err);

#endif
