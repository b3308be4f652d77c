/* One affine move of Keras' apply_affine_transform, all numbers given. */
#include "transforms/keras.h"
#include "transforms/regrid.h"

struct keras_affine {
    double theta, tx, ty, shear, zx, zy, center_offset, cval;
    const char *fill_mode;
    int64_t order;
    bool flip_horizontal, flip_vertical;
};
#define P struct keras_affine

static const struct mm_param params[] = {
    MM_DOUBLE(P, theta, .unit = "degree", .help = "rotation"),
    MM_DOUBLE(P, tx, .unit = "voxel", .help = "shift along the rows"),
    MM_DOUBLE(P, ty, .unit = "voxel", .help = "shift along the columns"),
    MM_DOUBLE(P, shear, .unit = "degree", .help = "shear"),
    MM_DOUBLE(P, zx, .def = 1, .help = "zoom of the rows; above 1 shows more of the image"),
    MM_DOUBLE(P, zy, .def = 1, .help = "zoom of the columns"),
    MM_CHOICE(P, fill_mode, .choices = MM_KERAS_FILLS, .def_text = "nearest", .help = "values outside the image"),
    MM_DOUBLE(P, cval, .help = "value outside of fill_mode constant"),
    MM_INT(P, order, .def = 1, .min = 0, .max = 1, .help = "0: nearest voxel, 1: linear"),
    MM_DOUBLE(P, center_offset, .def = -0.5,
              .help = "the fixed point is size/2 + this: -0.5 in newer Keras, 0.5 in old releases"),
    MM_BOOL(P, flip_horizontal, .help = "then reverse the columns"),
    MM_BOOL(P, flip_vertical, .help = "then reverse the rows"),
    MM_PARAMS_END};

static enum mm_status put_matrix(struct mm_sample *sample, const double matrix[9], struct mm_error *err)
{
    enum mm_status s;
    struct mm_field *field;
    double *numbers = mm_arena_array(sample->arena, double, 9);
    if (!numbers)
        return mm_fail_memory(err, "a matrix");
    if (MM_TRY(s, mm_sample_add(sample, "matrix", MM_FIELD_NUMBER, &field, err)))
        return s;
    memcpy(numbers, matrix, 9 * sizeof *numbers);
    field->numbers = numbers;
    field->count = 9;
    return MM_OK;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *image;
    double matrix[9];
    const struct mm_keras_motion motion = {.theta = p->theta,
                                           .shear = p->shear,
                                           .tx = p->tx,
                                           .ty = p->ty,
                                           .zx = p->zx,
                                           .zy = p->zy,
                                           .center_offset = p->center_offset,
                                           .flip_horizontal = p->flip_horizontal,
                                           .flip_vertical = p->flip_vertical};
    const struct mm_keras_fill fill = {p->fill_mode, p->cval, (int)p->order};
    if (MM_TRY(s, mm_field_volume(field, &image, err)))
        return s;
    mm_keras_matrix(&motion, image, matrix);
    if (MM_TRY(s, mm_keras_apply(step, sample, field, &motion, &fill, err)))
        return s;
    return put_matrix(sample, matrix, err);
}

const struct mm_transform mm_transform_keras_affine = {
    .name = "KerasAffine",
    .summary = "move the image as Keras' apply_affine_transform does",
    .notes = "Also makes a field \"matrix\": 3 x 3, (row, column, 1) of the result to the image, without the flips. "
             "ImageDataGenerator is the random form.",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_SPATIAL | MM_INVERTIBLE,
    .each = each,
    .invert = mm_regrid_invert,
    .example = "{\"name\": \"KerasAffine\", \"args\": {\"keys\": \"image\", \"theta\": 12, \"tx\": 1.5, \"zx\": 1.1, "
               "\"fill_mode\": \"reflect\"}}",
};
