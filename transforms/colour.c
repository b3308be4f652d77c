/* RGB arithmetic. Source: torchvision 0.14 transforms/functional_tensor.py and transforms/transforms.py. */
#include "transforms/colour.h"

#include <math.h>

enum mm_status mm_colour_get(struct mm_sample *sample, struct mm_field *field, double bound, struct mm_colour *colour,
                             struct mm_volume **voxels, struct mm_error *err)
{
    enum mm_status s;
    const struct mm_volume *image;
    if (MM_TRY(s, mm_voxels_read(sample, field, &image, err)))
        return s;
    if (image->channels != 3)
        return mm_fail(err, MM_ERR_DATA, "the image has %d channels, colours need 3: red, green, blue",
                       image->channels);
    *voxels = mm_volume_convert(sample->arena, image, MM_F32);
    if (!*voxels)
        return mm_fail_memory(err, "an image as float32");
    colour->whole = mm_type_is_integer(image->type);
    colour->bound = !isnan(bound) ? (float)bound : colour->whole ? 255 : 1;
    colour->count = mm_volume_voxels(image);
    for (int c = 0; c < 3; c++)
        colour->channel[c] = mm_voxels_floats(*voxels, c);
    return MM_OK;
}

enum mm_status mm_colour_put(struct mm_sample *sample, struct mm_field *field, struct mm_volume *voxels,
                             struct mm_error *err)
{
    struct mm_volume *out = mm_volume_convert(sample->arena, voxels, field->volume->type);
    if (!out)
        return mm_fail_memory(err, "an image");
    mm_field_put(sample, field, out);
    return MM_OK;
}

float mm_colour_settle(const struct mm_colour *colour, float x)
{
    x = x > 0 ? x < colour->bound ? x : colour->bound : 0;
    return colour->whole ? floorf(x) : x;
}

static float grey(const struct mm_colour *colour, size_t i)
{
    float y = 0.2989f * colour->channel[0][i] + 0.587f * colour->channel[1][i] + 0.114f * colour->channel[2][i];
    return colour->whole ? floorf(y) : y;
}

static void blend(const struct mm_colour *colour, size_t i, double factor, double with)
{
    for (int c = 0; c < 3; c++) {
        float *x = &colour->channel[c][i];
        *x = mm_colour_settle(colour, (float)(factor * (double)*x + (1 - factor) * with));
    }
}

void mm_colour_brightness(const struct mm_colour *colour, double factor)
{
    for (size_t i = 0; i < colour->count; i++)
        blend(colour, i, factor, 0);
}

void mm_colour_contrast(const struct mm_colour *colour, double factor)
{
    double mean = 0;
    for (size_t i = 0; i < colour->count; i++)
        mean += (double)grey(colour, i);
    mean /= (double)colour->count;
    for (size_t i = 0; i < colour->count; i++)
        blend(colour, i, factor, mean);
}

void mm_colour_saturation(const struct mm_colour *colour, double factor)
{
    for (size_t i = 0; i < colour->count; i++)
        blend(colour, i, factor, (double)grey(colour, i));
}

/* Values in [0, 1]; hue in turns. */
static void to_hsv(const double rgb[3], double hsv[3])
{
    double most = fmax(rgb[0], fmax(rgb[1], rgb[2])), least = fmin(rgb[0], fmin(rgb[1], rgb[2]));
    double range = most - least;
    hsv[2] = most;
    hsv[1] = range > 0 ? range / most : 0;
    if (!(range > 0))
        hsv[0] = 0;
    else if (most == rgb[0])
        hsv[0] = (rgb[1] - rgb[2]) / range / 6;
    else
        hsv[0] = most == rgb[1] ? (2 + (rgb[2] - rgb[0]) / range) / 6 : (4 + (rgb[0] - rgb[1]) / range) / 6;
    hsv[0] -= floor(hsv[0]);
}

static void from_hsv(const double hsv[3], double rgb[3])
{
    double sixth = floor(hsv[0] * 6), f = hsv[0] * 6 - sixth, v = hsv[2], s = hsv[1];
    double p = v * (1 - s), q = v * (1 - s * f), t = v * (1 - s * (1 - f));
    const double all[6][3] = {{v, t, p}, {q, v, p}, {p, v, t}, {p, q, v}, {t, p, v}, {v, p, q}};
    memcpy(rgb, all[(int)sixth % 6], 3 * sizeof *rgb);
}

static double clamp_unit(double x)
{
    return x > 0 ? x < 1 ? x : 1 : 0;
}

void mm_colour_hsv(const struct mm_colour *colour, double hue_shift, double saturation, double value)
{
    /* torchvision's convert_image_dtype to uint8: x * (255 + 1 - 1e-3), cut off. */
    double scale = (double)colour->bound + (colour->whole ? 1 - 1e-3 : 0);
    for (size_t i = 0; i < colour->count; i++) {
        double rgb[3], hsv[3];
        for (int c = 0; c < 3; c++)
            rgb[c] = clamp_unit((double)(colour->channel[c][i] / colour->bound));
        to_hsv(rgb, hsv);
        hsv[0] += hue_shift;
        hsv[0] -= floor(hsv[0]);
        hsv[1] = clamp_unit(hsv[1] * saturation);
        hsv[2] = clamp_unit(hsv[2] * value);
        from_hsv(hsv, rgb);
        for (int c = 0; c < 3; c++)
            colour->channel[c][i] = mm_colour_settle(colour, (float)(rgb[c] * scale));
    }
}

/* The two ends about `middle`; false when there is nothing to do. */
static bool ends_of(const struct mm_doubles *list, double middle, double *low, double *high)
{
    *low = *high = middle;
    if (list->count == 2) {
        *low = list->items[0];
        *high = list->items[1];
    } else if (list->count == 1) {
        *low = middle - list->items[0];
        *high = middle + list->items[0];
    }
    if (middle == 1 && *low < 0)
        *low = 0;
    return *low != middle || *high != middle;
}

enum mm_status mm_colour_jitter_check(const struct mm_colour_jitter *jitter, struct mm_error *err)
{
    const struct {
        const char *name;
        const struct mm_doubles *list;
    } all[] = {{"brightness", &jitter->brightness},
               {"contrast", &jitter->contrast},
               {"saturation", &jitter->saturation},
               {"hue", &jitter->hue}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        const struct mm_doubles *list = all[i].list;
        if (list->count == 2 && list->items[0] > list->items[1])
            return mm_fail(err, MM_ERR_CONFIG, "%s: %g is above %g", all[i].name, list->items[0], list->items[1]);
        if (list->count == 1 && list->items[0] < 0)
            return mm_fail(err, MM_ERR_CONFIG, "%s: one number must not be negative, got %g", all[i].name,
                           list->items[0]);
    }
    return MM_OK;
}

bool mm_colour_jitter_is_random(const struct mm_colour_jitter *jitter)
{
    const struct mm_doubles *const all[4] = {&jitter->brightness, &jitter->contrast, &jitter->saturation,
                                             &jitter->hue};
    bool any = false;
    for (int i = 0; i < 4; i++) {
        double low, high;
        any = ends_of(all[i], i == 3 ? 0 : 1, &low, &high) || any;
    }
    return any;
}

enum mm_status mm_colour_jitter(struct mm_sample *sample, struct mm_field *field,
                                const struct mm_colour_jitter *jitter, struct mm_random *random, struct mm_error *err)
{
    enum mm_status s;
    const struct mm_doubles *const all[4] = {&jitter->brightness, &jitter->contrast, &jitter->saturation,
                                             &jitter->hue};
    uint32_t order[4] = {0, 1, 2, 3};
    double drawn[4];
    bool wanted[4];
    struct mm_colour colour;
    struct mm_volume *voxels;
    mm_random_shuffle(random, order, 4);
    for (int i = 0; i < 4; i++) {
        double low, high;
        wanted[i] = ends_of(all[i], i == 3 ? 0 : 1, &low, &high);
        drawn[i] = mm_random_uniform(random, low, high);
    }
    if (MM_TRY(s, mm_colour_get(sample, field, jitter->bound, &colour, &voxels, err)))
        return s;
    for (int i = 0; i < 4; i++) {
        uint32_t step = order[i];
        if (!wanted[step])
            continue;
        if (step == 3)
            mm_colour_hsv(&colour, drawn[3], 1, 1);
        else
            (step == 0   ? mm_colour_brightness
             : step == 1 ? mm_colour_contrast
                         : mm_colour_saturation)(&colour, drawn[step]);
    }
    return mm_colour_put(sample, field, voxels, err);
}
