/* The header of NIfTI-1 (348 bytes) and NIfTI-2 (540 bytes): same fields, other widths and places, one table. */
#include <limits.h>
#include <math.h>

#include "image/nifti_internal.h"

struct layout {
    size_t size, magic, dim, intent, datatype, bitpix, pixdim, vox_offset, slope, inter, units, descrip;
    size_t qform_code, sform_code, quatern, qoffset, srow;
    size_t dim_bytes, code_bytes, real_bytes; /* widths; datatype and bitpix are int16 in both */
};
static const struct layout layouts[] = {
    [1] = {348, 344, 40, 68, 70, 72, 76, 108, 112, 116, 123, 148, 252, 254, 256, 268, 280, 2, 2, 4},
    [2] = {540, 4, 16, 504, 12, 14, 104, 168, 176, 184, 500, 240, 344, 348, 352, 376, 400, 8, 4, 8},
};
static const char nifti2_magic[8] = {'n', '+', '2', '\0', '\r', '\n', '\032', '\n'};
#define UNITS_MM_SECONDS 10 /* NIFTI_UNITS_MM | NIFTI_UNITS_SEC */

static uint64_t get_bits(const unsigned char *at, size_t bytes, bool big_endian)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < bytes; i++)
        bits = bits << 8 | at[big_endian ? i : bytes - 1 - i];
    return bits;
}

static int64_t get_integer(const unsigned char *at, size_t bytes, bool big_endian)
{
    uint64_t bits = get_bits(at, bytes, big_endian);
    return bytes == 2 ? (int16_t)bits : bytes == 4 ? (int32_t)bits : (int64_t)bits;
}

static double get_real(const unsigned char *at, size_t bytes, bool big_endian)
{
    uint64_t bits = get_bits(at, bytes, big_endian);
    double wide;
    float narrow;
    if (bytes == 8) {
        memcpy(&wide, &bits, sizeof wide);
        return wide;
    }
    uint32_t half = (uint32_t)bits;
    memcpy(&narrow, &half, sizeof narrow);
    return narrow;
}

static void get_reals(double *out, size_t n, const unsigned char *at, const struct layout *l, bool big_endian)
{
    for (size_t i = 0; i < n; i++)
        out[i] = get_real(at + i * l->real_bytes, l->real_bytes, big_endian);
}

/* The version by sizeof_hdr, 0 when it is neither. */
static int version_of(const unsigned char *bytes, size_t size, bool *big_endian)
{
    for (int version = 1; version <= 2 && size >= 4; version++) {
        for (int big = 0; big < 2; big++) {
            if (get_bits(bytes, 4, big) == layouts[version].size) {
                *big_endian = big;
                return version;
            }
        }
    }
    return 0;
}

bool mm_nifti_is(const unsigned char *bytes, size_t size)
{
    bool big_endian;
    return version_of(bytes, size, &big_endian) != 0;
}

static enum mm_status check_magic(const unsigned char *magic, int version, struct mm_error *err)
{
    const char single[4] = {'n', '+', version == 1 ? '1' : '2', '\0'};
    const char pair[4] = {'n', 'i', version == 1 ? '1' : '2', '\0'};
    if (memcmp(magic, pair, 4) == 0)
        return mm_fail(err, MM_ERR_DATA, "a header of a .hdr/.img pair: only single NIfTI files can be read");
    if (memcmp(magic, single, 4) != 0)
        return mm_fail(err, MM_ERR_DATA, "magic is %02x %02x %02x %02x, not \"n+%d\" (an Analyze file?)", magic[0],
                       magic[1], magic[2], magic[3], version);
    if (version == 2 && memcmp(magic, nifti2_magic, 8) != 0 && memcmp(magic + 4, "\0\0\0\0", 4) != 0)
        return mm_fail(err, MM_ERR_DATA,
                       "the end-of-line check of the NIfTI-2 header is %02x %02x %02x %02x, not "
                       "0d 0a 1a 0a: the file was damaged in a text transfer",
                       magic[4], magic[5], magic[6], magic[7]);
    return MM_OK;
}

/* NIfTI-1 keeps it as float. */
static enum mm_status get_vox_offset(struct mm_nifti *h, const unsigned char *bytes, const struct layout *l,
                                     struct mm_error *err)
{
    size_t least = l->size + 4;
    double real = h->version == 1 ? get_real(bytes + l->vox_offset, 4, h->big_endian)
                                  : (double)get_integer(bytes + l->vox_offset, 8, h->big_endian);
    if (!(real >= (double)least && real <= 9e15) || real != floor(real))
        return mm_fail(err, MM_ERR_DATA,
                       "vox_offset is %g, a single NIfTI-%d file has a whole number of at least %zu", real,
                       h->version, least);
    h->vox_offset = (uint64_t)real;
    return MM_OK;
}

enum mm_status mm_nifti_parse(const unsigned char *bytes, size_t size, struct mm_nifti *h, struct mm_error *err)
{
    enum mm_status s;
    memset(h, 0, sizeof *h);
    h->version = version_of(bytes, size, &h->big_endian);
    if (!h->version)
        return mm_fail(err, MM_ERR_DATA, "not a NIfTI file: it does not start with the header size 348 or 540");
    const struct layout *l = &layouts[h->version];
    bool big = h->big_endian;
    if (size < l->size)
        return mm_fail(err, MM_ERR_DATA, "cut short: %zu bytes, the NIfTI-%d header alone has %zu", size, h->version,
                       l->size);
    if (MM_TRY(s, check_magic(bytes + l->magic, h->version, err)))
        return s;
    for (size_t i = 0; i < 8; i++)
        h->dim[i] = get_integer(bytes + l->dim + i * l->dim_bytes, l->dim_bytes, big);
    h->datatype = (int)get_integer(bytes + l->datatype, 2, big);
    h->intent = (int)get_integer(bytes + l->intent, l->code_bytes, big);
    h->qform_code = (int)get_integer(bytes + l->qform_code, l->code_bytes, big);
    h->sform_code = (int)get_integer(bytes + l->sform_code, l->code_bytes, big);
    get_reals(h->pixdim, 8, bytes + l->pixdim, l, big);
    get_reals(&h->slope, 1, bytes + l->slope, l, big);
    get_reals(&h->inter, 1, bytes + l->inter, l, big);
    get_reals(h->quatern, 3, bytes + l->quatern, l, big);
    get_reals(h->qoffset, 3, bytes + l->qoffset, l, big);
    get_reals(h->srow, 12, bytes + l->srow, l, big);
    return get_vox_offset(h, bytes, l, err);
}

static void put_integer(unsigned char *at, int64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        at[i] = (unsigned char)((uint64_t)value >> 8 * i);
}

static void put_reals(unsigned char *at, const double *values, size_t n, size_t bytes)
{
    for (size_t i = 0; i < n; i++, at += bytes) {
        uint64_t wide;
        uint32_t narrow;
        float value = (float)values[i];
        memcpy(&wide, &values[i], sizeof wide);
        memcpy(&narrow, &value, sizeof narrow);
        put_integer(at, (int64_t)(bytes == 8 ? wide : narrow), bytes);
    }
}

size_t mm_nifti_encode(const struct mm_nifti *h, unsigned char bytes[MM_NIFTI_HEADER_MAX])
{
    const struct layout *l = &layouts[h->version];
    const struct mm_nifti_type *type = mm_nifti_type_of(h->datatype);
    double offset = (double)(l->size + 4);
    memset(bytes, 0, MM_NIFTI_HEADER_MAX);
    put_integer(bytes, (int64_t)l->size, 4);
    if (h->version == 1)
        memcpy(bytes + l->magic, "n+1", 4);
    else
        memcpy(bytes + l->magic, nifti2_magic, sizeof nifti2_magic);
    for (size_t i = 0; i < 8; i++)
        put_integer(bytes + l->dim + i * l->dim_bytes, h->dim[i], l->dim_bytes);
    put_integer(bytes + l->datatype, h->datatype, 2);
    put_integer(bytes + l->bitpix, (int64_t)(8 * mm_type_bytes(type->type)) * type->components, 2);
    put_reals(bytes + l->pixdim, h->pixdim, 8, l->real_bytes);
    if (h->version == 1)
        put_reals(bytes + l->vox_offset, &offset, 1, 4);
    else
        put_integer(bytes + l->vox_offset, (int64_t)offset, 8);
    put_reals(bytes + l->slope, &h->slope, 1, l->real_bytes);
    put_reals(bytes + l->inter, &h->inter, 1, l->real_bytes);
    put_integer(bytes + l->units, UNITS_MM_SECONDS, h->version == 1 ? 1 : 4);
    memcpy(bytes + l->descrip, "mmar", 4);
    put_integer(bytes + l->qform_code, h->qform_code, l->code_bytes);
    put_integer(bytes + l->sform_code, h->sform_code, l->code_bytes);
    put_reals(bytes + l->quatern, h->quatern, 3, l->real_bytes);
    put_reals(bytes + l->qoffset, h->qoffset, 3, l->real_bytes);
    put_reals(bytes + l->srow, h->srow, 12, l->real_bytes);
    return l->size + 4;
}
