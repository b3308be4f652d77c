/* Scales the image to a size in voxels (torch.nn.functional.interpolate). The memo of a step is how. */
#include <math.h>

#include "image/resample.h"
#include "transforms/per_key.h"
#include "transforms/scaling.h"
#include "transforms/smooth.h"
#include "transforms/transform.h"

struct resize {
    struct mm_ints spatial_size;
    const char *size_mode;
    struct mm_strings mode;
    const cJSON *align_corners, *anti_aliasing, *anti_aliasing_sigma;
    struct mm_doubles corners_of_key, smooth_of_key, sigma; /* the three above, read */
};
#define P struct resize

static const struct mm_param params[] = {
    MM_INTS(P, spatial_size, .required = true, .min = -1, .max = 1 << 16, .count_min = 1, .count_max = 3,
            .unit = "voxel", .help = "size of the result; -1 or 0 keeps the axis"),
    MM_CHOICE(P, size_mode, .choices = "all longest", .def_text = "all",
              .help = "longest: spatial_size is one number, for the longest axis, and the shape stays"),
    MM_STRINGS(P, mode, .choices = MM_SCALING_ALL_MODES, .def_text = "\"area\"", .count_min = 1,
               .help = "interpolation: one, or one a key"),
    MM_JSON(P, align_corners, .help = "match the middles of the outer voxels: true or false, or one a key"),
    MM_JSON(P, anti_aliasing, .def_text = "false",
            .help = "smooth axes that shrink first: true or false, or one a key"),
    MM_JSON(P, anti_aliasing_sigma, .help = "of the Gaussian: one, or one an axis; (in/out - 1) / 2 when left out"),
    MM_IGNORED("dtype", .help = "values are float32, labels keep their type"),
    MM_PARAM_LAZY,
    MM_PARAMS_END};

struct memo {
    enum mm_resize mode;
    unsigned align_corners; /* 0 or 1 */
};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    P *p = self;
    enum mm_status s;
    if (strcmp(p->size_mode, "longest") == 0 && (p->spatial_size.count != 1 || p->spatial_size.items[0] < 1))
        return mm_fail(err, MM_ERR_CONFIG, "spatial_size: size_mode longest needs one number above 0");
    if (MM_TRY(s, mm_per_key_read(arena, p->align_corners, "align_corners", MM_PER_KEY_BOOL, NULL, &p->corners_of_key,
                                  err)) ||
        MM_TRY(s, mm_per_key_read(arena, p->anti_aliasing, "anti_aliasing", MM_PER_KEY_BOOL, NULL, &p->smooth_of_key,
                                  err)))
        return s;
    return mm_per_key_read(arena, p->anti_aliasing_sigma, "anti_aliasing_sigma", MM_PER_KEY_NUMBER, NULL, &p->sigma,
                           err);
}

static enum mm_status find_size(const P *p, const struct mm_volume *image, int size[3], struct mm_error *err)
{
    if (strcmp(p->size_mode, "longest") != 0)
        return mm_spatial_sizes(&p->spatial_size, "spatial_size", image, size, err);
    int longest = 1;
    for (int a = 0; a < image->rank; a++)
        longest = image->size[a] > longest ? image->size[a] : longest;
    double scale = (double)p->spatial_size.items[0] / longest;
    for (int a = 0; a < 3; a++) {
        size[a] = a < image->rank ? (int)rint(image->size[a] * scale) : 1;
        if (size[a] < 1)
            return mm_fail(err, MM_ERR_DATA, "axis %d would have no voxel left of %d", a, image->size[a]);
    }
    return MM_OK;
}

/* Smooths the axes that shrink, in a copy. */
static enum mm_status smooth(const P *p, struct mm_arena *arena, const int size[3], struct mm_volume **image,
                             struct mm_error *err)
{
    double sigma[3] = {0};
    for (int a = 0; a < (*image)->rank; a++) {
        double factor = (double)(*image)->size[a] / size[a];
        if (factor > 1)
            sigma[a] = p->sigma.count ? mm_per_key(&p->sigma, (size_t)a) : (factor - 1) / 2;
    }
    *image = mm_volume_convert(arena, *image, MM_F32);
    return *image ? mm_smooth(*image, sigma, "erf", err) : mm_fail_memory(err, "an image as float32");
}

static bool keeps_values(enum mm_resize mode)
{
    return mode == MM_RESIZE_NEAREST || mode == MM_RESIZE_NEAREST_EXACT;
}

static struct mm_volume *scale_to(struct mm_arena *arena, const struct mm_volume *image, const int size[3],
                                  const struct memo *how)
{
    return mm_volume_resize(arena, image, size, how->mode, how->align_corners, NULL,
                            keeps_values(how->mode) ? image->type : MM_F32);
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)context;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *image;
    int size[3];
    if (MM_TRY(s, mm_field_volume(field, &image, err)) || MM_TRY(s, find_size(p, image, size, err)))
        return s;
    if (memcmp(size, image->size, sizeof size) == 0)
        return MM_OK;
    const struct memo how = {mm_scaling_mode(mm_string_of_key(&p->mode, key)),
                             mm_per_key_on(&p->corners_of_key, key)};
    if (mm_per_key_on(&p->smooth_of_key, key) && MM_TRY(s, smooth(p, sample->arena, size, &image, err)))
        return s;
    struct mm_volume *out = scale_to(sample->arena, image, size, &how);
    if (!out)
        return mm_fail_memory(err, "a scaled image");
    return mm_field_moved(sample, field, step, out, &how, sizeof how, err);
}

static enum mm_status invert(const struct mm_applied *applied, struct mm_arena *arena, const struct mm_volume *in,
                             bool nearest, struct mm_volume **out, struct mm_error *err)
{
    const struct memo *memo = mm_applied_memo(applied, sizeof *memo);
    if (!memo || (unsigned)memo->mode > MM_RESIZE_AREA || memo->align_corners > 1)
        return mm_applied_damaged(err);
    struct memo how = *memo;
    if (nearest)
        how.mode = MM_RESIZE_NEAREST;
    *out = scale_to(arena, in, applied->size_before, &how);
    return *out ? MM_OK : mm_fail_memory(err, "a scaled image");
}

const struct mm_transform mm_transform_resize = {
    .name = "Resize",
    .summary = "scale the image to a size in voxels",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_SPATIAL | MM_INVERTIBLE,
    .check = check,
    .each = each,
    .invert = invert,
    .example = "{\"name\": \"Resized\", \"args\": {\"keys\": [\"image\", \"label\"], \"spatial_size\": [12, 10, 8], "
               "\"mode\": [\"trilinear\", \"nearest\"]}}",
};
