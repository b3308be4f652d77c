/* Removes connected objects of few voxels (MONAI RemoveSmallObjects, which calls skimage.morphology.remove_small_objects).
 *
 * Masks (no value above 1): objects may reach from a channel to the next, which skimage treats as one more axis. Labels (values
 * above 1): skimage takes all voxels of one value for one object, connected or not. */
#include <math.h>

#include "image/affine.h"
#include "image/components.h"
#include "transforms/labels.h"
#include "transforms/transform.h"

struct remove_small_objects {
    int64_t min_size, connectivity;
    bool independent_channels, by_measure;
};
#define P struct remove_small_objects

static const struct mm_param params[] = {
    MM_INT(P, min_size, .def = 64, .min = 0, .unit = "voxel", .max = INT32_MAX, .help = "smaller objects go"),
    MM_INT(P, connectivity, .def = 1, .min = 1, .max = 3, .help = "1 faces, 2 and edges, 3 and corners"),
    MM_BOOL(P, independent_channels, .def = 1, .help = "false: objects of all that is above 0, whatever its value"),
    MM_BOOL(P, by_measure, .help = "min_size is in cubic millimetres (2D: square)"),
    MM_IGNORED("pixdim", .help = "images know their spacing"),
    MM_PARAMS_END};

/* The objects of all channels as one forest: nodes are the objects of single channels, numbered through from 1. */
struct objects {
    const struct mm_volume *v;
    uint8_t *mask;   /* [channel][voxel]                     */
    int32_t *labels; /* [channel][voxel], 0 or a node        */
    int32_t *parent; /* [node]; a root is its own parent     */
    size_t *voxels;  /* [node]; of the whole tree at a root  */
    size_t nodes;
};

static int32_t root_of(const struct objects *o, int32_t node)
{
    while (o->parent[node] != node)
        node = o->parent[node] = o->parent[o->parent[node]];
    return node;
}

/* Labels each channel by itself and numbers the objects through. */
static enum mm_status label_channels(struct mm_arena *scratch, struct objects *o, int connectivity,
                                     struct mm_error *err)
{
    size_t n = mm_volume_voxels(o->v), channels = (size_t)o->v->channels;
    enum mm_status s;
    o->labels = mm_arena_array(scratch, int32_t, n * channels);
    if (!o->labels)
        return mm_fail_memory(err, "the objects of a label");
    for (size_t c = 0; c < channels; c++) {
        int32_t count, *labels = o->labels + c * n;
        if (MM_TRY(s, mm_components_label(scratch, o->mask + c * n, o->v->size, connectivity, labels, &count, err)))
            return s;
        if (o->nodes + (size_t)count >= INT32_MAX)
            return mm_fail(err, MM_ERR_DATA, "there are too many objects");
        for (size_t i = 0; i < n; i++)
            labels[i] += labels[i] ? (int32_t)o->nodes : 0;
        o->nodes += (size_t)count;
    }
    o->parent = mm_arena_array(scratch, int32_t, o->nodes + 1);
    o->voxels = mm_arena_array(scratch, size_t, o->nodes + 1);
    if (!o->parent || !o->voxels)
        return mm_fail_memory(err, "the objects of a label");
    for (size_t i = 0; i <= o->nodes; i++)
        o->parent[i] = (int32_t)i;
    return MM_OK;
}

/* Joins the object at (x, y, z) of channel c with those of channel c - 1 within `hops` single steps, at most one an axis. */
static void join_below(struct objects *o, int c, int z, int y, int x, int hops)
{
    const int *size = o->v->size;
    size_t n = mm_volume_voxels(o->v), width = (size_t)size[0], height = (size_t)size[1];
    const int32_t *below = o->labels + (size_t)(c - 1) * n;
    int32_t here = below[n + ((size_t)z * height + (size_t)y) * width + (size_t)x];
    for (int dz = -1; here && dz <= 1; dz++)
        for (int dy = -1; dy <= 1; dy++)
            for (int dx = -1; dx <= 1; dx++) {
                int X = x + dx, Y = y + dy, Z = z + dz;
                if (abs(dx) + abs(dy) + abs(dz) > hops || X < 0 || Y < 0 || Z < 0 || X >= size[0] || Y >= size[1] ||
                    Z >= size[2])
                    continue;
                int32_t there = below[((size_t)Z * height + (size_t)Y) * width + (size_t)X];
                if (there)
                    o->parent[root_of(o, there)] = root_of(o, here);
            }
}

static enum mm_status remove_small(struct mm_arena *scratch, const P *p, struct objects *o, struct mm_error *err)
{
    const struct mm_volume *v = o->v;
    int connectivity = (int)p->connectivity < v->rank ? (int)p->connectivity : v->rank;
    enum mm_status s;
    if (MM_TRY(s, label_channels(scratch, o, connectivity, err)))
        return s;
    for (int c = 1; c < v->channels; c++)
        for (int z = 0; z < v->size[2]; z++)
            for (int y = 0; y < v->size[1]; y++)
                for (int x = 0; x < v->size[0]; x++)
                    join_below(o, c, z, y, x, (int)p->connectivity - 1);
    size_t n = mm_volume_voxels(v) * (size_t)v->channels;
    for (size_t i = 0; i < n; i++)
        if (o->labels[i])
            o->voxels[root_of(o, o->labels[i])]++;
    for (size_t i = 0; i < n; i++)
        o->mask[i] = o->labels[i] && o->voxels[root_of(o, o->labels[i])] >= (size_t)p->min_size;
    return MM_OK;
}

/* The kept voxels keep their value. */
static enum mm_status reduce_mask(struct mm_arena *scratch, const P *p, struct mm_volume *v, struct mm_error *err)
{
    size_t n = mm_volume_voxels(v);
    struct objects o = {.v = v, .mask = mm_arena_array(scratch, uint8_t, n * (size_t)v->channels)};
    enum mm_status s;
    if (!o.mask)
        return mm_fail_memory(err, "a mask");
    for (int c = 0; c < v->channels; c++)
        mm_labels_above(v, c, 0, o.mask + (size_t)c * n);
    if (MM_TRY(s, remove_small(scratch, p, &o, err)))
        return s;
    for (int c = 0; c < v->channels; c++)
        mm_voxels_keep(v, c, o.mask + (size_t)c * n);
    return MM_OK;
}

/* Values that occur in fewer than min_size voxels of all channels together become 0. */
static enum mm_status reduce_labels(struct mm_arena *scratch, const P *p, struct mm_volume *v, struct mm_error *err)
{
    size_t *counts = mm_arena_array(scratch, size_t, MM_LABELS_MAX);
    uint8_t *kept = mm_arena_array(scratch, uint8_t, mm_volume_voxels(v));
    if (!counts || !kept)
        return mm_fail_memory(err, "the objects of a label");
    double x[MM_VOXELS_CHUNK];
    for (int c = 0; c < v->channels; c++)
        for (size_t from = 0, n; (n = mm_voxels_get(v, c, from, x)); from += n)
            for (size_t i = 0; i < n; i++) {
                if (!(x[i] >= 0 && x[i] < MM_LABELS_MAX))
                    return mm_fail(err, MM_ERR_DATA, "label value %g: 0 to %d are allowed", x[i], MM_LABELS_MAX - 1);
                counts[(size_t)x[i]]++;
            }
    for (int c = 0; c < v->channels; c++) {
        for (size_t from = 0, n; (n = mm_voxels_get(v, c, from, x)); from += n)
            for (size_t i = 0; i < n; i++)
                kept[from + i] = counts[(size_t)x[i]] >= (size_t)p->min_size;
        mm_voxels_keep(v, c, kept);
    }
    return MM_OK;
}

/* Least and greatest value of all channels. */
static void find_bounds(const struct mm_volume *v, double *low, double *high)
{
    double x[MM_VOXELS_CHUNK];
    *low = *high = mm_volume_get(v, 0, 0, 0, 0);
    for (int c = 0; c < v->channels; c++)
        for (size_t from = 0, n; (n = mm_voxels_get(v, c, from, x)); from += n)
            for (size_t i = 0; i < n; i++) {
                *low = x[i] < *low ? x[i] : *low;
                *high = x[i] > *high ? x[i] : *high;
            }
}

/* The least number of voxels whose measure is at least that. */
static int64_t voxels_of_measure(const struct mm_volume *v, int64_t measure)
{
    double spacing[3], voxel = 1;
    mm_affine_spacing(v->affine, spacing);
    for (int a = 0; a < v->rank; a++)
        voxel *= spacing[a];
    double voxels = ceil((double)measure / (voxel > 0 ? voxel : 1));
    return voxels < (double)INT32_MAX ? (int64_t)voxels : INT32_MAX;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    P p = *(const P *)step->self;
    struct mm_volume *v;
    double low, high;
    enum mm_status s;
    if (MM_TRY(s, mm_voxels_write(sample, field, &v, err)))
        return s;
    if (p.by_measure)
        p.min_size = voxels_of_measure(v, p.min_size);
    find_bounds(v, &low, &high);
    if (low == high) /* as MONAI: a constant image stays */
        return MM_OK;
    struct mm_arena scratch;
    mm_arena_init(&scratch, NULL);
    if (p.independent_channels && high > 1)
        s = reduce_labels(&scratch, &p, v, err);
    else
        s = reduce_mask(&scratch, &p, v, err);
    mm_arena_done(&scratch);
    return s;
}

const struct mm_transform mm_transform_remove_small_objects = {
    .name = "RemoveSmallObjects",
    .summary = "remove connected objects of few voxels",
    .notes = "meant for one-hot forms; with values above 1 all voxels of a value are one object, as in MONAI",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_IN_PLACE | MM_LABELS,
    .each = each,
    .example = "{\"name\": \"RemoveSmallObjectsd\", \"args\": {\"keys\": \"label\", \"min_size\": 8}}",
};
