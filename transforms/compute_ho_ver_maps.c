/* For each voxel of an instance how far it lies from the middle of the instance along x and y, as a share of the farthest on that side
 * (MONAI ComputeHoVerMaps; Graham et al., HoVer-Net, 2019). */
#include "transforms/labels.h"
#include "transforms/transform.h"

struct compute_ho_ver_maps {
    const char *new_key_prefix;
};
#define P struct compute_ho_ver_maps

static const struct mm_param params[] = {
    MM_STRING(P, new_key_prefix, .def_text = "hover_", .help = "the maps of KEY are field prefix + KEY"),
    MM_IGNORED("dtype", .help = "the maps are float32"), MM_PARAMS_END};

struct instance {
    double count, sum[2], low[2], high[2]; /* of x and y; low and high: of the distances from the middle */
};

/* Instance of each voxel, -1 none: values ascend, as `values` does. */
static int find(const struct mm_ints *values, double value)
{
    size_t low = 0, high = values->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if ((double)values->items[middle] < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low < values->count && (double)values->items[low] == value ? (int)low : -1;
}

enum pass { SUM, BOUNDS, WRITE };

static void take_voxel(struct instance *in, enum pass pass, const int at[2], float *const out[2])
{
    in->count += pass == SUM;
    for (int a = 0; a < 2; a++) {
        if (pass == SUM) {
            in->sum[a] += at[a];
            continue;
        }
        double distance = at[a] - in->sum[a] / in->count;
        if (pass == BOUNDS) {
            in->low[a] = distance < in->low[a] ? distance : in->low[a];
            in->high[a] = distance > in->high[a] ? distance : in->high[a];
        } else {
            *out[a] = (float)(distance < 0 ? distance / -in->low[a] : distance > 0 ? distance / in->high[a] : 0);
        }
    }
}

/* Channel 0 is along y, 1 along x: horizontal and vertical where x counts the rows, as in MONAI. */
static void fill(const struct mm_volume *mask, const struct mm_ints *values, struct instance *instances,
                 struct mm_volume *to)
{
    for (int pass = SUM; pass <= WRITE; pass++)
        for (int z = 0; z < mask->size[2]; z++)
            for (int y = 0; y < mask->size[1]; y++) {
                float *along_x = mm_volume_row(to, 1, z, y), *along_y = mm_volume_row(to, 0, z, y);
                for (int x = 0; x < mask->size[0]; x++) {
                    int i = find(values, mm_volume_get(mask, 0, z, y, x));
                    if (i >= 0)
                        take_voxel(&instances[i], (enum pass)pass, (const int[2]){x, y},
                                   (float *const[2]){along_x + x, along_y + x});
                }
            }
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    const struct mm_volume *mask;
    struct mm_volume *to;
    struct mm_ints values;
    if (MM_TRY(s, mm_voxels_read(sample, field, &mask, err)))
        return s;
    if (mask->channels != 1)
        return mm_fail(err, MM_ERR_DATA, "a mask of %d channels, instances are in one", mask->channels);
    if (MM_TRY(s, mm_labels_values(sample->arena, mask, 0, &values, err)) ||
        MM_TRY(s, mm_voxels_make(sample, mask, MM_F32, 2, &to, err)))
        return s;
    struct instance *instances = mm_arena_array(sample->arena, struct instance, values.count);
    const char *name = mm_arena_format(sample->arena, "%s%s", p->new_key_prefix, field->name);
    if (!instances || !name)
        return mm_fail_memory(err, "instances");
    fill(mask, &values, instances, to);
    return mm_sample_derive(sample, field, name, to, err);
}

const struct mm_transform mm_transform_compute_ho_ver_maps = {
    .name = "ComputeHoVerMaps",
    .summary = "make maps of the distances from the middle of each instance",
    .notes = "Two channels of -1 to 1: the distance along y and along x. Voxels of no instance are 0.",
    .params = params,
    .params_size = sizeof(P),
    .each = each,
    .example = "{\"name\": \"ComputeHoVerMapsd\", \"args\": {\"keys\": \"label\"}}",
};
