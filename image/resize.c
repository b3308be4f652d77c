/* torch.nn.functional.interpolate (UpSample.h): coordinates from sizes alone, edges repeated. The affine goes with
 * the field of view whatever the coordinates are, as MONAI's Resize does. */
#include <math.h>

#include "image/affine.h"
#include "image/gather.h"
#include "image/taps.h"

/* One axis of a resize. */
struct axis {
    int in, out;
    double scale; /* input voxels per output voxel */
};

/* Nearest modes compute in float, and so do we: the product decides which voxel it is. */
static int nearest_source(const struct axis *axis, int i, bool exact)
{
    float at = ((float)i + (exact ? 0.5f : 0.0f)) * (float)axis->scale;
    return at < (float)axis->in ? (int)at : axis->in - 1;
}

static struct mm_volume *resize_nearest(struct mm_arena *arena, struct mm_arena *scratch,
                                        const struct mm_volume *from, const struct axis axes[3], bool exact)
{
    int *index[3], size[3];
    for (int a = 0; a < 3; a++) {
        size[a] = axes[a].out;
        index[a] = mm_arena_array(scratch, int, (size_t)size[a]);
        if (!index[a])
            return NULL;
        for (int i = 0; i < size[a]; i++)
            index[a][i] = nearest_source(&axes[a], i, exact);
    }
    return mm_volume_gather(arena, from, size, index, 0);
}

/* Adaptive average pooling: output i takes the input voxels it touches, [floor(i in/out), ceil((i + 1) in/out)),
 * equally. */
static bool area_taps(struct mm_arena *scratch, const struct axis *axis, struct mm_taps *taps)
{
    int64_t in = axis->in, out = axis->out;
    int width = (int)((in + out - 1) / out + 1);
    if (!mm_taps_make(scratch, taps, axis->out, width))
        return false;
    for (int64_t i = 0; i < out; i++) {
        int start = (int)(i * in / out), end = (int)(((i + 1) * in + out - 1) / out);
        for (int k = 0; k < end - start; k++) {
            taps->index[i * width + k] = start + k;
            taps->weight[i * width + k] = 1.0f / (float)(end - start);
        }
    }
    mm_taps_finish(taps);
    return true;
}

static double source_coordinate(const struct axis *axis, int i, bool align_corners)
{
    if (align_corners)
        return axis->out > 1 ? (double)i * (axis->in - 1) / (axis->out - 1) : 0;
    return axis->scale * (i + 0.5) - 0.5;
}

static bool interpolation_taps(struct mm_arena *scratch, const struct axis *axis, enum mm_interpolation interpolation,
                               bool align_corners, struct mm_taps *taps)
{
    int index[MM_TAPS_MAX];
    double weight[MM_TAPS_MAX];
    int width = interpolation == MM_CUBIC ? 4 : 2;
    if (!mm_taps_make(scratch, taps, axis->out, width))
        return false;
    for (int i = 0; i < axis->out; i++) {
        double p = source_coordinate(axis, i, align_corners);
        mm_taps_at(p, axis->in, interpolation, MM_OUTSIDE_BORDER, index, weight);
        for (int k = 0; k < width; k++) {
            taps->index[i * width + k] = index[k];
            taps->weight[i * width + k] = (float)weight[k];
        }
    }
    mm_taps_finish(taps);
    return true;
}

static struct mm_volume *resize_smoothly(struct mm_arena *arena, struct mm_arena *scratch,
                                         const struct mm_volume *from, const struct axis axes[3], enum mm_resize mode,
                                         bool align_corners, enum mm_type type)
{
    struct mm_taps taps[3];
    enum mm_interpolation interpolation = mode == MM_RESIZE_CUBIC ? MM_CUBIC : MM_LINEAR;
    for (int a = 0; a < 3; a++) {
        bool made = mode == MM_RESIZE_AREA
                        ? area_taps(scratch, &axes[a], &taps[a])
                        : interpolation_taps(scratch, &axes[a], interpolation, align_corners, &taps[a]);
        if (!made)
            return NULL;
    }
    return mm_taps_apply(arena, from, taps, type);
}

/* Output voxel -> input voxel with both fields of view the same. */
static void set_affine(struct mm_volume *to, const struct mm_volume *from)
{
    double matrix[16];
    mm_affine_identity(matrix);
    for (int a = 0; a < from->rank; a++) {
        double ratio = (double)from->size[a] / to->size[a];
        matrix[5 * a] = ratio;
        matrix[4 * a + 3] = 0.5 * ratio - 0.5;
    }
    mm_affine_multiply(to->affine, from->affine, matrix);
}

struct mm_volume *mm_volume_resize(struct mm_arena *arena, const struct mm_volume *from, const int size[3],
                                   enum mm_resize mode, bool align_corners, const double scale[3], enum mm_type type)
{
    struct axis axes[3];
    struct mm_arena scratch;
    struct mm_volume *to;
    for (int a = 0; a < 3; a++) {
        axes[a].in = from->size[a];
        axes[a].out = a < from->rank ? size[a] : from->size[a];
        if (axes[a].out <= 0)
            return NULL;
        axes[a].scale = scale && scale[a] > 0 ? scale[a] : (double)axes[a].in / axes[a].out;
    }
    mm_arena_init(&scratch, arena->budget);
    if (mode != MM_RESIZE_NEAREST && mode != MM_RESIZE_NEAREST_EXACT) {
        to = resize_smoothly(arena, &scratch, from, axes, mode, align_corners, type);
    } else if (type == from->type) {
        to = resize_nearest(arena, &scratch, from, axes, mode == MM_RESIZE_NEAREST_EXACT);
    } else {
        to = resize_nearest(&scratch, &scratch, from, axes, mode == MM_RESIZE_NEAREST_EXACT);
        to = to ? mm_volume_convert(arena, to, type) : NULL;
    }
    mm_arena_done(&scratch);
    if (to)
        set_affine(to, from);
    return to;
}
