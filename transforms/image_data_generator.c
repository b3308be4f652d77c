/* The augmentation of Keras' ImageDataGenerator. Draws: rotation, shift of the rows, of the columns, shear, zoom of the
 * rows, of the columns, horizontal flip, vertical flip. */
#include "transforms/keras.h"
#include "transforms/regrid.h"

struct image_data_generator {
    double rotation_range, width_shift_range, height_shift_range, shear_range, center_offset;
    struct mm_doubles zoom_range, cval;
    bool horizontal_flip, vertical_flip;
    struct mm_strings fill_mode;
    struct mm_ints interpolation_order;
};
#define P struct image_data_generator

static const struct mm_param params[] = {
    MM_DOUBLE(P, rotation_range, .min = 0, .max = 360, .unit = "degree", .help = "v: angles from -v to v"),
    MM_DOUBLE(P, width_shift_range, .min = 0, .max = 1 << 16,
              .help = "v: shifts along the columns from -v to v; below 1 a share of the width, else voxels"),
    MM_DOUBLE(P, height_shift_range, .min = 0, .max = 1 << 16, .help = "along the rows, of the height"),
    MM_DOUBLE(P, shear_range, .min = 0, .max = 89, .unit = "degree", .help = "v: shears from -v to v"),
    MM_DOUBLES(P, zoom_range, .def_text = "[0]", .max = 100, .count_min = 1, .count_max = 2,
               .help = "v: factors from 1 - v to 1 + v, or the two ends; rows and columns by themselves"),
    MM_BOOL(P, horizontal_flip, .help = "reverse the columns, or not, by chance"),
    MM_BOOL(P, vertical_flip, .help = "reverse the rows, or not, by chance"),
    MM_STRINGS(P, fill_mode, .choices = MM_KERAS_FILLS, .def_text = "\"nearest\"", .count_min = 1,
               .help = "values outside the image: one, or one a key"),
    MM_DOUBLES(P, cval, .def_text = "[0]", .count_min = 1,
               .help = "value outside of fill_mode constant: one, or one a key"),
    MM_INTS(P, interpolation_order, .min = 0, .max = 1,
            .help = "0: nearest voxel, 1: linear; one, or one a key; none: 0 for integer types, else 1"),
    MM_DOUBLE(P, center_offset, .def = -0.5, .min = -1, .max = 1,
              .help = "the fixed point is size/2 + this: -0.5 in newer Keras, 0.5 in old releases"),
    MM_PARAMS_END};

static void zoom_ends(const P *p, double *low, double *high)
{
    const struct mm_doubles *range = &p->zoom_range;
    *low = range->count == 2 ? range->items[0] : 1 - range->items[0];
    *high = range->count == 2 ? range->items[1] : 1 + range->items[0];
}

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    (void)arena;
    double low, high;
    zoom_ends(self, &low, &high);
    if (!(low > 0 && low <= high))
        return mm_fail(err, MM_ERR_CONFIG, "zoom_range: factors from %g to %g, they must be above 0 and in order",
                       low, high);
    return MM_OK;
}

static bool is_random(const void *self)
{
    const P *p = self;
    double low, high;
    zoom_ends(p, &low, &high);
    return p->rotation_range > 0 || p->width_shift_range > 0 || p->height_shift_range > 0 || p->shear_range > 0 ||
           low < high || p->horizontal_flip || p->vertical_flip;
}

static double draw_shift(struct mm_random *random, double range, int size)
{
    double shift = mm_random_uniform(random, -range, range);
    return range < 1 ? shift * size : shift;
}

static struct mm_keras_motion draw_motion(const P *p, const struct mm_volume *image, struct mm_random *random)
{
    double low, high;
    struct mm_keras_motion motion = {.center_offset = p->center_offset};
    zoom_ends(p, &low, &high);
    motion.theta = mm_random_uniform(random, -p->rotation_range, p->rotation_range);
    motion.tx = draw_shift(random, p->height_shift_range, image->size[1]);
    motion.ty = draw_shift(random, p->width_shift_range, image->size[0]);
    motion.shear = mm_random_uniform(random, -p->shear_range, p->shear_range);
    motion.zx = mm_random_uniform(random, low, high);
    motion.zy = mm_random_uniform(random, low, high);
    motion.flip_horizontal = mm_step_happens(random, 0.5) && p->horizontal_flip;
    motion.flip_vertical = mm_step_happens(random, 0.5) && p->vertical_flip;
    return motion;
}

static struct mm_keras_fill fill_of(const P *p, const struct mm_volume *image, size_t key)
{
    const struct mm_ints *order = &p->interpolation_order;
    struct mm_keras_fill fill = {.mode = mm_string_of_key(&p->fill_mode, key)};
    fill.cval = p->cval.items[key < p->cval.count ? key : p->cval.count - 1];
    fill.order = order->count ? (int)order->items[key < order->count ? key : order->count - 1]
                              : !mm_type_is_integer(image->type);
    return fill;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *image;
    if (MM_TRY(s, mm_field_volume(field, &image, err)))
        return s;
    struct mm_random random;
    mm_step_random(step, context, &random);
    const struct mm_keras_motion motion = draw_motion(p, image, &random);
    const struct mm_keras_fill fill = fill_of(p, image, key);
    return mm_keras_apply(step, sample, field, &motion, &fill, err);
}

const struct mm_transform mm_transform_image_data_generator = {
    .name = "ImageDataGenerator",
    .summary = "rotate, shift, shear, zoom and flip at random as Keras' ImageDataGenerator does",
    .notes =
        "All fields move together. A row is y, a column x; 3D images are moved slice by slice. Masks of an integer "
        "type get the nearest voxel, Keras interpolates them.",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM | MM_SPATIAL | MM_INVERTIBLE,
    .check = check,
    .is_random = is_random,
    .each = each,
    .invert = mm_regrid_invert,
    .example = "{\"name\": \"ImageDataGenerator\", \"args\": {\"keys\": [\"image\", \"label\"], \"rotation_range\": "
               "10, \"width_shift_range\": 0.05, \"height_shift_range\": 0.05, \"shear_range\": 3, \"zoom_range\": "
               "0.1, \"horizontal_flip\": true, \"fill_mode\": \"nearest\"}}",
};
