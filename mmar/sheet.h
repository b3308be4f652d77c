/* A contact sheet: many small pictures of images on one canvas, in titled groups, labels outlined. */
#ifndef MM_MMAR_SHEET_H
#define MM_MMAR_SHEET_H

#include "image/draw.h"

#define MM_SHEET_TILES_MAX 400

struct mm_sheet;

/* `title` stands above everything; NULL when memory is out. The sheet and all its pictures live in the arena. */
struct mm_sheet *mm_sheet_make(struct mm_arena *arena, const char *title);
/* The tiles that follow belong together: they share a window of grey values, so that what differs is seen. `columns`: how many stand
 * side by side; 0: as many as fit. */
void mm_sheet_group(struct mm_sheet *sheet, const char *title, size_t columns);
/* Keeps a small picture of one slice: the busiest of `labels` (may be NULL, is ignored when on another grid), else the middle one.
 * What is added beyond MM_SHEET_TILES_MAX is counted, not drawn. */
enum mm_status mm_sheet_add(struct mm_sheet *sheet, const char *caption, const struct mm_volume *image,
                            const struct mm_volume *labels, struct mm_error *err);
/* Draws it and writes it as PNG. */
enum mm_status mm_sheet_write(const struct mm_sheet *sheet, const char *path, struct mm_error *err);
size_t mm_sheet_left_out(const struct mm_sheet *sheet);

#endif
