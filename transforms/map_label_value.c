/* Label values to other values (MONAI MapLabelValue). */
#include <math.h>

#include "transforms/transform.h"
#include "transforms/voxels.h"

struct map_label_value {
    struct mm_doubles orig_labels, target_labels;
};
#define P struct map_label_value

static const struct mm_param params[] = {
    MM_DOUBLES(P, orig_labels, .required = true, .count_min = 1, .count_max = 65536, .help = "values to replace"),
    MM_DOUBLES(P, target_labels, .required = true, .count_min = 1, .count_max = 65536, .help = "what each becomes"),
    MM_IGNORED("dtype", .help = "labels stay integer, of the narrowest type that holds all values"), MM_PARAMS_END};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    (void)arena;
    const P *p = self;
    if (p->orig_labels.count != p->target_labels.count)
        return mm_fail(err, MM_ERR_CONFIG, "orig_labels has %zu values, target_labels %zu", p->orig_labels.count,
                       p->target_labels.count);
    return MM_OK;
}

static bool holds(enum mm_type type, double value)
{
    uint64_t slot;
    double back;
    mm_convert(&slot, type, &value, MM_F64, 1, 1);
    mm_convert(&back, MM_F64, &slot, type, 1, 1);
    return back == value;
}

/* The type a volume has if it holds all targets; else the narrowest integer type of at least that range that does, else float. */
static enum mm_type type_for(const P *p, enum mm_type have)
{
    static const enum mm_type wider[] = {MM_U8, MM_I8, MM_U16, MM_I16, MM_I32, MM_F32};
    double low = 0, high = 0;
    bool fits = true;
    for (size_t i = 0; i < p->target_labels.count; i++) {
        double value = p->target_labels.items[i];
        if (!holds(have, value) && (!mm_type_is_integer(have) || trunc(value) != value))
            return MM_F32;
        fits &= holds(have, value);
        low = fmin(low, value);
        high = fmax(high, value);
    }
    if (fits)
        return have;
    /* Values that are not mapped stay: the range of the type there is must fit too. */
    double lowest = -INFINITY, highest = INFINITY, ends[2];
    uint64_t slots[2];
    for (int i = 0; i < 2; i++) {
        mm_convert(&slots[i], have, i ? &highest : &lowest, MM_F64, 1, 1);
        mm_convert(&ends[i], MM_F64, &slots[i], have, 1, 1);
    }
    low = fmin(low, ends[0]);
    high = fmax(high, ends[1]);
    for (size_t i = 0; i < sizeof wider / sizeof *wider; i++)
        if (holds(wider[i], low) && holds(wider[i], high))
            return wider[i];
    return MM_F32;
}

/* Later entries win, as in MONAI. */
static double map_value(const P *p, double value)
{
    for (size_t i = p->orig_labels.count; i-- > 0;)
        if (p->orig_labels.items[i] == value)
            return p->target_labels.items[i];
    return value;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    const struct mm_volume *from;
    struct mm_volume *to;
    if (MM_TRY(s, mm_voxels_read(sample, field, &from, err)) ||
        MM_TRY(s, mm_voxels_make(sample, from, type_for(p, from->type), 0, &to, err)))
        return s;
    double x[MM_VOXELS_CHUNK], last = 0, mapped = map_value(p, last);
    for (int c = 0; c < from->channels; c++)
        for (size_t at = 0, n; (n = mm_voxels_get(from, c, at, x)); at += n) {
            for (size_t i = 0; i < n; i++) {
                if (x[i] != last) {
                    last = x[i];
                    mapped = map_value(p, last);
                }
                x[i] = mapped;
            }
            mm_voxels_put(to, c, at, n, x);
        }
    mm_field_put(sample, field, to);
    return MM_OK;
}

const struct mm_transform mm_transform_map_label_value = {
    .name = "MapLabelValue",
    .summary = "replace label values by others",
    .notes = "values that are not listed stay; the mapping is not chained; integer labels stay integer",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_VOXELWISE | MM_LABELS,
    .check = check,
    .each = each,
    .example = "{\"name\": \"MapLabelValued\", \"args\": {\"keys\": \"label\", \"orig_labels\": [1, 2, 4], "
               "\"target_labels\": [1, 2, 3]}}",
};
