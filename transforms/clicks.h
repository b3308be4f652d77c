/* Clicks of interactive segmentation (DeepGrow, Sakinis et al. 2019): points that lie in what is wanted and points that do not. In a
 * sample they are two fields of points: "guidance" those inside, "guidance:background" those outside. */
#ifndef MM_TRANSFORMS_CLICKS_H
#define MM_TRANSFORMS_CLICKS_H

#include "transforms/transform.h"

enum mm_click_side { MM_CLICKS_INSIDE, MM_CLICKS_OUTSIDE, MM_CLICK_SIDES };

struct mm_clicks {
    size_t count[MM_CLICK_SIDES];
    const double (*points[MM_CLICK_SIDES])[3]; /* voxels, whole numbers; z is 0 in a 2D image */
};

/* Fields that hold no points, or a first field that is missing, are an error. */
enum mm_status mm_clicks_get(struct mm_sample *sample, const char *name, struct mm_clicks *out, struct mm_error *err);
enum mm_status mm_clicks_put(struct mm_sample *sample, const char *name, const struct mm_clicks *clicks,
                             struct mm_error *err);
/* One more on that side; the list is copied. */
enum mm_status mm_clicks_add(struct mm_arena *arena, struct mm_clicks *clicks, enum mm_click_side side,
                             const double point[3], struct mm_error *err);
/* New clicks with point[a] = (old[a] - shift[a]) * factor[a], cut off to whole numbers as numpy's astype(int) does. */
enum mm_status mm_clicks_move(struct mm_arena *arena, const struct mm_clicks *from, const double shift[3],
                              const double factor[3], struct mm_clicks *out, struct mm_error *err);

/* Draws a voxel of a mask (one byte a voxel) with the probability exp(d) - 1, d its chessboard distance from the mask's edge: people
 * click into the middle. The point's last axes follow the mask's. The mask must have a voxel. One draw. */
enum mm_status mm_clicks_draw(struct mm_arena *arena, const uint8_t *mask, const int size[3],
                              struct mm_random *random, double point[3], struct mm_error *err);

#endif
