/* Histogram equalisation: each intensity becomes its share of all intensities, scaled to [min, max] (MONAI HistogramNormalize). */
#include "transforms/intensity.h"
#include "transforms/transform.h"

struct histogram_normalize {
    int64_t num_bins;
    double min, max;
    const char *mask_key;
};
#define P struct histogram_normalize

static const struct mm_param params[] = {
    MM_INT(P, num_bins, .def = 256, .min = 1, .max = 1 << 20,
           .help = "bins between the least and the greatest value"),
    MM_DOUBLE(P, min, .def = 0, .unit = "intensity", .help = "least value of the result"),
    MM_DOUBLE(P, max, .def = 255, .unit = "intensity", .help = "greatest value of the result"),
    MM_STRING(P, mask_key, .help = "field of the same size: only voxels where it is not 0 are counted"),
    MM_IGNORED("mask", .help = "give mask_key"),
    MM_IGNORED("dtype", .help = "results are float32"),
    MM_PARAMS_END};

/* Bins of equal width over [low, high]; edges are rounded to float32, as numpy does for float32 images. */
struct histogram {
    size_t bins;
    float low, high;
    double *values; /* counts, then the equalised value at each centre */
    double *centres;
};

static float edge(const struct histogram *h, size_t i)
{
    return i == h->bins ? h->high : (float)(h->low + ((double)h->high - h->low) * (double)i / (double)h->bins);
}

static void count_value(struct histogram *h, float x)
{
    size_t i = (size_t)(((double)x - h->low) / ((double)h->high - h->low) * (double)h->bins);
    i = i < h->bins ? i : h->bins - 1;
    if (i > 0 && x < edge(h, i))
        i--;
    else if (i + 1 < h->bins && x >= edge(h, i + 1))
        i++;
    h->values[i]++;
}

/* Counts become their running sums, scaled to [min, max]. */
static void equalise(struct histogram *h, const P *p)
{
    for (size_t i = 1; i < h->bins; i++)
        h->values[i] += h->values[i - 1];
    double first = h->values[0], span = h->values[h->bins - 1] - first;
    for (size_t i = 0; i < h->bins; i++) {
        h->values[i] = span > 0 ? (h->values[i] - first) / span * (p->max - p->min) + p->min : h->values[i] * p->min;
        h->centres[i] = ((double)edge(h, i) + edge(h, i + 1)) / 2;
    }
}

/* Linear between centres, constant outside (numpy.interp). */
static float look_up(const struct histogram *h, float x)
{
    double at = ((double)x - h->centres[0]) / ((double)h->high - h->low) * (double)h->bins;
    if (!(at > 0))
        return (float)h->values[0];
    if (at >= (double)(h->bins - 1))
        return (float)h->values[h->bins - 1];
    size_t i = (size_t)at;
    double part = (x - h->centres[i]) / (h->centres[i + 1] - h->centres[i]);
    return (float)(h->values[i] + part * (h->values[i + 1] - h->values[i]));
}

/* The mask's voxels as one byte for each value of the image (a mask of one channel serves all), NULL without a mask. */
static enum mm_status read_mask(struct mm_arena *scratch, struct mm_sample *sample, const P *p,
                                const struct mm_volume *v, uint8_t **out, struct mm_error *err)
{
    struct mm_field *field;
    const struct mm_volume *mask;
    enum mm_status s;
    *out = NULL;
    if (!p->mask_key)
        return MM_OK;
    if (MM_TRY(s, mm_sample_volume(sample, p->mask_key, &field, err)) ||
        MM_TRY(s, mm_voxels_read(sample, field, &mask, err)))
        return s;
    if (!mm_volume_same_size(mask, v) || (mask->channels != 1 && mask->channels != v->channels))
        return mm_fail(err, MM_ERR_DATA, "the mask \"%s\" has another size or number of channels", p->mask_key);
    size_t voxels = mm_volume_voxels(v);
    if (!(*out = mm_arena_array(scratch, uint8_t, voxels * (size_t)v->channels)))
        return mm_fail_memory(err, "a mask");
    double x[MM_VOXELS_CHUNK];
    for (int c = 0; c < v->channels; c++)
        for (size_t from = 0, n; (n = mm_voxels_get(mask, mask->channels == 1 ? 0 : c, from, x)); from += n)
            for (size_t i = 0; i < n; i++)
                (*out)[(size_t)c * voxels + from + i] = x[i] != 0;
    return MM_OK;
}

/* Least and greatest counted value. */
static enum mm_status find_bounds(struct histogram *h, const float *x, const uint8_t *mask, size_t n,
                                  struct mm_error *err)
{
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        if (mask && !mask[i])
            continue;
        if (!isfinite(x[i]))
            return mm_fail(err, MM_ERR_DATA, "a histogram needs finite intensities, there is %g", (double)x[i]);
        h->low = any && h->low < x[i] ? h->low : x[i];
        h->high = any && h->high > x[i] ? h->high : x[i];
        any = true;
    }
    if (!any)
        return mm_fail(err, MM_ERR_DATA, "the mask is empty");
    if (h->low == h->high) { /* numpy's range for a constant image */
        h->low -= 0.5f;
        h->high += 0.5f;
    }
    return MM_OK;
}

static enum mm_status normalize(struct mm_arena *scratch, struct mm_sample *sample, const P *p, struct mm_volume *v,
                                struct mm_error *err)
{
    struct mm_voxels_parts all = mm_voxels_split(v, false);
    struct histogram h = {.bins = (size_t)p->num_bins};
    uint8_t *mask;
    enum mm_status s;
    if (MM_TRY(s, read_mask(scratch, sample, p, v, &mask, err)))
        return s;
    h.values = mm_arena_array(scratch, double, h.bins);
    h.centres = mm_arena_array(scratch, double, h.bins);
    if (!h.values || !h.centres)
        return mm_fail_memory(err, "a histogram");
    if (MM_TRY(s, find_bounds(&h, all.data, mask, all.length, err)))
        return s;
    for (size_t i = 0; i < all.length; i++)
        if (!mask || mask[i])
            count_value(&h, all.data[i]);
    equalise(&h, p);
    for (size_t i = 0; i < all.length; i++)
        all.data[i] = look_up(&h, all.data[i]);
    return MM_OK;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    struct mm_volume *v;
    enum mm_status s;
    if (MM_TRY(s, mm_voxels_write_float(sample, field, &v, err)))
        return s;
    struct mm_arena scratch;
    mm_arena_init(&scratch, NULL);
    s = normalize(&scratch, sample, step->self, v, err);
    mm_arena_done(&scratch);
    return s;
}

const struct mm_transform mm_transform_histogram_normalize = {
    .name = "HistogramNormalize",
    .summary = "equalise the histogram",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_IN_PLACE,
    .each = each,
    .example = "{\"name\": \"HistogramNormalized\", \"args\": {\"keys\": \"image\", \"num_bins\": 64}}",
};
