/* Colours of RGB images: the arithmetic of torchvision's ColorJitter and of hue, saturation and value. */
#ifndef MM_TRANSFORMS_COLOUR_H
#define MM_TRANSFORMS_COLOUR_H

#include "transforms/intensity.h"
#include "transforms/transform.h"

/* Three channels as floats. Values lie in [0, bound]; `whole` keeps them whole numbers by cutting fractions off after each
 * step, as torchvision does with uint8. */
struct mm_colour {
    float *channel[3];
    size_t count;
    float bound;
    bool whole;
};

/* The colours of a field with 3 channels, to work on; `mm_colour_put` writes them back in the field's type. The bound is
 * 255 for integer types, else 1, unless `bound` is given (not NaN). */
enum mm_status mm_colour_get(struct mm_sample *sample, struct mm_field *field, double bound, struct mm_colour *colour,
                             struct mm_volume **voxels, struct mm_error *err);
enum mm_status mm_colour_put(struct mm_sample *sample, struct mm_field *field, struct mm_volume *voxels,
                             struct mm_error *err);

/* The value as it may stand in a channel: clamped, and cut off when whole. */
float mm_colour_settle(const struct mm_colour *colour, float x);
/* factor * x + (1 - factor) * y clamped, where y is 0, the mean of grey, or grey = 0.2989 R + 0.587 G + 0.114 B. */
void mm_colour_brightness(const struct mm_colour *colour, double factor);
void mm_colour_contrast(const struct mm_colour *colour, double factor);
void mm_colour_saturation(const struct mm_colour *colour, double factor);
/* hue + shift (in turns), saturation and value times a factor, clamped. */
void mm_colour_hsv(const struct mm_colour *colour, double hue_shift, double saturation, double value);

/* torchvision's ColorJitter: ranges of factors, or v for [max(0, 1 - v), 1 + v]; hue v for [-v, v]. */
struct mm_colour_jitter {
    struct mm_doubles brightness, contrast, saturation, hue;
    double bound;
};
/* The parameters, of a struct that has these members by the same names; MM_COLOUR_JITTER_OF gathers them. */
#define MM_COLOUR_JITTER_PARAMS(P)                                                                                   \
    MM_DOUBLES(P, brightness, .min = 0, .max = 100, .count_max = 2,                                                  \
               .help = "v for factors from 1 - v to 1 + v, or the two ends"),                                        \
        MM_DOUBLES(P, contrast, .min = 0, .max = 100, .count_max = 2, .help = "likewise"),                           \
        MM_DOUBLES(P, saturation, .min = 0, .max = 100, .count_max = 2, .help = "likewise"),                         \
        MM_DOUBLES(P, hue, .min = -0.5, .max = 0.5, .count_max = 2, .unit = "turn",                                  \
                   .help = "v for shifts from -v to v, or the two ends"),                                            \
        MM_DOUBLE(P, bound, .def = MM_INTENSITY_NONE, .min = 0, .max = 1e9, .exclusive_min = true,                   \
                  .help = "greatest intensity; none: 255 for integer types, else 1")
#define MM_COLOUR_JITTER_OF(p)                                                                                       \
    {                                                                                                                \
        (p)->brightness, (p)->contrast, (p)->saturation, (p)->hue, (p)->bound                                        \
    }
enum mm_status mm_colour_jitter_check(const struct mm_colour_jitter *jitter, struct mm_error *err);
bool mm_colour_jitter_is_random(const struct mm_colour_jitter *jitter);
/* Draws: the order of the four steps, then brightness, contrast, saturation and hue. */
enum mm_status mm_colour_jitter(struct mm_sample *sample, struct mm_field *field,
                                const struct mm_colour_jitter *jitter, struct mm_random *random,
                                struct mm_error *err);

#endif
