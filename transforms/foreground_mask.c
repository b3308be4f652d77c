/* The tissue of an image of colours as a mask (MONAI ForegroundMask): what is dark, or has colour. Hue, saturation and value are those of
 * skimage.color.rgb2hsv. */
#include "transforms/intensity.h"
#include "transforms/otsu.h"
#include "transforms/transform.h"

enum { HSV = 3, MODES = 6 }; /* R G B H S V */

struct foreground_mask {
    const cJSON *threshold, *hsv_threshold;
    bool invert;
    const char *new_key_prefix;
    double levels[MODES]; /* the two above, read: NaN none, infinite Otsu's */
};
#define P struct foreground_mask

static const struct mm_param params[] = {
    MM_JSON(P, threshold, .def_text = "\"otsu\"",
            .help =
                "foreground is at most this in R, G or B: \"otsu\", a number, or {\"R\": ...} for each; {}: none"),
    MM_JSON(P, hsv_threshold, .help = "and above this in H, S or V: \"otsu\", a number, or {\"S\": ...} for each"),
    MM_BOOL(P, invert, .help = "invert the image first: bright tissue on a dark ground"),
    MM_STRING(P, new_key_prefix, .help = "put the mask into field prefix + key and leave the image"), MM_PARAMS_END};

static enum mm_status read_level(const cJSON *node, double *level, struct mm_error *err)
{
    if (cJSON_IsNull(node))
        *level = MM_INTENSITY_NONE;
    else if (cJSON_IsNumber(node))
        *level = node->valuedouble;
    else if (cJSON_IsString(node) && strcmp(node->valuestring, "otsu") == 0)
        *level = (double)INFINITY;
    else
        return mm_fail(err, MM_ERR_CONFIG, "a threshold must be \"otsu\", a number or null");
    return MM_OK;
}

/* One level for three modes, or a level for each mode that is named; any of the six may be. */
static enum mm_status read_levels(const cJSON *node, size_t first, double levels[MODES], struct mm_error *err)
{
    static const char letters[] = "RGBHSV";
    enum mm_status s;
    for (size_t i = first; i < first + HSV && node && !cJSON_IsObject(node); i++)
        if (MM_TRY(s, read_level(node, &levels[i], err)))
            return s;
    for (const cJSON *item = cJSON_IsObject(node) ? node->child : NULL; item; item = item->next) {
        char letter = (char)(*item->string >= 'a' ? *item->string - 'a' + 'A' : *item->string);
        const char *mode = letter ? strchr(letters, letter) : NULL;
        if (!mode || item->string[1])
            return mm_fail(err, MM_ERR_CONFIG, "a threshold for \"%s\": R, G, B, H, S and V are allowed",
                           item->string);
        if (MM_TRY(s, read_level(item, &levels[mode - letters], err)))
            return s;
    }
    return MM_OK;
}

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    (void)arena;
    P *p = self;
    enum mm_status s;
    bool some = false;
    for (size_t i = 0; i < MODES; i++)
        p->levels[i] = MM_INTENSITY_NONE;
    if (MM_TRY(s, read_levels(p->threshold, 0, p->levels, err)) ||
        MM_TRY(s, read_levels(p->hsv_threshold, HSV, p->levels, err)))
        return s;
    for (size_t i = 0; i < MODES; i++)
        some |= !isnan(p->levels[i]);
    return some ? MM_OK : mm_fail(err, MM_ERR_CONFIG, "neither threshold nor hsv_threshold is given");
}

/* skimage.util.invert: what is lacking to the type's greatest value, to 1, or -1 - x of signed types. */
static void invert(float *x, size_t n, enum mm_type type)
{
    double top = mm_type_is_integer(type) ? -1 : 1;
    if (type == MM_U8 || type == MM_U16 || type == MM_U32)
        top = ldexp(1, 8 * (int)mm_type_bytes(type)) - 1;
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(top - (double)x[i]);
}

/* In place, from whole numbers up to `top` or fractions (top 1). */
static void to_hsv(float *r, float *g, float *b, size_t n, double top)
{
    for (size_t i = 0; i < n; i++) {
        double red = (double)r[i] / top, green = (double)g[i] / top, blue = (double)b[i] / top;
        double value = fmax(red, fmax(green, blue)), range = value - fmin(red, fmin(green, blue)), hue = 0;
        if (range != 0)
            hue = (value == blue    ? 4 + (red - green) / range
                   : value == green ? 2 + (blue - red) / range
                                    : (green - blue) / range) /
                  6;
        r[i] = (float)(hue - floor(hue));
        g[i] = (float)(range != 0 ? range / value : 0);
        b[i] = (float)value;
    }
}

/* mask |= where the mode has a level: x <= it (colours), x > it (hue and so on). A level of 0 is none, as in MONAI. */
static enum mm_status mark(const float *x, size_t n, double level, bool above, bool whole, uint8_t *mask,
                           struct mm_error *err)
{
    enum mm_status s;
    if (isinf(level) && MM_TRY(s, mm_otsu(x, n, whole, &level, err)))
        return s;
    float border = (float)level; /* as precise as the values: 153 of 255 is not above 0.6 */
    for (size_t i = 0; i < n && !isnan(level) && level != 0; i++)
        mask[i] |= above ? x[i] > border : x[i] <= border;
    return MM_OK;
}

/* The mask by three modes: `first` 0 colours, HSV the others; all ones when none has a level. */
static enum mm_status mark_modes(const P *p, const struct mm_volume *v, size_t first, bool whole, uint8_t *mask,
                                 struct mm_error *err)
{
    size_t n = mm_volume_voxels(v);
    bool some = false;
    for (size_t i = 0; i < HSV; i++)
        some |= !isnan(p->levels[first + i]);
    memset(mask, !some, n);
    for (int c = 0; c < v->channels && c < HSV; c++) {
        enum mm_status s;
        if (MM_TRY(s, mark(mm_voxels_floats(v, c), n, p->levels[first + (size_t)c], first == HSV, whole, mask, err)))
            return s;
    }
    return MM_OK;
}

static double top_of(enum mm_type type)
{
    return type == MM_U8 ? UINT8_MAX : type == MM_U16 ? UINT16_MAX : type == MM_I16 ? INT16_MAX : 1;
}

static enum mm_status find_mask(const P *p, struct mm_arena *scratch, const struct mm_volume *image,
                                struct mm_volume *mask, struct mm_error *err)
{
    enum mm_status s;
    size_t n = mm_volume_voxels(image);
    struct mm_volume *v = mm_volume_convert(scratch, image, MM_F32);
    uint8_t *by_hsv = mm_arena_array(scratch, uint8_t, n), *out = mask->data;
    if (!v || !by_hsv)
        return mm_fail_memory(err, "a mask");
    if (p->invert)
        invert(v->data, n * (size_t)v->channels, image->type);
    if (MM_TRY(s, mark_modes(p, v, 0, mm_type_is_integer(image->type), out, err)))
        return s;
    if (isnan(p->levels[HSV]) && isnan(p->levels[HSV + 1]) && isnan(p->levels[HSV + 2]))
        return MM_OK;
    if (v->channels != 3)
        return mm_fail(err, MM_ERR_DATA, "hue, saturation and value need 3 channels, the image has %d", v->channels);
    to_hsv(mm_voxels_floats(v, 0), mm_voxels_floats(v, 1), mm_voxels_floats(v, 2), n, top_of(image->type));
    if (MM_TRY(s, mark_modes(p, v, HSV, false, by_hsv, err)))
        return s;
    for (size_t i = 0; i < n; i++)
        out[i] &= by_hsv[i];
    return MM_OK;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    const struct mm_volume *image;
    struct mm_volume *mask;
    if (MM_TRY(s, mm_voxels_read(sample, field, &image, err)) ||
        MM_TRY(s, mm_voxels_make(sample, image, MM_U8, 1, &mask, err)))
        return s;
    struct mm_arena scratch;
    mm_arena_init(&scratch, NULL);
    s = find_mask(p, &scratch, image, mask, err);
    mm_arena_done(&scratch);
    if (s)
        return s;
    if (!p->new_key_prefix) {
        mm_field_put(sample, field, mask);
        return MM_OK;
    }
    const char *name = mm_arena_format(sample->arena, "%s%s", p->new_key_prefix, field->name);
    return name ? mm_sample_derive(sample, field, name, mask, err) : mm_fail_memory(err, "a field's name");
}

const struct mm_transform mm_transform_foreground_mask = {
    .name = "ForegroundMask",
    .summary = "make a mask of the tissue in an image of colours",
    .notes =
        "A voxel is foreground when one of the channels that have a threshold says so; with thresholds of both "
        "kinds both must. A threshold of null counts as left out, so it is Otsu's, where MONAI takes none: {} says "
        "none. Of skimage's thresholds there is Otsu's.",
    .params = params,
    .params_size = sizeof(P),
    .check = check,
    .each = each,
    .example =
        "{\"name\": \"ForegroundMaskd\", \"args\": {\"keys\": \"rgb\", \"threshold\": {\"R\": \"otsu\", \"G\": "
        "120}, \"hsv_threshold\": {\"S\": \"otsu\"}, \"new_key_prefix\": \"tissue_\"}}",
};
