/* Writes PNG: 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA; 8 or 16 bits. No time stamp, so equal images give equal
 * bytes. */
#include <png.h>
#include <setjmp.h>

#include "base/file.h"
#include "image/png_internal.h"

struct writer {
    const struct mm_volume *volume;
    struct mm_file_writer file;
    png_structp png;
    png_infop info;
    unsigned char *row; /* one row, channels interleaved */
};

static void on_error(png_structp png, png_const_charp message)
{
    struct writer *w = png_get_error_ptr(png);
    if (w->file.error.status == MM_OK)
        mm_fail(&w->file.error, MM_ERR_DATA, "cannot make a PNG: %s", message);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

static void take_bytes(png_structp png, png_bytep bytes, size_t size)
{
    struct writer *w = png_get_io_ptr(png);
    if (mm_file_writer_write(&w->file, bytes, size) != MM_OK)
        png_error(png, "write failed");
}

static void flush_nothing(png_structp png)
{
    (void)png; /* the commit flushes */
}

static enum mm_status check(const struct mm_volume *v, struct mm_error *err)
{
    if (v->type != MM_U8 && v->type != MM_U16)
        return mm_fail(err, MM_ERR_DATA, "a PNG cannot hold %s voxels, only uint8 and uint16", mm_type_name(v->type));
    if (v->channels > 4)
        return mm_fail(err, MM_ERR_DATA, "a PNG cannot hold %d channels, only 1 to 4", v->channels);
    if (v->rank != 2)
        return mm_fail(err, MM_ERR_DATA, "a PNG cannot hold a 3D image, only 2D ones");
    if (v->size[0] > MM_PNG_SIDE_MAX || v->size[1] > MM_PNG_SIDE_MAX)
        return mm_fail(err, MM_ERR_DATA, "%d x %d pixels are too large for a PNG: the limit is %d a side", v->size[0],
                       v->size[1], MM_PNG_SIDE_MAX);
    return MM_OK;
}

static void interleave(const struct mm_volume *v, int y, unsigned char *row)
{
    size_t width = mm_type_bytes(v->type), pixel = width * (size_t)v->channels;
    for (int c = 0; c < v->channels; c++) {
        const unsigned char *from = mm_volume_row(v, c, 0, y);
        unsigned char *to = row + (size_t)c * width;
        for (int x = 0; x < v->size[0]; x++, to += pixel, from += v->stride[0] * (ptrdiff_t)width)
            memcpy(to, from, width);
    }
}

/* May jump. */
static void write_image(struct writer *w)
{
    static const int colour_types[] = {0, PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                                       PNG_COLOR_TYPE_RGB_ALPHA};
    const struct mm_volume *v = w->volume;
    png_set_user_limits(w->png, MM_PNG_SIDE_MAX, MM_PNG_SIDE_MAX);
    png_set_write_fn(w->png, w, take_bytes, flush_nothing);
    png_set_IHDR(w->png, w->info, (png_uint_32)v->size[0], (png_uint_32)v->size[1], v->type == MM_U16 ? 16 : 8,
                 colour_types[v->channels], PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_write_info(w->png, w->info);
    if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
        png_set_swap(w->png);
    for (int y = 0; y < v->size[1]; y++) {
        interleave(v, y, w->row);
        png_write_row(w->png, w->row);
    }
    png_write_end(w->png, w->info);
}

static void run_writer(struct writer *w)
{
    if (setjmp(png_jmpbuf(w->png)) == 0)
        write_image(w);
}

enum mm_status mm_png_write(const char *path, const struct mm_volume *volume, struct mm_error *err)
{
    struct writer w = {.volume = volume};
    enum mm_status s;
    if (MM_TRY(s, check(volume, err)) || MM_TRY(s, mm_file_writer_open(&w.file, path, err)))
        return s;
    w.row = mm_alloc((size_t)volume->size[0] * (size_t)volume->channels * mm_type_bytes(volume->type));
    w.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &w, on_error, on_warning);
    if (w.png)
        w.info = png_create_info_struct(w.png);
    if (w.row && w.info)
        run_writer(&w);
    else
        mm_fail_memory(&w.file.error, "the PNG encoder");
    png_destroy_write_struct(&w.png, &w.info);
    mm_free(w.row);
    return mm_file_writer_commit(&w.file, err);
}
