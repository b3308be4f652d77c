/* Writes JPEG: 8 bits, grey or RGB, quality 95, colours at full resolution. */
#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

#include "base/file.h"
#include "image/jpeg_internal.h"

#define QUALITY 95

/* The first member is what libjpeg hands back. */
struct writer {
    struct jpeg_error_mgr errors;
    struct jpeg_compress_struct jpeg;
    struct jpeg_destination_mgr destination;
    jmp_buf jump;
    JOCTET buffer[4096];
    const struct mm_volume *volume;
    struct mm_file_writer file;
    unsigned char *row; /* one row, channels interleaved */
};

static void on_error(j_common_ptr jpeg)
{
    struct writer *w = (struct writer *)jpeg->err;
    char message[JMSG_LENGTH_MAX];
    jpeg->err->format_message(jpeg, message);
    if (w->file.error.status == MM_OK)
        mm_fail(&w->file.error, MM_ERR_DATA, "cannot make a JPEG: %s", message);
    longjmp(w->jump, 1);
}

static void on_message(j_common_ptr jpeg, int level)
{
    (void)jpeg;
    (void)level;
}

static void start_buffer(j_compress_ptr jpeg)
{
    struct writer *w = (struct writer *)jpeg->err;
    w->destination.next_output_byte = w->buffer;
    w->destination.free_in_buffer = sizeof w->buffer;
}

static void put_bytes(struct writer *w, size_t n)
{
    if (mm_file_writer_write(&w->file, w->buffer, n) != MM_OK)
        longjmp(w->jump, 1);
}

static boolean empty_buffer(j_compress_ptr jpeg)
{
    put_bytes((struct writer *)jpeg->err, sizeof((struct writer *)0)->buffer);
    start_buffer(jpeg);
    return TRUE;
}

static void end_buffer(j_compress_ptr jpeg)
{
    struct writer *w = (struct writer *)jpeg->err;
    put_bytes(w, sizeof w->buffer - w->destination.free_in_buffer);
}

static enum mm_status check(const struct mm_volume *v, struct mm_error *err)
{
    if (v->type != MM_U8)
        return mm_fail(err, MM_ERR_DATA, "a JPEG cannot hold %s voxels, only uint8", mm_type_name(v->type));
    if (v->channels != 1 && v->channels != 3)
        return mm_fail(err, MM_ERR_DATA, "a JPEG cannot hold %d channels, only 1 or 3", v->channels);
    if (v->rank != 2)
        return mm_fail(err, MM_ERR_DATA, "a JPEG cannot hold a 3D image, only 2D ones");
    if (v->size[0] > JPEG_MAX_DIMENSION || v->size[1] > JPEG_MAX_DIMENSION)
        return mm_fail(err, MM_ERR_DATA, "%d x %d pixels are too large for a JPEG: the limit is %ld a side",
                       v->size[0], v->size[1], JPEG_MAX_DIMENSION);
    return MM_OK;
}

/* May jump. */
static void write_image(struct writer *w)
{
    const struct mm_volume *v = w->volume;
    struct jpeg_compress_struct *jpeg = &w->jpeg;
    jpeg_create_compress(jpeg);
    w->destination.init_destination = start_buffer;
    w->destination.empty_output_buffer = empty_buffer;
    w->destination.term_destination = end_buffer;
    jpeg->dest = &w->destination;
    jpeg->image_width = (JDIMENSION)v->size[0];
    jpeg->image_height = (JDIMENSION)v->size[1];
    jpeg->input_components = v->channels;
    jpeg->in_color_space = v->channels == 3 ? JCS_RGB : JCS_GRAYSCALE;
    jpeg_set_defaults(jpeg);
    jpeg_set_quality(jpeg, QUALITY, TRUE);
    for (int c = 0; c < v->channels; c++)
        jpeg->comp_info[c].h_samp_factor = jpeg->comp_info[c].v_samp_factor = 1;
    jpeg_start_compress(jpeg, TRUE);
    for (int y = 0; y < v->size[1]; y++) {
        for (int c = 0; c < v->channels; c++) {
            const unsigned char *from = mm_volume_row(v, c, 0, y);
            for (size_t x = 0; x < (size_t)v->size[0]; x++)
                w->row[x * (size_t)v->channels + (size_t)c] = from[(ptrdiff_t)x * v->stride[0]];
        }
        jpeg_write_scanlines(jpeg, &w->row, 1);
    }
    jpeg_finish_compress(jpeg);
}

/* Only this function calls setjmp; its locals are none. */
static void run(struct writer *w)
{
    w->jpeg.err = jpeg_std_error(&w->errors);
    w->errors.error_exit = on_error;
    w->errors.emit_message = on_message;
    if (setjmp(w->jump) == 0)
        write_image(w);
    jpeg_destroy_compress(&w->jpeg);
}

enum mm_status mm_jpeg_write(const char *path, const struct mm_volume *volume, struct mm_error *err)
{
    struct writer w = {.volume = volume};
    enum mm_status s;
    if (MM_TRY(s, check(volume, err)) || MM_TRY(s, mm_file_writer_open(&w.file, path, err)))
        return s;
    w.row = mm_alloc((size_t)volume->size[0] * (size_t)volume->channels);
    if (w.row)
        run(&w);
    else
        mm_fail_memory(&w.file.error, "the JPEG encoder");
    mm_free(w.row);
    return mm_file_writer_commit(&w.file, err);
}
