/* The rim of masks (MONAI LabelToContour): the Laplace kernel (8 or 26 in the middle, -1 around, zeros outside), clamped to 0..1. */
#include "transforms/transform.h"
#include "transforms/voxels.h"

struct label_to_contour {
    const char *kernel_type;
};
#define P struct label_to_contour

static const struct mm_param params[] = {
    MM_CHOICE(P, kernel_type, .choices = "Laplace", .def_text = "Laplace", .help = "only this one exists"),
    MM_PARAMS_END};

static double laplace(const struct mm_volume *v, int c, int z, int y, int x)
{
    int deep = v->rank == 3;
    double sum = 0, neighbours = deep ? 27 : 9;
    for (int dz = -deep; dz <= deep; dz++)
        for (int dy = -1; dy <= 1; dy++)
            for (int dx = -1; dx <= 1; dx++) {
                int a = z + dz, b = y + dy, d = x + dx;
                bool inside = a >= 0 && b >= 0 && d >= 0 && a < v->size[2] && b < v->size[1] && d < v->size[0];
                sum += inside ? mm_volume_get(v, c, a, b, d) : 0;
            }
    return neighbours * mm_volume_get(v, c, z, y, x) - sum;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)step, (void)key, (void)context;
    enum mm_status s;
    const struct mm_volume *from;
    struct mm_volume *to;
    if (MM_TRY(s, mm_voxels_read(sample, field, &from, err)) ||
        MM_TRY(s, mm_voxels_make(sample, from, from->type, from->channels, &to, err)))
        return s;
    for (int c = 0; c < from->channels; c++)
        for (int z = 0; z < from->size[2]; z++)
            for (int y = 0; y < from->size[1]; y++)
                for (int x = 0; x < from->size[0]; x++) {
                    double edge = laplace(from, c, z, y, x);
                    mm_volume_set(to, c, z, y, x, edge > 1 ? 1 : edge > 0 ? edge : 0);
                }
    mm_field_put(sample, field, to);
    return MM_OK;
}

const struct mm_transform mm_transform_label_to_contour = {
    .name = "LabelToContour",
    .summary = "keep the rim of masks",
    .notes = "Voxels outside the image count as 0, so a mask has a rim along the image's border too.",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_LABELS,
    .each = each,
    .example = "{\"name\": \"LabelToContourd\", \"args\": {\"keys\": \"label\"}}",
};
