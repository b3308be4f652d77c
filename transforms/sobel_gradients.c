/* Gradients by Sobel's kernel (MONAI SobelGradients): a difference along an axis, smoothed along the others. Larger kernels are those of
 * size 3 convolved with [1 2 1] again and again. */
#include "transforms/intensity.h"
#include "transforms/line_filter.h"
#include "transforms/transform.h"

#define KERNEL_MAX 63

struct sobel_gradients {
    int64_t kernel_size;
    struct mm_ints spatial_axes;
    bool normalize_kernels, normalize_gradients;
    const char *padding_mode, *new_key_prefix;
};
#define P struct sobel_gradients

static const struct mm_param params[] = {
    MM_INT(P, kernel_size, .def = 3, .min = 3, .max = KERNEL_MAX, .unit = "voxel", .help = "odd"),
    MM_INTS(P, spatial_axes, .min = -3, .max = 2, .count_max = 3,
            .help = "axes to take the gradient along, 0 = x; negative ones count from the last; all when left out"),
    MM_BOOL(P, normalize_kernels, .def = 1, .help = "divide [-1 0 1] by 2 and [1 2 1] by 4"),
    MM_BOOL(P, normalize_gradients, .help = "scale each gradient to 0..1"),
    MM_CHOICE(P, padding_mode, .choices = MM_LINE_PADDINGS, .def_text = "reflect",
              .help = "values outside the image"),
    MM_STRING(P, new_key_prefix, .help = "put the result into field prefix + key and leave the image"),
    MM_IGNORED("device", .help = "transforms run on the CPU"),
    MM_IGNORED("dtype", .help = "computed in float32"),
    MM_PARAMS_END};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    (void)arena;
    const P *p = self;
    if (p->kernel_size % 2 == 0)
        return mm_fail(err, MM_ERR_CONFIG, "kernel_size is %d: it must be odd", (int)p->kernel_size);
    return MM_OK;
}

/* Convolves weights of that half width with [1 2 1] * scale. */
static void widen(double *weights, int half, double scale)
{
    double old[KERNEL_MAX + 4] = {0}; /* weight j is old[j + 2] */
    int n = 2 * half + 1;
    memcpy(old + 2, weights, (size_t)n * sizeof *weights);
    for (int i = 0; i < n + 2; i++)
        weights[i] = scale * (old[i] + 2 * old[i + 1] + old[i + 2]);
}

/* To 0..1, all channels together. */
static void normalize(struct mm_volume *v)
{
    float low, high, *x = v->data;
    size_t n = mm_volume_voxels(v) * (size_t)v->channels;
    mm_intensity_bounds(x, n, &low, &high);
    float shift = low != high ? low : 0, range = high - shift;
    for (size_t i = 0; i < n; i++)
        x[i] = range > 0 ? (x[i] - shift) / range : x[i] - shift;
}

/* The image becomes its gradient along the axis. */
static enum mm_status differentiate(const P *p, struct mm_volume *v, int axis, struct mm_error *err)
{
    double difference[KERNEL_MAX] = {-1, 0, 1}, smooth[KERNEL_MAX] = {1, 2, 1};
    int half = 1;
    if (p->normalize_kernels) {
        difference[0] = -0.5, difference[2] = 0.5;
        smooth[0] = smooth[2] = 0.25, smooth[1] = 0.5;
    }
    for (; 2 * half + 1 < p->kernel_size; half++) {
        widen(difference, half, p->normalize_kernels ? 0.25 : 1);
        widen(smooth, half, p->normalize_kernels ? 0.25 : 1);
    }
    for (int a = 0; a < v->rank; a++) {
        enum mm_status s;
        const struct mm_line_filter filter = {half, a == axis ? difference : smooth, p->padding_mode};
        if (MM_TRY(s, mm_line_filter(v, a, &filter, err)))
            return s;
    }
    if (p->normalize_gradients)
        normalize(v);
    return MM_OK;
}

/* The gradients along the axes, all channels of one after the other. */
static enum mm_status fill(const P *p, struct mm_arena *scratch, const struct mm_volume *image,
                           const struct mm_ints *axes, struct mm_volume *all, struct mm_error *err)
{
    char *to = all->data;
    for (size_t i = 0; i < axes->count; i++) {
        int axis = (int)axes->items[i];
        struct mm_volume *one = mm_volume_convert(scratch, image, MM_F32);
        if (!one)
            return mm_fail_memory(err, "a gradient");
        enum mm_status s;
        if (MM_TRY(s, differentiate(p, one, axis < 0 ? axis + image->rank : axis, err)))
            return s;
        memcpy(to, one->data, mm_volume_bytes(one));
        to += mm_volume_bytes(one);
    }
    return MM_OK;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    static const int64_t all_axes[] = {0, 1, 2};
    const P *p = step->self;
    enum mm_status s;
    unsigned mask;
    const struct mm_volume *image;
    struct mm_volume *all;
    if (MM_TRY(s, mm_voxels_read(sample, field, &image, err)) ||
        MM_TRY(s, mm_spatial_axes(&p->spatial_axes, image->rank, &mask, err)))
        return s;
    const struct mm_ints every = {(size_t)image->rank, all_axes},
                         *axes = p->spatial_axes.count ? &p->spatial_axes : &every;
    if (image->channels > INT32_MAX / 3)
        return mm_fail(err, MM_ERR_DATA, "%d channels are too many", image->channels);
    if (MM_TRY(s, mm_voxels_make(sample, image, MM_F32, image->channels * (int)axes->count, &all, err)))
        return s;
    struct mm_arena scratch;
    mm_arena_init(&scratch, NULL);
    s = fill(p, &scratch, image, axes, all, err);
    mm_arena_done(&scratch);
    if (s)
        return s;
    if (!p->new_key_prefix) {
        mm_field_put(sample, field, all);
        return MM_OK;
    }
    const char *name = mm_arena_format(sample->arena, "%s%s", p->new_key_prefix, field->name);
    return name ? mm_sample_derive(sample, field, name, all, err) : mm_fail_memory(err, "a field's name");
}

const struct mm_transform mm_transform_sobel_gradients = {
    .name = "SobelGradients",
    .summary = "gradients along the axes by Sobel's kernel",
    .notes = "Channels of the result: those of the image along the first axis, then along the second ...",
    .params = params,
    .params_size = sizeof(P),
    .check = check,
    .each = each,
    .example = "{\"name\": \"SobelGradientsd\", \"args\": {\"keys\": \"image\", \"kernel_size\": 5, "
               "\"new_key_prefix\": \"edges_\"}}",
};
