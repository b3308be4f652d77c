/* Slices of volumes as flat pictures. */
#include "image/slice.h"

#include <math.h>

int mm_slice_busiest(const struct mm_volume *labels)
{
    int best = labels->size[2] / 2;
    size_t most = 0;
    for (int z = 0; z < labels->size[2]; z++) {
        size_t n = 0;
        for (int y = 0; y < labels->size[1]; y++)
            for (int x = 0; x < labels->size[0]; x++)
                n += mm_volume_get(labels, 0, z, y, x) > 0;
        if (n > most) {
            most = n;
            best = z;
        }
    }
    return best;
}

void mm_slice_range(const struct mm_volume *image, int c, int z, double *low, double *high)
{
    int first = c < 0 ? 0 : c, last = c < 0 ? image->channels - 1 : c;
    *low = INFINITY;
    *high = -INFINITY;
    for (int k = first; k <= last; k++)
        for (int y = 0; y < image->size[1]; y++)
            for (int x = 0; x < image->size[0]; x++) {
                double v = mm_volume_get(image, k, z, y, x);
                if (isfinite(v)) {
                    *low = fmin(*low, v);
                    *high = fmax(*high, v);
                }
            }
    if (*low > *high)
        *low = *high = 0;
}

struct mm_volume *mm_slice_flat(struct mm_arena *arena, const struct mm_volume *image, int z)
{
    const struct mm_box box = {.start = {0, 0, z}, .size = {image->size[0], image->size[1], 1}};
    const int same[3] = {0, 1, 2};
    struct mm_volume *slice = mm_volume_crop(arena, image, &box, 0);
    if (slice && image->rank == 3)
        slice = mm_volume_reorient(arena, slice, same, 1 << 1);
    if (slice)
        slice->rank = 2;
    return slice;
}

static bool is_whole(const struct mm_volume *flat, double low, double high)
{
    if (low < 0 || high > 65535)
        return false;
    for (int c = 0; c < flat->channels && !mm_type_is_integer(flat->type); c++)
        for (int y = 0; y < flat->size[1]; y++)
            for (int x = 0; x < flat->size[0]; x++) {
                double v = mm_volume_get(flat, c, 0, y, x);
                if (v != trunc(v) || !isfinite(v))
                    return false;
            }
    return true;
}

struct mm_volume *mm_slice_pixels(struct mm_arena *arena, const struct mm_volume *flat, bool *kept)
{
    double low, high;
    mm_slice_range(flat, -1, 0, &low, &high);
    *kept = is_whole(flat, low, high);
    if (*kept)
        return mm_volume_convert(arena, flat, high > 255 ? MM_U16 : MM_U8);
    struct mm_volume *pixels = mm_volume_like(arena, flat, MM_U8, 0);
    double scale = high > low ? 255 / (high - low) : 0;
    for (int c = 0; pixels && c < flat->channels; c++)
        for (int y = 0; y < flat->size[1]; y++)
            for (int x = 0; x < flat->size[0]; x++)
                mm_volume_set(pixels, c, 0, y, x, (mm_volume_get(flat, c, 0, y, x) - low) * scale);
    return pixels;
}
