/* The format JPEG, by libjpeg-turbo: grey, or colour as RGB, 8 bits, baseline or progressive. The orientation that
 * cameras note in EXIF is not followed.
 *
 * libjpeg reports failure by longjmp. Only the functions marked "may jump" call it in that state; they own nothing.
 * Missing and damaged data are only warnings to libjpeg, which fills in grey; here they are errors. */
#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

#include <jerror.h>

#include "image/affine.h"
#include "image/decode.h"
#include "image/jpeg_internal.h"
#include "image/source.h"

#define START_MAX       ((size_t)1 << 20) /* tables and notes before the size; a profile can be long */
#define MEMORY_MAX      (1L << 32)        /* of libjpeg: all coefficients of a progressive image     */
#define SCANS_MAX       500               /* each one may cost a pass over the whole image           */
#define PIXELS_A_BYTE   1024              /* one bit a block of 64 pixels, twice over                */
#define PIXELS_TO_SPARE ((size_t)1 << 20)

static bool probe(const unsigned char *bytes, size_t size, const char *path)
{
    (void)path;
    return size >= 3 && bytes[0] == 0xff && bytes[1] == 0xd8 && bytes[2] == 0xff; /* SOI, next marker */
}

/* One image on its way in. The first member is what libjpeg hands back. */
struct reader {
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    struct jpeg_decompress_struct jpeg;
    jmp_buf jump;
    const unsigned char *bytes;
    size_t size;
    struct mm_arena *arena;
    struct mm_volume *volume;
    struct mm_image_info *info;
    struct mm_error *err;
    enum mm_status status; /* why we jumped */
};

static void stop(struct reader *r, enum mm_status status)
{
    r->status = status;
    longjmp(r->jump, 1);
}

static void on_error(j_common_ptr jpeg)
{
    struct reader *r = (struct reader *)jpeg->err;
    char message[JMSG_LENGTH_MAX];
    jpeg->err->format_message(jpeg, message);
    if (jpeg->err->msg_code == JERR_OUT_OF_MEMORY || jpeg->err->msg_code == JERR_NO_BACKING_STORE)
        stop(r, mm_fail_memory(r->err, "what a JPEG decoder needs"));
    stop(r, mm_fail(r->err, MM_ERR_DATA, "damaged JPEG: %s", message));
}

static void on_message(j_common_ptr jpeg, int level)
{
    static const int damage[] = {JWRN_JPEG_EOF, JWRN_HIT_MARKER, JWRN_HUFF_BAD_CODE, JWRN_MUST_RESYNC,
                                 JWRN_ARITH_BAD_CODE};
    for (size_t i = 0; level < 0 && i < sizeof damage / sizeof *damage; i++) {
        if (jpeg->err->msg_code == damage[i])
            on_error(jpeg);
    }
}

static void on_progress(j_common_ptr jpeg)
{
    struct reader *r = (struct reader *)jpeg->err;
    if (r->jpeg.input_scan_number > SCANS_MAX)
        stop(r, mm_fail(r->err, MM_ERR_DATA, "more than %d scans", SCANS_MAX));
}

/* May jump. */
static void read_info(struct reader *r)
{
    struct jpeg_decompress_struct *jpeg = &r->jpeg;
    jpeg_create_decompress(jpeg);
    jpeg->mem->max_memory_to_use = MEMORY_MAX;
    jpeg->progress = &r->progress;
    jpeg_mem_src(jpeg, r->bytes, r->size);
    jpeg_read_header(jpeg, TRUE);
    if (jpeg->jpeg_color_space != JCS_GRAYSCALE && jpeg->jpeg_color_space != JCS_YCbCr &&
        jpeg->jpeg_color_space != JCS_RGB)
        stop(r, mm_fail(r->err, MM_ERR_DATA, "a JPEG of %d colours%s is not supported: save it as grey or RGB",
                        jpeg->num_components, jpeg->num_components == 4 ? " (CMYK or YCCK, for print)" : ""));
    jpeg->out_color_space = jpeg->jpeg_color_space == JCS_GRAYSCALE ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_calc_output_dimensions(jpeg);
    *r->info = (struct mm_image_info){.type = MM_U8,
                                      .rank = 2,
                                      .channels = jpeg->out_color_components,
                                      .size = {(int)jpeg->output_width, (int)jpeg->output_height, 1}};
    mm_affine_identity(r->info->affine);
}

/* May jump. Checked before anything of the size of the image is asked for. */
static void make_volume(struct reader *r)
{
    size_t pixels = (size_t)r->info->size[0] * (size_t)r->info->size[1]; /* at most 65500 a side */
    if (pixels > PIXELS_TO_SPARE && (pixels - PIXELS_TO_SPARE) / PIXELS_A_BYTE > r->size)
        stop(r, mm_fail(r->err, MM_ERR_DATA, "%d x %d pixels are more than a JPEG of %zu bytes can hold",
                        r->info->size[0], r->info->size[1], r->size));
    r->volume = mm_volume_make(r->arena, MM_U8, 2, r->info->channels, r->info->size);
    if (!r->volume)
        stop(r, mm_fail_memory(r->err, "the pixels of a JPEG"));
}

/* May jump. */
static void read_rows(struct reader *r)
{
    struct jpeg_decompress_struct *jpeg = &r->jpeg;
    jpeg_start_decompress(jpeg);
    size_t width = jpeg->output_width, channels = (size_t)jpeg->output_components;
    JSAMPARRAY rows = jpeg->mem->alloc_sarray((j_common_ptr)jpeg, JPOOL_IMAGE, (JDIMENSION)(width * channels), 1);
    while (jpeg->output_scanline < jpeg->output_height) {
        int y = (int)jpeg->output_scanline;
        jpeg_read_scanlines(jpeg, rows, 1);
        for (size_t c = 0; c < channels; c++)
            mm_convert(mm_volume_row(r->volume, (int)c, 0, y), MM_U8, rows[0] + c, MM_U8, width, channels);
    }
    jpeg_finish_decompress(jpeg);
}

/* Without an arena the header alone. Only this function calls setjmp; its locals are none. */
static enum mm_status run(struct reader *r)
{
    r->jpeg.err = jpeg_std_error(&r->errors);
    r->errors.error_exit = on_error;
    r->errors.emit_message = on_message;
    r->progress.progress_monitor = on_progress;
    if (setjmp(r->jump) == 0) {
        read_info(r);
        if (r->arena) {
            make_volume(r);
            read_rows(r);
        }
    }
    jpeg_destroy_decompress(&r->jpeg);
    return r->status;
}

enum mm_status mm_jpeg_from_bytes(struct mm_arena *arena, const unsigned char *bytes, size_t size,
                                  struct mm_volume **out, struct mm_error *err)
{
    struct mm_image_info info;
    struct reader r = {.bytes = bytes, .size = size, .arena = arena, .info = &info, .err = err};
    enum mm_status s = size ? run(&r) : mm_fail(err, MM_ERR_DATA, "the file is empty");
    if (s == MM_OK)
        *out = r.volume;
    return s;
}

static enum mm_status read(struct mm_arena *arena, const char *path, struct mm_volume **out, struct mm_error *err)
{
    return mm_decode_file(arena, path, mm_jpeg_from_bytes, out, err);
}

static enum mm_status header(const char *path, struct mm_image_info *info, struct mm_error *err)
{
    struct mm_arena scratch;
    struct reader r = {.info = info, .err = err};
    unsigned char *bytes;
    uint64_t file_bytes;
    mm_arena_init(&scratch, NULL);
    enum mm_status s = mm_decode_start(&scratch, path, START_MAX, &bytes, &r.size, &file_bytes, err);
    r.bytes = bytes;
    if (s == MM_OK)
        s = r.size ? run(&r) : mm_fail(err, MM_ERR_DATA, "the file is empty");
    info->file_bytes = file_bytes;
    mm_arena_done(&scratch);
    return s;
}

const struct mm_format mm_format_jpeg = {
    .name = "jpeg",
    .extensions = ".jpeg .jpg",
    .summary = "JPEG images, grey or RGB; writing loses detail, so not for labels",
    .probe = probe,
    .header = header,
    .read = read,
    .write = mm_jpeg_write,
    .is_lossy = true,
};
